"""Late work for the tests: a worker, a head, and what the head does with what waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from gridapp.domain.event import Event
from gridapp.domain.exchange import Change, Operation
from gridapp.domain.record import new_id
from gridapp.domain.review import Review
from gridapp.store import recording, reviewing
from tests.sync.world import TODAY, Client, World


def waiting(client: Client) -> list[Review]:
    """What a head has to decide, in the order in which it was recorded."""
    found = client.store.read(
        lambda r: r.where(Review, "state='waiting' AND hangs_on IS NULL")
    ).result()
    return sorted(found, key=lambda r: (r.stated_at, r.op_id))


def accept(head: Client, review: Review | None = None, note: str = "", **changed: Any) -> None:
    seen = review or waiting(head)[0]
    head.write(lambda uow: reviewing.accept(uow, seen, note, changed))


def give_back(head: Client, note: str = "不是这一户", review: Review | None = None) -> None:
    seen = review or waiting(head)[0]
    head.write(lambda uow: reviewing.give_back(uow, seen, note))


def step(client: Client, told: UUID, text: str) -> None:
    event = client.get(Event, told)
    client.write(lambda uow: recording.take_step(uow, event, "accept", text, TODAY))


def late(world: World) -> tuple[Client, Client, Any]:
    """A worker with a household, and the head of her grid; both up to date."""
    worker, head = world.join("甲"), world.join("组长", "grid_head")
    home = worker.household()
    world.settle()
    return worker, head, home


def decision(review: Review, state: str, key: bytes = b"", **more: Change) -> Operation:
    """A decision as another program might send it."""
    fields = {"state": Change("waiting", state), **more}
    if state == "returned":
        fields.setdefault("note", Change(None, "门牌不对"))
    return Operation(
        new_id().bytes, 1000, "review", key or review.id.bytes, review.version, fields, 0, 0
    )
