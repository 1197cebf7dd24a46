"""Programs one protocol version apart work together, whichever side is the older, and no field is lost."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridapp.domain.choice import Choice
from gridapp.domain.household import Household
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.server import auth
from gridapp.sync import bundle_out, questions
from gridapp.sync.live import Watch
from gridapp.sync.transport import Refused
from tests.sync import old_peers as old
from tests.sync.late import accept, late, waiting
from tests.sync.restored import Copy
from tests.sync.test_decisions import choose
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def before_upgrade(world: World, *clients: Client, field: old.Field | None = None) -> None:
    """Those talk to a server of version 1 from now on."""
    for client in clients:
        client.network.app = old.OldServer(world, field)
        client._connect()


def after_upgrade(world: World) -> None:
    """The server was upgraded: its sessions are still good."""
    for client in world.clients:
        client.network.app = world.app


def of_then(world: World, name: str = "旧程序", role: str = "worker") -> old.OldClient:
    """A member of staff with a program of version 1."""
    member = world.staff(name, (role, world.east if role == "office" else world.grid1))
    with world.database.write() as connection:
        code = auth.make_code(connection, member.id.bytes, world.clock())
    return old.OldClient(world, code)


# --- a server one version back ----------------------------------------------------------------


def test_a_new_client_works_whole_with_an_old_server(world: World) -> None:
    a, b = world.join("甲"), world.office()
    before_upgrade(world, a, b)
    home = a.household()  # large enough to be packed, where that is taken
    visit = a.visit(home.id, "好", photo=picture())
    told = a.event(home.id)
    assert a.sync().photos == 1
    assert b.sync().photos == 1
    assert b.find(Visit, visit) is not None
    with world.offline():
        a.change(Household, home.id, own_number="1")
        b.change(Household, home.id, own_number="2", registered_address="东街")
    b.sync()
    a.sync()
    assert a.conflicts() == [("own_number", None, "2", "1")]
    b.sync()
    choose(b, Choice.OTHER)
    a.delete(Visit, visit)
    for client in (b, a, b, a):
        client.sync()
    assert a.get(Household, home.id).own_number == b.get(Household, home.id).own_number == "1"
    assert a.conflicts() == []
    assert told
    b.change(Household, home.id, grid_id=world.grid2)
    world.settle()
    assert a.find(Household, home.id) is None
    log = a.network.log + b.network.log
    assert [line for line in log if line.endswith(("400", "403", "500"))] == []
    # One question when a session begins, then everything in the old version.
    assert a.network.log.count("GET /health 200") == 1
    assert a.network.log.count("POST /session/challenge 426") == 1
    quiet = len(a.network.log)
    a.sync()
    assert a.network.log[quiet:] == ["POST /sync/pull 200"]


def test_enrolling_at_an_old_server(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = small_world.network

    def network() -> Any:
        made = real()
        made.app = old.OldServer(small_world)
        return made

    monkeypatch.setattr(small_world, "network", network)
    a = small_world.join("甲")
    a.household()
    small_world.settle()
    assert a.store.read(lambda r: r.meta("bundle_key")).result() is None
    after_upgrade(small_world)
    small_world.settle()


def test_an_old_server_takes_no_sticks_and_the_client_says_so(small_world: World) -> None:
    """It has synced: that it should do so first would send her round in circles."""
    a = small_world.join("甲")
    # as one that was enrolled there has it
    a.write(lambda uow: uow.connection.execute("DELETE FROM meta WHERE key='bundle_key'"))
    before_upgrade(small_world, a)
    a.sync()
    with pytest.raises(Problem) as caught:
        bundle_out.write(a.store, small_world.folder)
    assert caught.value.code == "no_bundle_key"
    assert "升级服务器" in caught.value.said()
    after_upgrade(small_world)
    a._connect()
    a.sync()
    assert bundle_out.write(a.store, small_world.folder).path.exists()


def test_a_client_that_was_only_enrolled_there_has_to_sync_first(
    small_world: World,
) -> None:
    a = small_world.join("甲")
    a.write(
        lambda uow: uow.connection.execute(
            "DELETE FROM meta WHERE key IN ('bundle_key','contacts')"
        )
    )
    with pytest.raises(Problem) as caught:
        bundle_out.write(a.store, small_world.folder)
    assert caught.value.said().startswith("这台电脑要先联网传过一次")


def test_what_is_not_there_yet_is_asked_again_much_later(small_world: World) -> None:
    a = small_world.join("甲")
    home = a.household()
    a.sync()
    before_upgrade(small_world, a)
    now, asked, told = [0.0], threading.Event(), []

    def clock() -> float:
        if "POST /sync/wait 404" in a.network.log:
            asked.set()
        return now[0]

    watch = Watch(a.store, a._transport, lambda: told.append(1), clock)
    watch.round_ended(heard=True)
    assert asked.wait(60)
    watch.stop()
    assert a.network.log.count("POST /sync/wait 404") == 1
    assert told == []
    ask = questions.Questions(a.store, a._transport)
    assert ask.fetch_history(home.id).result()
    assert not ask.fetch_history(home.id, kind="visit").result()
    ask.stop()


def test_a_revoked_computer_waits_with_what_it_holds_for_a_server_that_can_keep_it(
    small_world: World,
) -> None:
    a = small_world.join("甲")
    home = a.household()
    a.sync()
    before_upgrade(small_world, a)
    a.visit(home.id, "没传上去")
    small_world.revoke(a)
    for _ in range(2):
        with pytest.raises(Refused):
            a.sync()
    assert a.sql("SELECT count(*) FROM outbox WHERE state='waiting'") == [(1,)]
    assert a.count("household") == 0
    after_upgrade(small_world)
    with pytest.raises(Refused) as refused:
        a.sync()
    assert refused.value.code == "revoked"
    with small_world.database.snapshot() as connection:
        kept = connection.exec_driver_sql("SELECT count(*) FROM quarantine").scalar()
    assert kept == 1
    small_world.clients.remove(a)
    a.store.close()


def test_a_server_that_is_upgraded_is_spoken_to_as_such(world: World) -> None:
    a, b = world.join("甲"), world.office()
    before_upgrade(world, a, b)
    home = a.household()
    a.sync()
    b.sync()
    after_upgrade(world)
    a.change(Household, home.id, own_number="1")
    world.settle()
    world.clock.forward(hours=13)  # the session of before ends
    sent: list[str] = []
    real = a.network.send

    def send(request: Any, **options: Any) -> Any:
        sent.append(request.headers["X-Gridapp-Protocol"])
        return real(request, **options)

    a.network.send = send  # type: ignore[method-assign]
    a.change(Household, home.id, own_number="2")
    world.settle()
    assert sent[0] == "1"
    assert sent[-1] == "2"
    assert b.get(Household, home.id).own_number == "2"


# --- a client one version back ----------------------------------------------------------------


def test_an_old_client_works_with_the_new_server(world: World) -> None:
    a, then = world.join("甲"), of_then(world)
    home = a.household()
    visit = a.visit(home.id, "好")
    a.sync()
    head = then.pull()
    assert sorted(head.channels) == sorted(then.cursors.keys() | set(head.channels))
    assert then.rows["household", home.id.bytes]["name"] == "赵桂兰"
    (taken,) = then.push(then.operation("household", home.id.bytes, 1, own_number=(None, "1")))
    assert (taken.verdict, taken.version) == ("applied", 2)
    a.change(Household, home.id, own_number="2")
    a.sync()
    assert a.conflicts() == [("own_number", None, "1", "2")]
    then.pull()
    assert then.rows["household", home.id.bytes]["own_number"] == "1"
    ((_, _),) = [(e, k) for e, k in then.rows if e == "conflict"]
    (gone,) = then.push(then.operation("visit", visit.bytes, 1, deleted=(0, 1)))
    assert gone.verdict == "applied"
    world.settle()
    assert a.get(Visit, visit).deleted
    world.district_edit(home.id, "household", grid_id=world.grid2.bytes)
    world.settle(rounds=3)
    then.pull()
    assert a.find(Household, home.id) is None
    assert ("household", home.id.bytes) not in then.rows


def test_reviews_do_not_break_an_old_client(world: World) -> None:
    worker, head, home = late(world)
    then = of_then(world, "旧办公室", "office")
    then.pull()
    with world.offline():
        worker.change(Household, home.id, own_number="7")
    world.end_role(worker)
    worker.sync()
    head.sync()
    then.pull()
    assert then.unknown == {"review"}
    assert then.rows["household", home.id.bytes]["own_number"] is None
    accept(head)
    head.sync()
    then.pull()
    assert then.rows["household", home.id.bytes]["own_number"] == "7"
    assert waiting(head) == []
    then.pull()
    world.settle()


def test_kinds_and_fields_of_newer_programs(world: World) -> None:
    a, then = world.join("甲"), of_then(world)
    home = a.household()
    a.sync()
    then.pull()
    strange = then.operation("pet", new_id().bytes, name=(None, "狗"))
    more = then.operation(
        "household", home.id.bytes, 1, pets=(None, "狗"), kind=("family", "family")
    )
    rejected, taken = then.push(strange, more)
    assert (rejected.verdict, rejected.code) == ("rejected", "unknown_kind")
    assert taken.verdict == "applied"
    then.pull()
    assert then.rows["household", home.id.bytes]["extra"] == {"pets": "狗"}
    a.change(Household, home.id, own_number="3")
    world.settle()
    assert dict(a.get(Household, home.id).extra) == {"pets": "狗"}
    # One field of newer programs does not push another out.
    then.push(then.operation("household", home.id.bytes, 3, cars=(None, 2)))
    world.settle()
    then.pull()
    both = {"cars": 2, "pets": "狗"}
    assert dict(a.get(Household, home.id).extra) == both
    assert then.rows["household", home.id.bytes]["extra"] == both


def test_an_old_client_is_never_asked_for_what_it_cannot_do(world: World) -> None:
    """Copies and restored servers: it is served as it was before there were such questions."""
    a, then = world.join("甲"), of_then(world)
    home = a.household()
    a.sync()
    then.pull()
    copy = Copy(world)
    key = home.id.bytes
    first = then.operation("household", key, 1, own_number=(None, "1"))
    then.push(first)
    copy.put_back()
    then.network.app = world.app
    assert world.server.epoch == 2
    (again,) = then.push(first)
    assert again.verdict == "applied"
    then._counter = 0  # its folder was copied: the same numbers come again
    twin = then.operation("household", key, 2, registered_address=(None, "东街"))
    twin = old.msgspec.structs.replace(twin, op_id=new_id().bytes)
    assert [o.verdict for o in then.push(twin)] == ["applied"]
    head = then.pull()
    assert head.epoch == 2
    world.settle()
    held = a.get(Household, home.id)
    assert (held.own_number, held.registered_address) == ("1", "东街")
    assert then.rows["household", key]["registered_address"] == "东街"


def test_a_revoked_old_client_is_refused_as_before(small_world: World) -> None:
    then = of_then(small_world)
    with small_world.database.write() as connection:
        connection.exec_driver_sql("UPDATE device SET revoked_at=1")
    with pytest.raises(old.Refused) as refused:
        then.pull()
    assert refused.value.args == (403, "revoked")


# --- fields that only one side knows ----------------------------------------------------------

FIELD = old.Field("household", "own_number")
STEPS = st.lists(
    st.sampled_from(["field", "clear", "other_a", "other_b", "both", "sync_a", "sync_b"]),
    min_size=1,
    max_size=8,
)
EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _edit(world: World, a: Client, b: Client, home: UUID, steps: list[str]) -> str:
    """``a`` knows the field. What it holds in the end."""
    value = ""
    for number, step in enumerate(steps):
        if step in ("field", "both"):
            value = str(number)
            a.change(Household, home, own_number=value)
        if step == "clear":
            value = ""
            a.change(Household, home, own_number=None)
        if step in ("other_a", "both"):
            a.change(Household, home, name=f"甲{number}")
        if step == "other_b":
            b.change(Household, home, registered_address=f"乙{number}")
        if step == "sync_a":
            a.sync()
        if step == "sync_b":
            b.sync()
    for client in (a, b, a, b):
        client.sync()
    return value


@pytest.fixture
def beside_old_server(small_world: World) -> tuple[World, Client, Client]:
    a, b = small_world.join("甲"), small_world.office()
    before_upgrade(small_world, a, b, field=FIELD)
    return small_world, a, b


@EXAMPLES
@given(STEPS)
def test_a_field_that_the_server_does_not_know(
    beside_old_server: tuple[World, Client, Client], steps: list[str]
) -> None:
    world, a, b = beside_old_server
    home = a.household(name="新户", id_number="").id
    a.sync()
    b.sync()
    value = _edit(world, a, b, home, steps)
    assert a.get(Household, home).own_number == b.get(Household, home).own_number == value
    assert a.get(Household, home).extra == b.get(Household, home).extra == {}
    addresses = {c.get(Household, home).registered_address for c in (a, b)}
    assert len(addresses) == 1


@pytest.fixture
def beside_old_program(small_world: World) -> tuple[World, Client, Client]:
    a, b = small_world.join("甲"), small_world.office()
    b.network.app = old.Blind(small_world, FIELD)
    return small_world, a, b


@EXAMPLES
@given(STEPS)
def test_a_field_that_one_program_does_not_know(
    beside_old_program: tuple[World, Client, Client], steps: list[str]
) -> None:
    world, a, b = beside_old_program
    home = a.household(name="新户", id_number="").id
    a.sync()
    b.sync()
    value = _edit(world, a, b, home, steps)
    assert (world.row("household", home)["own_number"] or "") == value
    assert a.get(Household, home).own_number == value
    held = b.get(Household, home)
    assert held.own_number == ""
    assert dict(held.extra) == ({FIELD.there: value} if value else {})
    assert held.registered_address == a.get(Household, home).registered_address
