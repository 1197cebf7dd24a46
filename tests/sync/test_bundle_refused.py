"""Bundles that cannot be used: torn, foreign, forged, not for here. One clear message each, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gridapp.errors import Problem
from gridapp.server import bundle_opening, schema
from gridapp.sync import bundle_format, bundle_in, bundle_out
from gridapp.sync.protocol import PullRequest, PushRequest, encode
from gridapp.sync.sealing import DOWN, UP, Damaged, Opener, Sealer
from tests.sync.stick import Stick
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def everything(client: Client) -> list[Any]:
    """All rows of a client that a refused file must not touch."""
    kept = ("outbox", "channel", "membership", "blob", "base", "wanted", "visit", "household")
    found: list[Any] = [client.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in kept]
    return [*found, client.dump()]


def stored(world: World) -> list[Any]:
    """All of a server that a refused file must not touch."""
    tables = [t for t in schema.metadata.sorted_tables if t.name not in ("challenge", "session")]
    with world.database.snapshot() as connection:
        return [sorted(map(repr, connection.execute(t.select()))) for t in tables]


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def torn_at_a_chunk(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: -(64 * 1024)])


def tampered(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def foreign(path: Path) -> None:
    path.write_bytes(b"PK\3\4 something else")


def empty(path: Path) -> None:
    path.write_bytes(b"")


WRONG: list[tuple[Callable[[Path], None], str]] = [
    (torn, "bundle_damaged"),
    (tampered, "bundle_damaged"),
    (longer, "bundle_damaged"),
    (foreign, "not_a_bundle"),
    (empty, "not_a_bundle"),
]


@pytest.mark.parametrize(("spoil", "code"), WRONG)
def test_a_spoilt_file_changes_nothing_on_the_server(
    small_world: World, spoil: Callable[[Path], None], code: str
) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    home = a.household()
    a.visit(home.id, photo=picture())
    path = stick.write(a)
    spoil(path)
    before = stored(small_world)
    with pytest.raises(Problem) as caught:
        stick.to_server(path)
    assert caught.value.code == code
    assert path.name in caught.value.text()
    assert stored(small_world) == before


@pytest.mark.parametrize(("spoil", "code"), WRONG)
def test_a_spoilt_answer_changes_nothing_here(
    small_world: World, spoil: Callable[[Path], None], code: str
) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    answer = stick.answer(stick.to_server(stick.write(a)).asked)
    spoil(answer)
    before = everything(a)
    with pytest.raises(Problem) as caught:
        stick.take(a, answer)
    assert caught.value.code == code
    assert everything(a) == before


def test_a_long_file_that_ends_between_two_chunks(small_world: World) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    home = a.household()
    for number in range(40):
        a.visit(home.id, f"{number}" + "很长的话" * 400)
    path = stick.write(a)
    assert path.stat().st_size > 3 * 64 * 1024
    data, chunk = path.read_bytes(), 64 * 1024 + 16
    head = len(data) % chunk
    for size in (head + chunk, head + 2 * chunk):
        path.write_bytes(data[:size])
        before = stored(small_world)
        with pytest.raises(Problem) as caught:
            stick.to_server(path)
        assert caught.value.code == "bundle_damaged"
        assert stored(small_world) == before


def test_too_large(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    path = stick.write(a)
    answer = stick.answer(stick.to_server(path).asked)
    monkeypatch.setattr(bundle_format, "LARGEST_BUNDLE", 100)
    before = stored(small_world), everything(a)
    for act in (lambda: stick.to_server(path), lambda: stick.take(a, answer)):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.code == "bundle_too_large"
    assert (stored(small_world), everything(a)) == before


def test_files_that_are_not_for_here(small_world: World) -> None:
    world = small_world
    a, b, stick = world.join("甲"), world.join("乙"), Stick(world)
    a.household()
    path = stick.write(a)
    answer = stick.answer(stick.to_server(path).asked)
    before = stored(world), everything(a), everything(b)
    for act, code in (
        (lambda: stick.to_server(answer), "wrong_way"),
        (lambda: stick.take(a, path), "wrong_way"),
        (lambda: stick.take(b, answer), "other_device"),
    ):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.code == code
    assert (stored(world), everything(a), everything(b)) == before


def test_another_district(small_world: World) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    path = stick.write(a)
    answer = stick.answer(stick.to_server(path).asked)
    own = small_world.server.district_id
    for one in (path, answer):
        one.write_bytes(one.read_bytes().replace(own, b"\1" * 16))
    before = stored(small_world), everything(a)
    for act in (lambda: stick.to_server(path), lambda: stick.take(a, answer)):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.code == "other_district"
    assert (stored(small_world), everything(a)) == before


def test_a_revoked_device(small_world: World) -> None:
    """It changes nothing and reads nothing; what it signed is put aside for the district."""
    world = small_world
    a, stick = world.join("甲"), Stick(world)
    a.household()
    asked = stick.to_server(stick.write(a)).asked
    a.household(name="李四", id_number="")
    path = stick.write(a)
    world.revoke(a)
    torn_one = stick.folder / "torn.gridapp"
    torn_one.write_bytes(path.read_bytes()[:-1])
    before = stored(world)
    with pytest.raises(Problem) as caught:
        stick.to_server(torn_one)
    assert caught.value.code == "bundle_damaged"
    assert stored(world) == before
    for _ in range(2):
        taken = stick.to_server(path)
        assert (taken.aside, taken.accepted) == (True, 0)
    with world.database.snapshot() as connection:
        aside = connection.execute(schema.quarantine.select()).all()
    waiting = {op for (op,) in a.sql("SELECT op_id FROM outbox")}
    assert {row.op_id for row in aside} == waiting
    # The answer, also to what was taken before, holds nothing but that (test_farewell).
    for one in (asked, taken.asked):
        box = a.write(bundle_out.bundle_state.box_key)
        key = a.store.read(bundle_out.bundle_state.server_key).result()
        with stick.answer(one).open("rb") as file:
            said = bundle_format.read_items(Opener(file, box, key), lambda *_: True)
            assert [kind for kind, _ in said] == [bundle_format.FAREWELL]
    assert world.rows("household", name="李四") == []


def test_a_device_that_was_never_enrolled(small_world: World) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    path = stick.write(a)
    path.write_bytes(path.read_bytes().replace(a.store.who.device_id.bytes, b"\2" * 16, 1))
    with pytest.raises(Problem) as caught:
        stick.to_server(path)
    assert caught.value.code == "unknown_device"


def test_nobody_else_can_speak_for_a_device_or_for_the_server(small_world: World) -> None:
    """The keys that seal are known to many; the keys that sign are not."""
    a, b, stick = small_world.join("甲"), small_world.join("乙"), Stick(small_world)
    a.household()
    key = b.store.read(bundle_out.bundle_state.server_key).result()
    push = encode(PushRequest(a.store.who.device_id.bytes, 1, 1, []))
    path = stick.folder / "forged.gridapp"
    ids = (a.store.who.district_id.bytes, a.store.who.device_id.bytes, b"\3" * 16)
    before = stored(small_world)
    private = b.engine._key()
    with path.open("wb") as file:
        out = bundle_format.Writer(Sealer(file, UP, ids, key))
        asking = bundle_format.Asking(2, 0, b"\1" * 32, PullRequest({}, 1))
        out.put(bundle_format.ASKING, encode(asking))
        out.put(bundle_format.PUSH, private.sign(push) + push)
        out.finish(private.sign)
    with pytest.raises(Problem) as caught:
        stick.to_server(path)
    assert caught.value.code == "bundle_damaged"
    assert stored(small_world) == before
    answer = stick.answer(stick.to_server(stick.write(a)).asked)
    box = a.store.write(bundle_out.bundle_state.box_key).result()
    with answer.open("rb") as file:
        data = Opener(file, box, key).read(1 << 20)
    with answer.open("wb") as file:  # the same words, sealed by somebody who is not the server
        sealer = Sealer(
            file, DOWN, ids, box.public_key().public_bytes_raw(), X25519PrivateKey.generate()
        )
        sealer.write(data)
        sealer.close()
    before_a = everything(a)
    with pytest.raises(Problem):
        stick.take(a, answer)
    assert everything(a) == before_a


def forged(stick: Stick, a: Client, signer: Client, *pushes: bytes) -> Path:
    """A bundle in A's name, signed as a whole by somebody, with these pushes in it."""
    path = stick.folder / "forged.gridapp"
    key = a.store.read(bundle_out.bundle_state.server_key).result()
    ids = (a.store.who.district_id.bytes, a.store.who.device_id.bytes, b"\3" * 16)
    box = X25519PrivateKey.generate().public_key().public_bytes_raw()
    with path.open("wb") as file:
        out = bundle_format.Writer(Sealer(file, UP, ids, key))
        out.put(bundle_format.ASKING, encode(bundle_format.Asking(2, 0, box, PullRequest({}, 1))))
        for push in pushes:
            out.put(bundle_format.PUSH, push)
        out.finish(signer.engine._key().sign)
    return path


def test_a_push_of_somebody_else_in_a_bundle(small_world: World) -> None:
    """Signed as a whole by a device, with a push in it that another device signed, in whosever name."""
    a, b, stick = small_world.join("甲"), small_world.join("乙"), Stick(small_world)
    for name in (a, b):
        body = encode(PushRequest(name.store.who.device_id.bytes, 1, 1, []))
        path = forged(stick, a, a, b.engine._key().sign(body) + body)
        with pytest.raises(Problem) as caught:
            stick.to_server(path)
        assert caught.value.code == "bundle_damaged"


def test_nobody_else_asks_in_the_name_of_a_device(small_world: World) -> None:
    """Or the answer, with all that A may read, would be sealed to whoever asked."""
    a, b, stick = small_world.join("甲"), small_world.join("乙"), Stick(small_world)
    path = forged(stick, a, b)
    before = stored(small_world)
    with pytest.raises(Problem) as caught:
        stick.to_server(path)
    assert caught.value.code == "bundle_damaged"
    assert stored(small_world) == before
    assert stick.to_server(forged(stick, a, a)).operations == 0  # by A itself it is good


def test_a_stick_that_is_changed_while_it_is_read(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another good bundle in the place of the one that was checked is not believed."""
    a, stick = small_world.join("甲"), Stick(small_world)
    home = a.household()
    path = stick.write(a)
    a.visit(home.id)
    other = stick.write(a)
    real = bundle_opening.items

    def exchanged(file: Any, opened: Any) -> Any:
        with other.open("rb") as second:
            yield from real(second, opened)

    monkeypatch.setattr(bundle_opening, "items", exchanged)
    before = stored(small_world)
    with pytest.raises(Problem) as caught:
        stick.to_server(path)
    assert caught.value.code == "bundle_damaged"
    assert stored(small_world) == before


def test_a_copied_database_is_noticed_by_stick_too(small_world: World) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    home = a.household()
    a.sync()
    a.visit(home.id, "一份")
    first = stick.write(a)
    a.write(
        lambda uow: uow.connection.execute(
            "UPDATE outbox SET op_id=randomblob(16) WHERE state='waiting'"
        )
    )
    second = stick.write(a)
    stick.to_server(first)
    before = stored(small_world)
    with pytest.raises(Problem) as caught:
        stick.to_server(second)
    assert caught.value.code == "forked"
    assert stored(small_world) == before


def test_a_full_stick_leaves_nothing_behind(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    kept = stick.write(a)

    def full(_self: Sealer) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Sealer, "close", full)
    with pytest.raises(Problem) as caught:
        stick.write(a)
    assert caught.value.code == "stick_full"
    assert list(stick.folder.iterdir()) == [kept]


def test_nothing_of_it_can_be_read_on_the_stick(small_world: World) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household(name="赵桂兰")
    path = stick.write(a)
    answer = stick.answer(stick.to_server(path).asked)
    for one in (path, answer):
        data = one.read_bytes()
        for planted in ("赵桂兰", "11010519491231002X", "13800000001"):
            assert planted.encode() not in data


def test_a_client_that_never_heard_of_a_key_says_so(small_world: World) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    a.write(lambda uow: uow.connection.execute("DELETE FROM meta WHERE key='bundle_key'"))
    with pytest.raises(Problem) as caught:
        stick.write(a)
    assert caught.value.code == "no_bundle_key"
    assert list(stick.folder.iterdir()) == []


def test_the_reader_needs_the_whole_file(small_world: World) -> None:
    """What was read before the end is not known to be good: the client looks at all of it first."""
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    answer = stick.answer(stick.to_server(stick.write(a)).asked)
    box = a.store.write(bundle_out.bundle_state.box_key).result()
    key = a.store.read(bundle_out.bundle_state.server_key).result()
    with answer.open("rb") as file:
        items = list(bundle_in._items(file, box, key))
    assert items[0][0] == bundle_format.TOLD
    torn(answer)
    with answer.open("rb") as file, pytest.raises(Damaged):
        list(bundle_in._items(file, box, key))
