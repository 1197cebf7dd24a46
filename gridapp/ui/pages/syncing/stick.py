"""Without any network: what waits goes onto a stick, comes back as an answer, and colleagues' sticks are carried."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.clock import Instant
from gridapp.errors import Problem
from gridapp.i18n import language, tr
from gridapp.store.status import SyncStatus
from gridapp.ui.desk import Desk
from gridapp.ui.operations import bundles as operations
from gridapp.ui.operations.bundles import ERASED, Stick
from gridapp.ui.pages.syncing.lines import line, padded
from gridapp.ui.widgets.basic import Card, button, empty, words
from gridapp.ui.widgets.photo.places import sticks
from gridapp.ui.words.wording import short_instant

_LOOK_AGAIN = 3000  # ms between looks for what was plugged in
T = TypeVar("T")


class StickCard(Card):
    """``wanted`` says whether there is anything to show: a stick, or something that waits."""

    def __init__(self, desk: Desk, changed: Callable[[], None]) -> None:
        """``changed`` is called when ``wanted`` is another than before."""
        super().__init__(tr("没有网络，带U盘"))
        self.desk, self._changed = desk, changed
        self.sticks: tuple[Stick, ...] = ()
        self.status: SyncStatus | None = None
        self.acts: list[QPushButton] = []
        self._written: Instant | None = None
        self._busy = False
        self._said: dict[str, str] = {}  # of each stick, what came of the last errand
        self._shown: object = None
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_AGAIN)
        self._watch.timeout.connect(self.look_around)

    @property
    def wanted(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.sticks or (self.status and self.status.to_send))

    def show_status(self, status: SyncStatus, written: Instant | None) -> None:
        """What waits; when something was written of which nothing was heard."""
        self.status, self._written = status, written
        self._show()

    def look_around(self) -> None:
        """See what is plugged in now; asks disks off the GUI thread."""
        if self._busy:
            return
        store = self.desk.store
        work = self.desk.tasks.start(lambda: operations.look_at(store, sticks()))
        self.desk.tasks.run(self, work, self.show_sticks, only_latest="sticks")

    def show_sticks(self, found: tuple[Stick, ...]) -> None:
        """What is plugged in."""
        if found != self.sticks:
            names = {one.name for one in found}
            self._said = {name: text for name, text in self._said.items() if name in names}
            self.sticks = found
            self._show()

    def watch(self, *, on: bool) -> None:
        """Look for sticks from time to time, or not."""
        if on:
            self._watch.start()
            self.look_around()
        else:
            self._watch.stop()

    def _show(self) -> None:
        state = (self.sticks, self.status and self.status.to_send, self._written, self._busy)
        if (*state, dict(self._said)) == self._shown:
            return
        self._shown = (*state, dict(self._said))
        empty(self.body)
        self.acts = []
        for stick in self.sticks:
            self.body.addWidget(self._line(stick))
        if not self.sticks:
            self.body.addWidget(padded(words(self._hint(), "secondary", wrap=True)))
        self._changed()

    def _hint(self) -> str:
        hint = tr("插上U盘，这里会出现写进U盘的按钮。写好以后带到社区的电脑上，由那里传上去。")
        return _together(self._waiting_answer(), hint)

    def _waiting_answer(self) -> str:
        if self._written is None:
            return ""
        when = short_instant(self._written, self.desk.today)
        return tr("{when} 写过一次，还没有收到回信。").format(when=when)

    def _line(self, stick: Stick) -> QWidget:
        details = [self._said.get(stick.name, ""), *self._details(stick)]
        acts = self._acts(stick)
        for act in acts:
            act.setAccessibleName(f"{act.text()} {stick.name}")
            act.setEnabled(not self._busy)
        self.acts += acts
        return line(stick.name, *(d for d in details if d), acts=tuple(acts))

    def _details(self, stick: Stick) -> list[str]:
        if self._busy:
            return [tr("正在读写，先别拔U盘。")]
        texts = []
        if stick.answers:
            texts.append(tr("U盘上有给你的回信。"))
        if stick.others:
            text = tr("U盘上有同事的资料 {count} 份，可以替他们传上去，内容你看不到。")
            texts.append(text.format(count=len(stick.others)))
        if self.status and self.status.to_send:
            text = tr("等着上传的 {count} 条可以写进去。")
            text = text.format(count=self.status.to_send)
            texts.append(_together(text, self._waiting_answer()))
        elif not texts and stick.name not in self._said:
            texts.append(tr("没有等着上传的。写一份带去，回来时可以带回别人记的新资料。"))
        return texts

    def _acts(self, stick: Stick) -> list[QPushButton]:
        acts = []
        if stick.answers:
            acts.append(button(tr("收下回信"), partial(self.take, stick), "primary"))
        if stick.others:
            acts.append(button(tr("替同事传"), partial(self.carry, stick)))
        acts.append(button(tr("写进U盘"), partial(self.write, stick)))
        return acts

    def write(self, stick: Stick) -> None:
        """Write what waits onto it."""
        store, root = self.desk.store, stick.root
        self._run(stick, lambda: operations.write_to(store, root), self._say_written)

    def take(self, stick: Stick) -> None:
        """Take in the answers on it."""
        store, answers = self.desk.store, stick.answers
        self._run(stick, lambda: operations.take_from(store, answers), self._say_taken)

    def carry(self, stick: Stick) -> None:
        """Hand over what colleagues wrote onto it."""
        store, others = self.desk.store, stick.others
        self._run(stick, lambda: operations.carry_from(store, others), self._say_carried)

    def _run(self, stick: Stick, work: Callable[[], T], say: Callable[[T], str]) -> None:
        self._busy = True
        self._said.pop(stick.name, None)
        self._show()
        self.desk.run(
            self,
            self.desk.tasks.start(work),
            lambda done: self._finish(stick, say(done)),
            partial(self._refused, stick),
        )

    def _refused(self, stick: Stick, problem: Problem) -> None:
        if problem.code == ERASED:
            # It said that this computer was revoked: nobody stays at work here.
            self.desk.stop_sync(problem)
            return
        self._finish(stick, problem.said())

    def _finish(self, stick: Stick, text: str) -> None:
        self._busy = False
        self._said[stick.name] = text
        self._show()
        self.look_around()

    def _say_written(self, done: operations.Written) -> str:
        said = tr("写好了，可以拔下U盘，带到社区的电脑上。")
        left = tr("还有 {count} 张照片没装下，下次再写。").format(count=done.left)
        return _together(said, left if done.left else "")

    def _say_taken(self, came: operations.Came) -> str:
        if came.nothing:
            return tr("回信收好了，里面没有新的内容：以前已收过，或已从网上得到。")
        text = tr("回信收好了：{count} 条有了结果，新资料 {rows} 条，照片 {photos} 张。")
        return text.format(count=came.outcomes, rows=came.rows, photos=came.photos)

    def _say_carried(self, done: operations.Carried) -> str:
        said = tr("替同事传了 {count} 份，回信已写进U盘，请带回给他们。")
        texts = [said.format(count=done.done)] if done.done else []
        return _together(*texts, *(problem.said() for problem in done.problems))


def _together(*texts: str) -> str:
    """Sentences one after the other."""
    return (" " if language() == "en" else "").join(text for text in texts if text)
