"""The sync page asks before much goes from here, tells what the head decided, and says who changed what to what."""

import dataclasses
import json
from collections.abc import Iterable
from concurrent.futures import Future
from uuid import UUID

import pytest
import states
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from sample import NOW

from gridapp.domain.exchange import Verdict
from gridapp.domain.record import new_id
from gridapp.domain.unit import Staff
from gridapp.errors import Problem
from gridapp.store import recording
from gridapp.store.drafting import VisitDraft
from gridapp.store.recording import save_household
from gridapp.store.store import Store
from gridapp.store.views.household_page import household_page
from gridapp.ui.operations import sync as operations


def write(desktop, fn):
    found = desktop.client.desk.store.write(fn).result()
    desktop.settle()
    return found


def shown(widget: QWidget) -> str:
    labels = widget.findChildren(QLabel)
    return " ".join(label.text() for label in labels if label.isVisibleTo(widget))


def press(desktop, widget: QWidget, text: str) -> None:
    made = [b for b in widget.findChildren(QPushButton) if b.isVisibleTo(widget)]
    next(b for b in made if b.text() == text).click()
    desktop.settle()


def count(desktop, table: str, where: str = "1") -> int:
    return desktop.sql(f"SELECT count(*) FROM {table} WHERE {where}")[0][0]


@pytest.fixture
def braked(desktop):
    write(desktop, lambda uow: states.brake(uow, 3))
    return desktop


def test_it_says_how_much_would_go_of_what_and_of_whom(braked) -> None:
    card = braked.show("sync").brake
    visits = count(braked, "braked", "entity='visit'")
    assert visits
    said = shown(card)
    assert f"要从这台电脑上去掉 {3 + visits} 条，先问你" in said
    assert f"住户 3 条、走访 {visits} 条" in said
    keys = braked.sql("SELECT record_id FROM braked WHERE entity='household'")
    for key in keys:
        [(name,)] = braked.sql("SELECT name FROM household WHERE id=?", *key)
        assert name in said
    assert "一条也没动" in said
    assert braked.shell.navigation.refused.text() == "1"  # one question
    today = braked.show("today")
    assert "有资料要从这台电脑上去掉，先问你" in shown(today)


def test_keeping_folds_the_card_and_changes_nothing(braked) -> None:
    page = braked.show("sync")
    before = count(braked, "braked")
    press(braked, page.brake, "先留着")
    assert page.brake.folded
    braked.show("today")
    page = braked.show("sync")
    assert page.brake.folded  # as the user left it
    assert count(braked, "braked") == before
    press(braked, page.brake, "打开看")
    assert not page.brake.folded
    assert page.brake.fold.isHidden()


def test_they_go_only_when_the_user_says_so_twice(braked) -> None:
    card = braked.show("sync").brake
    homes, visits = count(braked, "household"), count(braked, "visit")
    gone = count(braked, "braked", "entity='visit'")
    press(braked, card, "可以去掉")
    assert "真的从这台电脑上去掉" in shown(card)
    assert card.back.hasFocus()  # Enter alone removes nothing
    press(braked, card, "不去掉")
    assert card.asking.isHidden()
    assert count(braked, "household") == homes
    press(braked, card, "可以去掉")
    press(braked, card, "去掉")
    assert count(braked, "household") == homes - 3
    assert count(braked, "visit") == visits - gone
    assert count(braked, "braked") == 0
    page = braked.show("sync")
    assert page.brake is None
    assert page.content.is_empty
    assert braked.shell.navigation.refused.isHidden()


def test_another_question_is_asked_anew(braked) -> None:
    page = braked.show("sync")
    press(braked, page.brake, "先留着")

    def one_less(uow) -> None:
        uow.connection.execute(
            "DELETE FROM braked WHERE record_id=(SELECT min(record_id) FROM braked)"
        )
        uow.touch_sync()

    write(braked, one_less)
    assert not page.brake.folded


def test_what_cannot_be_removed_now_is_said_in_the_card(
    braked, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Problem("disk_full", "磁盘已满，这次没有保存。", remedy="请清理磁盘。")

    def refuse(_: Store) -> Future[int]:
        refused: Future[int] = Future()
        refused.set_exception(full)
        return refused

    monkeypatch.setattr(operations, "release", refuse)
    card = braked.show("sync").brake
    press(braked, card, "可以去掉")
    press(braked, card, "去掉")
    assert "磁盘已满" in shown(card)
    assert card.keep.isVisible()
    assert card.sure.isEnabled()


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_what_is_asked_in_place_is_not_cut_off(braked, scale: float) -> None:
    braked.client.desk.prefer(scale=scale)
    braked.settle()
    card = braked.show("sync").brake
    press(braked, card, "可以去掉")
    braked.settle()
    labels = [x for x in card.findChildren(QLabel) if x.isVisibleTo(card) and x.wordWrap()]
    assert [x.text() for x in labels if x.heightForWidth(x.width()) > x.height()] == []
    assert min(card.sure.height(), card.back.height()) >= 40 * scale


@pytest.fixture
def answered(desktop):
    write(desktop, lambda uow: states.answers(uow, desktop.sample))
    return desktop


def test_work_that_was_taken_is_told_with_the_words_beside_it(answered) -> None:
    page = answered.show("sync")
    said = shown(page.told)
    assert "晚到的，收下了 2" in said
    assert "收下了 李强收下了，已经登进档案。" in said
    assert "李强改了几处才收下" in said
    assert "自编号：你写的是 B-7，登记的是 B-17" in said
    assert "他写道：“门牌去年换过，按新的登。”" in said
    assert answered.shell.navigation.refused.text() == "1"  # only what was given back
    assert "2 条晚到的收下了" in shown(answered.show("today"))


def test_work_that_was_given_back_is_told_with_the_reason(answered) -> None:
    said = shown(answered.show("sync").refused)
    assert "没有收下 1" in said
    assert "退回了" in said
    assert "李强退回了这条。他写道：“这户上周已经搬走了" in said


def test_what_was_read_leaves_the_page(answered) -> None:
    page = answered.show("sync")
    press(answered, page.told, "知道了")
    assert "晚到的，收下了 1" in shown(page.told)
    press(answered, page.told, "知道了")
    assert page.told is None
    press(answered, page.refused, "知道了")
    assert page.refused is None
    assert "收下了" not in shown(answered.show("today"))


def test_who_decided_may_be_unknown_here(answered) -> None:
    def forget(uow) -> None:
        uow.connection.execute("DELETE FROM staff WHERE user_name='liqiang'")
        uow.touch_sync()

    write(answered, forget)
    page = answered.show("sync")
    assert "网格长收下了，已经登进档案。" in shown(page.told)
    assert "网格长退回了这条。" in shown(page.refused)


def test_of_what_is_not_hers_any_more_no_value_is_told(answered) -> None:
    """The head's value is in a record that this computer may not hold."""

    def lose(uow) -> None:
        uow.connection.execute("DELETE FROM membership WHERE entity='household'")
        uow.touch_sync()

    write(answered, lose)
    said = shown(answered.show("sync").told)
    assert "李强改了几处才收下" in said
    assert "B-17" not in said


def test_work_that_met_another_change_says_that_one_is_to_be_chosen(desktop) -> None:
    def write_it(uow) -> None:
        head = uow.create(Staff(name="李强", user_name="liqiang", active=True))
        recording.add_visit(uow, VisitDraft(desktop.sample.zhao, "2026-11-12", situation="好。"))
        states.answer(uow, head, Verdict.CONFLICT)

    write(desktop, write_it)
    assert "还要选一个" in shown(desktop.show("sync").told)


def twice(desktop, fields: Iterable[str], **more: object) -> None:
    """A value of the first household that was changed twice; ``more``: who and when."""

    def write_it(uow) -> None:
        other = uow.create(Staff(name="王芳", user_name="wangfang", active=True))
        uow.connection.execute("UPDATE outbox SET state='done', live=0")
        known = {
            "王芳": other.id.bytes,
            "她": uow.who.staff_id.bytes,
            "谁": new_id().bytes,
            "": None,
        }
        row: dict[str, object] = {
            "id": new_id().bytes,
            "version": 1,
            "epoch": 0,
            "deleted": 0,
            "target_kind": "household",
            "target_id": desktop.sample.zhao.bytes,
            "field": "own_number",
            "start": json.dumps({"own_number": more.get("start", "Z")}),
            "standing": json.dumps({"own_number": "A"}),
            "other": json.dumps({"own_number": "B"}),
            "standing_by": known[str(more.get("first", "王芳"))],
            "standing_at": NOW - 86_400_000,
            "author_id": known[str(more.get("second", "她"))],
            "other_at": NOW - 3_600_000,
            "opened_at": NOW,
            "state": "open",
        }
        states._insert(uow, "conflict", {k: v for k, v in row.items() if k not in fields})
        uow.connection.execute(
            "UPDATE household SET own_number='A', version=1 WHERE id=?",
            (desktop.sample.zhao.bytes,),
        )
        uow.touch("conflict", [desktop.sample.zhao.bytes])
        uow.touch_sync()

    write(desktop, write_it)


def choice(desktop) -> str:
    return shown(desktop.show("sync").choices)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("王芳", "她", ("王芳改成 · 昨天 14:20 现在用的 A", "你改成 · 13:20 另一个 B")),
        ("她", "王芳", ("你改成 · 昨天 14:20 现在用的 A", "王芳改成 · 13:20 另一个 B")),
        ("谁", "她", ("一位同事改成 · 昨天 14:20 现在用的 A", "你改成")),
        ("", "谁", ("有人改成 · 昨天 14:20 现在用的 A", "一位同事改成 · 13:20 另一个 B")),
    ],
)
def test_each_value_says_who_set_it(desktop, first: str, second: str, said) -> None:
    twice(desktop, (), first=first, second=second)
    text = choice(desktop)
    assert "原来：Z" in text
    for part in said:
        assert part in text


def test_what_was_empty_before_is_called_so(desktop) -> None:
    twice(desktop, (), start=None)
    assert "原来：空白" in choice(desktop)


def test_what_nobody_knows_is_left_out(desktop) -> None:
    twice(desktop, ("start", "standing_at", "other_at"))
    text = choice(desktop)
    assert "原来" not in text
    assert "王芳改成 现在用的 A 用这个" not in text  # buttons are no labels
    assert "王芳改成 现在用的 A 你改成 另一个 B" in text


def test_a_value_set_here_since_is_the_users_own(desktop) -> None:
    twice(desktop, ())

    def edit(uow) -> None:
        form = household_page(uow, desktop.sample.zhao).form()
        household = dataclasses.replace(form.household, own_number="C")
        save_household(uow, form, dataclasses.replace(form, household=household))

    write(desktop, edit)
    assert "你改成 · 14:20 现在用的 C" in choice(desktop)


def test_each_field_of_a_group_has_its_own_before(desktop) -> None:
    [(key,)] = desktop.sql(
        "SELECT f.id FROM household h JOIN person_file f ON f.person_id=h.head_id WHERE h.id=?",
        desktop.sample.zhao.bytes,
    )

    def write_it(uow) -> None:
        values = [
            {"id_kind": "citizen", "id_number": None, "birth_date": b, "sex": s}
            for b, s in (("1946-01-01", "2"), ("1946-01-02", "2"), ("1946-01-03", "1"))
        ]
        row = {
            "id": new_id().bytes,
            "version": 1,
            "epoch": 0,
            "deleted": 0,
            "target_kind": "person_file",
            "target_id": key,
            "field": "identity",
            "start": json.dumps(values[0]),
            "standing": json.dumps(values[1]),
            "other": json.dumps(values[2]),
            "author_id": uow.who.staff_id.bytes,
            "opened_at": NOW,
            "state": "open",
        }
        states._insert(uow, "conflict", row)
        uow.connection.execute(
            "UPDATE person_file SET birth_date='1946-01-02', sex='2', version=1 WHERE id=?", (key,)
        )
        uow.touch("conflict", [UUID(bytes=key).bytes])

    write(desktop, write_it)
    text = choice(desktop)
    assert "原来：出生日期：1946年1月1日" in text
    assert "原来：性别：女" in text
    assert "出生日期：1946年1月3日" in text
