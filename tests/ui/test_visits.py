"""The list of all visits: filters, words, and the way to one visit of one household."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gridapp.ui.pages.household import HouseholdPage
from gridapp.ui.pages.visits import VisitsPage


@pytest.fixture
def page(desktop) -> VisitsPage:
    desktop.client.desk.go("visits")
    desktop.settle()
    shown = desktop.shell.pages.currentWidget()
    assert isinstance(shown, VisitsPage)
    return shown


def count(desktop, condition: str, *params: object) -> int:
    [(found,)] = desktop.sql(f"SELECT count(*) FROM visit WHERE deleted=0 AND {condition}", *params)
    return found


def choose(desktop, box, value: str) -> None:
    """As a person does: the list is opened, a line chosen."""
    box.set_value(value)
    box.activated.emit(box.currentIndex())
    desktop.settle()


def test_newest_first_with_when_how_who_and_what(desktop, page) -> None:
    assert page.title.text() == f"走访 {count(desktop, '1')}"
    newest = desktop.sql("SELECT max(happened_at) FROM visit")[0][0]
    assert newest == "2026-11-10"
    first = page.list.rows.row(page.list.rows.index(0))
    assert first
    assert first.detail.startswith("11月10日 · 上门 · 李秀英 · 精神好")


def test_filters_narrow_the_list_and_can_be_taken_back(desktop, page) -> None:
    choose(desktop, page.how, "phone")
    assert page.title.text() == f"走访 {count(desktop, 'how=?', 'phone')}"
    choose(desktop, page.month, "2026-10")
    both = count(desktop, "how='phone' AND happened_at LIKE '2026-10%'")
    assert page.title.text() == f"走访 {both}"
    choose(desktop, page.how, "")
    choose(desktop, page.month, "")
    choose(desktop, page.care, "C16")
    assert page.switch.is_empty
    choose(desktop, page.care, "")
    page.filter.setText("软管")
    page.refresh()
    desktop.settle()
    assert page.title.text() == f"走访 {count(desktop, 'situation LIKE ?', '%软管%')}"
    page.filter.setText("")
    QTest.mouseClick(page.whose.button("mine"), Qt.MouseButton.LeftButton)
    desktop.settle()
    assert page.title.text() == f"走访 {count(desktop, '1')}"


def test_only_those_with_something_to_watch(desktop, page) -> None:
    QTest.mouseClick(page.watch.button("watch"), Qt.MouseButton.LeftButton)
    desktop.settle()
    assert page.switch.is_empty
    desktop.client.desk.store.write(
        lambda uow: (
            uow.connection.execute(
                "UPDATE visit SET answers=? WHERE id=(SELECT max(id) FROM visit)",
                ('{"C01/跌倒隐患":"watch"}',),
            ),
            uow.touch("visit", [desktop.sample.zhao.bytes]),
        )
    ).result()
    desktop.settle()
    page.list.viewport().update()
    desktop.settle()
    assert page.title.text() == "走访 1"
    row = page.list.rows.row(page.list.rows.index(0))
    assert row
    assert ("留意 1", "amber") in row.tags


def test_enter_opens_the_household_at_this_visit(desktop, page) -> None:
    QTest.keyClick(page.list, Qt.Key.Key_Home)
    for _ in range(3):
        QTest.keyClick(page.list, Qt.Key.Key_Down)
    chosen = page.list.rows.id_at(page.list.currentIndex())
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    desktop.settle()
    file = desktop.shell.pages.currentWidget()
    assert isinstance(file, HouseholdPage)
    assert chosen in {v.id for v in file.view.visits}
    tab = file.part("visits")
    assert file._stack.currentWidget() is tab
    assert tab.list.rows.id_at(tab.list.currentIndex()) == chosen


def test_months_go_back_to_the_first_visit(desktop, page) -> None:
    months = [page.month.itemData(n) for n in range(page.month.count())]
    assert months[:3] == ["", "2026-11", "2026-10"]
    [(first,)] = desktop.sql("SELECT min(happened_at) FROM visit")
    assert months[-1] == first[:7]
    assert page.month.itemText(1) == "2026 年 11 月"
