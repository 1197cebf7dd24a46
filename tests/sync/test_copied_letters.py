"""A copied folder that meets only sticks: what is an answer to the other one is not called damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gridapp.errors import Problem
from gridapp.server import bundles
from gridapp.sync import bundle_state
from gridapp.sync.sealing import DOWN, Sealer, read_header
from tests.sync.stick import Stick
from tests.sync.test_bundle_refused import everything
from tests.sync.test_forks import _copy
from tests.sync.world import Client, World


def copied(world: World) -> tuple[Client, Client, Stick]:
    """An original that exchanged a letter after its folder was copied, and the copy."""
    original, stick = world.join("甲"), Stick(world)
    home = original.household()
    original.sync()
    copy = _copy(world, original)
    original.visit(home.id, "原来的")
    stick.round_trip(original)
    return original, copy, stick


def refused(stick: Stick, client: Client, path: Path) -> str:
    before = everything(client)
    with pytest.raises(Problem) as caught:
        stick.take(client, path)
    assert everything(client) == before
    return caught.value.code


def test_the_answer_to_the_other_letter_is_named_so(small_world: World) -> None:
    _, copy, stick = copied(small_world)
    own = stick.write(copy)
    mine = stick.to_server(own).asked
    (asked,) = bundles.to_answer(small_world.server)
    assert asked.bundle != mine.bundle
    answer = stick.answer(asked)
    assert refused(stick, copy, answer) == "other_letter"
    with pytest.raises(Problem) as caught:
        stick.take(copy, answer)
    assert "另一份数据的回信" in caught.value.text()
    assert "联网同步一次" in caught.value.text()
    # The answer to its own letter is good, and says nothing new the second time.
    answer = stick.answer(mine)
    stick.take(copy, answer)
    assert stick.take(copy, answer).nothing


def test_a_copy_that_never_wrote_a_letter(small_world: World) -> None:
    _, copy, stick = copied(small_world)
    (asked,) = bundles.to_answer(small_world.server)
    assert refused(stick, copy, stick.answer(asked)) == "other_letter"


@pytest.mark.parametrize("book", [True, False])
def test_what_is_damaged_or_forged_is_called_so(small_world: World, book: bool) -> None:
    """Also where letters were written before anybody kept book of them."""
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    answer = stick.answer(stick.to_server(stick.write(a)).asked)
    if not book:
        a.write(lambda uow: uow.connection.execute("DELETE FROM meta WHERE key='letters'"))
    whole = answer.read_bytes()
    for spoilt in (whole[:-40], whole + b"x", whole[:-100] + b"x" * 100):
        answer.write_bytes(spoilt)
        assert refused(stick, a, answer) == "bundle_damaged"
    answer.write_bytes(whole)
    with answer.open("rb") as file:
        header = read_header(file)
    box = a.store.write(bundle_state.box_key).result().public_key().public_bytes_raw()
    ids = (header.district, header.device, header.bundle)
    with answer.open("wb") as file:  # by somebody who is not the server
        sealer = Sealer(file, DOWN, ids, box, X25519PrivateKey.generate())
        sealer.write(b"words")
        sealer.close()
    assert refused(stick, a, answer) == "bundle_damaged"


def test_what_opens_here_is_no_other_letter(small_world: World) -> None:
    """A folder that was set back wrote a letter of which it knows nothing; its answer is as good as ever."""
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    answer = stick.answer(stick.to_server(stick.write(a)).asked)
    a.write(lambda uow: uow.set_meta("letters", "00" * 16))
    assert stick.take(a, answer).outcomes == len(a.verdicts())
    assert stick.take(a, answer).nothing
