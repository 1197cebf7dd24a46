"""The page that a day begins with: keyboard and mouse, chips, another day, nothing to do."""

from datetime import date, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from sample import NOW, TODAY

from gridapp.store import recording
from gridapp.store.drafting import VisitDraft
from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.pages.today import TodayPage
from gridapp.ui.widgets.basic import inside
from gridapp.ui.widgets.row_list import Row

DAY = 86_400_000
KEY = Qt.Key


def page_of(desktop) -> TodayPage:
    page = desktop.shell.pages.currentWidget()
    assert isinstance(page, TodayPage)
    return page


def row(page: TodayPage, id_) -> Row:
    made = page.due.list.rows
    found = made.row(made.index(made.place_of(id_)))
    assert found
    return found


def shown(desktop, page: TodayPage) -> None:
    page.due.list.viewport().update()
    desktop.settle()


def form_of(desktop) -> object:
    return desktop.shell.panel.currentWidget() if desktop.shell.panel.forms() else None


def test_the_day_begins_here_and_says_what_to_do(desktop) -> None:
    page = page_of(desktop)
    assert page.title.text() == "11月20日 星期五"
    view = page.view
    assert view
    later = len(view.due) - view.now
    assert page.sentence.text() == f"今天 {view.now} 户要走访，一周内还有 {later} 户"
    assert page.due.title.text() == f"要走访 {len(view.due)}"
    shown(desktop, page)
    zhao = row(page, desktop.sample.zhao)
    assert (zhao.title, zhao.aside) == ("赵桂兰", "3号楼1单元201")
    assert zhao.detail == "上次约好11月17日：药续上再看一眼 · 独居老人 80岁 · 每7天"
    assert zhao.tags == (("逾期 3 天", "red"),)
    assert page.month.figure.text() == str(view.visited)
    assert page.month.of.text() == "/ 12 户"


def visited(desktop, household, days: int, how: str, **values: object) -> None:
    when = (date(2026, 11, 20) - timedelta(days)).isoformat()
    draft = VisitDraft(household, when, how=how, situation="x", **values)
    desktop.client.desk.store.write(lambda uow: recording.add_visit(uow, draft)).result()
    desktop.settle()


def test_it_says_which_reason_is_overdue_and_that_a_call_did_not_count(desktop) -> None:
    zhao = desktop.sample.zhao
    page = page_of(desktop)
    visited(desktop, zhao, 1, "phone", next_date=date(2027, 1, 26), promise="带表来")
    shown(desktop, page)
    told = row(page, zhao)
    assert told.tags == (("逾期 3 天", "red"),)
    assert told.detail == (
        "独居老人 80岁 · 每7天（逾期） · 电话不算，要上门 · 上次约好2027年1月26日：带表来"
    )
    listed = desktop.show("households")
    desktop.settle()
    rows = listed.list.rows
    index = next(n for n in range(rows.rowCount()) if rows.id_at(rows.index(n)) == zhao)
    assert "上次 昨天 电话（不算，要上门）" in rows.row(rows.index(index)).detail
    # at home it counts, and nothing of it is said any more
    visited(desktop, zhao, 0, "home")
    desktop.show("today")
    shown(desktop, page)
    assert "不算" not in row(page, zhao).detail
    assert "逾期" not in row(page, zhao).detail


def test_by_keyboard_alone_a_visit_is_recorded_and_leaves_the_list(desktop) -> None:
    page = page_of(desktop)
    before = [h.id for h in page.view.due]
    place = before.index(desktop.sample.zhao)
    assert page.due.list.hasFocus()
    QTest.keyClick(page.due.list, KEY.Key_Home)
    for _ in range(place):
        QTest.keyClick(page.due.list, KEY.Key_Down)
    QTest.keyClick(page.due.list, KEY.Key_Return)
    desktop.settle()
    assert desktop.shell.where.page == "household"
    assert desktop.shell.where.id == desktop.sample.zhao
    form = form_of(desktop)
    assert isinstance(form, VisitForm)
    form.situation.setPlainText("药已续上")
    form.next.set_value("")
    QTest.keyClick(form.situation, KEY.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM visit WHERE situation='药已续上'") == [(1,)]
    desktop.client.desk.go("today")
    desktop.settle()
    due = {h.id: h.due.day for h in page.view.due}
    assert due[desktop.sample.zhao] == date(2026, 11, 27)  # high need: every seven days
    assert page.view.now == sum(1 for day in due.values() if day <= TODAY)


def test_the_button_of_a_row_records_and_the_rest_of_it_opens(desktop) -> None:
    page = page_of(desktop)
    made = page.due.list
    index = made.rows.index(made.rows.place_of(desktop.sample.zhao))
    made.scrollTo(index)
    box = made.button_of(index)
    assert box
    beside = QPoint(made.visualRect(index).left() + 30, box.center().y())
    QTest.mouseClick(made.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    desktop.settle()
    assert (desktop.shell.where.page, form_of(desktop)) == ("household", None)
    desktop.client.desk.go("today")
    desktop.settle()
    made.scrollTo(index)
    box = made.button_of(index)
    assert box
    QTest.mouseClick(made.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    desktop.settle()
    assert desktop.shell.where.id == desktop.sample.zhao
    assert isinstance(form_of(desktop), VisitForm)


def test_a_press_on_the_button_that_is_drawn_away_does_nothing(desktop) -> None:
    page = page_of(desktop)
    made = page.due.list
    box = made.button_of(made.rows.index(0))
    assert box
    QTest.mousePress(made.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    QTest.mouseRelease(made.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, box.y()))
    desktop.settle()
    assert desktop.shell.where.page == "today"


def test_the_space_bar_opens_the_file(desktop) -> None:
    page = page_of(desktop)
    QTest.keyClick(page.due.list, KEY.Key_Home)
    QTest.keyClick(page.due.list, KEY.Key_Space)
    desktop.settle()
    assert desktop.shell.where.id == page.view.due[0].id
    assert form_of(desktop) is None


def test_the_big_buttons_and_their_keys(desktop) -> None:
    page = page_of(desktop)
    assert page.big.visit.height() == page.big.report.height() == 52
    QTest.mouseClick(page.big.visit, Qt.MouseButton.LeftButton)
    assert desktop.shell.search.line.hasFocus()
    QTest.mouseClick(page.big.report, Qt.MouseButton.LeftButton)
    desktop.settle()
    form = form_of(desktop)
    assert isinstance(form, EventForm)
    form.cancel()
    desktop.settle()
    page.due.list.setFocus()
    QTest.keyClick(page.due.list, KEY.Key_Home)
    QTest.keyClick(page.due.list, KEY.Key_1, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert desktop.shell.where.id == page.view.due[0].id
    assert isinstance(form_of(desktop), VisitForm)


def test_another_day_is_another_list(desktop) -> None:
    page = page_of(desktop)
    now = page.view.now
    desktop.client.desk.store.clock = lambda: NOW + 7 * DAY
    desktop.client.desk.day_changed.emit()
    desktop.settle()
    assert page.title.text() == "11月27日 星期五"
    assert page.view.now > now
    assert ("逾期 10 天", "red") in row(page, desktop.sample.zhao).tags


def test_chips_choose_a_grid_and_a_cover_says_so(start) -> None:
    desktop = start(households=12, state="head")
    page = page_of(desktop)
    chips = {b.text(): b for b in inside(page._chips, QPushButton)}
    assert list(chips) == ["全部", "第三网格", "第四网格 · 代"]
    every = {h.id for h in page.view.due}
    parts = []
    for name in ("第三网格", "第四网格 · 代"):
        QTest.mouseClick(chips[name], Qt.MouseButton.LeftButton)
        desktop.settle()
        parts.append({h.id for h in page.view.due})
        assert page.view.waiting == len(page.view.events)
    assert parts[0] | parts[1] == every
    assert parts[0].isdisjoint(parts[1])
    assert all(parts)


def test_an_event_that_waits_opens(start) -> None:
    desktop = start(households=12, state="head")
    page = page_of(desktop)
    assert page.events.title.text() == f"事件等你 {page.view.waiting}"
    assert page.view.waiting > 0
    page.events.list.setFocus()
    QTest.keyClick(page.events.list, KEY.Key_Home)
    QTest.keyClick(page.events.list, KEY.Key_Return)
    desktop.settle()
    assert desktop.shell.where.page == "event"
    assert desktop.shell.where.id == page.view.events[0].row.id


def test_what_asks_for_a_look_leads_to_where_it_is_settled(start) -> None:
    desktop = start(households=12, state="troubles")
    page = page_of(desktop)
    assert page.looks.title.text() == "要你看一眼 8"
    said = {b.accessibleName(): b for b in inside(page.looks, QPushButton)}
    assert list(said) == [
        "选一个: 赵桂兰：删不删改了两次",
        "选一个: 赵桂兰：自编号改了两次",
        "看看: 1 条晚到的，在等网格长或社区决定",
        "看看: 2 条没有收下",
        "看看: 2 条晚到的收下了",
        "看看: 有资料要从这台电脑上去掉，先问你",
    ]
    said["选一个: 赵桂兰：自编号改了两次"].click()
    desktop.settle()
    assert desktop.shell.where.page == "sync"
    assert desktop.shell.where.item == page.view.twice[1].stake.conflict.id


def test_with_nothing_at_all_the_page_is_calm(start) -> None:
    desktop = start(households=0)
    page = page_of(desktop)
    assert page.sentence.text() == "今天没有到期的走访"
    assert page.due.switch.is_empty
    assert page.events.switch.is_empty
    assert not page.looks.isVisible()
    assert not page.month.isVisible()
    assert not page.suggestions.isVisible()
    assert page.big.visit.hasFocus()


def test_with_time_left_it_offers_whom_nobody_visited(start) -> None:
    desktop = start(households=12)
    page = page_of(desktop)
    assert not page.suggestions.isVisible()
    desktop.client.desk.store.write(
        lambda uow: (
            uow.connection.execute("UPDATE visit SET next_date=NULL"),
            uow.connection.execute("UPDATE care_enrolment SET deleted=1"),
            uow.touch("visit", [desktop.sample.zhao.bytes]),
        )
    ).result()
    desktop.settle()
    assert page.view.due == ()
    assert page.suggestions.isVisible()
    never = desktop.sql(
        "SELECT h.name FROM household h WHERE h.deleted=0 "
        "AND h.id NOT IN (SELECT household_id FROM visit WHERE how<>'absent') ORDER BY h.id"
    )
    page.suggestions.list.viewport().update()
    desktop.settle()
    first = page.suggestions.list.rows.row(page.suggestions.list.rows.index(0))
    assert first
    assert first.title == never[0][0]
    assert first.detail.startswith("还没走访过")
    QTest.keyClick(page.suggestions.list, KEY.Key_Home)
    QTest.keyClick(page.suggestions.list, KEY.Key_Return)
    desktop.settle()
    assert isinstance(form_of(desktop), VisitForm)


@pytest.mark.parametrize(("scale", "beside"), [(1.0, True), (1.5, False)])
def test_the_right_column_goes_beneath_where_there_is_no_room(
    desktop, scale: float, beside: bool
) -> None:
    desktop.client.desk.prefer(scale=scale)
    desktop.settle()
    page = page_of(desktop)
    big, month = (part.mapTo(page, QPoint(0, 0)) for part in (page.big, page.month))
    lists = page.due.mapTo(page, QPoint(0, 0))
    assert (month.x() > lists.x() + page.due.width() - 1) is beside
    assert (month.y() > lists.y() + page.due.height() - 1) is not beside
    # what is done most is never scrolled for
    assert (big.y() + page.big.height() <= lists.y()) is not beside
    desktop.client.desk.prefer(scale=1.0)
    desktop.settle()
    assert page.big.mapTo(page, QPoint(0, 0)).x() > page.due.mapTo(page, QPoint(0, 0)).x()
