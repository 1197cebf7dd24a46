"""The main job, at the real window over a real store: finding a household, recording, reporting, editing."""

from collections.abc import Callable
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from sample import NOW, PASSWORD, end

from gridapp.app import Client
from gridapp.domain.unit import Staff
from gridapp.domain.visit import Visit
from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.household import HouseholdEdit
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.pages.household import HouseholdPage
from gridapp.ui.pages.households import HouseholdsPage

LEFT = Qt.MouseButton.LeftButton


def open_file(desktop, qtbot) -> HouseholdPage:
    """One click on the household's row."""
    households = desktop.show("households")
    assert isinstance(households, HouseholdsPage)
    index = households.list.rows.index(households.list.rows.place_of(desktop.sample.zhao))
    households.list.scrollTo(index)
    place = households.list.visualRect(index).center()
    qtbot.mouseClick(households.list.viewport(), LEFT, pos=place)
    desktop.settle()
    page = desktop.shell.pages.currentWidget()
    assert isinstance(page, HouseholdPage)
    return page


def front(desktop, kind):
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, kind)
    return form


def click(qtbot, button: QPushButton) -> None:
    qtbot.mouseClick(button, LEFT)


def test_a_visit_takes_three_clicks_and_a_sentence(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)  # first click
    click(qtbot, page.visit)  # second
    desktop.settle()
    form = front(desktop, VisitForm)
    qtbot.keyClicks(form.focusWidget(), "Well today.")
    click(qtbot, form.save_button)  # third
    desktop.settle()
    saved = desktop.sql(
        "SELECT situation, happened_at, how, promise FROM visit WHERE household_id=? "
        "ORDER BY id DESC LIMIT 1",
        desktop.sample.zhao.bytes,
    )
    assert saved == [("Well today.", "2026-11-20", "home", None)]
    assert desktop.sql("SELECT count(*) FROM outbox WHERE state='waiting'") == [(1,)]
    assert not desktop.shell.panel.isVisible()
    assert "15" in page.tabs.button("visits").text()
    assert "1" in desktop.shell.navigation.waiting.text()


def test_a_visit_by_keyboard_alone(desktop, qtbot) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(desktop.client.window, Qt.Key.Key_K, control)
    search = desktop.shell.search
    assert search.line.hasFocus()
    qtbot.keyClicks(search.line, "zhaogui")
    qtbot.waitUntil(search.results.isVisible)
    qtbot.keyClick(search.line, Qt.Key.Key_Return)
    desktop.settle()
    qtbot.keyClick(desktop.client.window, Qt.Key.Key_1, control)
    desktop.settle()
    form = front(desktop, VisitForm)
    assert form.situation.hasFocus()
    qtbot.keyClicks(form.situation, "ok")
    qtbot.keyClick(form.situation, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM visit WHERE situation='ok'") == [(1,)]


def test_checklist_rest_and_watch_are_recorded(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    page.record_visit()
    form = front(desktop, VisitForm)
    first = form.checklist.lines()[0]
    click(qtbot, first.choice.button("watch"))
    assert first.report.isVisibleTo(form)
    click(qtbot, form.checklist.rest_button)
    form.save()
    desktop.settle()
    [(answers, agreed)] = desktop.sql(
        "SELECT answers, next_date FROM visit ORDER BY id DESC LIMIT 1"
    )
    assert answers.count('"rest"') == 9
    assert answers.count('"watch"') == 1
    assert agreed is None
    assert str(page.view.due) == "2026-11-27"  # high need: every seven days


def test_an_empty_visit_is_refused_beside_the_field(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    page.record_visit()
    form = front(desktop, VisitForm)
    form.save()
    assert form.fields["situation"].error
    form.when.button("pick").click()
    form.date.line.setText("nonsense")
    form.situation.setPlainText("x")
    form.save()
    assert form.fields["happened_at"].error
    form.date.line.setText("2026-12-01")
    form.save()
    assert form.fields["happened_at"].error
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM visit WHERE situation='x'") == [(0,)]
    form.date.line.setText("昨天")
    form.save()
    desktop.settle()
    assert desktop.sql("SELECT happened_at FROM visit WHERE situation='x'") == [("2026-11-19",)]


def test_an_event_reported_from_a_visit_is_tied_to_it(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    page.record_visit()
    visit = front(desktop, VisitForm)
    visit.situation.setPlainText("the hose")
    visit.report_event("")
    event = front(desktop, EventForm)
    qtbot.keyClicks(event.item.line, "ruanguan")
    qtbot.keyClick(event.item.line, Qt.Key.Key_Return)
    assert event.item.value() == "0202"
    event.text.setPlainText("Old hose")
    event.save()
    desktop.settle()
    assert front(desktop, VisitForm) is visit
    visit.save()
    desktop.settle()
    [(text, same)] = desktop.sql(
        "SELECT e.text, v.situation FROM event e JOIN visit v ON v.id=e.visit_id"
    )
    assert (text, same) == ("Old hose", "the hose")


def test_an_event_says_whom_to_call_first_and_what_is_missing(desktop, qtbot) -> None:
    desktop.client.desk.go("events")
    form = EventForm(desktop.client.desk, None)
    desktop.client.desk.opening.emit(form)
    desktop.settle()
    form.save()
    assert form.fields["item_code"].error
    assert form.fields["text"].error
    form.item.set_value("0111")
    form.item.chosen.emit("0111")
    assert form.call.isVisibleTo(form)
    assert "119" in form.call.text()
    form.text.setPlainText("Smoke")
    form.on_spot.button("yes").click()
    form.save()
    assert form.fields["on_spot"].error
    form.done.setPlainText("Put out")
    form.save()
    desktop.settle()
    [(state, action)] = desktop.sql(
        "SELECT e.state, a.text FROM event e JOIN event_action a ON a.event_id=e.id "
        "WHERE e.text='Smoke'"
    )
    assert (state, action) == ("handled_on_spot", "Put out")


def test_editing_a_household_with_a_new_member(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    page.edit(add_member=True)
    form = front(desktop, HouseholdEdit)
    desktop.settle()
    card = form.cards[-1]
    qtbot.keyClicks(card.fields["name"].inner, "New Person")
    qtbot.keyClicks(card.fields["id_number"].inner, "990000199001010010")
    form.save()
    assert card.fields["id_number"].error
    assert desktop.sql("SELECT count(*) FROM person WHERE name='New Person'") == [(0,)]
    number = card.fields["id_number"].inner
    number.clear()
    from sample import citizen_id, date

    qtbot.keyClicks(number, citizen_id(date(1990, 1, 1), 2))
    qtbot.keyClicks(form.fields["own_number"].inner, "A7")
    form.save()
    desktop.settle()
    assert desktop.sql(
        "SELECT own_number FROM household WHERE id=?", desktop.sample.zhao.bytes
    ) == [("A7",)]
    [(sex, birth, year)] = desktop.sql(
        "SELECT f.sex, f.birth_date, p.birth_year FROM person_file f "
        "JOIN person p ON p.id=f.person_id WHERE p.name='New Person'"
    )
    assert (sex, birth, year) == ("2", "1990-01-01", 1990)
    # only what was changed became an operation
    changed = desktop.sql("SELECT DISTINCT entity FROM outbox WHERE state='waiting' ORDER BY 1")
    assert changed == [("household",), ("person",), ("person_file",), ("residence",)]


def test_saving_an_unchanged_form_changes_nothing(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    page.edit()
    form = front(desktop, HouseholdEdit)
    desktop.settle()
    form.save()
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM outbox WHERE state='waiting'") == [(0,)]


def test_numbers_are_masked_until_revealed_and_that_is_logged(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    line = page.part("overview").members
    shown = [w.text() for w in line.findChildren(type(page.title))]
    assert any("****" in text for text in shown)
    page.reveal()
    desktop.settle()
    shown = [w.text() for w in line.findChildren(type(page.title)) if w.isVisibleTo(line)]
    assert not any("****" in text for text in shown)
    assert desktop.sql("SELECT what FROM access_log") == [("reveal",)]


def test_the_search_box_opens_a_file(desktop, qtbot) -> None:
    search = desktop.shell.search
    qtbot.keyClicks(search.line, "zgl")
    qtbot.waitUntil(search.results.isVisible)
    desktop.settle()
    qtbot.keyClick(search.line, Qt.Key.Key_Return)
    desktop.settle()
    page = desktop.shell.pages.currentWidget()
    assert isinstance(page, HouseholdPage)
    assert page.household_id == desktop.sample.zhao
    assert not search.results.isVisible()


def test_a_row_changed_under_an_open_form_is_told_beside_the_field(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    page.edit()
    form = front(desktop, HouseholdEdit)
    desktop.settle()
    import dataclasses

    opened = page.view.household
    changed = dataclasses.replace(opened, own_number="B9")
    desktop.client.desk.store.write(lambda uow: uow.edit(opened, changed)).result()
    desktop.settle()
    assert "B9" in form.fields["own_number"].notice
    assert not form.fields["name"].notice


def test_a_colleagues_visit_meanwhile_is_said_calmly_and_both_are_kept(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    page.record_visit()
    form = front(desktop, VisitForm)
    desktop.settle()
    colleague = Staff(name="王芳", user_name="wangfang", active=True)

    def meanwhile(household_id):
        def write(uow) -> None:
            uow.create(colleague)
            uow.create(
                Visit(
                    household_id=household_id,
                    happened_at="2026-11-20T13:05",
                    how="phone",
                    visited_by=colleague.id,
                    recorded_by=colleague.id,
                    source="screen",
                    situation="Called.",
                )
            )

        return write

    other = UUID(
        bytes=desktop.sql("SELECT id FROM household WHERE id<>? LIMIT 1", page.household_id.bytes)[
            0
        ][0]
    )
    desktop.client.desk.store.write(meanwhile(other)).result()
    desktop.settle()
    assert not form.fields["situation"].notice
    colleague = Staff(name="王芳", user_name="wangfang", active=True)
    desktop.client.desk.store.write(meanwhile(page.household_id)).result()
    desktop.settle()
    assert form.fields["situation"].notice == (
        "王芳刚记了一次走访（今天 13:05 电话）。两次都会留下，接着写就好。"
    )
    form.situation.setPlainText("Mine.")
    form.save()
    desktop.settle()
    texts = desktop.sql("SELECT situation FROM visit WHERE household_id=?", page.household_id.bytes)
    assert {("Called.",), ("Mine.",)} <= set(texts)


def test_a_draft_is_kept_and_offered_after_a_crash(desktop, qtbot, tmp_path) -> None:
    page = open_file(desktop, qtbot)
    page.record_visit()
    form = front(desktop, VisitForm)
    qtbot.keyClicks(form.situation, "half a sen")
    qtbot.waitUntil(lambda: desktop.sql("SELECT count(*) FROM draft") == [(1,)], timeout=4000)
    # the crash: the store goes without the form having been closed
    desktop.client.workplace._continuity = None
    desktop.client.close()
    again = Client(tmp_path, clock=lambda: NOW, sync=False)
    again.start("lixiuying", PASSWORD)
    from gridapp.ui.tour import settle

    settle(again.tasks)
    offers = [b for b in again.shell.unfinished.findChildren(QPushButton) if b.text() == "接着写"]
    assert len(offers) == 1
    offers[0].click()
    settle(again.tasks)
    restored = again.shell.panel.currentWidget()
    assert isinstance(restored, VisitForm)
    assert restored.situation.text() == "half a sen"
    restored.save()
    settle(again.tasks)
    store = again.desk.store
    assert store.read(lambda r: r.value("SELECT count(*) FROM draft")).result() == 0
    end(again)


def test_cancel_throws_the_draft_away(desktop, qtbot) -> None:
    page = open_file(desktop, qtbot)
    page.record_visit()
    form = front(desktop, VisitForm)
    qtbot.keyClicks(form.situation, "no")
    form.keep_draft()
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM draft") == [(1,)]
    form.cancel()
    desktop.settle()
    desktop.shell.thrown.settle()  # nobody wanted it back
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM draft") == [(0,)]


@pytest.mark.parametrize("count", [3000])
def test_a_long_list_asks_only_for_rows_in_sight(start: Callable, count: int, qtbot) -> None:
    desktop = start(households=12)
    households = desktop.show("households")
    asked: list[int] = []
    fetch = households.list.rows._fetch
    households.list.rows._fetch = lambda ids: asked.append(len(ids)) or fetch(ids)
    households.list.rows.forget()
    households.list.show_ids([desktop.sample.zhao] * count)
    desktop.settle()
    assert 0 < sum(asked) <= 80
