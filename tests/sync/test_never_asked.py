"""Work that a server of before 0.3 parked: at the first start after the upgrade a head is asked about it."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from gridapp.domain.household import Household
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.server import never_asked
from gridapp.server.rejudging import Rejudging
from gridapp.store import refused
from tests.sync.late import accept, give_back, late, waiting
from tests.sync.world import Client, Home, World

_OF_0_3 = (
    """UPDATE operation SET verdict='parked', revision=1,
    code=(SELECT reason FROM review r WHERE r.op_id=operation.op_id) WHERE code='replaced'""",
    "DELETE FROM review",
    "DELETE FROM feed WHERE entity='review'",
    "DELETE FROM channel WHERE name LIKE '%:review'",
    "UPDATE operation SET waits_for=NULL, beneath=NULL, revised=NULL",
    "DELETE FROM counter WHERE name='outcomes'",
    "DELETE FROM setting WHERE key='asked'",
)


def as_left_by_0_2(world: World) -> None:
    """What 0.3 keeps of parked work is gone; the operations are as they were logged."""
    with world.database.write() as connection:
        for sql in _OF_0_3:
            connection.exec_driver_sql(
                sql.replace("%", "%%") if world.database.is_postgres else sql
            )


def never_followed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """0.2 judged nothing again when the creation came that it waited for."""
    monkeypatch.setattr(Rejudging, "follow", lambda *_: None)
    return monkeypatch


def parked_of_all_sorts(world: World) -> tuple[Client, Client, Home, Home]:
    """Late work of a worker whose role ended: a new household, a visit, two edits of one household, one of a
    household that went elsewhere; the visit was sent once more. Returns worker, head, the household, the new one."""
    worker, head, home = late(world)
    world.give_role(worker, "worker", world.grid3)  # and in another community
    gone = worker.household(name="孙六", id_number="")
    world.settle()
    with world.offline():
        new = worker.household(name="钱二", id_number="")
        worker.visit(new.id, "刚搬来")
        worker.visit(home.id, "好")
        worker.change(Household, home.id, own_number="7")
        worker.change(Household, home.id, own_number="8")
        worker.change(Household, gone.id, own_number="9")
    world.district_edit(gone.id, "household", grid_id=world.grid2.bytes)
    world.end_role(worker)
    worker.sync()
    (save,) = worker.sql("SELECT save_id FROM outbox WHERE entity='visit' ORDER BY counter DESC")[0]
    assert worker.write(lambda uow: refused.send_again(uow, save)) == 1
    worker.sync()
    return worker, head, home, new


def reviews(world: World) -> list[dict[str, Any]]:
    return world.rows("review")


def feeds(world: World) -> Any:
    with world.database.snapshot() as connection:
        rows = connection.exec_driver_sql("SELECT id, name, seq, total FROM channel ORDER BY id")
        return [tuple(row) for row in rows]


def test_heads_are_asked_after_the_upgrade(world: World) -> None:
    worker, head, _, new = parked_of_all_sorts(world)
    verdicts, asked = worker.verdicts(), reviews(world)
    waits = {o["op_id"]: o["waits_for"] for o in world.operations()}
    assert {code for state, code in verdicts if state == "parked"} == {
        "moved_away",
        "role_ended",
        "waits_for_owner",
    }
    as_left_by_0_2(world)
    world.restart_server()
    # Just what a server of today would have asked, and known.
    assert reviews(world) == asked
    assert {o["op_id"]: o["waits_for"] for o in world.operations()} == waits
    worker.sync()
    assert worker.verdicts() == verdicts
    head.sync()
    ours = [
        r
        for r in asked
        if r["hangs_on"] is None and r["grid_id"] == world.grid1.bytes and r["state"] == "waiting"
    ]
    assert len(waiting(head)) == len(ours) == 5
    give_back(head, "住户已搬走", waiting(head)[-1])
    while waiting(head):
        accept(head)
    world.settle()
    assert head.get(Household, new.id).name == "钱二"
    said = [UUID(bytes=row["id"]) for row in world.rows("visit", household_id=new.id.bytes)]
    assert {head.get(Visit, key).situation for key in said} == {"刚搬来"}
    told = set(worker.verdicts())
    assert ("rejected", "returned") in told
    assert ("parked", "waits_for_owner") not in told
    assert ("住户已搬走",) in worker.sql("SELECT DISTINCT note FROM outbox")


def test_a_second_start_does_nothing(small_world: World) -> None:
    world = small_world
    _, head, _, _ = parked_of_all_sorts(world)
    as_left_by_0_2(world)
    world.restart_server()
    head.sync()
    accept(head)
    head.sync()
    before = reviews(world), feeds(world), world.operations()
    world.restart_server()
    assert (reviews(world), feeds(world), world.operations()) == before
    # And were the mark lost: what was asked, or decided, is not asked again.
    with world.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM setting WHERE key='asked'")
    world.restart_server()
    assert (reviews(world), feeds(world), world.operations()) == before
    world.settle()


def test_a_start_that_was_killed_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    parked_of_all_sorts(world)
    asked = reviews(world)
    as_left_by_0_2(world)
    monkeypatch.setattr(never_asked, "MOST", 1)
    real, killed_at = never_asked._ask_for, 1
    seen: list[int] = []
    while True:
        done: list[int] = []

        def ask(*given: Any, at: int = killed_at, done: list[int] = done) -> None:
            if len(done) == at:
                raise KeyboardInterrupt
            done.append(1)
            real(*given)

        with monkeypatch.context() as patch:
            patch.setattr(never_asked, "_ask_for", ask)
            try:
                world.restart_server()
            except KeyboardInterrupt:
                seen.append(len(reviews(world)))
                killed_at += 2
                continue
        break
    assert len(set(seen)) > 1  # it stopped in between, with some of them
    assert 0 < seen[0] < len(asked)
    assert reviews(world) == asked
    world.settle()


def test_what_came_meanwhile_is_judged_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The creation was corrected; what hung on it 0.2 left parked."""
    worker = world.join("甲")
    office = world.office()
    with world.offline():
        home = worker.household(name="钱二", id_number="11010519491231002X")
        visit = worker.visit(home.id, "好")
    world.end_role(worker)
    worker.sync()
    first = next(o for o in world.operations(of_people=True) if o["entity"] == "building")
    as_left_by_0_2(world)
    world.give_role(worker, "worker", world.grid1)
    with never_followed(monkeypatch).context():
        held = worker.sql("SELECT save_id FROM outbox WHERE op_id=?", first["op_id"])
        assert held
        # Only the places and the person are sent once more; the rest waits as before.
        kept = worker.sql("SELECT count(*) FROM outbox WHERE state='parked'")[0][0]
        assert kept
        for entity in ("building", "person"):
            worker.write(partial(send_one_again, entity=entity))
        worker.sync()
    monkeypatch.undo()
    assert {s for s, _ in worker.verdicts()} >= {"applied", "parked"}
    assert world.rows("visit") == []
    with world.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM setting WHERE key='asked'")
        connection.exec_driver_sql("UPDATE operation SET waits_for=NULL")
    world.restart_server()
    assert [r["situation"] for r in world.rows("visit")] == ["好"]
    assert reviews(world) == []
    world.settle()
    assert worker.get(Visit, visit).situation == "好"
    assert office.get(Household, home.id).address == "3号楼1单元201"
    assert {s for s, _ in worker.verdicts()} <= {"applied", "rejected"}
    assert {c for s, c in worker.verdicts() if s == "rejected"} == {"replaced"}


def send_one_again(uow: Any, entity: str) -> None:
    """As 0.2 did for a save that held nothing else."""
    (key,) = uow.rows("SELECT op_id FROM outbox WHERE entity=? AND state='parked'", (entity,))[0]
    save = new_id().bytes
    uow.connection.execute("UPDATE outbox SET save_id=? WHERE op_id=?", (save, key))
    assert refused.send_again(uow, save) == 1
