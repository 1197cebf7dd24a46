"""The list of households: several grids as chips, a filter that the keyboard gets through, names that stand apart."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gridapp.domain.household import Household
from gridapp.domain.record import new_id
from gridapp.domain.unit import Assignment, Unit
from gridapp.ui.pages.households import HouseholdsPage


def page_of(desktop) -> HouseholdsPage:
    desktop.client.desk.go("households")
    desktop.settle()
    page = desktop.shell.pages["households"]
    assert isinstance(page, HouseholdsPage)
    return page


def another_grid(desktop, households: int = 2) -> UUID:
    """A second grid that the user looks after for a colleague, with some households."""
    grid = Unit(code="990000001001004", name="第四网格", kind="grid")

    def write(uow) -> None:
        uow.create(grid)
        uow.create(
            Assignment(
                staff_id=desktop.sample.staff,
                unit_id=grid.id,
                role="worker",
                from_date=date(2026, 11, 1),
                covers_id=new_id(),
            )
        )
        for number in range(households):
            uow.create(Household(grid_id=grid.id, name=f"孙{number}", kind="family"))

    desktop.client.desk.store.write(write).result()
    desktop.settle()
    return grid.id


def test_one_grid_needs_no_chips(desktop) -> None:
    page = page_of(desktop)
    assert not page.grids.isVisible()


def test_several_grids_are_chips_and_a_cover_says_so(desktop) -> None:
    second = another_grid(desktop)
    page = page_of(desktop)
    chips = page.grids._chips
    assert chips is not None
    assert chips.isVisible()
    assert chips.button(str(second)).text() == "第四网格 · 代"
    assert len(page._ids) == 14
    QTest.mouseClick(chips.button(str(second)), Qt.MouseButton.LeftButton)
    desktop.settle()
    assert len(page._ids) == 2
    assert page.tree.currentItem().text(0) == "第四网格 · 2"
    # the tree and the chips say the same
    page.tree.setCurrentItem(page.tree.topLevelItem(0))
    desktop.settle()
    assert chips.value() == "all"
    assert len(page._ids) == 14
    chips.button(str(desktop.sample.grid)).setFocus()
    QTest.keyClick(chips.button(str(desktop.sample.grid)), Qt.Key.Key_Space)
    desktop.settle()
    assert len(page._ids) == 12


def test_from_the_filter_to_a_file_by_keyboard(desktop) -> None:
    page = page_of(desktop)
    page.filter.setFocus()
    QTest.keyClicks(page.filter, "zhaoguilan")
    page._typing.timeout.emit()
    desktop.settle()
    assert len(page._ids) == 1
    QTest.keyClick(page.filter, Qt.Key.Key_Return)
    assert page.list.hasFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    desktop.settle()
    assert desktop.shell.pages["household"].household_id == desktop.sample.zhao


def test_down_from_a_filter_that_finds_nothing_stays(desktop) -> None:
    page = page_of(desktop)
    page.filter.setFocus()
    QTest.keyClicks(page.filter, "qqqqq")
    page._typing.timeout.emit()
    desktop.settle()
    assert page.switch.is_empty
    QTest.keyClick(page.filter, Qt.Key.Key_Down)
    assert page.filter.hasFocus()


def test_a_name_stands_with_birth_year_and_address(desktop) -> None:
    page = page_of(desktop)
    model = page.list.rows
    row = model.row(model.index(model.place_of(desktop.sample.zhao)))
    assert row is not None
    assert (row.title, row.aside) == ("赵桂兰", "1946年生 · 3号楼1单元201")
