"""Work that a server of before parked without asking anybody: once, at the first start after the upgrade, the heads are.

Servers before 0.3 said ``parked`` and left it at that: no review, and not for which record something waits. Here
both are made up for in transactions of bounded size, under the locks and by the ways of a batch. What has its
review is passed over, so a start that was killed goes on where it stopped; a mark says that all is done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError

from gridapp.clock import day_of
from gridapp.domain.exchange import Change, Operation
from gridapp.domain.kinds import KINDS
from gridapp.server import parked
from gridapp.server.author import load_authors
from gridapp.server.batch import Group, judges_of
from gridapp.server.context import ASKED, Server
from gridapp.server.later import Later
from gridapp.server.locks import Moved, locked_workspace
from gridapp.server.parked import Parked
from gridapp.server.rejudging import Rejudging
from gridapp.server.reviews import REVIEWED, WAITS
from gridapp.server.schema import operation as log
from gridapp.server.schema import setting
from gridapp.server.sent import creates
from gridapp.server.sent_again import said
from gridapp.server.statements import fetch, fetch_in
from gridapp.server.workspace import Key, Workspace, owners

MOST = 200  # operations in one transaction
_ATTEMPTS = 6
_ALL = (
    "SELECT o.op_id, o.device_id, o.record_id, o.code, o.entity, r.id FROM operation o "
    "LEFT JOIN review r ON r.op_id=o.op_id WHERE o.verdict='parked' "
    "ORDER BY o.device_id, o.counter, o.op_id"
)
# Of a device: what says where people are going, and to which grid.
_HOMES = frozenset({"residence", "household"})


@dataclass(frozen=True, slots=True)
class _Line:
    """What is needed of a parked operation to put it into a transaction."""

    op_id: bytes
    device_id: bytes
    record_id: bytes
    code: str
    entity: str
    review: bytes | None


def ask(server: Server) -> None:
    """Ask the heads about everything that is parked and has no review; judge again what waits for what is there."""
    with server.database.snapshot() as connection:
        every = [_Line(*row) for row in fetch(connection, _ALL)]
    lines = [line for line in every if line.review is None]
    waiting = [line for line in lines if line.code == WAITS]
    # First of all: a review brings along what waits for its creation.
    for part in _parts(waiting):
        _say_for_what(server, [line.op_id for line in part])
    homes: dict[bytes, list[bytes]] = defaultdict(list)
    for line in every:
        if line.entity in _HOMES:
            homes[line.device_id].append(line.op_id)
    late = [line for line in lines if line.code in REVIEWED]
    for part in [*_parts(late), *_parts(waiting)]:
        _ask_for(server, part, homes)
    dialect = postgresql if server.database.is_postgres else sqlite
    done = dialect.insert(setting).values(key=ASKED, value="1")
    with server.database.write() as connection:
        connection.execute(done.on_conflict_do_nothing(index_elements=["key"]))


def _parts(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Never two operations on one record together: the second sees the review of the first."""
    turn: Counter[tuple[bytes, bytes]] = Counter()
    turns: dict[int, list[_Line]] = defaultdict(list)
    for line in lines:
        key = line.device_id, line.record_id
        turns[turn[key]].append(line)
        turn[key] += 1
    for number in sorted(turns):
        for start in range(0, len(turns[number]), MOST):
            yield turns[number][start : start + MOST]


def _say_for_what(server: Server, op_ids: Iterable[bytes]) -> None:
    with server.database.write() as connection:
        for one, _ in parked.of_operations(connection, op_ids):
            if one.waits_for is None and (keys := _hung_on(one.operation)):
                key = next((k for k in keys if not _stands(connection, k)), keys[0])
                mine = log.c.op_id == one.operation.op_id
                connection.execute(update(log).where(mine).values(waits_for=key[1]))


def _hung_on(operation: Operation) -> list[Key]:
    """The records without which it cannot be judged, in the order in which they are asked for."""
    if operation.entity not in KINDS:
        return []
    return owners(operation) if creates(operation) else [(operation.entity, operation.record_id)]


def _stands(connection: Connection, key: Key) -> bool:
    return bool(fetch(connection, f"SELECT 1 FROM {key[0]} WHERE id=?", key[1]))


def _ask_for(server: Server, part: Sequence[_Line], homes: Mapping[bytes, Sequence[bytes]]) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            with server.database.write() as connection:
                _Asking(server, connection).ask([line.op_id for line in part], homes)
            return
        except (Moved, IntegrityError, OperationalError):
            if attempt == _ATTEMPTS - 1:
                raise


class _Asking(Group):
    """One transaction: as a batch in which nothing comes, but what came before is looked at again."""

    def __init__(self, server: Server, connection: Connection) -> None:
        super().__init__(server, connection, ())

    def ask(self, op_ids: Iterable[bytes], homes: Mapping[bytes, Sequence[bytes]]) -> None:
        """Open reviews of these operations, or judge them again where what they wait for is there."""
        found = parked.of_operations(self.connection, op_ids)
        if not found:
            return
        later = self._later([one for one, _ in found])
        every = [*(one.operation for one, _ in found), *later.operations]
        reference = self.server.references.get(self.connection, self.server.district_id)
        workspace = locked_workspace(self.connection, reference, every)
        links, conflicts = self._links(every), self._conflicts(every, workspace)
        senders = sorted({(one.staff_id, one.device_id) for one, _ in found})
        day = day_of(self.now)
        district = self.server.district_id
        authors = load_authors(self.connection, reference, senders, district, day)
        judges = judges_of(authors, workspace, self.now, links, conflicts)
        again = Rejudging(self.connection, workspace, later, self.now, links, conflicts)
        for device in {device for _, device in senders}:
            sent = parked.of_operations(self.connection, homes.get(device, ()))
            again.reviews.bound_for.note(device, [one.operation for one, _ in sent])
        by_device = {judge.author.device_id: judge for judge in judges}
        sent_again = _sent_again(self.connection, [one for one, _ in found])
        for one, code in found:
            op_id = one.operation.op_id
            if again.reviews.of_operation(op_id) is not None:
                continue  # with the creation that it hangs on, or by a start that was killed later
            if op_id in sent_again:
                again.replace(one)
            elif code in REVIEWED:
                again.review(by_device[one.device_id], one, code)
            elif one.waits_for is not None and _is_there(workspace, one):
                maker = _maker(self.connection, one.waits_for)
                again.follow(by_device[one.device_id], one.waits_for, maker)
        self._write(workspace, judges, again)

    def _later(self, found: Sequence[Parked]) -> Later:
        later = Later(self.connection, [one.operation for one in found])
        awaited = {one.waits_for for one in found if one.waits_for is not None}
        known = {p.operation.op_id for each in later.waiting.values() for p in each}
        for one in parked.waiting_for(self.connection, awaited):
            if one.operation.op_id not in known:
                later.waiting[one.waits_for or b""].append(one)
        return later


def _is_there(workspace: Workspace, one: Parked) -> bool:
    return any(
        workspace.rows.get(key) is not None
        for key in _hung_on(one.operation)
        if key[1] == one.waits_for
    )


def _maker(connection: Connection, record_id: bytes) -> bytes:
    """The device that made a record; b"" where no log says so."""
    sql = (
        "SELECT device_id FROM operation WHERE record_id=? AND previous=0 AND version=1 "
        "ORDER BY received_at LIMIT 1"
    )
    rows = fetch(connection, sql, record_id)
    return bytes(rows[0][0]) if rows else b""


def _sent_again(connection: Connection, found: Sequence[Parked]) -> set[bytes]:
    """Those that their device sent once more, word for word, and that were taken then."""
    sql = (
        "SELECT record_id, device_id, counter, fields FROM operation "
        "WHERE verdict IN ('applied','merged','conflict') AND record_id IN (:ids)"
    )
    came: dict[tuple[bytes, bytes], list[tuple[int, bytes]]] = defaultdict(list)
    for key, device, counter, fields in fetch_in(
        connection, sql, {one.operation.record_id for one in found}
    ):
        came[key, device].append((counter, fields))
    return {
        one.operation.op_id
        for one in found
        for counter, fields in came[one.operation.record_id, one.device_id]
        if counter > one.operation.counter and said(_read(fields)) == said(one.operation.fields)
    }


def _read(fields: bytes | None) -> dict[str, Change]:
    return msgspec.msgpack.decode(fields, type=dict[str, Change]) if fields else {}
