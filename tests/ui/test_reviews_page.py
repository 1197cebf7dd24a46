"""The head decides about late work: takes it, changes it, gives it back; it is told who decided before."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from gridapp.domain.unit import Staff
from gridapp.store import drafts
from gridapp.ui.forms.review import ReviewForm
from gridapp.ui.operations import reviewing


@pytest.fixture
def head(start):
    desktop = start(state="head")
    desktop.show("reviews")
    return desktop


def page(desktop):
    return desktop.shell.pages["reviews"]


def press(desktop, card, text: str) -> None:
    next(b for b in card.buttons if b.text() == text).click()
    desktop.settle()


def form(desktop) -> ReviewForm:
    return desktop.shell.panel.currentWidget()


def decisions(desktop) -> list[tuple]:
    return desktop.sql(
        "SELECT r.target_kind, r.state, r.note, r.changed FROM review r JOIN outbox o "
        "ON o.record_id=r.id WHERE o.state='waiting' ORDER BY o.counter"
    )


def texts(widget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_the_oldest_case_stands_first_and_says_who_when_why_and_what(head) -> None:
    first, second = page(head).cases
    assert first.title.text() == "孙海燕 · 赵桂兰"
    said = texts(first)
    for part in ("新的走访", "任职已结束", "血压药快吃完了", "11月3日"):
        assert part in said
    assert "空白 →" not in said  # of what is new there is no before
    assert "A-1 → A-13" in texts(second)
    assert "现在登记的是" in texts(second)
    assert "13900001234" not in texts(second)


def test_the_red_number_counts_cases(head) -> None:
    button = head.shell.navigation.button("reviews")
    assert "2" in button.accessibleName()


def test_one_click_takes_it_without_a_network(head) -> None:
    press(head, page(head).cases[0], "收下")
    assert decisions(head) == [("visit", "accepted", None, None)]
    assert len(page(head).cases) == 1
    page(head).decided.fold.click()
    assert "收下了" in texts(page(head).decided)


@pytest.mark.parametrize(
    ("state", "by", "note", "said"),
    [
        ("accepted", "NULL", "", "已由本人重新提交并登记"),
        ("returned", "author_id", "", "已由本人重新提交"),
        ("returned", "author_id", "写错了", "退回了"),
    ],
)
def test_what_its_author_sent_again_is_nobodys_decision(head, state, by, note, said) -> None:
    head.client.desk.store.write(
        lambda uow: (
            uow.connection.execute(
                f"UPDATE review SET state=?, decided_by={by}, note=?, decided_at=1", (state, note)
            ),
            uow.touch("review", [key for (key,) in uow.rows("SELECT id FROM review")]),
        )
    ).result()
    head.settle()
    assert not page(head).cases
    assert said in texts(page(head).decided).split("\n")


def test_giving_back_needs_a_word(head, qtbot) -> None:
    press(head, page(head).cases[0], "退回")
    made = form(head)
    made.save()
    head.settle()
    assert "为什么退回" in made.fields["note"].error
    assert decisions(head) == []
    made.note.setPlainText("她家已经由我登记过了。")
    made.save()
    head.settle()
    assert decisions(head) == [("visit", "returned", "她家已经由我登记过了。", None)]


def test_another_value_is_taken_in_its_place(head) -> None:
    press(head, page(head).cases[1], "改了再收")
    made = form(head)
    (typed,) = [i for (_, n), (_, i) in made.inputs.items() if n == "own_number"]
    typed.widget.setText("A-12")
    made.save()
    head.settle()
    (kind, state, _, changed), other = decisions(head)
    assert (kind, state, json.loads(changed)) == ("household", "accepted", {"own_number": "A-12"})
    assert other == ("household_file", "accepted", None, None)


def test_taking_with_nothing_changed_changes_nothing(head) -> None:
    press(head, page(head).cases[1], "改了再收")
    form(head).save()
    head.settle()
    assert {(state, changed) for _, state, _, changed in decisions(head)} == {("accepted", None)}


def test_who_decided_before_is_told_in_place(head) -> None:
    card = page(head).cases[0]
    head.client.desk.store.write(
        lambda uow: uow.connection.execute("UPDATE review SET state='returned'")
    ).result()
    press(head, card, "收下")
    assert "已经处理过" in card.problem.text()
    assert card.problem.isVisible()


def test_numbers_are_shown_whole_only_when_that_is_logged(head) -> None:
    card = page(head).cases[1]
    card.whole.click()
    head.settle()
    assert "13900001234" in texts(card)
    assert head.sql("SELECT what FROM access_log ORDER BY n DESC LIMIT 1") == [("reveal",)]


def test_the_form_shows_numbers_only_when_that_is_logged(head) -> None:
    press(head, page(head).cases[1], "改了再收")
    made = form(head)
    [(field, phone)] = [(f, i) for (_, n), (f, i) in made.inputs.items() if n == "emergency_phone"]
    assert field.sent == "13900001234"
    assert not phone.field.isVisible()
    assert head.sql("SELECT count(*) FROM access_log") == [(0,)]
    made.whole.click()
    head.settle()
    assert phone.field.isVisible()
    assert made.whole.isHidden()
    assert head.sql("SELECT what, entity FROM access_log") == [("reveal", "household_file")]
    phone.widget.setText("13900005678")
    made.save()
    head.settle()
    assert {
        json.loads(changed or "{}").get("emergency_phone") for *_, changed in decisions(head)
    } == {
        None,
        "13900005678",
    }


def test_words_begun_are_a_draft(head) -> None:
    press(head, page(head).cases[0], "退回")
    made = form(head)
    made.note.setPlainText("写到一半")
    made.put_aside()
    head.settle()
    store = head.client.desk.store
    assert store.read(lambda r: drafts.find(r, made.draft_key)).result()["note"] == "写到一半"
    press(head, page(head).cases[0], "退回")
    assert form(head).note.toPlainText() == "写到一半"


def test_an_answer_from_elsewhere_shows_at_once(head) -> None:
    case = page(head).cases[0].case
    reviewing.give_back(head.client.desk.store, case.records, "由社区退回").result()
    head.settle()
    assert len(page(head).cases) == 1


def test_a_decision_that_came_too_late_is_told_in_words(head) -> None:
    """The head's post ended before it came up: the work waits on, for who decides now."""
    press(head, page(head).cases[0], "收下")
    press(head, page(head).cases[0], "退回")
    form(head).note.setPlainText("门牌不对")
    form(head).save()
    head.settle()
    sync = head.show("sync")
    assert "收下晚传上来的记录 · 赵桂兰" in texts(sync)
    assert "退回晚传上来的记录 · 赵桂兰" in texts(sync)
    head.client.desk.store.write(_refuse_decisions).result()
    head.settle()
    said = texts(sync)
    assert "没有按你的意思办。它还在等着，由现在的网格长或社区来定。" in said
    assert "待审记录" not in said
    assert not any(b.text() == "再传一次" for b in sync.findChildren(QPushButton) if b.isVisible())


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("accepted", "王芳先收下了，按先定的算，没有按你的意思办。"),
        ("changed", "王芳改了再收，按先定的算，没有按你的意思办。"),
        ("returned", "王芳先退回了，按先定的算，没有按你的意思办。"),
        ("mine", "你在另一台电脑上先收下了，按先定的算，没有按你的意思办。"),
        ("again", "记录的人自己又传了一次，按后传的算，没有按你的意思办。"),
        ("gone", "这一条别人先定了，按先定的算，没有按你的意思办。"),
    ],
)
def test_a_decision_that_came_second_says_who_decided_and_how(head, how: str, said: str) -> None:
    press(head, page(head).cases[0], "收下")

    def before(uow) -> None:
        first = uow.create(Staff(name="王芳", user_name="wangfang9", active=True))
        uow.connection.execute("UPDATE outbox SET state='done', live=0 WHERE entity='staff'")
        who = uow.who.staff_id if how == "mine" else first.id
        [(key,)] = uow.rows("SELECT record_id FROM outbox WHERE entity='review'")
        state = "returned" if how in ("returned", "again") else "accepted"
        if how == "again":
            who = UUID(bytes=uow.value("SELECT author_id FROM review WHERE id=?", (key,)))
        uow.connection.execute(
            "UPDATE outbox SET state='rejected', code='already_decided', live=0 "
            "WHERE entity='review'"
        )
        changed = '{"promise":"周六"}' if how == "changed" else None
        uow.connection.execute(
            "UPDATE review SET state=?, decided_by=?, decided_at=?, note=?, changed=? WHERE id=?",
            (state, who.bytes, uow.now, "" if how == "again" else "已经办过", changed, key),
        )
        if how == "gone":
            uow.connection.execute("DELETE FROM review WHERE id=?", (key,))
        uow.touch_sync()

    head.client.desk.store.write(before).result()
    head.settle()
    told = texts(head.show("sync"))
    assert said in told
    assert "在那里再改一次" not in told
    assert "别人先选好了" not in told
    assert ("写的是：“已经办过”" in told) is (how not in ("gone", "again"))
    remedy = {"returned": "记录的人改好会再传上来", "gone": "问问网格长或社区", "again": "不用再办"}
    assert remedy.get(how, "请打开来改") in told
    assert not [b for b in head.shell.pages["sync"].findChildren(QPushButton) if "再传" in b.text()]


def _refuse_decisions(uow) -> None:
    uow.connection.execute(
        "UPDATE outbox SET state='rejected', code='not_allowed' WHERE entity='review'"
    )
    uow.touch_sync()
