"""Pages: cut anywhere, old, foreign; echoes and bodies."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gridapp.domain.exchange import Page, Rows
from gridapp.domain.household import Household
from gridapp.domain.kinds import KINDS
from gridapp.domain.visit import Visit
from gridapp.server import pages
from gridapp.store import inbox
from gridapp.sync import batches, protocol
from gridapp.sync.transport import Offline
from gridapp.tables import wire_columns
from tests.sync.network import after_frames
from tests.sync.world import Client, World


def test_a_pull_cut_after_any_frame_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages.read_page, "__defaults__", (150,))
    a = world.join("甲")
    for number in range(6):
        a.visit(a.household(name=f"户{number}", id_number="").id)
    a.sync()
    fresh = world.join("新")
    cuts = 0
    while True:
        _empty(fresh)
        fresh.network.cut_next_reply(after_frames(cuts))
        try:
            fresh.sync()
            break
        except Offline:
            cuts += 1
        fresh.reopen()
        fresh.sync()
        assert fresh.dump() == world.readable(fresh), cuts
    assert cuts > 8
    world.settle()


def _empty(client: Client) -> None:
    """As before the first sync."""

    def write(uow: Any) -> None:
        for entity in KINDS:
            uow.connection.execute(f"DELETE FROM {entity}")
        for table in ("membership", "channel"):
            uow.connection.execute(f"DELETE FROM {table}")

    client.write(write)


@pytest.mark.parametrize("at", [0, 2, 4, 20, 200])
def test_a_pull_cut_inside_a_frame(small_world: World, at: int) -> None:
    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    a.sync()
    b.network.cut_next_reply(lambda _: at)
    with pytest.raises(Offline):
        b.sync()
    assert b.find(Household, home.id) is None
    small_world.settle()


def test_a_server_that_breaks_in_the_middle_is_no_end(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The framework ends the body properly after a ValueError: only the end mark tells."""
    from gridapp.server import pull

    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    a.sync()
    real = pull.read_page

    def broken(connection: Any, name: str, *rest: Any) -> Any:
        if name.endswith(":work"):
            raise ValueError("broken")
        return real(connection, name, *rest)

    contact = b.status().last_contact
    small_world.clock.forward(minutes=5)
    monkeypatch.setattr(pull, "read_page", broken)
    with pytest.raises(Offline):
        b.sync()
    assert b.status().last_contact == contact
    monkeypatch.undo()
    small_world.settle()
    assert b.find(Household, home.id) is not None


@pytest.mark.parametrize("body", [b"", b"\xff" * 40, b"<html>login</html>", b"\0\0\0\x02ab"])
def test_something_else_answers(small_world: World, body: bytes) -> None:
    a = small_world.join("甲")
    a.household()
    for path in ("/sync/push", "/sync/pull"):
        a.network.answer_next(path, 200, body)
        with pytest.raises(Offline):
            a.sync()
    small_world.settle()


def test_an_answer_without_outcomes_does_not_spin(small_world: World) -> None:
    a = small_world.join("甲")
    a.household()
    reply = protocol.encode(protocol.PushReply(1, 0, []))
    a.network.answer_next("/sync/push", 200, reply)
    with pytest.raises(Offline):
        a.sync()
    small_world.settle()


def test_an_old_page_changes_nothing(small_world: World) -> None:
    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    a.sync()
    b.sync()
    channel = next(n for n in small_world.channels_of(home.id))
    with small_world.database.snapshot() as connection:
        old = pages.read_page(connection, channel, 0, None)
    assert old is not None
    a.change(Household, home.id, own_number="9")
    b.change(Household, home.id, grid_id=small_world.grid2)
    small_world.settle(rounds=3)
    assert a.find(Household, home.id) is None
    a.store.write(lambda uow: inbox.apply_page(uow, old)).result()
    assert a.find(Household, home.id) is None
    before = b.dump()
    b.store.write(lambda uow: inbox.apply_page(uow, old)).result()
    assert b.dump() == before
    assert b.store.read(inbox.cursors).result()[channel] > old.end
    # One that would leave a gap is refused, and nothing of it is kept.
    end = b.store.read(inbox.cursors).result()[channel]
    gap = Page(channel, end + 5, end + 9, False, old.tables)
    with pytest.raises(ValueError, match="starts at"):
        b.store.write(lambda uow: inbox.apply_page(uow, gap)).result()
    assert b.dump() == before
    small_world.settled()


def test_own_changes_come_back_without_their_bodies(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.visit(home.id)
    asked = a.network.log
    a.sync()
    assert not any("/sync/rows" in line for line in asked)
    world.settle()
    a.change(Household, home.id, own_number="1")
    asked.clear()
    assert a.sync().pulled == 0
    assert not any("/sync/rows" in line for line in asked)
    # Something that was not seen lies between: the body is asked for.
    b.change(Household, home.id, registered_address="x")
    b.sync()
    a.change(Household, home.id, own_number="2")
    asked.clear()
    a.sync()
    assert any("/sync/rows" in line for line in asked)
    world.settle()


def test_wanted_survives_the_end_of_the_program(small_world: World) -> None:
    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    small_world.settle()
    b.change(Household, home.id, registered_address="x")
    b.sync()
    a.change(Household, home.id, own_number="2")
    a.network.answer_next("/sync/rows", 503)
    with pytest.raises(Offline):
        a.sync()
    assert a.sql("SELECT count(*) FROM wanted") == [(1,)]
    a.reopen()
    small_world.settle()
    assert a.get(Household, home.id).registered_address == "x"


def test_columns_of_a_newer_server_are_kept(small_world: World) -> None:
    a = small_world.join("甲")
    home = a.household()
    a.sync()
    row = small_world.row("household", home.id)
    names = [n for n in wire_columns(KINDS["household"]) if n != "own_number"]
    values = [row[n] for n in names]
    values[names.index("version")] += 1
    values[names.index("extra")] = '{"own_number":"7","old":1}'
    cursor = a.store.read(inbox.cursors).result()
    channel = f"grid:{small_world.grid1}:work"
    table = Rows("household", [*names, "pets", "badge"], [[*values, "狗", b"\x02"]])
    page = Page(channel, cursor[channel], cursor[channel] + 1, False, [table])
    a.store.write(lambda uow: inbox.apply_page(uow, page)).result()
    held = a.get(Household, home.id)
    assert dict(held.extra) == {"old": 1, "pets": "狗", "badge": "02"}
    assert held.own_number == "7"  # what an older server could only keep aside
    assert held.name == "赵桂兰"


def test_kinds_of_a_newer_server_come_with_the_upgrade(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    kept = a.visit(home.id)
    a.sync()
    without = {n: k for n, k in KINDS.items() if n != "visit"}
    with monkeypatch.context() as older:
        older.setattr(inbox, "KINDS", without)
        b.sync()
    assert b.find(Visit, kept) is None
    other = a.visit(home.id, "第二次")
    a.delete(Visit, kept)
    a.sync()
    with monkeypatch.context() as older:
        older.setattr(inbox, "KINDS", without)
        b.sync()
    b.reopen()
    world.settle()
    assert b.get(Visit, other).situation == "第二次"
    assert b.get(Visit, kept).deleted


def test_a_batch_may_be_split_anywhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person goes up in one push and the residence in the next."""
    monkeypatch.setattr(batches, "MOST_OPERATIONS", 1)
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.visit(home.id)
    world.settle()
    assert b.count("person") == b.count("person_file") == b.count("visit") == 1


def test_a_request_that_arrives_twice(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.change(Household, home.id, own_number="1")
    a.event(home.id, on_spot="清走")
    a.network.send_next_twice()
    a.sync()
    world.settle()
    assert b.count("household") == b.count("event") == b.count("event_action") == 1
    assert a.get(Household, home.id).number == "410702001001010001"


def test_pages_do_not_tell_of_other_grids(world: World) -> None:
    a, other = world.join("甲"), world.join("丙", unit=world.grid3)
    home = a.household()
    a.sync()
    cursors = {f"grid:{world.grid1}:file": 0, f"user:{a.staff_id}": 0}
    whole = b"".join(other.transport.pull(protocol.PullRequest(cursors, 1)))
    assert home.id.bytes not in whole
    assert "赵桂兰".encode() not in whole
    assert str(world.grid1).encode() not in whole


def test_messages_of_newer_programs_are_read() -> None:
    """Fields at the end of a message that this program does not know are passed over."""
    page = msgspec.msgpack.encode(["c", 0, 1, False, [], [], [], None, "new"])
    assert protocol.read_page(page).channel == "c"
    reply = msgspec.msgpack.encode(
        {
            "epoch": 1,
            "server_time": 0,
            "outcomes": [[b"x" * 16, "applied", 1, "", 0, 1, {}, "", b"", 7]],
            "z": 1,
        }
    )
    assert protocol.decode(reply, protocol.PushReply).outcomes[0].version == 1
