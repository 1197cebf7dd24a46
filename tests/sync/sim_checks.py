"""What must hold when the faults are over, found out from the server's log alone, without its own code."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec

from gridapp.domain.conflict import DECIDED, OPEN
from gridapp.domain.fields import mergeable
from gridapp.domain.kinds import KINDS
from gridapp.server.author import SYSTEM
from gridapp.store.deciding import open_stakes
from tests.sync.world import World

Row = dict[str, Any]
_TAKEN = ("taken", "same", "merged")
_PLACING = ("grid_id", "micro_grid_id", "building_id", "dwelling_id")


def check_everything(world: World) -> None:
    """All that the log and the rows say together."""
    log = log_of(world, of_people=True)
    servers = [o for o in log_of(world) if o["device_id"] == SYSTEM.bytes]
    check_acknowledged(world, log, servers)
    check_once(log)
    check_nothing_unseen(world, log, servers)
    check_decisions(world, log, servers)


def log_of(world: World, *, of_people: bool = False) -> list[Row]:
    """Operations, decoded: all, or those of people."""
    found = world.operations(of_people=of_people)
    for operation in found:
        for name in ("fields", "verdicts"):
            held = operation[name]
            operation[name] = msgspec.msgpack.decode(held) if held else {}
    return found


def check_acknowledged(world: World, log: list[Row], servers: list[Row]) -> None:
    """Every operation is current, superseded, in a conflict, or refused with a reason.

    ``servers``: what the server itself wrote, as in the place of operations that nobody holds any more.
    """
    found = world.rows("conflict")
    by_id = {c["id"]: c for c in found}
    conflicts = {(c["target_id"], c["field"], c["device_id"]): c for c in found}
    asked_again = given_back(world)
    asked = {c["target_id"] for c in found if c["field"] == "deleted"}
    rows = {(e, r["id"]): r for e in {o["entity"] for o in log} for r in world.rows(e)}
    writers: dict[tuple[bytes, str], list[Row]] = defaultdict(list)
    of_record: dict[bytes, list[Row]] = defaultdict(list)
    for operation in [*log, *servers]:
        of_record[operation["record_id"]].append(operation)
        for name in operation["fields"]:
            writers[operation["record_id"], name].append(operation)
    moved = max((o["received_at"] for o in log if "grid_id" in o["fields"]), default=0)
    with world.database.snapshot() as connection:
        purged = {
            bytes(key) for (key,) in connection.exec_driver_sql("SELECT record_id FROM purged")
        }
    for operation in log:
        if operation["verdict"] in ("rejected", "parked"):
            assert operation["code"]
            continue
        if operation["record_id"] in purged:
            continue
        row = rows[operation["entity"], operation["record_id"]]
        for name in operation["fields"]:
            later = any(
                o["received_at"] >= operation["received_at"] and o["op_id"] != operation["op_id"]
                for o in writers[row["id"], name]
            )
            # A server that was set back hears of it again after what took its place.
            later |= any(
                o["version"] > operation["version"] and o["verdicts"].get(name) in _TAKEN
                for o in writers[row["id"], name]
            )
            later |= (row["id"], name, repr(operation["fields"][name][1])) in asked_again
            # What belongs to a household moves along with it, by the server's hand.
            later |= name in _PLACING and moved >= operation["received_at"]
            conflict = conflicts.get((row["id"], _unit(operation, name), operation["device_id"]))
            if operation["decides"]:
                conflict = by_id[msgspec.msgpack.decode(operation["decides"])[0]]
            # Chosen later for a record that was deleted, the other value brings it back.
            again = name == "deleted" and any(
                o["decides"] and o["version"] > operation["version"] for o in of_record[row["id"]]
            )
            alive = again or row["id"] in asked
            _check_field(operation, name, row, conflict is not None, later, alive)


def given_back(world: World) -> set[tuple[bytes, str, str]]:
    """(record, field, value) taken by a server that forgot them, and asked about, because another value stood."""
    return {
        (conflict["target_id"], name, repr(value))
        for conflict in world.rows("conflict")
        if conflict["device_id"] == SYSTEM.bytes
        for name, value in json.loads(conflict["other"]).items()
    }


def _check_field(
    operation: Row, name: str, row: Row, conflict: bool, later: bool, asked: bool
) -> None:
    verdict, after = operation["verdicts"].get(name), operation["fields"][name][1]
    told = (operation["entity"], name, verdict, after, row.get(name))
    field = KINDS[operation["entity"]].by_name.get(name)
    if verdict == "conflict":
        # Opened and closed again by the same chain in one batch, nothing is left of it.
        assert conflict or later, told
    elif name == "deleted":
        assert row["deleted"] or asked, told
    elif field is None or not mergeable(field):
        assert row[name] == after or later, told


def _unit(operation: Row, name: str) -> str:
    field = KINDS[operation["entity"]].by_name.get(name)
    return (field.group or name) if field else name


def check_once(log: list[Row]) -> None:
    """No operation is applied twice: of each record, every version was made by one operation at most.

    A server that was set back counts versions of what it forgot again, in a new epoch.
    """
    made: set[tuple[bytes, int, int]] = set()
    for operation in log:
        if operation["version"] > operation["previous"]:
            key = operation["record_id"], operation["epoch"], operation["version"]
            assert key not in made, (operation["entity"], *key[1:])
            made.add(key)


def check_nothing_unseen(world: World, log: list[Row], servers: list[Row]) -> None:
    """A value that was taken replaced one that its author, or the author's own chain, had seen.

    Or one that the server had forgotten, and that is asked about since it came back.
    """
    by_id = {o["op_id"]: o for o in log}
    asked_again = given_back(world)
    held: dict[tuple[bytes, str], Any] = {}
    made: dict[tuple[bytes, str], int] = {}
    rows = {(e, r["id"]): r for e in {o["entity"] for o in log} for r in world.rows(e)}
    given = {o["op_id"] for o in servers}  # handed back, or written by the server's own rules
    every = [*log, *servers]
    versions: dict[bytes, set[int]] = defaultdict(set)
    for operation in every:
        if operation["version"] > operation["previous"]:
            versions[operation["record_id"]].add(operation["version"])
    for operation in sorted(every, key=lambda o: (o["record_id"], o["version"], o["epoch"])):
        if operation["version"] <= operation["previous"]:
            continue
        kind = KINDS[operation["entity"]]
        for name, (before, after, _) in operation["fields"].items():
            key = operation["record_id"], name
            field = kind.by_name.get(name)
            verdict = operation["verdicts"].get(name)
            if field is None or mergeable(field) or verdict not in _TAKEN:
                continue
            judged = not operation["decides"] and operation["op_id"] not in given
            if key in held and not field.group and judged:
                seen = (before, after, _start(by_id, operation, name))
                excused = not asked_again.isdisjoint({(*key, repr(held[key])), (*key, repr(after))})
                # What it was built upon was made by an operation that no machine holds any more.
                excused |= operation["previous"] not in versions[key[0]]
                # Of another epoch's branch, and in the end both say the same.
                excused |= (
                    operation["version"] <= made[key]
                    and rows[operation["entity"], key[0]][name] == held[key]
                )
                assert held[key] in seen or excused, (operation["entity"], name, held[key], seen)
            if (*key, repr(after)) not in asked_again:
                held[key], made[key] = after, operation["version"]


def _start(by_id: dict[bytes, Row], operation: Row, name: str) -> Any:
    """What the field held when the device's chain began, by what became of its predecessors."""
    before, _, follows = operation["fields"][name]
    earlier = by_id.get(follows)
    if earlier is None or name not in earlier["fields"]:
        return before
    if earlier["verdicts"].get(name) in _TAKEN:
        return before
    return _start(by_id, earlier, name)


def check_decisions(world: World, log: list[Row], servers: list[Row]) -> None:
    """A conflict is open until one choice was taken, and says whose it was; later ones were refused.

    A server that forgot a choice may take another one before the first comes back: one of them stands. Or the
    first is late when it comes back, and is parked: the conflict is open again, though another was refused for it.
    """
    taken: dict[bytes, list[Row]] = defaultdict(list)
    refused: set[tuple[bytes, int]] = set()
    for operation in log:
        if not operation["decides"]:
            continue
        key = msgspec.msgpack.decode(operation["decides"])[0]
        if operation["verdict"] == "applied":
            taken[key].append(operation)
        elif operation["code"] == "already_decided":
            refused.add((key, operation["epoch"]))
        elif operation["verdict"] == "conflict":
            assert operation["code"] == "values_changed"
            assert operation["previous"] == operation["version"]
    found = world.rows("conflict")
    handed_back = {o["record_id"] for o in servers}
    for conflict in found:
        choices = taken.get(conflict["id"], [])
        epochs = {chosen["epoch"] for chosen in choices}
        # What a server forgot comes back beside what it took meanwhile: both agree, or it is asked again.
        came_back = conflict["id"] in handed_back
        if conflict["state"] == DECIDED and choices and not came_back:
            assert conflict["decided_by"] in {chosen["staff_id"] for chosen in choices}
            assert conflict["choice"] in ("standing", "other")
        if not came_back and epochs <= {conflict["epoch"]}:
            assert len(choices) == (conflict["state"] == DECIDED), conflict["field"]
            assert conflict["state"] != OPEN or (conflict["id"], conflict["epoch"]) not in refused
    gone = {c["id"] for c in found if _is_deleted(world, c)}
    for client in world.clients:
        offered = {s.conflict.id.bytes for s in client.store.read(open_stakes).result()}
        held = {key for (key,) in client.sql("SELECT id FROM conflict WHERE state='open'")}
        # About a deleted record one may choose too, or leave it.
        assert held - gone <= offered <= held


def _is_deleted(world: World, conflict: Row) -> bool:
    return bool(world.row(conflict["target_kind"], UUID(bytes=conflict["target_id"]))["deleted"])
