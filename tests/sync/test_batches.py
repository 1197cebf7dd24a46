"""How what waits is cut into batches: by count and by size, everything in its turn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import batches
from gridapp.sync.transport import Transport
from tests.sync.world import Client, World

LONGEST = "\U00020bb7" * 4000  # four bytes each


def _write_visits(client: Client, count: int, *fields: str) -> None:
    home = client.household()
    client.sync()
    pattern = client.get(Visit, client.visit(home.id, "x"))

    long: dict[str, Any] = dict.fromkeys(fields, LONGEST)

    def write(uow: UnitOfWork) -> None:
        for _ in range(count - 1):
            uow.create(replace(pattern, id=new_id(), version=0, **long))

    client.store.write(write).result()


def _sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the bodies that are pushed from now on."""
    sizes: list[int] = []
    push = Transport.push

    def measured(self: Transport, body: bytes, signature: bytes) -> object:
        sizes.append(len(body))
        return push(self, body, signature)

    monkeypatch.setattr(Transport, "push", measured)
    return sizes


@pytest.mark.parametrize(("most", "pushes"), [(50_000, 7), (1, 20), (8 * 1024 * 1024, 1)])
def test_batches_are_cut_by_size(
    small_world: World, monkeypatch: pytest.MonkeyPatch, most: int, pushes: int
) -> None:
    client = small_world.join("甲")
    _write_visits(client, 20, "situation")
    monkeypatch.setattr(batches, "_MOST_BYTES", most)
    sizes = _sizes(monkeypatch)
    client.sync()
    assert len(sizes) == pushes
    assert client.status().to_send == 0
    assert len(small_world.rows("visit")) == 20


def test_more_than_the_server_takes_in_one_body_goes_up_in_parts(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = small_world.join("甲")
    _write_visits(client, 430, "situation", "difficulties", "requests", "action", "result")
    sizes = _sizes(monkeypatch)
    client.sync()
    assert sum(sizes) > 32 * 1024 * 1024  # in one body it would be refused for ever
    assert max(sizes) < 12 * 1024 * 1024
    assert client.status().to_send == 0
