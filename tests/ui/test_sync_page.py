"""The sync page: what it says of the network, what was not accepted, what was changed twice, what waits."""

import csv
import dataclasses
import errno
import json
import re
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from sample import NOW, citizen_id

import gridapp
from gridapp.domain.choice import Choice
from gridapp.domain.household import Household, Residence
from gridapp.domain.record import new_id
from gridapp.domain.unit import Staff
from gridapp.errors import Problem
from gridapp.store import recording
from gridapp.store.drafting import Picture, VisitDraft
from gridapp.store.recording import save_household
from gridapp.store.views.household_page import household_page
from gridapp.store.views.today import Look
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.pages.syncing.choices import ChoiceBlock
from gridapp.ui.pages.syncing.export import as_text
from gridapp.ui.pages.syncing.reasons import _REASONS
from gridapp.ui.widgets.twice import TwiceBar
from tests.store.realistic import jpeg

JARGON = re.compile(
    "outbox|conflict|operation|commit|数据库|冲突|发件箱|操作记录|同步失败", re.IGNORECASE
)


class Quiet:
    """A service that talks to nobody and remembers that it was asked to."""

    def __init__(self) -> None:
        self.state = ServiceState(Phase.IDLE)
        self.asked = 0

    def sync_now(self) -> None:
        self.asked += 1


def shown(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]


def buttons(widget: QWidget, text: str) -> list[QPushButton]:
    return [
        b for b in widget.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(widget)
    ]


def write(desktop, fn):
    found = desktop.client.desk.store.write(fn).result()
    desktop.settle()
    return found


def record(desktop, text: str = "seen"):
    draft = VisitDraft(desktop.sample.zhao, "2026-11-20", situation=text)
    return write(desktop, lambda uow: recording.add_visit(uow, draft))


def refuse(desktop, code: str, state: str = "rejected", where: str = "1") -> None:
    """As if the server had not accepted what waits."""

    def write_it(uow) -> None:
        uow.connection.execute(
            f"UPDATE outbox SET state=?, code=? WHERE state='waiting' AND {where}", (state, code)
        )
        uow.touch_sync()

    write(desktop, write_it)


def page(desktop, item: UUID | None = None):
    desktop.client.desk.go("sync", item=item)
    desktop.settle()
    return desktop.shell.pages["sync"]


def said(desktop) -> str:
    return " ".join(shown(page(desktop)))


def change_twice(desktop, *changes: tuple[str, UUID, str, dict, dict], **more) -> list[UUID]:
    """(kind, record, field or group, standing, other) as the server sends them."""
    ids = [new_id() for _ in changes]

    def write_them(uow) -> None:
        other = uow.create(Staff(name="王芳", user_name="wangfang", active=True))
        uow.connection.execute(
            "UPDATE outbox SET state='done', live=0 WHERE record_id=?", (other.id.bytes,)
        )
        for id_, (kind, target, name, standing, value) in zip(ids, changes, strict=True):
            uow.connection.execute(
                "INSERT INTO conflict (id,version,epoch,deleted,target_kind,target_id,field,start,"
                "standing,other,state,standing_by,standing_at,author_id,other_at,opened_at) "
                "VALUES (?,1,0,0,?,?,?,?,?,?,'open',?,?,?,?,?)",
                (
                    *(id_.bytes, kind, target.bytes, name, json.dumps(more.get("start", {}))),
                    *(json.dumps(standing), json.dumps(value), other.id.bytes, NOW - 86_400_000),
                    *(uow.who.staff_id.bytes, NOW - 3_600_000, NOW),
                ),
            )
            uow.connection.execute(f"UPDATE {kind} SET version=1 WHERE id=?", (target.bytes,))
            for field, now in standing.items():
                stored = json.dumps(now) if isinstance(now, dict) else now
                uow.connection.execute(
                    f"UPDATE {kind} SET {field}=? WHERE id=?", (stored, target.bytes)
                )
        uow.touch("conflict", [i.bytes for i in ids])
        uow.touch_sync()

    write(desktop, write_them)
    return ids


def own_number(desktop) -> list[UUID]:
    zhao = desktop.sample.zhao
    return change_twice(
        desktop,
        ("household", zhao, "own_number", {"own_number": "A"}, {"own_number": "B"}),
        start={"own_number": "Z"},
    )


def blocks(desktop) -> list[ChoiceBlock]:
    return page(desktop).findChildren(ChoiceBlock)


def test_with_nothing_to_say_it_says_so(desktop, qtbot) -> None:
    text = said(desktop)
    assert "都传上去了" in text
    assert "昨天 18:20" in text
    assert "都好了" in text
    assert not JARGON.search(text)


def test_the_network_is_told_calmly_and_tried_again(desktop, qtbot) -> None:
    desk = desktop.client.desk
    desk.sync = quiet = Quiet()
    record(desktop)
    state = page(desktop).state
    assert state.title.text() == "还有 1 条没传上去，都存在本机"
    state.now.click()
    assert quiet.asked == 1
    desk.tell_sync(ServiceState(Phase.RUNNING))
    desktop.settle()
    assert state.title.text() == state.now.text() == "正在同步…"
    assert not state.now.isEnabled()
    desk.tell_sync(ServiceState(Phase.OFFLINE))
    desktop.settle()
    assert state.title.text() == "现在连不上服务器"
    assert "一条不会丢" in state.detail.text()
    assert state.last.text() == "等着上传 1 · 上次通上：昨天 18:20"
    assert state.now.text() == "再试一次"
    qtbot.mouseClick(state.now, Qt.MouseButton.LeftButton)
    assert quiet.asked == 2
    problem = Problem("revoked", "这台电脑的登记已被停用。", remedy="请联系区管理员。")
    desk.tell_sync(ServiceState(Phase.STOPPED, problem))
    desktop.settle()
    assert state.title.text() == "这台电脑的登记已被停用。 请联系区管理员。"


def test_what_waits_is_told_save_by_save(desktop, qtbot) -> None:
    record(desktop)
    zhao = desktop.sample.zhao

    def edit(uow) -> None:
        form = household_page(uow, zhao).form()
        household = dataclasses.replace(form.household, own_number="9")
        save_household(uow, form, dataclasses.replace(form, household=household))

    write(desktop, edit)
    lines = shown(page(desktop))
    assert "等着上传 2" in lines
    assert "新的走访 · 赵桂兰" in lines
    assert "改了住户：自编号 · 赵桂兰" in lines


def test_what_was_parked_is_told_with_reason_and_folded_when_seen(desktop, qtbot) -> None:
    record(desktop)
    refuse(desktop, "moved_away", "parked")
    text = said(desktop)
    assert "已交上去，在等 1" in text
    assert "没有收下" not in text
    assert "等网格长或社区决定" in text
    assert "这一户已划到别的网格" in text
    assert "已交到那边的网格长和社区" in text
    assert "赵桂兰" in text
    assert not JARGON.search(text)
    assert desktop.shell.navigation.refused.text() == "1"
    buttons(page(desktop), "知道了")[0].click()
    desktop.settle()
    assert "已交上去" not in said(desktop)
    assert desktop.sql("SELECT count(*) FROM outbox WHERE state='parked'") == [(1,)]
    assert desktop.shell.navigation.refused.isHidden()


@pytest.mark.parametrize(("code", "state"), [("role_ended", "parked"), ("not_allowed", "rejected")])
def test_what_was_seen_stays_folded_and_can_be_sent_and_exported(
    desktop, qtbot, tmp_path, code: str, state: str
) -> None:
    desktop.client.desk.sync = quiet = Quiet()
    record(desktop, "要紧的话")
    refuse(desktop, code, state)
    buttons(page(desktop), "知道了")[0].click()
    desktop.settle()
    where = page(desktop)
    assert where.refused is None
    assert where.seen.title.text() == "已看过 1"
    assert where.seen.folded
    assert not buttons(where, "再传一次")
    qtbot.mouseClick(where.seen.fold, Qt.MouseButton.LeftButton)
    assert "新的走访 · 赵桂兰" in shown(where)
    assert not buttons(where, "知道了")
    where.seen.write(tmp_path / "out.csv")
    desktop.settle()
    assert "要紧的话" in (tmp_path / "out.csv").read_text("utf-8-sig")
    buttons(where, "再传一次")[0].click()
    qtbot.waitUntil(lambda: quiet.asked == 1)
    desktop.settle()
    text = said(desktop)
    assert "等着上传 1" in text
    assert "已看过" not in text  # another attempt took its place


def test_every_place_counts_saves(desktop, qtbot) -> None:
    """One visit with three photos that was refused is one, in the navigation, on the page and today."""
    photos = tuple(Picture(jpeg(color=(n, 0, 0))) for n in range(3))
    draft = VisitDraft(desktop.sample.zhao, "2026-11-20", situation="x", pictures=photos)
    write(desktop, lambda uow: recording.add_visit(uow, draft))
    refuse(desktop, "not_allowed", "rejected", "entity='visit'")
    refuse(desktop, "waits_for_owner", "parked")
    assert "没有收下 1" in shown(page(desktop))
    assert desktop.shell.navigation.refused.text() == "1"
    desktop.client.desk.go("today")
    desktop.settle()
    assert [(look, count) for look, count in desktop.shell.pages["today"].view.looks] == [
        (Look.REJECTED, 1)
    ]
    assert "1 条没有收下" in shown(desktop.shell.pages["today"])


def test_what_waits_for_another_is_one_line_with_its_reason(desktop, qtbot) -> None:
    """A whole household that was refused is one line, with the reason of what the rest waits for."""

    def create(uow) -> None:
        form = household_page(uow, desktop.sample.zhao).form()
        household = Household(grid_id=form.household.grid_id, name="新户", kind="family")
        uow.create(household)
        person = form.members[0].person
        uow.create(Residence(person_id=person.id, household_id=household.id, kind="living"))

    write(desktop, create)
    refuse(desktop, "not_allowed", "rejected", "entity='household'")
    refuse(desktop, "waits_for_owner", "parked")
    lines = shown(page(desktop))
    assert "没有收下 1" in lines
    assert any(line.startswith("这条不归你改。") for line in lines)
    assert desktop.shell.navigation.refused.text() == "1"  # a save counts once
    assert not any("等网格长" in line for line in lines)


def test_correcting_opens_the_record(desktop, qtbot) -> None:
    record(desktop)
    refuse(desktop, "required")
    where = page(desktop)
    assert not buttons(where, "再传一次")
    buttons(where, "打开改正")[0].click()
    desktop.settle()
    assert desktop.shell.pages["household"].household_id == desktop.sample.zhao


def test_it_is_sent_once_more_where_that_can_help(desktop, qtbot) -> None:
    desktop.client.desk.sync = quiet = Quiet()
    visit = record(desktop)
    refuse(desktop, "role_ended", "parked")
    (old,) = desktop.sql("SELECT op_id, recorded_at FROM outbox WHERE state='parked'")
    again = buttons(page(desktop), "再传一次")[0]
    assert again.accessibleName() == "再传一次 新的走访 · 赵桂兰"
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    desktop.settle()
    assert quiet.asked == 1
    found = desktop.sql(
        "SELECT op_id, recorded_at, base_version, live FROM outbox WHERE state='waiting'"
    )
    assert len(found) == 1
    op_id, recorded_at, base_version, live = found[0]
    assert op_id != old[0]
    assert (recorded_at, base_version, live) == (old[1], 0, 1)
    assert desktop.sql("SELECT situation FROM visit WHERE id=?", visit.id.bytes) == [("seen",)]
    text = said(desktop)
    assert "没有收下" not in text
    assert "等着上传 1" in text


def test_an_unknown_reason_still_says_something(desktop, qtbot) -> None:
    record(desktop)
    refuse(desktop, "brand_new")
    assert "brand_new" in said(desktop)


def test_the_export_says_what_was_written_and_computes_nothing(desktop, qtbot, tmp_path) -> None:
    record(desktop, '=HYPERLINK("x")')
    refuse(desktop, "moved_away", "parked")
    card = page(desktop).parked
    card.write(tmp_path / "out.csv")
    desktop.settle()
    text = (tmp_path / "out.csv").read_text("utf-8-sig")
    head, line = csv.reader(text.splitlines())
    assert head[:6] == ["记录时间", "记了什么", "关于", "编号", "住址或地点", "内容"]
    assert head[6:] == ["为什么没有收下", "怎么办"]
    assert line[:3] == ["2026-11-20 14:20", "新的走访", "赵桂兰"]
    assert desktop.sql("SELECT address FROM household WHERE id=?", desktop.sample.zhao.bytes) == [
        (line[4],)
    ]
    assert '情况：=HYPERLINK("x")' in line[5]
    assert "走访时间：2026-11-20" in line[5]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)
    assert line[6].startswith("这一户已划到")
    assert desktop.sql("SELECT what FROM access_log") == [("export",)]
    assert "已存好 1 条：out.csv" in shown(card)
    card.write(tmp_path / "nowhere" / "out.csv")
    desktop.settle()
    assert any(t.startswith("不能写这个文件。") for t in shown(card))


def test_an_export_that_does_not_fit_leaves_the_old_one(
    desktop, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(desktop, "要紧的话")
    refuse(desktop, "moved_away", "parked")
    card, out = page(desktop).parked, tmp_path / "out.csv"
    out.write_text("old", encoding="utf-8")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("gridapp.whole_file.os.fsync", full)
    card.write(out)
    desktop.settle()
    assert any(t.startswith("磁盘满了") for t in shown(card))
    assert out.read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir() if "out" in p.name or "part" in p.name] == [
        "out.csv"
    ]


@pytest.mark.parametrize("cell", ["=1", "+86138", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_a_cell_that_would_be_computed_leaves_as_text(cell: str) -> None:
    assert as_text(cell) == "'" + cell
    assert as_text("无") == "无"


def test_both_values_stand_side_by_side_with_who_and_when(desktop, qtbot) -> None:
    own_number(desktop)
    text = said(desktop)
    assert "改了两次，选一个 1" in text
    assert "赵桂兰 · 自编号" in text
    assert "原来：Z" in text
    assert "王芳改成 · 昨天 14:20 现在用的 A" in text
    assert "你改成 · 13:20 另一个 B" in text
    assert not JARGON.search(text)
    (block,) = blocks(desktop)
    names = [b.accessibleName() for b in block.buttons.values()]
    assert names == ["用这个 A", "用这个 B"]
    assert desktop.shell.navigation.refused.text() == "1"


@pytest.mark.parametrize(("choice", "value"), [(Choice.STANDING, "A"), (Choice.OTHER, "B")])
def test_a_choice_is_used_at_once_and_leaves_the_page(desktop, qtbot, choice, value) -> None:
    (id_,) = own_number(desktop)
    (block,) = blocks(desktop)
    chosen = block.buttons[choice]
    chosen.setFocus()
    qtbot.keyClick(chosen, Qt.Key.Key_Space)
    desktop.settle()
    zhao = desktop.sample.zhao.bytes
    assert desktop.sql("SELECT own_number FROM household WHERE id=?", zhao) == [(value,)]
    assert desktop.sql("SELECT conflict_id FROM outbox WHERE state='waiting'") == [(id_.bytes,)]
    text = said(desktop)
    assert "改了两次" not in text
    assert "选了住户：自编号 · 赵桂兰" in text


def test_a_choice_that_met_another_change_is_asked_again(desktop, qtbot) -> None:
    own_number(desktop)
    blocks(desktop)[0].buttons[Choice.OTHER].click()
    desktop.settle()
    refuse(desktop, "values_changed", "conflict")
    text = said(desktop)
    assert "改了两次，选一个 1" in text
    assert "你选过以后又有人改了" in text


def test_a_choice_that_came_second_is_told(desktop, qtbot) -> None:
    (id_,) = own_number(desktop)
    blocks(desktop)[0].buttons[Choice.OTHER].click()
    desktop.settle()

    def decided(uow) -> None:
        uow.connection.execute("UPDATE conflict SET state='decided' WHERE id=?", (id_.bytes,))
        uow.touch("conflict", [id_.bytes])

    write(desktop, decided)
    refuse(desktop, "already_decided")
    text = said(desktop)
    assert "选了住户：自编号 · 赵桂兰" in text
    assert "别人先选好了，按先选的算。" in text
    assert "改了两次" not in text


def test_to_delete_or_to_keep_is_said_in_words(desktop, qtbot) -> None:
    zhao = desktop.sample.zhao
    change_twice(desktop, ("household", zhao, "deleted", {"deleted": 0}, {"deleted": 1}))
    text = said(desktop)
    assert "赵桂兰 · 删不删" in text
    assert "一个人想删掉" in text
    (block,) = blocks(desktop)
    assert [b.text() for b in block.buttons.values()] == ["不删，留着", "删掉"]
    block.buttons[Choice.OTHER].click()
    desktop.settle()
    assert desktop.sql("SELECT deleted FROM household WHERE id=?", zhao.bytes) == [(1,)]


def test_numbers_are_masked_and_codes_are_words(desktop, qtbot) -> None:
    [(dwelling, person)] = desktop.sql(
        "SELECT h.dwelling_id, f.id FROM household h JOIN person_file f ON f.person_id=h.head_id "
        "WHERE h.id=?",
        desktop.sample.zhao.bytes,
    )
    numbers = citizen_id(date(1946, 1, 1), 2), citizen_id(date(1946, 1, 2), 4)
    births = "1946-01-01", "1946-01-02"
    identity = [
        {"id_kind": "citizen", "id_number": n, "birth_date": b, "sex": "2"}
        for n, b in zip(numbers, births, strict=True)
    ]
    phones = {"phones": {"13800002000": "Ann"}}, {"phones": {"13911112222": "Ben"}}
    phone = [{"phones": json.dumps(p["phones"])} for p in phones]
    change_twice(
        desktop,
        ("dwelling", UUID(bytes=dwelling), "gas", {"gas": "piped"}, {"gas": None}),
        ("dwelling", UUID(bytes=dwelling), "gas_alarm", {"gas_alarm": 1}, {"gas_alarm": 0}),
        ("person_file", UUID(bytes=person), "identity", *identity),
        ("person_file", UUID(bytes=person), "phones", *phone),
    )
    text = said(desktop)
    assert "管道天然气" in text
    assert "空白" in text
    assert "1946年1月1日" in text
    assert "Ben 139****2222" in text
    assert "证件类型" not in text  # the same on both sides
    assert not any(n in text for n in (*numbers, "13800002000", "13911112222", "piped"))
    assert "{" not in text
    seen = page(desktop)
    whole = buttons(seen, "显示号码（会记录）")
    assert len(whole) == 2
    for one in whole:
        one.click()
    desktop.settle()
    text = " ".join(shown(seen))
    assert all(n in text for n in (*numbers, "13800002000", "13911112222"))
    assert desktop.sql("SELECT what, entity FROM access_log") == [("reveal", "person_file")] * 2


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_nothing_is_cut_off_and_every_button_is_large_and_named(
    desktop, qtbot, scale: float
) -> None:
    desk, zhao = desktop.client.desk, desktop.sample.zhao
    desk.sync = Quiet()
    record(desktop)
    refuse(desktop, "moved_away", "parked")
    record(desktop)
    change_twice(
        desktop,
        ("household", zhao, "registered_address", {"registered_address": "东" * 90}, {"registered_address": None}),
        ("household", zhao, "deleted", {"deleted": 0}, {"deleted": 1}),
    )  # fmt: skip
    desk.prefer(scale=scale)
    where = page(desktop)
    desk.tell_sync(ServiceState(Phase.OFFLINE))
    desktop.settle()
    made = [b for b in where.findChildren(QPushButton) if b.isVisibleTo(where)]
    assert [b.text() for b in made if b.height() < 40 * scale] == []
    said_twice = {b.text() for b in made if [c.text() for c in made].count(b.text()) > 1}
    assert said_twice
    assert all(b.accessibleName() for b in made if b.text() in said_twice)
    cut = [
        label.text()
        for label in where.findChildren(QLabel)
        if label.isVisibleTo(where)
        and label.wordWrap()
        and label.heightForWidth(label.width()) > label.height()
    ]
    assert cut == []
    assert where.area.horizontalScrollBar().maximum() == 0
    right = where.area.viewport().width()
    assert all(b.mapTo(where.area.viewport(), b.rect().topRight()).x() <= right for b in made[1:])


def test_who_may_not_write_it_sees_both_and_chooses_neither(desktop, qtbot) -> None:
    own_number(desktop)

    def demote(uow) -> None:
        uow.connection.execute("UPDATE assignment SET role='auditor'")
        uow.touch("assignment", [])

    write(desktop, demote)
    (block,) = blocks(desktop)
    assert block.buttons == {}
    assert "由管这一户的人来选。" in said(desktop)


def test_the_bar_leads_from_the_household_to_the_choice(desktop, qtbot) -> None:
    desk = desktop.client.desk
    bar = TwiceBar(desk)
    bar.setParent(desktop.shell)
    bar.about(desktop.sample.zhao)
    desktop.settle()
    assert bar.isHidden()
    own_number(desktop)
    assert bar.text.text() == "自编号改了两次，选一个"
    bar.go.click()
    desktop.settle()
    (block,) = desktop.shell.pages["sync"].findChildren(ChoiceBlock)
    qtbot.waitUntil(block.buttons[Choice.STANDING].hasFocus)
    block.buttons[Choice.STANDING].click()
    desktop.settle()
    assert bar.isHidden()
    bar.about(new_id())
    desktop.settle()
    assert bar.isHidden()


def test_every_refusal_of_the_server_has_its_words() -> None:
    """The codes stand in the protocol, and a house test has all of the server's stand there; the window may not read
    either, so they are compared here."""
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
    told = re.findall(r"^\| (?:rejected|parked)[^|]*\| `(\w+)` \|", page, re.MULTILINE)
    assert {"moved_away", "purged", "returned", "waits_for_photo"} <= set(told)
    assert set(told) - set(_REASONS) == set()
    root = Path(gridapp.__file__).parent / "server"
    for file in root.glob("*.py"):
        sent = re.findall(r'(?:REJECTED|PARKED), (?:code=)?"(\w+)"', file.read_text("utf-8"))
        assert set(sent) - set(_REASONS) == set()
