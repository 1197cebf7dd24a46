"""Any history, any older copy: what a client held comes back, deletions and revocations stay.

Random edits by three people; the server is copied at one moment and set back to that at another.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.kinds import KINDS
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.server import accounts
from tests.sync.restored import Copy
from tests.sync.sim_world import Template, world_of
from tests.sync.world import Client, Home, World

VALUES = ("甲", "乙", "丙")
_ACTS = ("edit", "sets", "visit", "event", "delete", "household", "sync", "sync")

steps = st.lists(
    st.tuples(st.sampled_from(_ACTS), st.integers(0, 2), st.integers(0, 11)),
    min_size=3,
    max_size=25,
)


def act(client: Client, homes: list[Home], what: str, value: int) -> None:
    home = homes[value % len(homes)]
    held = client.find(Household, home.id)
    file = client.find(HouseholdFile, home.household_file)
    if what == "sync":
        client.sync()
    elif what == "household":
        homes.append(client.household(name=VALUES[value % 3], id_number=""))
    elif held is None or file is None or held.deleted:
        return
    elif what == "edit":
        field = ("own_number", "registered_address", "name")[value % 3]
        client.edit(held, **{field: VALUES[value % 7 % 3]})
    elif what == "sets":
        client.edit(file, benefits=tuple(v for i, v in enumerate(VALUES) if value >> i & 1))
    elif what == "visit":
        client.visit(home.id, VALUES[value % 3])
    elif what == "event":
        client.event(home.id, VALUES[value % 3])
    else:
        rows = client.sql("SELECT id FROM visit WHERE deleted=0 ORDER BY id")
        found = client.store.read(
            lambda r: [r.record(Visit, UUID(bytes=key)) for (key,) in rows]
        ).result()
        if found:
            visit = found[value % len(found)]
            client.write(lambda uow: uow.delete(visit))


def run(world: World, homes: list[Home], history: list[tuple[str, int, int]]) -> None:
    for what, who, value in history:
        try:
            act(world.clients[who], homes, what, value)
        except Problem as problem:
            if problem.code != "not_allowed":
                raise


def held_rows(world: World) -> dict[tuple[str, bytes], dict[str, Any]]:
    """The newest of the server's rows that any client holds."""
    found: dict[tuple[str, bytes], dict[str, Any]] = {}
    for client in world.clients:
        for (entity, key), values in client.dump().items():
            from gridapp.tables import wire_columns

            row = dict(zip(wire_columns(KINDS[entity]), values, strict=True))
            if (entity, key) not in found or row["version"] > found[entity, key]["version"]:
                found[entity, key] = row
    return found


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps, steps, steps, st.sampled_from([3, 4]))
def test_everything_comes_back(
    template: Template,
    before: list[tuple[str, int, int]],
    after: list[tuple[str, int, int]],
    later: list[tuple[str, int, int]],
    revoked: int,
) -> None:
    with world_of(template) as world:
        homes = list(template.homes)
        run(world, homes, before)
        then = Copy(world)
        gone = world.clients.pop(revoked)
        run(world, homes, after)
        accounts.revoke(world.server, str(gone.store.who.device_id))
        known = held_rows(world)
        sent = {key for c in world.clients for (key,) in c.sql("SELECT op_id FROM outbox")}
        then.put_back()
        run(world, homes, later)
        world.settle(4)
        for (entity, key), row in known.items():
            (now,) = world.rows(entity, id=key)
            assert (now["epoch"], now["version"]) >= (row["epoch"], row["version"]), entity
            if row["deleted"] and entity == "visit":
                assert now["deleted"]
        assert sent <= {o["op_id"] for o in world.operations()}
        assert next(
            d for d in accounts.devices(world.server) if d.id == gone.store.who.device_id
        ).revoked_at
        gone.store.close()
