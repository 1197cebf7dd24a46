"""Taking late work with other values: of every kind each field is asked, or shown, in words; untouched it stays."""

from __future__ import annotations

import json
import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from states import late_review

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Filing, Kind, Type, new_id
from gridapp.domain.unit import Staff
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.ui.forms.item_picker import ItemPicker
from gridapp.ui.forms.review import ReviewForm
from gridapp.ui.forms.unit_picker import UnitPicker
from gridapp.ui.widgets.field import Choice

PARKED = sorted(
    k.name
    for k in KINDS.values()
    if k.filing not in (Filing.DISTRICT, Filing.USER, Filing.REVIEW)
    and k.name not in ("conflict", "attachment")
)
# Codes, ids and stored moments, as no person reads them.
RAW = re.compile(r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-|\dT\d\d:|^0[12]\d\d$")
# What the program gave or takes for itself, and whose work it is.
NEVER = {"temporary", "seen", "action", "visited_by", "recorded_by", "reported_by", "actor_id"}


def sent(uow: UnitOfWork, kind: Kind, field: Field, met: str) -> object:
    """A value that such a field may have had, as it travels: ids in hex."""
    if field.type is Type.ID:
        table = field.refers_to
        row = uow.value(f"SELECT id FROM {table} LIMIT 1") if table else None
        return row.hex() if row else None
    if field.codes == "catalogue_item":
        return "0101"
    if field.codes == "care_group":
        return uow.value("SELECT group_code FROM care_group ORDER BY group_code LIMIT 1")
    if field.codes:
        sql = "SELECT code FROM code WHERE table_name=? ORDER BY sort DESC LIMIT 1"
        return uow.value(sql, (field.codes,))
    if field.name == "people_met":
        return json.dumps(sorted([met, "邻居老王"]), ensure_ascii=False)
    if field.name == "phones":
        return '{"13900001234":"本人"}'
    values = {
        Type.TEXT: f"{field.zh}的话",
        Type.INTEGER: 3,
        Type.REAL: 61.5,
        Type.YES_NO: 1,
        Type.DATE: "2026-11-03",
        Type.MOMENT: "2026-11-03T15:30",
        Type.SET: '["甲 乙","丙"]',
        Type.MAP: "{}",
    }
    return values.get(field.type)


@pytest.fixture
def case(start):
    desktop = start(state="head")

    def put(kind_name: str):
        kind = KINDS[kind_name]

        def write(uow: UnitOfWork) -> None:
            uow.connection.execute("DELETE FROM review")
            author = uow.create(Staff(name="孙海燕", user_name="sunhaiyan2", active=True))
            uow.connection.execute("UPDATE outbox SET state='done', live=0")
            met = str(new_id())
            some = uow.value("SELECT id FROM person LIMIT 1")
            met = str(type(author.id)(bytes=some)) if some else met
            fields = {
                f.name: [None, value]
                for f in kind.editable
                if (value := sent(uow, kind, f, met)) is not None
            }
            late_review(
                uow, desktop.sample, author.id, kind.name, new_id(), fields, "role_ended", 2
            )

        desktop.client.desk.store.write(write).result()
        desktop.settle()
        page = desktop.show("reviews")
        (card,) = page.cases
        next(b for b in card.buttons if b.text() == "改了再收").click()
        desktop.settle()
        form = desktop.shell.panel.currentWidget()
        assert isinstance(form, ReviewForm)
        if not form.whole.isHidden():
            form.whole.click()
            desktop.settle()
        return desktop, form

    return put


def said(form: QWidget) -> list[str]:
    """Every word that can be read in it, those of lists too."""
    found = [w.text() for w in form.findChildren(QLabel) if w.isVisibleTo(form)]
    found += [w.text() for w in form.findChildren(QLineEdit) if w.isVisibleTo(form)]
    found += [w.text() for w in form.findChildren(QPushButton) if w.isVisibleTo(form)]
    found += [w.toPlainText() for w in form.findChildren(QPlainTextEdit) if w.isVisibleTo(form)]
    for box in form.findChildren(QComboBox):
        found += [box.itemText(n) for n in range(box.count())]
    return found


@pytest.mark.parametrize("name", PARKED)
def test_every_field_of_every_kind_is_asked_or_shown_in_words(case, name: str) -> None:
    _, form = case(name)
    raw = [text for text in said(form) if RAW.search(text)]
    assert raw == []
    asked = {field: made for (_, field), (_, made) in form.inputs.items()}
    assert NEVER.isdisjoint(asked)
    assert KINDS[name].owner not in asked
    labels = {w.text().removesuffix("（必填）") for w in form.findChildren(QLabel)}
    for field in KINDS[name].editable:
        one = next((f for f in form.case.records[0].fields if f.declared.name == field.name), None)
        if one is None or one.sent in (None, "{}") or field.name == "seen":
            continue
        assert field.zh in labels, field.name
        if field.name in asked and isinstance(asked[field.name].widget, Choice):
            box = asked[field.name].widget
            assert box.count() > 2, field.name  # not only what was sent
            assert box.currentText() not in ("未登记", box.value())


@pytest.mark.parametrize("name", PARKED)
def test_what_nobody_touched_stays_to_the_letter(case, name: str) -> None:
    desktop, form = case(name)
    form.save()
    desktop.settle()
    assert desktop.sql("SELECT state, changed FROM review") == [("accepted", None)]


def changed(desktop) -> dict[str, object]:
    [(state, text)] = desktop.sql("SELECT state, changed FROM review")
    assert state == "accepted"
    return json.loads(text or "{}")


def one(form: ReviewForm, name: str):
    [made] = [made for (_, field), (_, made) in form.inputs.items() if field == name]
    return made


def test_another_item_is_found_as_where_events_are_reported(case, qtbot) -> None:
    desktop, form = case("event")
    picker = one(form, "item_code").widget
    assert isinstance(picker, ItemPicker)
    first = desktop.client.desk.item_name("0101")
    assert first != "0101"
    assert first in said(form)
    picker.again.click()
    other = desktop.client.desk.item_name("0206")
    picker.line.setFocus()
    picker.line.insert(other)
    picker.line.textEdited.emit(other)
    qtbot.keyClick(picker.line, Qt.Key.Key_Return)
    assert picker.value() == "0206"
    form.save()
    desktop.settle()
    assert changed(desktop) == {"item_code": "0206"}


def test_the_temporary_number_is_shown_and_not_asked(case) -> None:
    _, form = case("event")
    texts = said(form)
    assert "临时号" in texts
    assert "临时号的话" in texts
    assert not any(line.text() == "临时号的话" for line in form.findChildren(QLineEdit))


def test_when_it_happened_is_said_as_anywhere(case) -> None:
    desktop, form = case("event")
    when = one(form, "happened_at").widget
    assert when.line.text() == "2026-11-03 15:30"
    when.line.setText("2026-11-30 08:00")
    form.save()
    desktop.settle()
    assert "日期还没到" in one(form, "happened_at").field.error
    when.line.setText("2026-11-02 08:00")
    form.save()
    desktop.settle()
    assert changed(desktop) == {"happened_at": "2026-11-02T08:00"}


def test_whom_one_met_is_told_by_name_and_can_be_left_out(case) -> None:
    desktop, form = case("visit")
    met = one(form, "people_met").widget
    [(name,)] = desktop.sql("SELECT name FROM person LIMIT 1")
    keys = met.values()
    assert {met.button(key).text().removesuffix(" ✓") for key in keys} == {name, "邻居老王"}
    met.button("邻居老王").click()
    form.save()
    desktop.settle()
    [only] = [key for key in keys if key != "邻居老王"]
    assert json.loads(str(changed(desktop)["people_met"])) == [only] or changed(desktop) == {
        "people_met": [only]
    }


def test_another_unit_is_chosen_as_where_events_are_sent(case) -> None:
    desktop, form = case("event_action")
    picker = one(form, "target_unit_id").widget
    assert isinstance(picker, UnitPicker)
    held = picker.value()
    [(name,)] = desktop.sql("SELECT name FROM unit WHERE hex(id)=?", held.replace("-", "").upper())
    assert name in said(form)
    picker.again.click()
    other = next(u for u in picker._units if str(u.id) != held)
    picker._take(str(other.id))
    form.save()
    desktop.settle()
    assert changed(desktop) == {"target_unit_id": other.id.hex}


def test_a_required_field_stays_filled(case) -> None:
    desktop, form = case("event")
    one(form, "text").widget.setPlainText("  ")
    form.save()
    desktop.settle()
    assert one(form, "text").field.error == "还没有填。"
    assert desktop.sql("SELECT state FROM review") == [("waiting",)]


def test_a_draft_keeps_what_was_chosen(case) -> None:
    desktop, form = case("visit")
    one(form, "people_met").widget.button("邻居老王").click()
    assert form.touched
    form.put_aside()
    desktop.settle()
    card = desktop.show("reviews").cases[0]
    next(b for b in card.buttons if b.text() == "改了再收").click()
    desktop.settle()
    again = desktop.shell.panel.currentWidget()
    assert "邻居老王" not in one(again, "people_met").widget.values()
