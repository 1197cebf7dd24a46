"""Other people and other days: what a sample store is turned into before its window is looked at."""

import dataclasses
import hashlib
import io
import json
from collections.abc import Callable
from uuid import UUID

from PIL import Image
from sample import TODAY, Sample

from gridapp.domain.exchange import Outcome, Verdict
from gridapp.domain.household import Household
from gridapp.domain.record import new_id
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.store import photo_rows, recording, revisions
from gridapp.store.drafting import VisitDraft
from gridapp.store.unit_of_work import UnitOfWork

LONG_NAME = "阿卜杜热合曼·买买提·古丽巴哈尔·艾尔肯·阿不都外力·吐尔逊江·麦麦提"
LONG_PLACE = "东街街道建南社区锦绣花园二期北苑老旧小区改造安置房第一百二十八号附属楼栋"


def head(uow: UnitOfWork, sample: Sample) -> None:
    """A grid head over two grids, standing in for a colleague in one of them."""
    _second_grid(uow, sample, "grid_head", covers=True)
    late_work(uow, sample)


def office(uow: UnitOfWork, sample: Sample) -> None:
    """The community office over both grids."""
    _second_grid(uow, sample, "office", covers=False)
    parent = uow.value("SELECT parent_id FROM unit WHERE id=?", (sample.grid.bytes,))
    uow.connection.execute("DELETE FROM assignment WHERE unit_id!=?", (sample.grid.bytes,))
    uow.connection.execute("UPDATE assignment SET unit_id=?", (parent,))
    late_work(uow, sample)


def late_work(uow: UnitOfWork, sample: Sample) -> None:
    """A visit and an edit that came too late, and one that was given back."""
    colleague = Staff(name="孙海燕", user_name="sunhaiyan", active=True)
    uow.create(colleague)
    uow.connection.execute("UPDATE outbox SET state='done', live=0 WHERE entity='staff'")
    visit = {
        "household_id": [None, sample.zhao.hex],
        "happened_at": [None, "2026-11-03"],
        "how": [None, "home"],
        "visited_by": [None, colleague.id.hex],
        "recorded_by": [None, colleague.id.hex],
        "situation": [None, "血压药快吃完了，女儿周末回来。"],
        "promise": [None, "周五把药送来"],
    }
    edit = {"own_number": ["A-1", "A-13"]}
    key = uow.value("SELECT id FROM household_file WHERE household_id=?", (sample.zhao.bytes,))
    file, number = UUID(bytes=key), {"emergency_phone": [None, "13900001234"]}
    decided = {"state": "returned", "note": "这户已经由新网格员登记过了。", "decided_at": uow.now}
    decided["decided_by"] = sample.staff.bytes
    seen = new_id()
    first = late_review(uow, sample, colleague.id, "visit", seen, visit, "role_ended", 9)
    for colour, arrived in (("#7a8f6a", True), ("#6a7a8f", False)):
        late_photo(uow, sample, colleague.id, seen, first, colour, arrived=arrived)
    late_review(uow, sample, colleague.id, "household", sample.zhao, edit, "moved_away", 3)
    late_review(uow, sample, colleague.id, "household_file", file, number, "moved_away", 3)
    late_review(
        uow, sample, colleague.id, "household", sample.zhao, edit, "moved_away", 20, **decided
    )


def late_review(
    uow: UnitOfWork,
    sample: Sample,
    author: UUID,
    kind: str,
    target: UUID,
    sent: dict[str, object],
    reason: str,
    days: int,
    **more: object,
) -> UUID:
    """Work of ``days`` ago. Returns the id of its review."""
    key = new_id()
    row: dict[str, object] = {
        "id": key.bytes,
        "version": 1,
        "epoch": 0,
        "deleted": 0,
        "grid_id": sample.grid.bytes,
        "op_id": new_id().bytes,
        "device_id": author.bytes,
        "author_id": author.bytes,
        "target_kind": kind,
        "target_id": target.bytes,
        "about_kind": "household",
        "about_id": sample.zhao.bytes,
        "reason": reason,
        "sent": json.dumps(sent, ensure_ascii=False),
        "stated_at": uow.now - days * 86_400_000,
        "received_at": uow.now - 3_600_000,
        "state": "waiting",
        **more,
    }
    _insert(uow, "review", row)
    uow.touch("review", [key.bytes])
    return key


def late_photo(
    uow: UnitOfWork,
    sample: Sample,
    author: UUID,
    visit: UUID,
    along: UUID | None,
    colour: str,
    *,
    arrived: bool,
    purpose: str = "",
) -> None:
    """A photo of a visit, decided with the review ``along`` if any, of which the small picture has come or not."""
    out = io.BytesIO()
    Image.new("RGB", (240, 180), colour).save(out, "JPEG")
    data, digest = out.getvalue(), hashlib.sha256(out.getvalue()).hexdigest()
    said = {"target_kind": "visit", "target_id": visit.hex, "media_type": "image/jpeg"}
    more = {"sha256": digest, "size": len(data), "purpose": purpose or None}
    sent: dict[str, object] = {name: [None, value] for name, value in {**said, **more}.items()}
    late_review(
        uow,
        sample,
        author,
        "attachment",
        new_id(),
        sent,
        "waits_for_owner" if along else "role_ended",
        9 if along else 2,
        hangs_on=along.bytes if along else None,
    )
    if arrived:
        photo_rows.keep_small(uow, {digest: data}, {digest: len(data)})


def long_names(uow: UnitOfWork, sample: Sample) -> None:
    """Everything that people write is as long as it may be."""
    for sql, value in (
        ("UPDATE person SET name=?", LONG_NAME),
        ("UPDATE household SET name=?", LONG_NAME),
        ("UPDATE household SET address=?", LONG_PLACE + "3单元1201室"),
        ("UPDATE building SET name=?", LONG_PLACE),
        ("UPDATE unit SET name=?", LONG_PLACE),
        ("UPDATE staff SET name=?", LONG_NAME),
        ("UPDATE visit SET promise=?", "药续上再看一眼，" * 20),
        ("UPDATE visit SET situation=?", "精神好，血压药剩五天，已告知女儿。" * 40),
        ("UPDATE event SET text=?", "厨房燃气软管老化，灶具超过八年，等物业来换。" * 40),
        ("UPDATE event SET title=?", "污水管堵塞冒溢影响六户出行并且夜里看不清楚路面情况"),
        ("UPDATE event SET place=?", LONG_PLACE),
        ("UPDATE person SET status_note=?", "在外地做建筑工人，电话常打不通，过年才回来一次"),
    ):
        uow.connection.execute(sql, (value,))
    for kind in ("person", "household", "event", "visit", "unit"):
        uow.touch(kind, [row[0] for row in uow.rows(f"SELECT id FROM {kind}")])


def troubles(uow: UnitOfWork, sample: Sample) -> None:
    """All that the sync page can say: see the functions beneath."""
    refusals(uow, sample)
    twice(uow, sample)
    answers(uow, sample)
    brake(uow, households=4)
    uow.touch_sync()


def refusals(uow: UnitOfWork, sample: Sample) -> None:
    """Saves that wait, one that was not accepted, one that went to the head."""
    for number, (state, code) in enumerate(
        (("rejected", "step_no_longer_fits"), ("parked", "moved_away"), ("waiting", None))
    ):
        recording.add_visit(
            uow, VisitDraft(sample.zhao, TODAY.isoformat(), situation=f"第{number}次")
        )
        uow.connection.execute(
            "UPDATE outbox SET state=?, code=?, save_id=randomblob(16) "  # each a save of its own
            "WHERE counter=(SELECT max(counter) FROM outbox)",
            (state, code),
        )


def twice(uow: UnitOfWork, sample: Sample) -> None:
    """The user and a colleague changed one value."""
    colleague = Staff(name="王芳", user_name="wangfang", active=True)
    uow.create(colleague)
    uow.connection.execute("UPDATE outbox SET state='done', live=0 WHERE entity='staff'")
    # the fields of a household are the same ones on every page
    row = {
        "id": new_id().bytes,
        "version": 1,
        "epoch": 0,
        "deleted": 0,
        "target_kind": "household",
        "target_id": sample.zhao.bytes,
        "field": "own_number",
        "start": json.dumps({"own_number": "A-1"}),
        "standing": json.dumps({"own_number": "A-3"}),
        "other": json.dumps({"own_number": "A-13"}),
        "standing_by": colleague.id.bytes,
        "standing_at": uow.now - 26 * 3_600_000,
        "author_id": uow.who.staff_id.bytes,
        "other_at": uow.now - 7_200_000,
        "opened_at": uow.now - 3_600_000,
        "state": "open",
    }
    _insert(uow, "conflict", row)
    _insert(uow, "conflict", row | _deletion(uow, sample))
    uow.connection.execute("UPDATE household SET own_number='A-3' WHERE id=?", (sample.zhao.bytes,))
    uow.touch("conflict", [sample.zhao.bytes])


def _deletion(uow: UnitOfWork, sample: Sample) -> dict[str, object]:
    """The user wanted to delete a household that a colleague changed and visited meanwhile."""
    visit = uow.value("SELECT id FROM visit WHERE household_id=? LIMIT 1", (sample.zhao.bytes,))
    done = {"deleted": 0, "own_number": "A-3", "beneath": [["visit", visit.hex()]]}
    return {
        "id": new_id().bytes,
        "field": "deleted",
        "start": json.dumps({"deleted": 0, "own_number": "A-1"}),
        "standing": json.dumps(done),
        "other": json.dumps({"deleted": 1}),
    }


def answers(uow: UnitOfWork, sample: Sample) -> None:
    """The head took one visit, took an edit with another value, and gave one visit back."""
    head = uow.create(Staff(name="李强", user_name="liqiang", active=True))
    uow.connection.execute("UPDATE outbox SET state='done', live=0 WHERE entity='staff'")
    keys = uow.rows("SELECT id FROM household WHERE id<>? ORDER BY id", (sample.zhao.bytes,))
    homes = [UUID(bytes=key) for (key,) in keys]
    recording.add_visit(uow, VisitDraft(homes[0], "2026-11-12", situation="老人在家，都好。"))
    answer(uow, head, Verdict.APPLIED)
    recording.add_visit(uow, VisitDraft(homes[1], "2026-11-11", situation="敲门没有人。"))
    answer(uow, head, Verdict.REJECTED, "returned", "这户上周已经搬走了，请先改居住情况再记。")
    uow.connection.execute("UPDATE household SET version=1 WHERE id=?", (homes[2].bytes,))
    before = uow.record(Household, homes[2])
    assert before
    uow.edit(before, dataclasses.replace(before, own_number="B-7"))
    answer(uow, head, Verdict.APPLIED, "changed", "门牌去年换过，按新的登。")
    channel = _channel(uow, "of the answers")
    uow.connection.execute(
        "INSERT INTO membership (record_id,channel_id,entity) VALUES (?,?,'household')",
        (homes[2].bytes, channel),
    )
    uow.connection.execute("UPDATE household SET own_number='B-17' WHERE id=?", (homes[2].bytes,))


def answer(uow: UnitOfWork, head: Staff, verdict: Verdict, code: str = "", note: str = "") -> None:
    """What was saved last was parked; now the head has decided."""
    [(save,)] = uow.rows("SELECT save_id FROM outbox ORDER BY counter DESC LIMIT 1")
    own = new_id().bytes  # each a save of its own
    uow.connection.execute(
        "UPDATE outbox SET state='parked', code='moved_away', revision=1, save_id=? "
        "WHERE save_id=? AND state='waiting' AND counter=(SELECT max(counter) FROM outbox)",
        (own, save),
    )
    ops = uow.rows("SELECT op_id FROM outbox WHERE save_id=?", (own,))
    outcomes = [
        Outcome(op, verdict, 2, code, version=2, note=note, decided_by=head.id.bytes)
        for (op,) in ops
    ]
    revisions.take(uow, outcomes, 0, 1)
    uow.connection.execute("DELETE FROM leaving")


def brake(uow: UnitOfWork, households: int) -> None:
    """The server does not list some households and their visits here any more."""
    channel = _channel(uow, "of what is braked")
    some = "SELECT id FROM household ORDER BY id LIMIT ?"
    for entity, sql in (
        ("household", some),
        ("visit", f"SELECT id FROM visit WHERE household_id IN ({some})"),
    ):
        for table in ("braked", "membership"):
            uow.connection.execute(
                f"INSERT INTO {table} (record_id,channel_id,entity) "
                f"SELECT id, {channel}, '{entity}' FROM ({sql})",
                (households,),
            )
    uow.touch_sync()


def _channel(uow: UnitOfWork, name: str) -> int:
    uow.connection.execute("INSERT INTO channel (name,cursor) VALUES (?,1)", (name,))
    return int(uow.value("SELECT id FROM channel WHERE name=?", (name,)))


def _insert(uow: UnitOfWork, table: str, row: dict[str, object]) -> None:
    sql = f"INSERT INTO {table} ({','.join(row)}) VALUES ({','.join('?' * len(row))})"
    uow.connection.execute(sql, list(row.values()))


def nothing(uow: UnitOfWork, sample: Sample) -> None:
    """As it is."""


STATES: dict[str, Callable[[UnitOfWork, Sample], None]] = {
    "worker": nothing,
    "head": head,
    "office": office,
    "long": long_names,
    "troubles": troubles,
}


def _second_grid(uow: UnitOfWork, sample: Sample, role: str, *, covers: bool) -> None:
    parent = uow.record(Unit, sample.grid)
    assert parent
    assert parent.parent_id
    grid = uow.create(
        Unit(code="990000001001004", name="第四网格", kind="grid", parent_id=parent.parent_id)
    )
    colleague = uow.create(Staff(name="马长顺", user_name="machangshun", active=True))
    uow.create(
        Assignment(
            staff_id=sample.staff,
            unit_id=grid.id,
            role=role,
            covers_id=colleague.id if covers else None,
            from_date=TODAY,
        )
    )
    uow.connection.execute("UPDATE assignment SET role=?", (role,))
    # every other building with all that is in it
    buildings = uow.rows("SELECT id FROM building ORDER BY id")[::2]
    keys = [row[0] for row in buildings]
    among = ",".join("?" * len(keys))
    for table, where in (
        ("building", "id"),
        ("dwelling", "building_id"),
    ):
        uow.connection.execute(
            f"UPDATE {table} SET grid_id=? WHERE {where} IN ({among})", (grid.id.bytes, *keys)
        )
    uow.connection.execute(
        "UPDATE household SET grid_id=(SELECT d.grid_id FROM dwelling d WHERE d.id=dwelling_id)"
    )
    uow.connection.execute(
        "UPDATE event SET grid_id=(SELECT h.grid_id FROM household h WHERE h.id=household_id) "
        "WHERE household_id IS NOT NULL"
    )
    uow.connection.execute("UPDATE outbox SET state='done', live=0")
    for kind in ("household", "event"):
        uow.touch(kind, [row[0] for row in uow.rows(f"SELECT id FROM {kind}")])
