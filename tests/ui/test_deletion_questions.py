"""Whether to delete what somebody else worked on: the page says who wanted to, who did what, when, and how it was."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from PySide6.QtWidgets import QLabel

from gridapp.domain.choice import Choice
from gridapp.domain.record import new_id
from gridapp.domain.unit import Staff
from gridapp.store import recording
from gridapp.store.drafting import VisitDraft
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.ui.pages.syncing.choices import ChoiceBlock
from tests.ui.sample import NOW

HOUR = 3_600_000
WORKED, WISHED = NOW - HOUR, NOW - 25 * HOUR


def write(desktop, fn):
    found = desktop.client.desk.store.write(fn).result()
    desktop.settle()
    return found


def ask(
    desktop, standing: dict, start: dict, *, mine: str, kind: str = "household", **more
) -> None:
    """A question as the server sends it. ``mine``: which side is the user's, ``wish`` or ``work``."""
    target = more.pop("target", desktop.sample.zhao)

    def put(uow: UnitOfWork) -> None:
        other = uow.create(Staff(name="王桂英", user_name="wangguiying", active=True))
        uow.connection.execute("UPDATE outbox SET state='done', live=0")
        me = uow.who.staff_id
        row = {
            "id": new_id().bytes,
            "version": 1,
            "target_kind": kind,
            "target_id": target.bytes,
            "field": "deleted",
            "start": json.dumps({"deleted": 0, **start}),
            "standing": json.dumps({"deleted": 0, **standing}),
            "other": json.dumps({"deleted": 1}),
            "author_id": (me if mine == "wish" else other.id).bytes,
            "other_at": WISHED,
            "standing_by": (other.id if mine == "wish" else me).bytes,
            "standing_at": WORKED,
            "opened_at": NOW,
            "state": "open",
            **more,
        }
        sql = f"INSERT INTO conflict ({','.join(row)}) VALUES ({','.join('?' * len(row))})"
        uow.connection.execute(sql, list(row.values()))
        uow.touch("conflict", [row["id"]])
        uow.touch_sync()

    write(desktop, put)


def shown(desktop, where: str) -> list[str]:
    desktop.client.desk.go(where)
    desktop.settle()
    labels = desktop.shell.pages[where].findChildren(QLabel)
    return [label.text() for label in labels if label.isVisibleTo(desktop.shell.pages[where])]


def block(desktop) -> ChoiceBlock:
    (found,) = desktop.shell.pages["sync"].findChildren(ChoiceBlock)
    return found


EDIT = {"own_number": "A-13", "beneath": []}, {"own_number": "A-1"}


def test_it_says_who_wanted_to_delete_and_who_changed_what(desktop, qtbot) -> None:
    ask(desktop, *EDIT, mine="wish")
    said = shown(desktop, "sync")
    assert "你想删掉，王桂英又改了。先留着，没有删。" in said
    assert any(t.startswith("王桂英改了 · ") for t in said)
    assert any(t.startswith("你想删掉 · 昨天 ") for t in said)
    assert "自编号：原来A-1，改成A-13" in said
    assert "删除住户" in said
    assert [b.text() for b in block(desktop).buttons.values()] == ["不删，留着", "删掉"]
    assert "王桂英改了：自编号 · 你想删掉" in shown(desktop, "today")


def test_the_other_side_is_told_too(desktop, qtbot) -> None:
    ask(desktop, *EDIT, mine="work")
    said = shown(desktop, "sync")
    assert "王桂英想删掉，你又改了。先留着，没有删。" in said
    assert any(t.startswith("你改了 · ") for t in said)


def test_a_visit_beneath_is_told_with_its_day_and_words(desktop, qtbot) -> None:
    draft = VisitDraft(desktop.sample.zhao, "2026-11-03", situation="血压药快吃完了。")
    visit = write(desktop, lambda uow: recording.add_visit(uow, draft))
    ask(desktop, {"beneath": [["visit", visit.id.hex], ["brand_new", "00"]]}, {}, mine="wish")
    said = shown(desktop, "sync")
    assert "你想删掉，王桂英又加了新的。先留着，没有删。" in said
    assert "新的走访：11月3日 · 血压药快吃完了。" in said


def test_somebody_who_moved_in_is_told_by_name(desktop, qtbot) -> None:
    [(tie, name)] = desktop.sql(
        "SELECT r.id, p.name FROM residence r JOIN person p ON p.id=r.person_id "
        "WHERE r.household_id=? LIMIT 1",
        desktop.sample.zhao.bytes,
    )
    ask(desktop, {"beneath": [["residence", tie.hex()]]}, {}, mine="work")
    assert any(t.startswith("新的") and t.endswith(f"：{name}") for t in shown(desktop, "sync"))


def test_numbers_are_masked_until_they_are_asked_for(desktop, qtbot) -> None:
    [(file,)] = desktop.sql(
        "SELECT f.id FROM household h JOIN person_file f ON f.person_id=h.head_id WHERE h.id=?",
        desktop.sample.zhao.bytes,
    )
    after = {"phones": json.dumps({"13912345678": "本人"}), "beneath": []}
    ask(desktop, after, {"phones": None}, mine="wish", kind="person_file", target=UUID(bytes=file))
    assert not any("13912345678" in t for t in shown(desktop, "sync"))
    block(desktop).whole.click()
    desktop.settle()
    assert any("13912345678" in label.text() for label in block(desktop).findChildren(QLabel))


@pytest.mark.parametrize("choice", list(Choice))
def test_one_chooses_as_before(desktop, qtbot, choice: Choice) -> None:
    ask(desktop, *EDIT, mine="wish")
    shown(desktop, "sync")
    block(desktop).buttons[choice].click()
    desktop.settle()
    deleted = int(choice is Choice.OTHER)
    assert desktop.sql("SELECT deleted FROM household WHERE id=?", desktop.sample.zhao.bytes) == [
        (deleted,)
    ]


def test_a_question_of_an_older_server_names_both_and_says_not_who_did_which(
    desktop, qtbot
) -> None:
    ask(desktop, {}, {}, mine="work")
    said = shown(desktop, "sync")
    assert "一个人想删掉，另一个人又改了。先留着，没有删。" in said
    (who,) = [t for t in said if t.startswith("动过这一条的：")]
    assert "你" in who
    assert "王桂英" in who
    assert not any("想删掉 ·" in t for t in said)


def test_nobody_known_wanted_to_delete_it(desktop, qtbot) -> None:
    ask(desktop, *EDIT, mine="work", author_id=None)
    assert "有人想删掉，你又改了。先留着，没有删。" in shown(desktop, "sync")
