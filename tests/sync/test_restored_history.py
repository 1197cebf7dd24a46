"""What a file's past says after the server was restored: who wrote what, and what nobody came back to say."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select, update

from gridapp.domain.household import Household
from gridapp.domain.unit import SYSTEM
from gridapp.domain.visit import Visit
from gridapp.server import lineage, schema
from gridapp.store.views.history import HistoryLine
from tests.sync.restored import Copy
from tests.sync.test_record_history import fetch
from tests.sync.world import Client, Home, World


def _past(client: Client, home: Home) -> list[HistoryLine]:
    return fetch(client, "household", home.id)


def _said(lines: list[HistoryLine]) -> list[tuple[str, str, str, object, object]]:
    """Of the household itself, newest first: who, what, which field, before and after."""
    return [
        (line.who, line.what, line.field, line.before, line.after)
        for line in lines
        if line.entity == "household"
    ]


def _edited(world: World) -> tuple[Client, Client, Home]:
    """A household that a worker and then the office changed after the backup, and the server set back to that."""
    worker, office = world.join("甲"), world.office()
    home = worker.household(name="备份前")
    world.settle()
    then = Copy(world)
    world.clock.forward(minutes=5)
    worker.change(Household, home.id, name="备份后一")
    worker.sync()
    office.sync()
    world.clock.forward(minutes=5)
    office.change(Household, home.id, registered_address="新地址")
    world.settle()
    world.clock.forward(minutes=5)
    then.put_back()
    return worker, office, home


_BY_WORKER = ("甲", "changed", "name", "备份前", "备份后一")
_BY_OFFICE = ("王芳", "changed", "registered_address", None, "新地址")


@pytest.mark.parametrize("first", ["worker", "office"])
def test_everybody_came_back(world: World, first: str) -> None:
    worker, office, home = _edited(world)
    (worker if first == "worker" else office).sync()
    world.settle(3)
    lines = _past(office, home)
    assert _said(lines) == [_BY_OFFICE, _BY_WORKER, ("甲", "created", "", None, None)]
    assert [line.what for line in lines].count("created") == 2  # and the tie
    assert {line.what for line in lines} == {"created", "changed"}


def test_who_wrote_it_is_gone(world: World) -> None:
    """Then it is the server's word, of the moment at which it came back."""
    worker, office, home = _edited(world)
    world.clients.remove(worker)
    worker.store.close()
    office.sync()
    back = world.clock()
    world.clock.forward(minutes=5)
    office.change(Household, home.id, registered_address="更新的地址")
    world.settle(3)
    log = schema.operation
    with world.database.write() as connection:  # logs used to say when the row was made
        connection.execute(
            update(log)
            .where(log.c.device_id == SYSTEM.bytes, log.c.incarnation == lineage.HANDED_BACK)
            .values(recorded_at=log.c.recorded_at - 3_600_000)
        )
    lines = _past(office, home)
    by_server = ("系统", *_BY_WORKER[1:])
    later = ("王芳", "changed", "registered_address", "新地址", "更新的地址")
    assert sorted(_said(lines), key=str) == sorted(
        [later, _BY_OFFICE, by_server, ("甲", "created", "", None, None)], key=str
    )
    assert _said(lines)[0] == later
    assert [line.at for line in lines if line.who == "系统"] == [back]


@pytest.mark.parametrize("gone", [False, True])
def test_what_was_made_and_deleted_after_the_backup(world: World, gone: bool) -> None:
    """Each is told once: of its author where she comes back, else of the server."""
    worker, office = world.join("甲"), world.office()
    kept = worker.household()
    visit = worker.visit(kept.id)
    world.settle()
    then = Copy(world)
    made = worker.household(name="新来的")
    worker.delete(Visit, visit)
    world.settle()
    if gone:
        world.clients.remove(worker)
        worker.store.close()
    then.put_back()
    office.sync()
    world.settle(3)
    who = "系统" if gone else "甲"
    assert _said(_past(office, made)) == [(who, "created", "", None, None)]
    past = [(line.who, line.what) for line in _past(office, kept) if line.entity == "visit"]
    assert past == [(who, "deleted")]


def test_what_was_logged_before(world: World) -> None:
    """Logs say of fields that did not change that they were handed back, and that nothing was deleted."""
    worker, _, home = _edited(world)
    world.settle(3)
    log, pack = schema.operation, msgspec.msgpack
    with world.database.write() as connection:
        back = log.c.device_id == SYSTEM.bytes, log.c.incarnation == lineage.HANDED_BACK
        found = connection.execute(select(log.c.op_id, log.c.fields, log.c.verdicts).where(*back))
        for op_id, fields, verdicts in found.all():
            same = {"deleted": [0, 0, None], "usual": [False, 0, None], "kind": ["x", "x", None]}
            values = {
                "fields": pack.encode(pack.decode(fields) | same),
                "verdicts": pack.encode(pack.decode(verdicts) | dict.fromkeys(same, "taken")),
            }
            connection.execute(update(log).where(log.c.op_id == op_id).values(values))
    expected = [_BY_OFFICE, _BY_WORKER, ("甲", "created", "", None, None)]
    assert _said(_past(worker, home)) == expected


def test_only_what_differs_is_logged(world: World) -> None:
    _, _, home = _edited(world)
    world.settle(3)
    back = [o for o in world.operations() if o["incarnation"] == lineage.HANDED_BACK]
    said = {
        (name, *change[:2])
        for o in back
        if o["record_id"] == home.id.bytes
        for name, change in msgspec.msgpack.decode(o["fields"]).items()
    }
    assert said == {_BY_WORKER[2:], _BY_OFFICE[2:]}
    assert {o["recorded_at"] for o in back} == {world.clock()}
