"""What is computed, never sent: a household's address and its place in lists, an event's state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gridapp.domain.address import address_key, dwelling_address
from gridapp.domain.workflow import INITIAL as REPORTED
from gridapp.domain.workflow import state_after

if TYPE_CHECKING:
    from gridapp.store.reader import Reader

INITIAL: dict[str, dict[str, Any]] = {"event": {"state": REPORTED.value}}

_CHUNK = 500


def refresh(uow: Reader, touched: dict[str, set[bytes]]) -> dict[str, set[bytes]]:
    """Recompute what depends on the touched rows. Returns rows that changed by it."""
    changed: dict[str, set[bytes]] = {}
    households = _households(uow, touched)
    if households:
        changed["household"] = _addresses(uow, households)
    events = set(touched.get("event", ())) | set(
        _column(uow, "SELECT event_id FROM event_action WHERE id IN ({})", touched, "event_action")
    )
    if events:
        changed["event"] = _states(uow, events)
    return changed


def _households(uow: Reader, touched: dict[str, set[bytes]]) -> set[bytes]:
    found = set(touched.get("household", ()))
    found.update(
        _column(uow, "SELECT id FROM household WHERE dwelling_id IN ({})", touched, "dwelling")
    )
    by_building = "SELECT h.id FROM household h JOIN dwelling d ON d.id=h.dwelling_id WHERE d.building_id IN ({})"
    found.update(_column(uow, by_building, touched, "building"))
    by_compound = (
        "SELECT h.id FROM household h JOIN dwelling d ON d.id=h.dwelling_id "
        "JOIN building b ON b.id=d.building_id WHERE b.compound_id IN ({})"
    )
    found.update(_column(uow, by_compound, touched, "compound"))
    return found


def _addresses(uow: Reader, keys: set[bytes]) -> set[bytes]:
    updates = []
    for part in chunks(keys):
        order = []
        for key, held, address, *rest in _placed(uow, part):
            if address != held:
                updates.append((address, key))
            name, gone, *places = rest
            if not gone:
                order.append((order_key(address, name), key, *places))
        uow.connection.execute(
            f"DELETE FROM household_order WHERE household_id IN ({_marks(part)})", part
        )
        uow.connection.executemany("INSERT INTO household_order VALUES (?,?,?,?,?)", order)
    uow.connection.executemany("UPDATE household SET address=? WHERE id=?", updates)
    return {key for _, key in updates}


def _placed(uow: Reader, part: list[bytes]) -> Iterator[tuple[Any, ...]]:
    """Id, address held, address due, name, whether gone, grid, building and micro grid of households."""
    for key, held, building, entrance, room, landmark, compound, *rest in uow.connection.execute(
        "SELECT h.id, h.address, b.name, d.entrance, d.room, d.landmark, c.name, h.name, "
        "h.deleted OR h.merged_into IS NOT NULL, h.grid_id, d.building_id, b.micro_grid_id "
        "FROM household h LEFT JOIN dwelling d ON d.id=h.dwelling_id "
        "LEFT JOIN building b ON b.id=d.building_id "
        f"LEFT JOIN compound c ON c.id=b.compound_id WHERE h.id IN ({_marks(part)})",
        part,
    ):
        address = dwelling_address(
            building or "", entrance or "", room or "", landmark or "", compound or ""
        )
        yield key, held, address, *rest


def order_key(address: str, name: str | None) -> str:
    """What households are sorted by: the address as people count, then the name."""
    return f"{address_key(address)}\x01{name or ''}"


def _states(uow: Reader, keys: set[bytes]) -> set[bytes]:
    # Most events of a first sync have no action yet: one statement for all of them.
    reported = REPORTED.value
    uow.connection.execute("UPDATE event SET state=? WHERE state IS NULL", (reported,))
    actions: dict[bytes, list[str]] = {}
    for part in chunks(keys):
        for event_id, action in uow.connection.execute(
            "SELECT a.event_id, a.action FROM event_action a WHERE a.deleted=0 "
            f"AND a.event_id IN ({_marks(part)}) AND NOT EXISTS (SELECT 1 FROM outbox o "
            "WHERE o.record_id=a.id AND o.state IN ('rejected','parked')) "
            "ORDER BY a.number IS NULL, a.number, a.id",
            part,
        ):
            actions.setdefault(event_id, []).append(action)
    # The only step of some may have been refused: they are where they began.
    for part in chunks(keys - actions.keys()):
        uow.connection.execute(
            f"UPDATE event SET state=? WHERE id IN ({_marks(part)}) AND state<>?",
            (reported, *part, reported),
        )
    updates = [(state_after(steps).value, key) for key, steps in actions.items()]
    uow.connection.executemany("UPDATE event SET state=? WHERE id=?", updates)
    return keys


def _column(uow: Reader, sql: str, touched: dict[str, set[bytes]], entity: str) -> Iterator[bytes]:
    for part in chunks(touched.get(entity, ())):
        for row in uow.connection.execute(sql.format(_marks(part)), part):
            if row[0] is not None:
                yield row[0]


def chunks(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lists of at most 500 keys."""
    every = list(keys)
    for start in range(0, len(every), _CHUNK):
        yield every[start : start + _CHUNK]


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))
