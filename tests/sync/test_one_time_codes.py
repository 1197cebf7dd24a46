"""One-time codes: five wrong tries end one, and tries at codes that nobody gave touch none."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gridapp.server import auth
from gridapp.server.errors import Rejection
from gridapp.server.schema import enrolment_code
from gridapp.sync.protocol import EnrolRequest
from tests.sync.world import World


def tried(world: World, code: str, device: str = "x") -> str:
    """What became of a try: the refusal's code, or ``enrolled``."""
    try:
        auth.enrol(world.server, EnrolRequest(code, bytes(32), device))
    except Rejection as rejection:
        return rejection.code
    return "enrolled"


def tries(world: World) -> list[int]:
    with world.database.snapshot() as connection:
        return list(connection.scalars(select(enrolment_code.c.tries)))


def new_code(world: World) -> str:
    member = world.staff("甲", ("worker", world.grid1))
    with world.database.write() as connection:
        return auth.make_code(connection, member.id.bytes, world.clock())


def test_five_wrong_tries_end_a_code(world: World) -> None:
    code, other = new_code(world), new_code(world)
    for _ in range(5):
        assert tried(world, code[:4] + "-AAAA-AAAA") == "bad_code"
    assert sorted(tries(world)) == [0, 5]
    assert tried(world, code) == "bad_code"
    assert tried(world, other) == "enrolled"
    assert tried(world, other) == "used_code"


@pytest.mark.parametrize("given", [0, 1, 2])
def test_a_code_that_nobody_gave_ends_none(world: World, given: int) -> None:
    codes = [new_code(world) for _ in range(given)]
    for letters in ("1111", "0000", "", "00"):
        for _ in range(6):
            assert tried(world, letters + "-AAAA-AAAA") == "bad_code"
    assert tries(world) == [0] * given
    for code in codes:
        assert tried(world, code) == "enrolled"
