"""The list of households: a tree of places at the left, the households of one at the right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from uuid import UUID

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QTreeWidget, QTreeWidgetItem

from gridapp.domain.roles import Reach
from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.views.household_list import (
    HouseholdRow,
    Within,
    household_ids,
    household_rows,
)
from gridapp.store.views.places import GridPlaces, Place, grid_places
from gridapp.store.views.today import Grid, own_grids
from gridapp.ui.desk import Desk, Where
from gridapp.ui.offered import Offer
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.printing import PrintRequest
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Card, Elided, button, columns, rows
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.field import Line
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.grid_chips import GridChips
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch
from gridapp.ui.words.due_words import due_tag
from gridapp.ui.words.wording import joined, short_moment

_TYPING = 120  # ms
_NAME = int(Qt.ItemDataRole.UserRole) + 1  # of a place in the tree, without its count
_MOST_GRIDS = 8  # as chips; among more one chooses in the tree


class HouseholdsPage(Page):
    """Households by building or micro grid, with a search of its own."""

    KINDS = ("household", "dwelling", "building", "micro_grid", "unit", "visit", "residence")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.within = Within()
        self._places: tuple[GridPlaces, ...] = ()
        self._ids: Sequence[UUID] = ()
        self._tree_due = False
        self._build()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING)
        self._typing.timeout.connect(self._ask)

    def arrive(self, where: Where) -> None:
        """What is shown depends on nothing but what was committed: the list stays as it was left."""

    def refresh(self) -> None:
        """The list, then the tree."""
        self._tree_due = True
        self._ask()
        self.desk.read(self, own_grids, self._show_grids, only_latest="grids")

    def begin(self) -> None:
        """In the list: arrows choose, Enter opens."""
        self.list.setFocus()

    def concerns(self, changes: Changes) -> bool:
        """Rows that changed are asked for again; the order only when places changed."""
        self.list.rows.forget(changes.ids)
        if changes.touches("visit", "residence", "care_enrolment", "person"):
            self.list.rows.forget()
        return super().concerns(changes)

    def _offer(self) -> None:
        Offer(self.desk, self.add, partial(self.desk.may, "household"))
        for made in (self.several, self.print):  # households are chosen to be printed
            Offer(self.desk, made, partial(self.desk.uses, "print"))
        self.show_post()

    def show_post(self) -> None:
        """Who may not write one down is not told to."""
        new = tr("可以新建，或由社区导入名册。换个词也许能找到。")
        self.switch.explain(new if self.desk.may("household") else tr("换个词也许能找到。"))

    def _build(self) -> None:
        self.title = Elided(tr("住户"), "title")
        self.several = button(tr("选几户"), self._toggle_several)
        self.several.setCheckable(True)
        self.print = button(tr("打印"), self._print)
        self.add = button(tr("新建住户"), self._add)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(Flow(self.add, self.several, self.print, gap=10))
        self.grids = GridChips(_MOST_GRIDS)
        self.grids.chosen.connect(self._choose_grid)
        self.by = Segmented(
            tr("按什么分"), (("building", tr("按楼栋")), ("micro", tr("按微网格"))), "building"
        )
        self.by.chosen.connect(lambda _: self._fill_tree())
        self.tree = _tree()
        self.tree.currentItemChanged.connect(self._choose_place)
        side = Card()
        side.setObjectName("places")
        side.body.setContentsMargins(8, 8, 8, 8)
        side.body.setSpacing(8)
        side.body.addWidget(self.by)
        side.body.addWidget(self.tree, 1)
        self.filter = Line("", tr("在这里找：姓名、拼音、电话、门牌"))
        self.filter.setAccessibleName(tr("在住户中找"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textEdited.connect(lambda _: self._typing.start())
        for keys in ("Down", "Return", "Enter"):
            down = QShortcut(QKeySequence(keys), self.filter)
            down.setContext(Qt.ShortcutContext.WidgetShortcut)
            down.activated.connect(self._to_list)
        self.list = RowList(
            tr("住户列表"),
            self.desk.tasks,
            self.desk.look,
            self.desk.rows(household_rows, self._row),
        )
        self.list.rows.dataChanged.connect(lambda *_: self._ask_tree())
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._say_print())
        self.switch = Switch(self.list, tr("这里还没有住户"))
        self._offer()
        right = Card()
        inner = columns(self.filter)
        inner.setContentsMargins(12, 12, 12, 8)
        right.body.addLayout(inner)
        right.body.addWidget(self.switch, 1)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(side)
        body.addWidget(right, 1)
        whole = rows(head, self.grids, body, gap=14)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self._say_print()

    def _to_list(self) -> None:
        """From what was typed to the first household that it found."""
        if self.list.rows.rowCount():
            if not self.list.currentIndex().isValid():
                self.list.setCurrentIndex(self.list.rows.index(0))
            self.list.setFocus(Qt.FocusReason.TabFocusReason)

    def _ask(self) -> None:
        within = Within(
            self.within.grid_id,
            self.within.building_id,
            self.within.micro_grid_id,
            self.filter.text(),
        )
        view = partial(household_ids, within=within)
        self.desk.read(self, view, self._show_ids, only_latest="ids")

    def _ask_tree(self) -> None:
        # after the first rows: the tree of many grids takes longer than they do
        if self._tree_due:
            self._tree_due = False
            self.desk.read(self, grid_places, self._show_places, only_latest="places")

    def _show_ids(self, ids: Sequence[UUID]) -> None:
        if ids != self._ids or not ids:
            self._ids = ids
            self.list.show_ids(ids)
        if not self.list.rows.waiting:
            self._ask_tree()
        self.title.setText(tr("住户 {count}").format(count=len(ids)))
        self.switch.show_content(empty=not ids)

    def _row(self, row: HouseholdRow) -> Row:
        return household_row(self.desk, row, self.desk.today)

    def _show_places(self, places: tuple[GridPlaces, ...]) -> None:
        if places != self._places:
            self._places = places
            self._fill_tree()

    def _fill_tree(self) -> None:
        kept = self.within
        self.tree.blockSignals(True)
        self.tree.clear()
        every = QTreeWidgetItem([tr("全部")])
        every.setData(0, Qt.ItemDataRole.UserRole, Within())
        self.tree.addTopLevelItem(every)
        for grid in self._places:
            branch = self._branch(grid)
            self.tree.addTopLevelItem(branch)
            branch.setExpanded(len(self._places) == 1 or kept.grid_id == grid.id)
        self.tree.setCurrentItem(_find(self.tree, kept) or every)
        self.tree.blockSignals(False)

    def _branch(self, grid: GridPlaces) -> QTreeWidgetItem:
        item = _item(grid.name, grid.count, Within(grid.id))
        micro = self.by.value() == "micro"
        parts: Sequence[Place] = grid.micro_grids if micro else grid.buildings
        for part in parts:
            within = Within(grid.id, micro_grid_id=part.id) if micro else Within(grid.id, part.id)
            item.addChild(_item(part.name, part.count, within))
        return item

    def _show_grids(self, grids: tuple[Grid, ...]) -> None:
        self.grids.show_grids(grids, self.within.grid_id)

    def _choose_grid(self, grid_id: UUID | None) -> None:
        item = _find(self.tree, Within(grid_id))
        if item is not None:
            item.setExpanded(grid_id is not None)
            self.tree.setCurrentItem(item)

    def _choose_place(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.within = item.data(0, Qt.ItemDataRole.UserRole)
            self.grids.choose(self.within.grid_id)
            self._ask()

    def _open(self, index: QModelIndex) -> None:
        if self.several.isChecked():
            return
        id_ = self.list.rows.id_at(index)
        if id_:
            self.desk.go("household", id_)

    def _toggle_several(self) -> None:
        self.list.choose_several(self.several.isChecked())
        self._say_print()

    def _say_print(self) -> None:
        count = self.list.chosen_count() if self.several.isChecked() else 0
        self.print.setText(tr("打印 {count} 户").format(count=count) if count else tr("打印这些"))

    def _print(self) -> None:
        chosen = self.list.chosen_ids() if self.several.isChecked() else ()
        place = self.tree.currentItem()
        named = "" if chosen or self.filter.text() or place is None else place.data(0, _NAME)
        self.desk.go("print", what=PrintRequest(chosen or self._ids, named or ""))

    def _add(self) -> None:
        from gridapp.ui.forms.household import HouseholdEdit

        grid_id = self.within.grid_id or next((g.id for g in self._places), None)
        self.desk.opening.emit(HouseholdEdit(self.desk, None, grid_id, self.within.building_id))


PAGE = PageSpec(
    "households",
    HouseholdsPage,
    "住户",
    reach=frozenset({Reach.GRIDS, Reach.MICRO}),
    guide="households",
)


def household_row(desk: Desk, row: HouseholdRow, today: date) -> Row:
    """A household as the list shows it."""
    care = joined(*(desk.care_name(code) for code in row.care))
    visit = tr("还没走访过") if desk.post.holds_file() else ""  # else nobody here knows
    if row.last_visit:
        how = desk.say("visit_how", row.last_how)
        visit = f"{tr('上次')} {short_moment(row.last_visit, today)} {how}"
        if row.not_by_call:
            visit = f"{visit}{tr('（不算，要上门）')}"
    about = joined(tr("{count} 人").format(count=row.members), care)
    promise = tr("约好：{promise}").format(promise=row.promise) if row.promise else ""
    born = tr("{year}年生").format(year=row.born) if row.born else ""
    return Row(
        row.name,
        joined(born, row.address),
        joined(visit, about) if row.not_by_call else joined(about, visit),
        promise,
        due_tag(row.due, today),
    )


def _tree() -> QTreeWidget:
    tree = QTreeWidget()
    tree.setAccessibleName(tr("楼栋和微网格"))
    tree.setHeaderHidden(True)
    tree.setColumnCount(1)
    tree.setIndentation(18)
    # the end tells one building from the next, and holds the count
    tree.setTextElideMode(Qt.TextElideMode.ElideLeft)
    tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    return tree


def _item(name: str, count: int, within: Within) -> QTreeWidgetItem:
    item = QTreeWidgetItem([f"{name} · {count}"])
    item.setData(0, Qt.ItemDataRole.UserRole, within)
    item.setData(0, _NAME, name)
    item.setToolTip(0, f"{name} · {count}")
    return item


def _find(tree: QTreeWidget, within: Within) -> QTreeWidgetItem | None:
    for number in range(tree.topLevelItemCount()):
        top = tree.topLevelItem(number)
        for item in (top, *(top.child(n) for n in range(top.childCount()))):
            if item.data(0, Qt.ItemDataRole.UserRole) == within:
                return item
    return None
