"""Names longer than their place: what tells one from the other stays in sight, counts and columns are whole."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLabel, QPushButton, QTreeWidgetItem
from states import LONG_NAME, LONG_PLACE

from gridapp.domain.record import new_id
from gridapp.ui.pages.households import HouseholdsPage
from gridapp.ui.pages.today_lists import at_hand
from gridapp.ui.tour import HEIGHT, WIDTH
from gridapp.ui.widgets.basic import inside
from gridapp.ui.widgets.choice import Toggles
from gridapp.ui.widgets.row_list import Row, RowList, shares
from gridapp.ui.widgets.table import Table, levelled

TWINS = ("机床厂家属院改造安置房1号楼", "机床厂家属院改造安置房2号楼")


def branch_of(desktop) -> QTreeWidgetItem:
    page = desktop.show("households")
    assert isinstance(page, HouseholdsPage)
    branch = page.tree.topLevelItem(1)
    assert branch
    return branch


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_buildings_of_one_compound_are_told_apart_with_their_counts(desktop, scale) -> None:
    desktop.client.desk.prefer(scale=scale)
    branch = branch_of(desktop)
    tree = branch.treeWidget()
    pictures = []
    for number, text in enumerate((f"{TWINS[0]} · 12", f"{TWINS[1]} · 12", f"{TWINS[1]} · 13")):
        branch.child(number).setText(0, text)
    desktop.settle()
    for number in range(3):
        area = tree.visualItemRect(branch.child(number))
        pictures.append(tree.viewport().grab(area).toImage())
    one, other, more = pictures
    assert one != other
    assert other != more


def test_the_tooltip_of_a_building_says_all_of_it(start) -> None:
    branch = branch_of(start(households=12, state="long"))
    assert branch.child(0).toolTip(0) == branch.child(0).text(0)
    assert branch.child(0).toolTip(0).startswith(f"{LONG_PLACE} · ")


def test_a_long_name_leaves_room_for_the_address_and_its_end(desktop, qtbot) -> None:
    ids = [new_id() for _ in range(2)]
    places = (LONG_PLACE + "1单元201", LONG_PLACE + "2单元302")
    rows = {i: Row(LONG_NAME, place, "细说") for i, place in zip(ids, places, strict=True)}
    desk = desktop.client.desk
    made = RowList("x", desk.tasks, desk.look, lambda asked: at_hand({i: rows[i] for i in asked}))
    qtbot.addWidget(made)
    made.resize(520, 200)
    made.show_ids(ids)
    made.show()
    desktop.settle()
    first, second = (made.visualRect(made.rows.index(n)) for n in range(2))

    def right_half(area: QRect) -> QRect:
        return area.adjusted(area.width() // 2, 0, 0, 0)

    one, other = (made.viewport().grab(right_half(area)).toImage() for area in (first, second))
    assert one != other


@pytest.mark.parametrize(
    ("first", "other", "room", "given"),
    [
        (50, 40, 100, (50, 40)),
        (300, 40, 100, (60, 40)),
        (300, 200, 100, (50, 50)),
        (30, 200, 100, (30, 70)),
    ],
)
def test_two_texts_share_a_line(first, other, room, given) -> None:
    assert shares(first, other, room) == given


@pytest.mark.parametrize(
    ("wanted", "room", "given"),
    [
        ([10, 20, 30], 100, [10, 20, 30]),
        ([10, 200, 30], 100, [10, 60, 30]),
        ([10, 200, 200], 100, [10, 45, 45]),
        ([10, 10], -3, [0, 0]),
    ],
)
def test_the_widest_columns_give_way(wanted, room, given) -> None:
    assert levelled(wanted, room) == given


def test_a_column_is_as_wide_as_its_words_where_there_is_room(desktop, qtbot) -> None:
    table = Table(("Sex", "Name", "Born"), (1, 20, 20))
    qtbot.addWidget(table)
    table.show_rows((("Female", "Zoe Zhao", "1946"), ("Male", "A name of many words", "1971")))
    table.resize(700, 200)
    table.show()
    desktop.settle()
    cells = [cell for cell in inside(table, QLabel) if cell.isVisible()]
    assert len(cells) == 9
    assert all(cell.width() >= cell.sizeHint().width() for cell in cells)
    # and they stand beneath each other
    assert len({cell.x() for cell in cells}) == 3
    desktop.client.desk.prefer(scale=1.25)
    desktop.settle()
    assert all(cell.width() >= cell.sizeHint().width() for cell in cells)


def test_english_words_to_choose_are_as_long_as_chinese_ones(qtbot) -> None:
    made = Toggles("x", (("a", "With something to watch"), ("b", "有" * 20)))
    qtbot.addWidget(made)
    english, chinese = (b.text() for b in inside(made, QPushButton))
    assert english == "With something to watch"
    assert chinese == "有" * 13 + "…"


def test_search_and_list_say_the_year_of_birth_alike(desktop, qtbot) -> None:
    page = desktop.show("households")
    assert isinstance(page, HouseholdsPage)
    model = page.list.rows
    row = model.row(model.index(model.place_of(desktop.sample.zhao)))
    desktop.shell.search.line.setFocus()
    qtbot.keyClicks(desktop.shell.search.line, "zhaoguilan")
    desktop.settle()
    said = [label.text() for label in inside(desktop.shell.search.results, QLabel)]
    assert "1946年生" in row.aside
    assert any("1946年生" in text for text in said)


def test_what_was_agreed_stands_apart_from_what_was_found(desktop, qtbot) -> None:
    """Where the strong words begin there is free room before them."""
    ids = [new_id() for _ in range(2)]
    rows = dict(zip(ids, (Row("x", "", "stock."), Row("x", "", "stock.", "|greed")), strict=True))
    desk = desktop.client.desk
    made = RowList("x", desk.tasks, desk.look, lambda asked: at_hand({i: rows[i] for i in asked}))
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.show_ids(ids)
    made.show()
    desktop.settle()
    alone, both = (inked(made, number) for number in range(2))
    added = sorted(both - alone)
    assert added[0] - max(alone) > 6


def inked(made: RowList, place: int) -> set[int]:
    """The columns of px in which the second line of a row has words."""
    area = made.visualRect(made.rows.index(place))
    lower = area.adjusted(0, area.height() // 2 + 2, 0, -4)
    picture = made.viewport().grab(lower).toImage()
    ground = picture.pixel(picture.width() - 1, picture.height() // 2)
    high = range(picture.height())
    return {x for x in range(picture.width()) if any(picture.pixel(x, y) != ground for y in high)}


@pytest.mark.parametrize(("typed", "scale"), [("abudu", 1.0), ("abudu", 2.0), ("wushui", 1.0)])
def test_a_long_name_that_was_found_gives_way_but_stays_readable(
    start, qtbot, typed: str, scale: float
) -> None:
    """Cut at its end and whole in the tooltip; the address beside it never takes its whole room."""
    desktop = start(households=12, state="long")
    desktop.client.window.resize(WIDTH, HEIGHT)
    desktop.client.desk.prefer(scale=scale)
    desktop.show("households")
    desktop.shell.search.line.setFocus()
    qtbot.keyClicks(desktop.shell.search.line, typed)
    desktop.settle()
    found = desktop.shell.search.results.findChildren(QPushButton)
    assert found
    for one in found:
        name, aside = inside(one, QLabel)
        assert name.geometry().right() < aside.x()
        assert aside.geometry().right() < one.width()
        assert name.width() >= min(name.sizeHint().width(), 12 * name.fontMetrics().height())
        cut = name.width() < name.sizeHint().width()
        assert name.toolTip() == (name.text() if cut else "")
