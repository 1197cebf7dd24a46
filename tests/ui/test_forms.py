"""What forms do beyond the main job: photos, Enter, a new household, somebody leaving."""

import json

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from sample import citizen_id, date

from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.household import HouseholdEdit
from gridapp.ui.forms.item_picker import find_items


def file_of(desktop):
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    return desktop.shell.pages["household"]


def test_enter_moves_on_and_tab_ends_at_save(desktop, qtbot) -> None:
    page = file_of(desktop)
    page.edit()
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, HouseholdEdit)
    desktop.settle()
    name = form.fields["name"].inner
    assert name.hasFocus()
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert form.fields["kind"].inner.hasFocus()
    qtbot.keyClick(form.fields["kind"].inner, Qt.Key.Key_Return)
    assert form.fields["own_number"].inner.hasFocus()
    seen = []
    for _ in range(400):
        now = QApplication.focusWidget()
        if now is form.save_button:
            break
        seen.append(now)
        qtbot.keyClick(now, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is form.save_button
    assert form.fields["notice_on"].inner.line in seen


def test_a_new_household_gets_a_temporary_number(desktop, qtbot) -> None:
    form = HouseholdEdit(desktop.client.desk, None, desktop.sample.grid)
    desktop.client.desk.opening.emit(form)
    desktop.settle()
    form.save()
    assert form.fields["name"].error
    form.fields["name"].inner.setText("New Family")
    card = form.cards[0]
    card.fields["name"].inner.setText("First Person")
    card.fields["id_number"].inner.setText(citizen_id(date(1980, 5, 6), 4))
    form.fields["landmark"].inner.setText("by the well")
    form.save()
    desktop.settle()
    [(temporary, address, head)] = desktop.sql(
        "SELECT h.temporary, h.address, p.name FROM household h JOIN person p ON p.id=h.head_id "
        "WHERE h.name='New Family'"
    )
    assert temporary.startswith("临-")
    assert address == "by the well"
    assert head == "First Person"


def test_somebody_who_leaves_the_form_leaves_the_household(desktop, qtbot) -> None:
    page = file_of(desktop)
    before = len(page.view.members)
    page.edit()
    form = desktop.shell.panel.currentWidget()
    desktop.settle()
    form.cards[-1].removed.emit()
    form.save()
    desktop.settle()
    assert len(page.view.members) == before - 1


def test_everyday_words_find_the_item(desktop, qtbot) -> None:
    reference = desktop.client.desk.reference

    def first(typed: str) -> list[str]:
        return [item.item_zh for item in find_items(reference, typed)][:3]

    assert any("下水" in name or "管" in name for name in first("下水道堵了"))
    assert any("消防" in name for name in first("xiaofang"))
    assert any("飞线" in name for name in first("飞线充电"))
    assert find_items(reference, "") == []


def test_without_a_household_the_only_grid_is_taken(desktop, qtbot) -> None:
    form = EventForm(desktop.client.desk, None)
    desktop.client.desk.opening.emit(form)
    desktop.settle()
    assert not form.fields["grid_id"].isVisibleTo(form)
    form.item.set_value("0101")
    form.text.setPlainText("Blocked lane")
    form.save()
    desktop.settle()
    [(grid,)] = desktop.sql("SELECT grid_id FROM event WHERE text='Blocked lane'")
    assert grid == desktop.sample.grid.bytes


def phones_of(desktop) -> list[dict[str, str]]:
    rows = desktop.sql(
        "SELECT f.phones FROM person_file f JOIN residence r ON r.person_id=f.person_id "
        "WHERE r.household_id=? ORDER BY f.phones",
        desktop.sample.zhao.bytes,
    )
    return [json.loads(row[0]) for row in rows]


def test_a_telephone_is_added_without_revealing_the_others(desktop, qtbot) -> None:
    page = file_of(desktop)
    before = phones_of(desktop)
    page.edit()
    form = desktop.shell.panel.currentWidget()
    desktop.settle()
    card = form.cards[0]
    held = list(card.member.file.phones)
    plus = next(b for b in card.phones.findChildren(QPushButton) if "电话" in b.text())
    plus.click()
    number, whose = card.phones.findChildren(QLineEdit)[-2:]
    assert number.hasFocus()
    qtbot.keyClicks(number, "12")
    qtbot.keyClicks(whose, "Ann")
    form.save()
    assert "12" in card.phones._error.text()
    qtbot.keyClicks(number, "3-4567")
    form.keep_draft()
    desktop.settle()
    [(draft,)] = desktop.sql("SELECT data FROM draft")
    assert "123-4567" in str(draft)
    assert not any(n in str(draft) for n in held)
    form.put_aside()
    page.edit()
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    shown = [line.text() for line in form.cards[0].phones.findChildren(QLineEdit)]
    assert "123-4567" in shown
    assert not set(held) & set(shown)
    form.save()
    desktop.settle()
    after = phones_of(desktop)
    added = [p for p in after if "123-4567" in p]
    assert added == [{**card.member.file.phones, "123-4567": "Ann"}]
    assert [p for p in after if p not in added] == [
        p for p in before if p != card.member.file.phones
    ]
    assert desktop.sql("SELECT count(*) FROM access_log") == [(0,)]


def test_what_has_happened_is_not_of_a_day_to_come(desktop, qtbot) -> None:
    page = file_of(desktop)
    page.edit()
    form = desktop.shell.panel.currentWidget()
    desktop.settle()
    check, notice = form.fields["last_check"], form.fields["notice_on"]
    check.inner.line.setText("2026-11-21")
    notice.inner.line.setText("2026-11-20")
    form.save()
    desktop.settle()
    assert "还没到" in check.error
    assert not notice.error
    assert not form.isHidden()
    check.inner.line.setText("2026-11-20")
    form.save()
    desktop.settle()
    assert desktop.sql(
        "SELECT d.last_check FROM household h JOIN dwelling d ON d.id=h.dwelling_id WHERE h.id=?",
        desktop.sample.zhao.bytes,
    ) == [("2026-11-20",)]


def test_a_day_to_come_that_was_there_keeps_nobody_from_saving_the_rest(desktop, qtbot) -> None:
    def older_program(uow) -> None:
        uow.connection.execute("UPDATE dwelling SET last_check='2031-01-01'")

    desktop.client.desk.store.write(older_program).result()
    page = file_of(desktop)
    page.edit()
    form = desktop.shell.panel.currentWidget()
    desktop.settle()
    form.fields["own_number"].inner.setText("A-7")
    form.save()
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM household WHERE own_number='A-7'") == [(1,)]
