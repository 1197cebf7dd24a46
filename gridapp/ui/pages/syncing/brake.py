"""Before much goes from this computer because the server does not list it here any more, the user is asked."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.views.braked import SHOWN, Braked
from gridapp.ui.desk import Desk
from gridapp.ui.operations import sync as operations
from gridapp.ui.pages.syncing.saying import about_words
from gridapp.ui.widgets.basic import Card, button, rows, words
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.words.wording import listed


class BrakeCard(Card):
    """Nothing goes before the user has said so twice. 先留着 folds the card and changes nothing."""

    def __init__(self, desk: Desk, found: Braked) -> None:
        self.desk, self.found = desk, found
        self.fold = button(tr("打开看"), self._unfold, "link")
        title = tr("要从这台电脑上去掉 {count} 条，先问你").format(count=found.count)
        self.fold.setAccessibleName(f"{tr('打开看')} {title}")
        self.fold.hide()
        super().__init__(title, self.fold)
        self.problem = words("", "error", wrap=True)
        self.problem.hide()
        self.keep = button(tr("先留着"), self._keep)
        self.release = button(tr("可以去掉"), self._ask)
        self.asking = self._asking()
        self._acts = Flow(self.keep, self.release)
        self._inner = QWidget()
        box = rows(*self._said(), self.problem, self._acts, self.asking, gap=8)
        box.setContentsMargins(16, 10, 16, 12)
        self._inner.setLayout(box)
        self.body.addWidget(self._inner)

    @property
    def folded(self) -> bool:
        """Whether only the title is seen."""
        return self._inner.isHidden()

    def _said(self) -> list[QWidget]:
        why = tr("和服务器核对过：下面这些，服务器那边不再列给这台电脑。现在还都在，一条也没动。")
        doubt = tr("多半是划给了别人，或是别人删掉了。拿不准就先留着，问问网格长或社区。")
        said: list[QWidget] = [
            words(why, wrap=True),
            words(kinds_words(self.found), "strong", wrap=True),
        ]
        if names := names_words(self.desk, self.found):
            said.append(words(names, wrap=True))
        return [*said, words(doubt, "secondary", wrap=True)]

    def _asking(self) -> QFrame:
        sure = tr(
            "真的从这台电脑上去掉这 {count} 条吗？去掉以后这里就看不到了。还没传上去的不会去掉。"
        )
        self.sure: QPushButton = button(tr("去掉"), self._release)
        self.sure.setAccessibleName(f"{tr('去掉')} {self.title.text()}")
        self.back: QPushButton = button(tr("不去掉"), self._think)
        box = rows(
            words(sure.format(count=self.found.count), "notice", wrap=True),
            Flow(self.back, self.sure),
            gap=6,
        )
        asking = QFrame()
        asking.setLayout(box)
        asking.hide()
        return asking

    def _keep(self) -> None:
        self._inner.hide()
        self.fold.show()
        self.fold.setFocus()

    def _unfold(self) -> None:
        self._inner.show()
        self.fold.hide()
        self.keep.setFocus()

    def _ask(self) -> None:
        self._acts.hide()
        self.problem.hide()
        self.asking.show()
        self.back.setFocus()

    def _think(self) -> None:
        self.asking.hide()
        self._acts.show()
        self.keep.setFocus()

    def _release(self) -> None:
        self._wait(waiting=True)
        self.desk.run(self, operations.release(self.desk.store), None, self._refuse)

    def _refuse(self, problem: Problem) -> None:
        self._wait(waiting=False)
        self._think()
        self.problem.setText(problem.said())
        self.problem.show()

    def _wait(self, *, waiting: bool) -> None:
        self.sure.setEnabled(not waiting)
        self.back.setEnabled(not waiting)


def kinds_words(found: Braked) -> str:
    """What there is of each kind: 住户 2 条、走访 7 条."""
    return listed(*(tr("{kind} {count} 条").format(kind=k, count=n) for k, n in found.kinds))


def names_words(desk: Desk, found: Braked) -> str:
    """Of whom or what, as far as that is known here; "" where nothing has a name."""
    names = listed(*(about_words(desk, one) for one in found.about))
    more = len(found.about) >= SHOWN
    said = tr("关于：{names}等") if more else tr("关于：{names}")
    return said.format(names=names) if names else ""
