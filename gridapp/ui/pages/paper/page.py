"""Printing household files: choose at the left, see at the right what will come out, then print or save."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QStackedWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.printing import Account, LeftOut, Plan, Planned, plan
from gridapp.printing.plan import plan_within
from gridapp.store.changes import Changes
from gridapp.store.views import View
from gridapp.store.views.household_list import Within
from gridapp.store.views.places import grid_places
from gridapp.ui.desk import Desk, Where
from gridapp.ui.operations import printing
from gridapp.ui.operations.printing import Ended
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.paper.account import PrintAccount
from gridapp.ui.pages.paper.choices import PrintChoices
from gridapp.ui.pages.paper.foot import PrintFoot
from gridapp.ui.pages.paper.preview import Preview
from gridapp.ui.pages.printing import PrintRequest
from gridapp.ui.printer import PrinterInfo, Printers, SystemPrinters
from gridapp.ui.widgets.basic import Card, Elided, button, columns, rows
from gridapp.ui.widgets.states import Placeholder, scrolling


class PrintPage(Page):
    """What is asked for with ``Where.what`` (a ``PrintRequest``) or ``Where.id``, or chosen here."""

    KINDS = (
        *("household", "household_file", "dwelling", "building", "visit", "attachment"),
        *("person", "person_file", "residence", "care_enrolment", "unit"),
    )

    def __init__(self, desk: Desk, printers: Printers | None = None) -> None:
        super().__init__(desk)
        self.printers: Printers = printers or SystemPrinters()
        self.request: PrintRequest | None = None
        self.plan = Plan()
        self.account: Account | None = None
        self._source: tuple[PrintRequest | None, Within | None] = (None, None)
        self._build()

    @property
    def chosen(self) -> tuple[Planned, ...]:
        """The files that will be printed."""
        files = self.choices.files()
        return tuple(p for number, p in enumerate(self.plan.todo, start=1) if number in files)

    def arrive(self, where: Where) -> None:
        """What to print; coming back without anything leaves the page as it was."""
        what = where.what
        if not isinstance(what, PrintRequest):
            what = PrintRequest((where.id,)) if where.id else None
        if what is not None and what != self.request and not self.foot.working:
            self.request = what
            self.choices.show_given(what.name())
        super().arrive(where)

    def begin(self) -> None:
        """On what to print."""
        self.choices.grid.setFocus()

    def refresh(self) -> None:
        """The places to choose from, the printers, and the plan."""
        self.desk.read(self, grid_places, self.choices.show_places, only_latest="places")
        asked = printing.ask_printers(self.desk.tasks, self.printers)
        self.desk.tasks.run(self, asked, self._show_printers, only_latest="printers")
        self._ask()

    def concerns(self, changes: Changes) -> bool:
        """What was saved may be on the page that is shown."""
        mine = super().concerns(changes)
        if mine:
            self.preview.forget()
        return mine

    def save_pdf(self, path: Path) -> None:
        """Save what is chosen as one PDF."""
        desk, chosen, options = self.desk, self.chosen, self.choices.options()
        going = self._start(len(chosen))
        ids = [each.id for each in chosen]
        future = printing.save_pdf(desk.tasks, desk.store, ids, path, options, going)
        desk.run(self, future, lambda account: self._saved(account, path), self._refused)

    def print_out(self) -> None:
        """Print what is chosen on the chosen printer."""
        paper = self.choices.paper()
        if not paper.printer or not self._may_start():
            return
        desk, chosen, options = self.desk, self.chosen, self.choices.options()
        going = self._start(len(chosen))
        work = printing.PaperWork([each.id for each in chosen], options, paper, self._name())
        future = printing.put_on_paper(desk.tasks, desk.store, work, self.printers, going)
        desk.run(self, future, self._printed, self._refused)

    # building

    def _build(self) -> None:
        self.title = Elided(tr("打印住户档案"), "title")
        back = button("‹", self._back, "back")
        back.setAccessibleName(tr("返回"))
        back.setToolTip(tr("返回"))
        self.choices = PrintChoices()
        self.choices.changed.connect(self._ask)
        self.choices.printer_chosen.connect(lambda name: self.desk.prefer(printer=name))
        self.foot = PrintFoot()
        self.foot.print_wanted.connect(self.print_out)
        self.foot.save_wanted.connect(self._ask_path)
        self.foot.why_wanted.connect(self._show_left)
        self.preview = Preview(self.desk)
        self.left = PrintAccount(self.desk, lambda: self.right.setCurrentWidget(self.preview))
        self.nothing = Placeholder(
            tr("还没选要打印的住户"), tr("在左边选一个网格或楼栋，或在住户名单里选几户再按打印。")
        )
        self.nothing.offer(tr("去住户名单"), lambda: self.desk.go("households"))
        self.right = QStackedWidget()
        for part in (self.nothing, self.preview, self.left):
            self.right.addWidget(part)
        self._side = Card()
        upper = columns(scrolling(self.choices))
        upper.setContentsMargins(16, 12, 10, 0)
        self._side.body.addLayout(upper, 1)
        self._side.body.addWidget(self.foot)
        body = columns(self._side, self.right, gap=16)
        body.setStretch(1, 1)
        whole = rows(columns(back, self.title), body, gap=12)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        QShortcut(QKeySequence("Ctrl+P"), self).activated.connect(self.print_out)
        self.desk.look.changed.connect(self._fit)
        self._fit()
        self._say()

    def _fit(self) -> None:
        self._side.setFixedWidth(self.desk.look.theme.size("panel") - 30)

    # asking and showing

    def _ask(self, *, after: bool = False) -> None:
        """What of the chosen households will be printed. ``after`` a print its account stays in view."""
        within = self.choices.within
        source = (self.request if self.choices.given else None, within)
        anew, self._source = source != self._source, source
        if anew:
            self.choices.forget_again()
        options = self.choices.options()
        new_visits, again = options.new_visits, options.again
        view: View[Plan]
        if self.choices.given and self.request:
            view = partial(plan, ids=self.request.ids, new_visits=new_visits, again=again)
        elif within is not None:
            view = partial(plan_within, within=within, new_visits=new_visits, again=again)
        else:
            self._show_plan(Plan(), anew=True)
            return
        show = self._show_rest if after else partial(self._show_plan, anew=anew)
        self.desk.read(self, view, show, only_latest="plan")

    def _show_plan(self, found: Plan, *, anew: bool) -> None:
        if found.todo != self.plan.todo and not self.foot.working:
            self.account = None
            self.foot.forget()
        self.plan = found
        self.choices.show_count(len(found.todo))
        self.choices.offer_again(found.sheets, nothing_new=not found.todo)
        self.preview.show_files(self.chosen, self.choices.options(), anew=anew)
        if self.account is None or self.right.currentWidget() is not self.left:
            self._show_right()
        self._say()

    def _show_rest(self, found: Plan) -> None:
        """What is left after a print of new visits: nothing of it would be printed twice."""
        self.plan = found
        self.choices.offer_again(found.sheets, nothing_new=not found.todo)
        self._say()

    def _show_right(self) -> None:
        if self.chosen:
            self.right.setCurrentWidget(self.preview)
        elif self.plan.left_out:
            self._show_left()
        else:
            self.right.setCurrentWidget(self.nothing)

    def _show_printers(self, found: tuple[PrinterInfo, ...]) -> None:
        self.choices.show_printers(found, self.desk.preferences.printer)
        self._say()

    def _say(self) -> None:
        """What is going to be printed, how many, and what can be done now."""
        name = self._name()
        self.title.setText(tr("打印：{what}").format(what=name) if name else tr("打印住户档案"))
        left = len(self.plan.left_out)
        self.foot.show_counts(len(self.chosen), left, printer=bool(self.choices.printer.value()))
        self.choices.setEnabled(not self.foot.working)

    def _name(self) -> str:
        """What is printed, "" where nothing is chosen."""
        given = self.request if self.choices.given else None
        if given and not given.title and len(self.plan.todo) == len(given.ids) == 1:
            return tr("{name} 户").format(name=self.plan.todo[0].name)
        return given.name() if given else self.choices.place()

    def _show_left(self) -> None:
        left = _together(self.account, self.plan)
        why = tr("这 {count} 户不打：").format(count=len(left))
        said = f"{self.foot.said.text()} {why}" if self.account else why
        self.left.show_left(said, left, preview=bool(self.chosen))
        self.right.setCurrentWidget(self.left)

    # working

    def _may_start(self) -> bool:
        return bool(self.chosen and not self.foot.working and self.choices.ready())

    def _start(self, total: int) -> printing.Going:
        self.account = None
        going = self.foot.begin(total)
        self._say()
        return going

    def _ask_path(self) -> None:
        if not self._may_start():
            return
        name = f"{tr('住户档案')} {self.desk.today.isoformat()}.pdf"
        chosen, _ = QFileDialog.getSaveFileName(self, tr("存为 PDF"), name, "PDF (*.pdf)")
        if chosen:
            self.save_pdf(Path(chosen))

    def _saved(self, account: Account, path: Path) -> None:
        said = tr("已存好 {count} 户：{name}").format(count=account.done, name=path.name)
        self._end(said, account)

    def _printed(self, ended: Ended) -> None:
        count, total = ended.account.done, self.foot.total
        if ended.problem:
            said = tr("{problem} 已打 {count} 户。")
            said = said.format(problem=ended.problem.text(), count=count)
        elif ended.account.stopped:
            said = tr("已停下：打了 {count} 户，共 {total} 户。").format(count=count, total=total)
        else:
            said = tr("已交给打印机 {count} 户。").format(count=count)
        self._end(said, ended.account)

    def _refused(self, problem: Problem) -> None:
        said = problem.text()
        if problem.code == "cancelled":
            said = tr("已停下：做到第 {count} 户，没有留下文件。").format(count=self.foot.done)
        self._end(said, None)

    def _end(self, said: str, account: Account | None) -> None:
        self.account = account
        if account and account.photos:
            photos = tr("{count} 张照片不在这台电脑上，没有打。").format(count=account.photos)
            said = f"{said} {photos}"
        self.foot.end(said)
        self._say()
        if account and _together(account, self.plan):
            self._show_left()
        if account and self.choices.options().new_visits:
            self._ask(after=True)

    def _back(self) -> None:
        if self.request and len(self.request.ids) == 1:
            self.desk.go("household", self.request.ids[0])
        else:
            self.desk.go("households")


def _together(account: Account | None, found: Plan) -> tuple[LeftOut, ...]:
    """What was left out before and while it was printed, each household once."""
    late = account.left_out if account else ()
    return tuple({each.id: each for each in (*found.left_out, *late)}.values())
