"""A server that was set back to an older copy of itself gets everything back that anybody still holds."""

from __future__ import annotations

import contextlib
import json

import pytest
from sqlalchemy import select

from gridapp.domain.exchange import Rows
from gridapp.domain.household import Household
from gridapp.domain.kinds import KINDS
from gridapp.domain.visit import Visit
from gridapp.server import accounts, auth, backup, handback, put_back, schema
from gridapp.server.author import SYSTEM
from gridapp.server.errors import Rejection
from gridapp.server.purging import purge
from gridapp.sync import batches, transport
from gridapp.sync.protocol import EnrolRequest
from gridapp.sync.transport import Offline, Refused
from gridapp.tables import wire_columns
from tests.sync.network import after_frames
from tests.sync.restored import Copy
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def test_history_04_restored_server(world: World) -> None:
    """Agreed a→b (A), then b→c (B); S is set back to a; B offers first. The end is c, no conflict."""
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    a.change(Household, home.id, own_number="a")
    world.settle()
    then = Copy(world)
    a.change(Household, home.id, own_number="b")
    a.sync()
    b.sync()
    b.change(Household, home.id, own_number="c")
    b.sync()
    assert world.row("household", home.id)["own_number"] == "c"
    then.put_back()
    assert world.row("household", home.id)["own_number"] == "a"
    assert world.server.epoch == 2
    b.sync()
    a.sync()
    world.settle()
    assert world.row("household", home.id)["own_number"] == "c"
    assert world.rows("conflict") == []
    assert {c.get(Household, home.id).own_number for c in (a, b)} == {"c"}


def test_rows_that_only_others_hold_come_back(world: World) -> None:
    """What a laptop made that has vanished since, and what the district wrote, is handed back by whoever has it."""
    a, b, office = world.join("甲"), world.join("乙"), world.office()
    then = Copy(world)
    home = a.household()
    visit = a.visit(home.id, "一切都好。")
    event = a.event(home.id)
    a.sync()
    late = world.staff("新来的", ("worker", world.grid1))
    world.settle()
    numbers = {e: world.row(e, i)["number"] for e, i in (("household", home.id), ("event", event))}
    everything = world.readable(office)
    world.clients.remove(a)
    a.store.close()
    then.put_back()
    assert world.rows("visit") == []
    world.settle(3)
    assert world.readable(office).items() >= everything.items()
    assert world.row("visit", visit)["situation"] == "一切都好。"
    assert world.row("staff", late.id)["name"] == "新来的"
    # and no number is given twice
    again = {"household": b.household(name="李四").id, "event": b.event()}
    world.settle()
    assert all(world.row(e, i)["number"] != numbers[e] for e, i in again.items())


@pytest.mark.parametrize("vanished", [False, True])
def test_edits_on_both_sides_of_a_restore(world: World, vanished: bool) -> None:
    """Who edits before what was forgotten has come back loses nothing, and takes nothing from anybody."""
    a, b, office = world.join("甲"), world.join("乙"), world.office()
    home = a.household()
    world.settle()
    then = Copy(world)
    b.change(Household, home.id, own_number="后来", registered_address="乙写的")
    b.sync()
    office.sync()  # has seen it; and where the laptop itself is gone, nobody else has
    if vanished:
        world.clients.remove(b)
        b.store.close()
    then.put_back()
    a.change(Household, home.id, own_number="恢复以后", name="赵桂兰二")
    a.sync()
    world.settle(3)
    row = world.row("household", home.id)
    assert (row["registered_address"], row["name"]) == ("乙写的", "赵桂兰二")
    assert row["own_number"] == "恢复以后"
    (conflict,) = a.conflicts()
    assert conflict[0] == "own_number"
    assert {conflict[2], conflict[3]} == {"恢复以后", "后来"}


def test_the_same_number_of_something_else(small_world: World) -> None:
    """After a restore the number that a row had counts other words: one's own edit is not put on the old ones."""
    a, b, office = small_world.join("甲"), small_world.join("乙"), small_world.office()
    home = a.household(id_number="")
    small_world.settle()
    then = Copy(small_world)
    for value in ("b", "bb"):
        b.change(Household, home.id, own_number=value)
        b.sync()
    a.sync()
    version = small_world.row("household", home.id)["version"]
    then.put_back()
    office.sync()
    office.change(Household, home.id, registered_address="王芳写的")
    office.sync()
    a.change(Household, home.id, name="甲写的")
    a.sync()
    row = small_world.row("household", home.id)
    assert (row["epoch"], row["version"]) == (2, version + 1)
    held = a.get(Household, home.id)
    told = held.own_number, held.registered_address, held.name
    assert told == ("bb", "王芳写的", "甲写的")
    small_world.settle()


def test_deletions_stay(small_world: World) -> None:
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    visit = a.visit(home.id)
    world.settle()
    then = Copy(world)
    a.delete(Visit, visit)
    world.settle()
    then.put_back()
    assert not world.row("visit", visit)["deleted"]
    b.sync()  # who only saw it
    assert world.row("visit", visit)["deleted"]
    world.settle(3)
    assert a.get(Visit, visit).deleted


def test_what_was_written_before_a_deletion_comes_back_with_it(world: World) -> None:
    """Somebody wrote to the record after the restore: it is not deleted unseen, and nothing of before is lost."""
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    world.settle()
    then = Copy(world)
    a.change(Household, home.id, name="王秀英")
    a.delete(Household, home.id)
    a.sync()
    then.put_back()
    b.change(Household, home.id, registered_address="东街12号")
    b.sync()
    world.settle(3)
    row = world.row("household", home.id)
    assert (row["name"], row["registered_address"], row["deleted"]) == ("王秀英", "东街12号", 0)
    assert [c["field"] for c in world.rows("conflict")] == ["deleted"]


@pytest.mark.parametrize("first", [0, 1])
def test_restored_twice_both_branches_come_back(world: World, first: int) -> None:
    """Each wrote in an epoch of its own, of which the other's server knew nothing, and both count the same version."""
    clients = world.join("甲"), world.join("乙")
    a, b = clients
    home = a.household()
    world.settle()
    then = Copy(world)
    a.change(Household, home.id, registered_address="东街12号", name="王秀英")
    a.sync()
    then.put_back()
    b.change(Household, home.id, own_number="7", name="王秀兰")
    b.sync()
    then.put_back()
    clients[first].sync()
    clients[1 - first].sync()
    world.settle(3)
    row = world.row("household", home.id)
    assert (row["registered_address"], row["own_number"]) == ("东街12号", "7")
    conflicts = world.rows("conflict")
    assert {c["field"] for c in conflicts} == {"name"}
    for conflict in conflicts:
        assert {row["name"], *json.loads(conflict["other"]).values()} == {"王秀英", "王秀兰"}


def test_what_was_refused_stays_refused(small_world: World) -> None:
    world = small_world
    a = world.join("甲")
    home = a.household()
    world.settle()
    then = Copy(world)
    a.change(Household, home.id, grid_id=world.grid3)  # not hers
    a.sync()
    assert a.last() == ("rejected", "not_allowed")
    then.put_back()
    world.give_role(
        a, "worker", world.grid3
    )  # judged again it would be taken, long after she was told
    a.sync()
    assert a.last() == ("rejected", "not_allowed")
    assert world.row("household", home.id)["grid_id"] == world.grid1.bytes
    world.settle()


def test_revocations_roles_and_codes_survive(small_world: World) -> None:
    """What took rights away outlives the restore, although nobody hands it back."""
    world = small_world
    a, b, c = world.join("甲"), world.join("乙"), world.join("丙")
    with world.database.write() as connection:
        code = auth.make_code(connection, a.staff_id.bytes, world.clock())
    then = Copy(world)
    accounts.revoke(world.server, str(b.store.who.device_id))
    world.end_role(c)
    late = Client(world, "甲的第二台", code, world.folder / "late")  # enrolled after the copy
    world.clients.append(late)
    then.put_back()
    with pytest.raises(Refused, match="revoked"):
        b.sync()
    with pytest.raises(Rejection, match="used_code"):
        auth.enrol(world.server, EnrolRequest(code, bytes(32), "noch einer"))
    home = late.household()
    for client in (late, a, c):
        client.sync()
    assert world.row("household", home.id)["grid_id"] == world.grid1.bytes
    assert not c.store.read(lambda r: r.rows("SELECT 1 FROM household")).result()
    world.clients.remove(b)
    b.store.close()
    world.settle()


def test_purges_survive(small_world: World) -> None:
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    home, other = a.household(), a.household(name="李四")
    visit = a.visit(home.id)
    world.settle()
    then = Copy(world)
    with world.offline():
        purge(world.server, "visit", visit.bytes, "请求删除")
    b.store.close()  # is away for long
    world.clients.remove(b)
    a.sync()
    then.put_back()
    assert world.rows("visit") == []
    a.sync()
    world.settle()
    assert world.rows("visit") == []
    assert world.row("household", other.id)["name"] == "李四"


def test_history_10_a_chain_across_a_restore(world: World) -> None:
    """A's own chain a→b, acknowledged, and b→c, not yet sent, meet a server that is back at a: no conflict."""
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    a.change(Household, home.id, own_number="a")
    world.settle()
    then = Copy(world)
    a.change(Household, home.id, own_number="b")
    a.network.cut_next_reply(after_frames(0))  # taken by the server, but its row never came back
    with contextlib.suppress(Offline):
        a.sync()
    a.change(Household, home.id, own_number="c")
    then.put_back()
    b.sync()
    a.sync()
    world.settle()
    assert world.row("household", home.id)["own_number"] == "c"
    assert world.rows("conflict") == []


def test_history_12_a_restore_is_no_fork(world: World) -> None:
    """Counters above those that a restored server knows are normal; a copied client is still found out."""
    a = world.join("甲")
    world.settle()
    then = Copy(world)
    home = a.household()
    a.sync()
    then.put_back()
    a.change(Household, home.id, own_number="1")
    a.sync()
    a.sync()
    world.settle()
    with world.database.snapshot() as connection:
        assert connection.execute(select(schema.fork)).all() == []
        numbers = connection.scalars(
            select(schema.device.c.incarnation).where(schema.device.c.id != SYSTEM.bytes)
        ).all()
    assert numbers == [1]


def test_twice_from_the_same_copy(small_world: World) -> None:
    """Each restore has an epoch of its own, and numbers that were never given before."""
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    world.settle()
    then = Copy(world)
    for number in ("1", "2", "3"):
        a.change(Household, home.id, own_number=number)
        a.sync()
        then.put_back()
        b.sync()
        a.sync()
    world.settle(3)
    assert world.server.epoch == 4
    assert world.row("household", home.id)["own_number"] == "3"
    assert world.rows("conflict") == []


def test_killed_while_handing_back(small_world: World) -> None:
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    then = Copy(world)
    home = a.household()
    visit = a.visit(home.id)
    a.sync()
    then.put_back()
    for path in ("/sync/held", "/sync/push", "/sync/push"):
        a.network.lose_next_reply(path)
        with pytest.raises(Offline):
            a.sync()
    a.killed_at_write(0, a.sync)
    b.sync()
    world.settle(3)
    assert b.get(Visit, visit).household_id == home.id


def test_photos_come_again(small_world: World) -> None:
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    a.sync()
    then = Copy(world)
    a.visit(home.id, photo=picture())
    a.sync()
    then.put_back()
    world.settle(3)
    assert b.sql("SELECT state FROM blob") == [("done",)]


def test_a_forged_row_is_not_taken(small_world: World) -> None:
    world = small_world
    a = world.join("甲")
    home = a.household()
    world.settle()
    row = world.row("household", home.id)
    names = list(wire_columns(KINDS["household"]))
    forged = row | {"version": row["version"] + 5, "name": "别人"}
    old = row | {"name": "别人", "mac": None}
    handback.take(
        world.server, [Rows("household", names, [[r[n] for n in names] for r in (forged, old)])]
    )
    handback.take(
        world.server, [Rows("household", names, [[1] * len(names), [b"x"]]), Rows("no", [], [])]
    )
    assert world.row("household", home.id) == row


def test_what_a_verified_backup_covers_is_let_go(world: World) -> None:
    """Clients keep what they sent until a backup that was read back holds it, and not longer."""
    a = world.join("甲")
    home = a.household()
    a.visit(home.id)
    world.settle()
    kept = a.sql("SELECT count(*) FROM outbox")[0][0]
    a.change(Household, home.id, own_number="nicht gesendet")
    assert kept > 4
    made = backup.make(world.server, world.folder / "backups")
    a.sync()  # is answered, and told of the backup in one go
    assert a.sql("SELECT entity, state FROM outbox") == [("household", "applied")]
    assert a.status().waiting == 0
    a.sync()
    world.settle()
    # The backup is what the server is set back to: nothing is missing.
    put_back.restore(world.database, made.path, world.clock)
    world.restart_server()
    world.settle(3)
    assert world.server.epoch == 2
    assert world.row("household", home.id)["own_number"] == "nicht gesendet"


def test_a_late_operation_is_not_covered(small_world: World) -> None:
    """What arrives after the backup with a lower counter (a bundle, say) is not let go."""
    world = small_world
    a = world.join("甲")
    first, second = a.household(name="一"), a.household(name="二")
    operations = a.store.read(batches.waiting).result()
    half = [o for o in operations if o.record_id == second.id.bytes or o.counter > 8]
    world.apply_as(a.staff_id.bytes, a.store.who.device_id.bytes, *half)
    backup.make(world.server, world.folder / "backups")
    a.sync()
    a.sync()
    left = {key for (key,) in a.sql("SELECT op_id FROM outbox")}
    late = {o.op_id for o in operations} - {o.op_id for o in half}
    assert late
    assert late <= left
    assert world.row("household", first.id)["name"] == "一"


def test_an_older_program_goes_on(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One protocol version back: it cannot hand back, but it is served and loses nothing."""
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    world.settle()
    then = Copy(world)
    a.change(Household, home.id, own_number="1")
    world.settle()
    then.put_back()
    monkeypatch.setattr(transport, "VERSION", 1)
    b.change(Household, home.id, name="赵桂兰二")
    b.sync()
    monkeypatch.undo()
    assert world.row("household", home.id)["name"] == "赵桂兰二"
    a.sync()
    world.settle(3)
    row = world.row("household", home.id)
    assert (row["own_number"], row["name"]) == ("1", "赵桂兰二")


def test_a_server_older_than_its_own_journal_is_noticed(small_world: World) -> None:
    """The whole machine was set back, journal and all: a client knows a later epoch."""
    world = small_world
    a = world.join("甲")
    a.write(lambda uow: uow.set_meta("epoch", "7"))
    with pytest.raises(Refused, match="older_server"):
        a.sync()
