"""What can be chosen for a print: which households, what of them, how, and on which printer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.printing import PrintOptions
from gridapp.printing.ranges import EVERYTHING, Ranges, parse
from gridapp.store.views.household_list import Within
from gridapp.store.views.places import GridPlaces
from gridapp.ui.printer import PaperChoice, PrinterInfo
from gridapp.ui.widgets.basic import button, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.field import Choice, Field, Line
from gridapp.ui.words.wording import joined

_COPIES = 20
_CHOSEN = "chosen"  # what somebody came here with


class PrintChoices(QWidget):
    """One choice beneath the other. ``changed`` follows each that changes what is printed or how it looks."""

    changed = Signal()
    printer_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._places: tuple[GridPlaces, ...] = ()
        self._printers: dict[str, PrinterInfo] = {}
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 6, 0)
        box.setSpacing(12)
        for part in (*self._what(), *self._how(), *self._paper()):
            box.addWidget(part)
        box.addStretch(1)
        self.show_printers(())

    # what is chosen

    @property
    def given(self) -> bool:
        """Whether what somebody came with is printed, and no grid chosen here."""
        return self.grid.value() == _CHOSEN

    @property
    def within(self) -> Within | None:
        """The grid or building chosen here; None where there is none."""
        if self.given or not self.grid.value():
            return None
        building = self.building.value()
        return Within(UUID(self.grid.value()), UUID(building) if building else None)

    def place(self) -> str:
        """The name of the grid or building chosen here, "" where there is none."""
        grid = next((g for g in self._places if str(g.id) == self.grid.value()), None)
        if grid is None:
            return ""
        inside = (p.name for p in grid.buildings if str(p.id) == self.building.value())
        return joined(grid.name, next(inside, ""))

    def options(self) -> PrintOptions:
        """How to lay out."""
        whole = self.numbers.value() == "whole"
        return PrintOptions(
            duplex=self.sides.value() == "both",
            new_visits=self.kind.value() == "new",
            again=self.kind.value() == "new" and self.again.isChecked(),
            reveal=whole,
            reason=self.reason.text().strip() if whole else "",
        )

    def files(self) -> Ranges:
        """Which of the files; everything while what is typed makes no sense."""
        return _ranges(self.which) if self.which.isVisibleTo(self) else EVERYTHING

    def paper(self) -> PaperChoice:
        """How to print on the chosen printer."""
        return PaperChoice(
            self.printer.value(),
            int(self.copies.value() or 1),
            self.options().duplex,
            _ranges(self.pages),
        )

    def ready(self) -> bool:
        """Whether everything makes sense; says beside the field what does not, and goes there."""
        lines: tuple[tuple[Field, Line], ...] = (
            (self.which, self.which_line),
            (self.pages, self.pages_line),
        )
        wrong = next((line for field, line in lines if field.error and field.isVisible()), None)
        if self.numbers.value() == "whole" and not self.reason.text().strip():
            self.why.set_error(tr("请先写明原因。"))
            wrong = self.reason
        if wrong:
            wrong.setFocus()
        return wrong is None

    # what is shown

    def show_given(self, title: str) -> None:
        """Offer what somebody came with first, and choose it; "" takes it away."""
        self._fill_grids(title)
        self.grid.set_value(_CHOSEN if title else "")
        self._fill_buildings()

    def show_places(self, places: tuple[GridPlaces, ...]) -> None:
        """The grids and buildings to choose from; what is chosen stays chosen."""
        if places == self._places:
            return
        self._places = places
        grid, building = self.grid.value(), self.building.value()
        given = self.grid.itemText(self.grid.findData(_CHOSEN))
        self._fill_grids(given)
        self.grid.set_value(grid)
        self._fill_buildings()
        self.building.set_value(building)

    def offer_again(self, sheets: int, *, nothing_new: bool) -> None:
        """Where nothing is new, the last continuation sheets may be printed once more: so many there are."""
        there = self.kind.value() == "new" and sheets > 0 and nothing_new
        self.again.setVisible(self.options().again or there)
        self.again.setText(tr("上次的续页再打一次（{count} 户）").format(count=sheets))

    def forget_again(self) -> None:
        """Something else is printed: what is new of it."""
        self.again.setChecked(False)
        self._explain_kind()

    def show_count(self, files: int) -> None:
        """Which of them is asked where there are several."""
        self.which.setVisible(files > 1)

    def show_printers(self, printers: Sequence[PrinterInfo], preferred: str = "") -> None:
        """The printers there are; none is said, with what to do."""
        kept = self.printer.value() or preferred
        self._printers = {info.name: info for info in printers}
        self.printer.clear()
        for info in printers:
            text = tr("{name}（默认）").format(name=info.name) if info.usual else info.name
            self.printer.addItem(text, info.name)
        self.printer.set_value(kept)
        for part in (self.printer_field, self.copies_field, self.pages):
            part.setVisible(bool(printers))
        self.none.setVisible(not printers)
        self._say_duplex()

    # building

    def _what(self) -> tuple[QWidget, ...]:
        self.grid = Choice([], empty=tr("请选择网格"))
        self.grid.activated.connect(lambda _: self._choose_grid())
        self.building = Choice([], empty=tr("整个网格"))
        self.building.activated.connect(lambda _: self.changed.emit())
        self.building_field = Field(tr("楼栋"), self.building)
        self.kind = Segmented(
            tr("打什么"), (("whole", tr("整份档案")), ("new", tr("只打新走访"))), "whole"
        )
        self.kind_field = Field(tr("打什么"), self.kind)
        self.further = words("", "hint", wrap=True)
        self.again = button("", self._choose_again, "toggle")
        self.again.setCheckable(True)
        self.again.hide()
        self.kind.chosen.connect(lambda _: self._choose_kind())
        self._explain_kind()
        self.which_line = Line(hint=tr("空着是全部，例如 1-50"), max_length=60)
        self.which = Field(tr("打第几户"), self.which_line)
        self.which_line.editingFinished.connect(lambda: self._check(self.which))
        self.building_field.hide()
        return (
            Field(tr("打印哪些"), self.grid),
            self.building_field,
            self.kind_field,
            self.further,
            self.again,
            self.which,
        )

    def _how(self) -> tuple[QWidget, ...]:
        self.sides = self._segmented(
            tr("单面还是双面"), (("one", tr("单面")), ("both", tr("双面"))), "one"
        )
        self.sides.chosen.connect(lambda _: self._say_duplex())
        self.turning = words("", "notice", wrap=True)
        self.numbers = Segmented(
            tr("证件和电话号码"),
            (("masked", tr("遮住中间")), ("whole", tr("完整（会记录）"))),
            "masked",
        )
        self.numbers.chosen.connect(self._choose_numbers)
        self.masked = words(tr("预览里号码总是遮住的。"), "hint", wrap=True)
        self.masked.hide()
        self.reason = Line(hint=tr("例如：居民本人要复印件"), max_length=80)
        self.why = Field(tr("要完整号码的原因"), self.reason, required=True)
        self.reason.textEdited.connect(lambda _: self.why.set_error(""))
        self.why.hide()
        return (
            Field(tr("单面还是双面"), self.sides),
            self.turning,
            Field(tr("证件和电话号码"), self.numbers),
            self.why,
            self.masked,
            words(tr("每页都有你的名字、这台电脑和时间作水印。"), "hint", wrap=True),
        )

    def _paper(self) -> tuple[QWidget, ...]:
        self.printer = Choice([])
        self.printer.activated.connect(lambda _: self._choose_printer())
        self.printer_field = Field(tr("打印机"), self.printer)
        self.copies = Choice([(f"{n}", f"{n}") for n in range(1, _COPIES + 1)], "1")
        self.copies.removeItem(0)
        self.copies_field = Field(tr("份数"), self.copies)
        self.pages_line = Line(hint=tr("空着是全部，例如 1-2"), max_length=60)
        self.pages = Field(tr("每户打哪几页"), self.pages_line)
        self.pages_line.editingFinished.connect(lambda: self._check(self.pages, tell=False))
        self.none = words(
            tr(
                "这台电脑上没有打印机。可以先存为 PDF，拿到有打印机的电脑上打；或请人装好打印机再来。"
            ),
            "notice",
            wrap=True,
        )
        return self.printer_field, self.copies_field, self.pages, self.none

    def _segmented(self, name: str, choices: Sequence[tuple[str, str]], value: str) -> Segmented:
        made = Segmented(name, choices, value)
        made.chosen.connect(lambda _: self.changed.emit())
        return made

    # acting

    def _fill_grids(self, given: str) -> None:
        self.grid.clear()
        self.grid.addItem(tr("请选择网格"), "")
        if given:
            self.grid.addItem(given, _CHOSEN)
        for grid in self._places:
            text = tr("{name} · {count} 户").format(name=grid.name, count=grid.count)
            self.grid.addItem(text, str(grid.id))

    def _fill_buildings(self) -> None:
        self.building.clear()
        self.building.addItem(tr("整个网格"), "")
        chosen = next((g for g in self._places if str(g.id) == self.grid.value()), None)
        for place in chosen.buildings if chosen else ():
            text = tr("{name} · {count} 户").format(name=place.name, count=place.count)
            self.building.addItem(text, str(place.id))
        self.building_field.setVisible(chosen is not None)

    def _choose_grid(self) -> None:
        self._fill_buildings()
        self.changed.emit()

    def _choose_kind(self) -> None:
        self.forget_again()
        self.changed.emit()

    def _choose_again(self) -> None:
        self._explain_kind()
        self.changed.emit()

    def _explain_kind(self) -> None:
        self.further.setVisible(self.kind.value() == "new")
        self.further.setText(
            tr("卡纸了、文件丢了：和上次打的续页一样，再打一次。点一下按钮回到新走访。")
            if self.again.isChecked()
            else tr("接着上次在这台电脑上打的，打成续页。没有新走访的、还没打过整份的不打。")
        )

    def _choose_numbers(self, which: str) -> None:
        self.why.setVisible(which == "whole")
        self.masked.setVisible(which == "whole")
        if which == "whole":
            self.reason.setFocus()
        else:
            self.why.set_error("")

    def _choose_printer(self) -> None:
        self._say_duplex()
        self.printer_chosen.emit(self.printer.value())

    def _say_duplex(self) -> None:
        """A printer that does not turn paper by itself is said while there is time."""
        info = self._printers.get(self.printer.value())
        cannot = self.sides.value() == "both" and info is not None and not info.duplex
        self.turning.setText(
            tr("这台打印机不会自动翻面。请选单面，或存为 PDF 到能打双面的打印机上打。")
            if cannot
            else ""
        )
        self.turning.setVisible(cannot)

    def _check(self, field: Field, *, tell: bool = True) -> None:
        assert isinstance(field.inner, Line)
        try:
            parse(field.inner.text())
        except Problem as problem:
            field.set_error(problem.text())
        else:
            field.set_error("")
            if tell:
                self.changed.emit()


def _ranges(field: Field) -> Ranges:
    assert isinstance(field.inner, Line)
    try:
        return parse(field.inner.text())
    except Problem:
        return EVERYTHING
