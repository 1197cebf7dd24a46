"""The visit form: its sensible choices, what it offers, and what it keeps when it is left."""

from datetime import date
from uuid import UUID

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from sample import TODAY

from gridapp.domain.household import Residence
from gridapp.domain.person import CareEnrolment, Person
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.store import recording
from gridapp.store.drafting import VisitDraft
from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.visit import VisitForm

LEFT = Qt.MouseButton.LeftButton


def opened(desktop, household: UUID | None = None) -> VisitForm:
    desktop.client.desk.go("household", household or desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, VisitForm)
    return form


def write(desktop, fn) -> None:
    desktop.client.desk.store.write(fn).result()
    desktop.settle()


def last(desktop, *columns: str) -> tuple:
    names = ",".join(columns)
    [row] = desktop.sql(f"SELECT {names} FROM visit ORDER BY id DESC LIMIT 1")
    return row


def save(desktop, form) -> None:
    form.save()
    desktop.settle()


def type_in(line, text: str) -> None:
    """As an input method does it: the test library types no Chinese."""
    line.setText(text)
    line.textEdited.emit(text)


def enrol(desktop, number: int, group: str) -> None:
    """The member of that place of the first household is cared for in one more group."""

    def work(uow):
        ties = uow.where(Residence, "household_id=?", (desktop.sample.zhao.bytes,))
        ties.sort(key=lambda tie: tie.id)
        person = uow.record(Person, ties[number].person_id)
        uow.create(CareEnrolment(person_id=person.id, group_code=group, from_date=date(2026, 1, 1)))

    write(desktop, work)


def test_a_sentence_one_tap_and_save_are_enough(desktop, qtbot) -> None:
    form = opened(desktop)
    qtbot.keyClicks(QApplication.focusWidget(), "Well.")
    qtbot.mouseClick(form.checklist.rest_button, LEFT)
    qtbot.mouseClick(form.save_button, LEFT)
    desktop.settle()
    found = last(desktop, "situation", "happened_at", "how", "next_date", "source", "answers")
    assert found[:5] == ("Well.", "2026-11-20", "home", None, "screen")
    assert found[5].count('"rest"') == 10


def test_enter_moves_on_from_the_sentence_and_control_enter_saves(desktop, qtbot) -> None:
    form = opened(desktop)
    qtbot.keyClicks(form.situation, "one line")
    qtbot.keyClick(form.situation, Qt.Key.Key_Return)
    assert form.situation.toPlainText() == "one line"
    assert form.checklist.rest_button.hasFocus()
    qtbot.keyClick(form.checklist.rest_button, Qt.Key.Key_Space)
    form.situation.setFocus()
    qtbot.keyClick(form.situation, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert form.situation.toPlainText().count("\n") == 1
    qtbot.keyClick(
        QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
    )
    desktop.settle()
    situation, answers = last(desktop, "situation", "answers")
    assert "one line" in situation
    assert answers.count('"rest"') == 10


def test_the_last_promise_stands_there_with_its_days(desktop, qtbot) -> None:
    form = opened(desktop)
    said = [label.text() for label in form.body.findChildren(type(form.state))]
    assert "上次约好（11月10日）：药续上再看一眼，11月17日前" in said


def test_a_closed_door_does_not_take_the_promise_back(desktop, qtbot) -> None:
    write(
        desktop,
        lambda uow: recording.add_visit(
            uow, VisitDraft(desktop.sample.zhao, "2026-11-18", how="absent")
        ),
    )
    form = opened(desktop)
    said = " ".join(label.text() for label in form.body.findChildren(type(form.state)))
    assert "上次约好（11月10日）" in said


def test_a_visit_of_today_is_said_before_a_second_one(desktop, qtbot) -> None:
    write(
        desktop,
        lambda uow: recording.add_visit(
            uow, VisitDraft(desktop.sample.zhao, "2026-11-20T09:00", how="phone", situation="x")
        ),
    )
    form = opened(desktop)
    said = " ".join(label.text() for label in form.body.findChildren(type(form.state)))
    assert "今天已记过一次：李秀英 电话" in said


def test_same_names_stand_with_the_birth_year_and_the_dead_do_not_stand_there(
    desktop, qtbot
) -> None:
    form = opened(desktop)
    people = [m.person for m in form.view.members]
    twice = [p for p in people if [q.name for q in people].count(p.name) > 1]
    assert twice, "the sample has two of one name"
    for person in twice:
        assert str(person.birth_year) in form.met.toggles.button(str(person.id)).text()
    away = next(p for p in people if p.status == "away")
    assert "外出" in form.met.toggles.button(str(away.id)).text()
    form.cancel()
    write(
        desktop,
        lambda uow: uow.connection.execute(
            "UPDATE person SET status='died' WHERE id=?", (away.id.bytes,)
        ),
    )
    again = opened(desktop)
    assert str(away.id) not in again.met.toggles._buttons


def test_whoever_is_alone_at_home_is_met_unless_one_says_otherwise(desktop, qtbot) -> None:
    alone = desktop.sql(
        "SELECT household_id FROM residence GROUP BY household_id HAVING count(*)=1 LIMIT 1"
    )
    form = opened(desktop, UUID(bytes=alone[0][0]))
    assert len(form.met.values()) == 1
    assert opened(desktop).met.values() == ()


def test_others_are_met_by_name_even_where_enter_was_forgotten(desktop, qtbot) -> None:
    form = opened(desktop)
    form.met._ask_other()
    qtbot.keyClicks(form.met.other, "Ann")
    qtbot.keyClick(form.met.other, Qt.Key.Key_Return)
    qtbot.keyClicks(form.met.other, "Ben")
    form.situation.setPlainText("x")
    save(desktop, form)
    assert last(desktop, "people_met") == ('["Ann","Ben"]',)


def test_nobody_home_asks_nothing_more_and_agrees_nothing(desktop, qtbot) -> None:
    form = opened(desktop)
    first = form.checklist.lines()[0]
    qtbot.mouseClick(first.choice.button("good"), LEFT)
    qtbot.mouseClick(form.how.button("absent"), LEFT)
    assert not form.checklist.isVisible()
    assert not form.met.isVisible()
    assert form.next.value() == ""
    assert form.next.button("").text() == "照旧"
    save(desktop, form)
    how, met, answers, follows = last(desktop, "how", "people_met", "answers", "next_date")
    assert (how, met, follows) == ("absent", None, None)
    assert answers in (None, "{}")


def test_a_day_agreed_at_a_closed_door_stays(desktop, qtbot) -> None:
    form = opened(desktop)
    qtbot.mouseClick(form.next.button("pick"), LEFT)
    type_in(form.following.date.line, "3天后")
    qtbot.mouseClick(form.how.button("absent"), LEFT)
    assert form.next.value() == "pick"
    save(desktop, form)
    assert last(desktop, "next_date") == ("2026-11-23",)


def test_the_rhythm_counts_from_the_day_of_the_visit_and_the_day_is_shown(desktop, qtbot) -> None:
    form = opened(desktop)
    hint = form.following._day
    assert hint.text() == "按规定 11月27日 周五前"
    qtbot.mouseClick(form.when.button("yesterday"), LEFT)
    assert hint.text() == "按规定 11月26日 周四前"
    # a call does not serve who is to be visited at home, and a closed door nobody
    qtbot.mouseClick(form.how.button("phone"), LEFT)
    assert hint.text() == "按规定 11月17日 周二前"
    qtbot.mouseClick(form.how.button("absent"), LEFT)
    assert hint.text() == "上次约好的 11月17日 周二 还算数"
    qtbot.mouseClick(form.how.button("home"), LEFT)
    qtbot.mouseClick(form.next.button("7"), LEFT)
    assert hint.text() == "约在 11月26日 周四"
    form.situation.setPlainText("x")
    save(desktop, form)
    assert last(desktop, "happened_at", "next_date") == ("2026-11-19", "2026-11-26")


@pytest.mark.parametrize(("said", "meant"), [("1月5日", "2027-01-05"), ("周一", "2026-11-23")])
def test_a_next_visit_lies_ahead(desktop, qtbot, said, meant) -> None:
    form = opened(desktop)
    form.situation.setPlainText("x")
    qtbot.mouseClick(form.next.button("pick"), LEFT)
    form.following.date.line.setText("2026-11-19")
    save(desktop, form)
    assert "之后" in form.fields["next_date"].error
    form.following.date.line.setText("whenever")
    save(desktop, form)
    assert "看不懂" in form.fields["next_date"].error
    form.following.date.line.setText(said)
    save(desktop, form)
    assert last(desktop, "next_date") == (meant,)


def test_the_checklist_is_asked_by_group_with_whom_it_is_about(desktop, qtbot) -> None:
    enrol(desktop, 2, "C14")
    form = opened(desktop)
    heads = [section.rest_button.accessibleName() for section in form.checklist.sections]
    assert len(heads) == 2
    assert "独居老人 · 赵桂兰" in heads[0]
    second = form.checklist.sections[1]
    qtbot.mouseClick(second.rest_button, LEFT)
    assert set(form.checklist.answers().values()) == {"rest"}
    assert len(form.checklist.answers()) == len(second.lines)
    qtbot.mouseClick(form.checklist.rest_button, LEFT)
    assert len(form.checklist.answers()) == len(form.checklist.lines())
    assert not form.checklist.rest_button.isVisible()
    qtbot.mouseClick(second._undo, LEFT)
    assert len(form.checklist.answers()) == len(form.checklist.sections[0].lines)


def test_an_item_of_two_groups_is_asked_once(desktop, qtbot) -> None:
    enrol(desktop, 0, "C02")  # "as C01"
    form = opened(desktop)
    items = [line.text for line in form.checklist.lines()]
    assert len(items) == len(set(items)) >= 10


def test_what_is_to_watch_becomes_an_event_with_its_words(desktop, qtbot) -> None:
    form = opened(desktop)
    form.situation.setPlainText("Loose rail.")
    line = form.checklist.lines()[3]
    qtbot.mouseClick(line.choice.button("watch"), LEFT)
    qtbot.mouseClick(line.report, LEFT)
    desktop.settle()
    event = desktop.shell.panel.currentWidget()
    assert isinstance(event, EventForm)
    assert line.text in event.text.toPlainText()
    assert "Loose rail." in event.text.toPlainText()
    event.item.set_value("0202")
    event.save()
    desktop.settle()
    assert desktop.shell.panel.currentWidget() is form
    assert not line.report.isVisible()
    assert line._reported.isVisible()
    save(desktop, form)
    [(source, same)] = desktop.sql(
        "SELECT e.source, v.situation FROM event e JOIN visit v ON v.id=e.visit_id"
    )
    assert (source, same) == ("visit", "Loose rail.")


def colleague(uow, desktop, name: str, unit: UUID, **facts) -> Staff:
    staff = uow.create(Staff(name=name, user_name=name.lower(), active=True))
    uow.create(Assignment(staff_id=staff.id, unit_id=unit, role="worker", **facts))
    return staff


def test_a_colleagues_visit_from_paper_is_recorded_as_hers(desktop, qtbot) -> None:
    made = {}

    def work(uow):
        grid = uow.record(Unit, desktop.sample.grid)
        beside = uow.create(
            Unit(code="990000001001004", name="Grid 4", kind="grid", parent_id=grid.parent_id)
        )
        far = uow.create(Unit(code="990000002001001", name="Far", kind="grid"))
        made["ann"] = colleague(uow, desktop, "Ann", grid.id).id
        colleague(uow, desktop, "Bea", beside.id)
        colleague(uow, desktop, "Far", far.id)
        colleague(uow, desktop, "Gone", grid.id, to_date=date(2026, 1, 1))

    write(desktop, work)
    form = opened(desktop)
    offered = [form.more.by.itemText(n) for n in range(form.more.by.count())]
    assert offered == ["我（李秀英）", "Ann", "Bea"]
    form._show_more()
    form.more.by.set_value(str(made["ann"]))
    form.more.by.activated.emit(1)
    assert form.more.source.value() == "paper"
    assert form.when.value() == "pick", "what was written by hand is seldom of today"
    form.date.line.setText("上周二")
    form.situation.setPlainText("from paper")
    form.keep_draft()
    desktop.settle()
    form.put_aside()
    desktop.settle()
    again = opened(desktop)
    assert again.more.by.currentText() == "Ann"
    save(desktop, again)
    by, recorded, source, when = last(desktop, "visited_by", "recorded_by", "source", "happened_at")
    assert by == made["ann"].bytes
    assert recorded == desktop.sample.staff.bytes
    assert (source, when) == ("paper", "2026-11-10")


def test_everything_filled_in_comes_back_with_the_draft(desktop, qtbot) -> None:
    form = opened(desktop)
    qtbot.mouseClick(form.when.button("yesterday"), LEFT)
    qtbot.mouseClick(form.how.button("phone"), LEFT)
    form.met.toggles.button("邻居").click()
    qtbot.keyClicks(form.situation, "half")
    qtbot.mouseClick(form.checklist.lines()[0].choice.button("watch"), LEFT)
    qtbot.mouseClick(form.checklist.rest_button, LEFT)
    form.more.reveal("requests")
    qtbot.keyClicks(form.more.texts["requests"], "a ramp")
    qtbot.mouseClick(form.next.button("pick"), LEFT)
    type_in(form.following.date.line, "下周二")
    qtbot.keyClicks(form.promise, "bring the form")
    kept = form.data()
    form.put_aside()
    desktop.settle()
    again = opened(desktop)
    assert again is not form
    assert again.data() == kept
    assert again.more.texts["requests"].isVisible()
    save(desktop, again)
    assert last(desktop, "how", "requests", "next_date", "promise") == (
        "phone",
        "a ramp",
        "2026-11-24",
        "bring the form",
    )


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_save_is_always_in_sight(desktop, qtbot, scale) -> None:
    desktop.client.window.resize(1366, 768)
    desktop.client.desk.prefer(scale=scale)
    desktop.settle()
    form = opened(desktop)
    form._show_more()
    desktop.settle()
    for place in (0, form._area.verticalScrollBar().maximum()):
        form._area.verticalScrollBar().setValue(place)
        corner = form.save_button.mapTo(desktop.client.window, QPoint(0, 0))
        room = desktop.client.window.rect()
        assert room.contains(corner)
        assert room.contains(corner + form.save_button.rect().bottomRight())


def test_what_was_agreed_earlier_stands_after_a_visit_that_agrees_nothing(desktop, qtbot) -> None:
    asked = VisitDraft(
        desktop.sample.zhao, "2026-11-18", next_date=date(2026, 11, 22), promise="带表来"
    )
    write(desktop, lambda uow: recording.add_visit(uow, asked))
    form = opened(desktop)
    said = " ".join(label.text() for label in form.body.findChildren(type(form.state)))
    assert "上次约好（11月18日）：带表来，11月22日前" in said
    assert form.following._day.text() == "上次约好的 11月22日 周日 还算数"
    form.situation.setPlainText("x")
    save(desktop, form)
    next_ = desktop.shell.pages["household"].view.next
    assert (next_.day, next_.promise) == (date(2026, 11, 22), "带表来")
    # another day agreed takes its place
    form = opened(desktop)
    form.situation.setPlainText("y")
    qtbot.mouseClick(form.next.button("7"), LEFT)
    save(desktop, form)
    next_ = desktop.shell.pages["household"].view.next
    assert (next_.reasons[0].day, next_.promise) == (date(2026, 11, 27), "")


def test_only_what_is_to_watch_is_amber(desktop, qtbot) -> None:
    form = opened(desktop)
    assert form.next.button("").property("tone") == ""
    assert form.checklist.lines()[0].choice.button("watch").property("tone") == "amber"


def test_enter_in_the_last_field_lands_on_save_and_enter_there_saves(desktop, qtbot) -> None:
    form = opened(desktop)
    qtbot.keyClicks(form.situation, "Well.")
    form.promise.setFocus()
    qtbot.keyClick(form.promise, Qt.Key.Key_Return)
    assert form.save_button.hasFocus()
    qtbot.keyClick(form.save_button, Qt.Key.Key_Tab)
    assert QApplication.focusWidget().text() == "取消"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backtab)
    qtbot.keyClick(form.save_button, Qt.Key.Key_Return)
    desktop.settle()
    assert last(desktop, "situation") == ("Well.",)


def test_nothing_is_wider_than_the_form(desktop, qtbot) -> None:
    desktop.client.window.resize(1366, 768)
    form = opened(desktop)
    enrol(desktop, 2, "C14")
    form.checklist.lines()[3].choice.button("watch").click()
    form._show_more()
    desktop.settle()
    assert form.body.minimumSizeHint().width() <= form._area.viewport().width()
    assert date(2026, 11, 20) == TODAY
