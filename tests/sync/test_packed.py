"""Pushes go up packed, where the server takes them so."""

from __future__ import annotations

import msgspec
import pytest
import zstandard

from gridapp.sync.protocol import SIGNATURE_HEADER, Session, compress, decode, encode, unpack
from gridapp.sync.transport import Refused, Transport
from tests.sync.world import Client, World


class Sent(Transport):
    """A line that keeps what goes up."""

    bodies: list[bytes]

    def _request(self, method: str, path: str, **options: object) -> object:  # type: ignore[override]
        if path == "/sync/push":
            self.bodies.append(options["data"])  # type: ignore[arg-type]
        return super()._request(method, path, **options)


def _line(client: Client) -> Sent:
    client.transport.__class__ = Sent
    line = client.transport
    assert isinstance(line, Sent)
    line.bodies = []
    return line


def test_a_push_goes_up_packed_and_a_small_one_as_it_is(small_world: World) -> None:
    a = small_world.join("甲")
    line = _line(a)
    home = a.household()
    for number in range(20):
        a.visit(home.id, f"精神好，药还有{number}天。")
    a.sync()
    assert len(unpack(line.bodies[0])) > 3 * len(line.bodies[0])
    assert a.status().to_send == 0
    small_world.settle()


def test_an_older_server_gets_it_plain(small_world: World) -> None:
    a = small_world.join("甲")
    line = _line(a)
    line._packs = msgspec.msgpack.decode(encode({"token": "x", "seconds": 1}), type=Session).packed
    a.household()
    a.sync()
    assert msgspec.msgpack.decode(line.bodies[0])["operations"]
    small_world.settle()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"x"),
        ("zstd", b"x"),
        ("zstd", b""),
        ("zstd", zstandard.ZstdCompressor().compress(bytes(33 * 1024 * 1024))),
        ("zstd", b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8),  # says that it is 16 EiB
    ],
)
def test_what_is_not_packed_is_refused(small_world: World, encoding: str, body: bytes) -> None:
    a = small_world.join("甲")
    headers = {"Content-Encoding": encoding, SIGNATURE_HEADER: "00"}
    with pytest.raises(Refused, match="bad_request"):
        a.transport._request("POST", "/sync/push", data=body, headers=headers)


def test_the_plain_body_is_what_is_signed(small_world: World) -> None:
    a = small_world.join("甲")
    packed = compress(encode({"operations": []}))
    headers = {
        "Content-Encoding": "zstd",
        SIGNATURE_HEADER: a.engine._key().sign(packed).hex(),
    }
    with pytest.raises(Refused, match="bad_signature"):
        a.transport._request("POST", "/sync/push", data=packed, headers=headers)


def test_a_text_that_is_none_is_a_message_that_is_none() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b"\xa2\xe4\xe4", str)
