"""Sessions, revoked devices, other protocols."""

from __future__ import annotations

import pytest

from gridapp.domain.household import Household
from gridapp.errors import Problem
from gridapp.server import auth, schema
from gridapp.sync import protocol, transport
from gridapp.sync.protocol import ChallengeRequest, PullRequest, SessionRequest
from gridapp.sync.transport import Offline, Refused
from tests.sync.world import World


def test_a_session_that_ran_out_is_renewed(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.sync()
    world.clock.forward(hours=auth.SESSION_SECONDS / 3600 + 1)
    a.change(Household, home.id, own_number="1")
    a.sync()
    world.settle()
    assert [line for line in a.network.log if line.endswith("401")] != []


def test_a_token_lost_in_the_middle_of_a_round(world: World) -> None:
    a = world.join("甲")
    a.household()

    def forget() -> None:
        with world.database.write() as connection:
            connection.execute(schema.session.delete())

    a.network.before_next("/sync/pull", forget)
    a.sync()
    world.settle()


def test_a_revoked_device_reads_and_writes_nothing(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.sync()
    world.revoke(a)
    a.visit(home.id)
    before = len(a.network.log)
    with pytest.raises(Refused) as refused:
        a.sync()
    assert refused.value.code == "revoked"
    # With the token that it held it learned and wrote nothing; what it had is in quarantine (``test_revoked``).
    told = [line for line in a.network.log[before:] if "/sync/pull" in line or "/sync/push" in line]
    assert told
    assert not [line for line in told if line.endswith("200")]
    assert world.rows("visit") == []


def test_a_session_opened_in_the_moment_of_revoking_is_good_for_nothing(world: World) -> None:
    """Revoking ends the sessions that it sees. One that is written a moment later is refused by what it belongs to."""
    a = world.join("甲")
    home = a.household()
    a.sync()
    a.visit(home.id)
    with world.database.snapshot() as connection:
        held = [dict(row) for row in connection.execute(schema.session.select()).mappings()]
    world.revoke(a)
    with world.database.write() as connection:
        assert connection.execute(schema.session.select()).all() == []
        connection.execute(schema.session.insert(), held)
    before = len(a.network.log)
    with pytest.raises(Refused) as refused:
        a.sync()
    assert refused.value.code == "revoked"
    told = [line for line in a.network.log[before:] if "/quarantine" not in line]
    assert told == ["POST /sync/push 403"]
    assert world.rows("visit") == []


@pytest.mark.parametrize("code", ["no_session", "forked", "new_epoch"])
def test_a_server_that_refuses_for_ever_ends_the_round(small_world: World, code: str) -> None:
    """What can be helped is helped once; a server that says the same again is left alone until the next round."""
    a = small_world.join("甲")
    a.household()
    a.sync()
    for _ in range(9):
        a.network.answer_next("/sync/pull", 409, protocol.encode(protocol.Refusal(code)))
    with pytest.raises(Refused) as refused:
        a.sync()
    assert refused.value.code == code
    a.network.calm()
    small_world.settle()


def test_a_nonce_is_good_once_and_for_its_device(world: World) -> None:
    a, b = world.join("甲"), world.join("乙")
    device = a.store.who.device_id.bytes
    nonce = a.transport.challenge(device).nonce
    signature = a.engine._key().sign(nonce)
    wrong = b.engine._key().sign(nonce)
    for request in (
        SessionRequest(device, nonce, wrong),
        SessionRequest(b.store.who.device_id.bytes, nonce, wrong),
        SessionRequest(device, b"x" * 32, signature),
        SessionRequest(b"x" * 16, nonce, signature),
    ):
        with pytest.raises(Refused) as refused:
            a.transport.open_session(request)
        assert (refused.value.status, refused.value.code) == (401, "not_enrolled")
    nonce = a.transport.challenge(device).nonce
    a.transport.open_session(SessionRequest(device, nonce, a.engine._key().sign(nonce)))
    with pytest.raises(Refused):
        a.transport.open_session(SessionRequest(device, nonce, a.engine._key().sign(nonce)))
    nonce = a.transport.challenge(device).nonce
    world.clock.forward(minutes=3)
    with pytest.raises(Refused):
        a.transport.open_session(SessionRequest(device, nonce, a.engine._key().sign(nonce)))


def test_a_signature_covers_the_whole_push(world: World) -> None:
    a = world.join("甲")
    with pytest.raises(Refused) as refused:
        a.transport.push(b"anything", b"\0" * 64)
    assert (refused.value.status, refused.value.code) == (403, "bad_signature")
    other = world.join("乙")
    body = b"anything"
    with pytest.raises(Refused) as refused:
        a.transport.push(body, other.engine._key().sign(body))
    assert refused.value.code == "bad_signature"
    with pytest.raises(Refused) as refused:
        a.transport.push(body, a.engine._key().sign(body))
    assert (refused.value.status, refused.value.code) == (400, "bad_request")


def test_a_newer_protocol_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    a = world.join("甲")
    a.household()
    a.reopen()
    monkeypatch.setattr(transport, "VERSION", 9)
    monkeypatch.setattr(transport, "OLDEST", 9)
    with pytest.raises(Problem) as problem:
        a.sync()
    assert problem.value.code == "newer_server"
    assert a.network.log[-2:] == ["POST /session/challenge 426", "GET /health 200"]
    assert a.status().waiting == 1
    monkeypatch.undo()
    world.settle()


def test_unknown_devices_get_a_nonce_like_known_ones(world: World) -> None:
    a = world.join("甲")
    known = a.transport.challenge(a.store.who.device_id.bytes)
    unknown = a.transport.challenge(b"?" * 16)
    assert len(known.nonce) == len(unknown.nonce) == 32


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_says_when(small_world: World, status: int) -> None:
    a = small_world.join("甲")
    a.network.answer_next("/sync/pull", status, b"busy", {"Retry-After": "120"})
    with pytest.raises(Offline) as offline:
        a.sync()
    assert offline.value.retry_after == 120


def test_without_a_session_nothing_is_told(world: World) -> None:
    a = world.join("甲")
    fresh = a._transport()
    for act in (
        lambda: list(fresh.pull(PullRequest({}, 1))),
        lambda: fresh.rows([("household", b"x" * 16)]),
        lambda: fresh.blob_state("0" * 64),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.status in (400, 401)
    assert ChallengeRequest(b"x").device_id == b"x"
