"""A small district for the tests of sync: one real server, several real clients, no sockets, no waits.

The server is the Litestar application on SQLite or PostgreSQL. A client is a real encrypted store with the
real engine and transport. ``settled`` says what must hold when everybody has had signal for a while.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select, true

from gridapp.clock import day_of
from gridapp.domain.channels import district_channel
from gridapp.domain.exchange import Change, Operation, Outcome
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.kinds import KINDS
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Building, Dwelling, MicroGrid
from gridapp.domain.record import Filing, Record, kind_of, new_id
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.server import accounts, auth, schema
from gridapp.server.app import make_app
from gridapp.server.apply import Sender, apply
from gridapp.server.author import load_author
from gridapp.server.context import Server, open_server
from gridapp.server.database import Database
from gridapp.server.divisions import unit_id
from gridapp.server.setup import SYSTEM, initialise, write
from gridapp.server.workspace import Workspace
from gridapp.store import keys, recording, status
from gridapp.store.drafting import EventDraft, HouseholdForm, MemberForm, Picture, VisitDraft
from gridapp.store.opening import create_store, open_store
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.who import Who
from gridapp.sync.engine import Engine, Round
from gridapp.sync.protocol import EnrolRequest
from gridapp.sync.transport import Transport
from gridapp.tables import wire_columns
from tests.sync.compiled import share
from tests.sync.digest_checks import check_digests
from tests.sync.network import URL, Loop, Network
from tests.sync.standing_checks import check_standing

R = TypeVar("R", bound=Record)
T = TypeVar("T")

TODAY = "2026-11-20"
PASSWORD = "password"
QUICK = keys.Strength(1, 8, 1)

_DIVISIONS = """code,name,level,parent_code
410702000000,红旗区,district,
410702001000,西街街道,township,410702000000
410702001001,东关社区居民委员会,village,410702001000
410702001002,西关社区居民委员会,village,410702001000
"""
EAST, WEST = "410702001001", "410702001002"


class Clock:
    """Milliseconds that only a test moves. 2026-11-20, nine in the morning in China."""

    def __init__(self, now: int = 1_795_136_400_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def forward(self, *, hours: float = 0, minutes: float = 0) -> None:
        self.now += int(hours * 3_600_000 + minutes * 60_000)


GRIDS = {EAST + "001": EAST, EAST + "002": EAST, WEST + "001": WEST}


def prepare(database: Database, folder: Path) -> None:
    """A district with two communities and three grids."""
    divisions = folder / "divisions.csv"
    divisions.write_text(_DIVISIONS, encoding="utf-8")
    server = initialise(database, divisions, "410702000000", clock=Clock())
    grids = [
        Unit(
            id=unit_id(code),
            parent_id=unit_id(village),
            code=code,
            name=f"网格{code[-3:]}",
            kind="grid",
            grid_kind="basic",
        )
        for code, village in GRIDS.items()
    ]
    write(server, grids)


class World:
    """The district, its three grids, and whoever joins."""

    def __init__(self, database: Database, folder: Path) -> None:
        share(database)
        self.database = database
        self.folder = folder
        self.clock = Clock()
        self.server: Server = open_server(database, self.clock)
        self.app = make_app(self.server)
        self._loop = Loop()
        self.clients: list[Client] = []
        self.east, self.west = unit_id(EAST), unit_id(WEST)
        self.grid1, self.grid2, self.grid3 = (unit_id(code) for code in GRIDS)

    def close(self) -> None:
        for client in self.clients:
            client.store.close()
        self._loop.close()

    def write(self, *records: Record) -> None:
        """The district's administration creates records."""
        write(self.server, records)

    def district_edit(self, record_id: UUID, entity: str, **fields: Any) -> Outcome:
        """The district's administration changes a record, whatever it held before."""
        row = self.row(entity, record_id)
        changes = {n: Change(row.get(n), v) for n, v in fields.items()}
        operation = Operation(
            new_id().bytes, 1, entity, record_id.bytes, row["version"], changes, self.clock(), 0
        )
        return self.apply_as(SYSTEM.bytes, SYSTEM.bytes, operation)[0]

    def apply_as(self, staff: bytes, device: bytes, *operations: Operation) -> list[Outcome]:
        return apply(self.server, Sender(staff, device, 1), operations).outcomes

    def staff(self, name: str, *roles: tuple[str, UUID]) -> Staff:
        member = Staff(name=name, user_name=name, active=True)
        self.write(member, *(Assignment(staff_id=member.id, unit_id=u, role=r) for r, u in roles))
        return member

    def join(self, name: str, role: str = "worker", unit: UUID | None = None) -> Client:
        """A new member of staff with a computer."""
        member = self.staff(name, (role, unit or self.grid1))
        client = self.computer(member)
        if unit in (self.grid2, self.grid3):
            client.grid = unit
        return client

    def office(self, name: str = "王芳") -> Client:
        return self.join(name, "office", self.east)

    def computer(self, member: Staff, name: str = "") -> Client:
        """One more computer of a member of staff, through the real enrolment."""
        with self.database.write() as connection:
            code = auth.make_code(connection, member.id.bytes, self.clock())
        client = Client(self, name or member.name, code, self.folder / f"client{len(self.clients)}")
        self.clients.append(client)
        client.sync()
        return client

    def network(self) -> Network:
        return Network(self._loop, self.app)

    def restart_server(self) -> None:
        """A new process on the same database."""
        self.server = open_server(self.database, self.clock)
        self.app = make_app(self.server)
        for client in self.clients:
            client.network.app = self.app

    def end_role(self, client: Client, on: date = date(2026, 11, 19)) -> None:
        for row in self.rows("assignment", staff_id=client.staff_id.bytes):
            self.district_edit(UUID(bytes=row["id"]), "assignment", to_date=on.isoformat())

    def give_role(self, client: Client, role: str, unit: UUID) -> None:
        self.write(Assignment(staff_id=client.staff_id, unit_id=unit, role=role))

    def revoke(self, client: Client) -> None:
        accounts.revoke(self.server, str(client.store.who.device_id))

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Nobody has signal."""
        for client in self.clients:
            client.network.online = False
        try:
            yield
        finally:
            for client in self.clients:
                client.network.online = True

    def rows(self, entity: str, **equal: Any) -> list[dict[str, Any]]:
        """The server's rows of a kind."""
        table = schema.tables[entity]
        conditions = [table.c[n] == v for n, v in equal.items()]
        with self.database.snapshot() as connection:
            found = connection.execute(select(table).where(*conditions).order_by(table.c.id))
            return [dict(r._mapping) for r in found]

    def row(self, entity: str, record_id: UUID) -> dict[str, Any]:
        return self.rows(entity, id=record_id.bytes)[0]

    def operations(self, *, of_people: bool = False) -> list[dict[str, Any]]:
        """The server's log, or without what the server itself wrote."""
        log = schema.operation
        wanted = log.c.device_id != SYSTEM.bytes if of_people else true()
        with self.database.snapshot() as connection:
            return [dict(r._mapping) for r in connection.execute(select(log).where(wanted))]

    def channels_of(self, record_id: UUID) -> set[str]:
        """Where the server files a record now."""
        with self.database.snapshot() as connection:
            return set(
                connection.scalars(
                    select(schema.channel.c.name)
                    .join(schema.feed, schema.feed.c.channel_id == schema.channel.c.id)
                    .where(schema.feed.c.record_id == record_id.bytes, schema.feed.c.removed == 0)
                )
            )

    def readable(self, client: Client) -> dict[tuple[str, bytes], tuple[Any, ...]]:
        """What a client should hold: (kind, id) -> the server's row in wire order."""
        with self.database.snapshot() as connection:
            return _readable(self, connection, client, _everything(connection))

    def settle(self, rounds: int = 2) -> None:
        """Everybody syncs so often; then everything must hold."""
        for _ in range(rounds):
            for client in self.clients:
                client.sync()
        self.settled()

    def settled(self) -> None:
        """What must hold when all clients are up to date."""
        logged = {o["op_id"]: o for o in self.operations(of_people=True)}
        with self.database.snapshot() as connection:
            everything = _everything(connection)
            _check_filing(self, connection, everything)
            expected = [_readable(self, connection, c, everything) for c in self.clients]
        for client, rows in zip(self.clients, expected, strict=True):
            _check_rows(client, rows)
            _check_nothing_waits(client)
            _check_verdicts(client, logged)
        check_digests(self)
        check_standing(self)


@dataclasses.dataclass(frozen=True)
class Everything:
    """All that the server holds: rows in wire order by (kind, id), and where each record is filed."""

    rows: dict[tuple[str, bytes], tuple[Any, ...]]
    filed: dict[bytes, set[str]]


def _everything(connection: Any) -> Everything:
    rows: dict[tuple[str, bytes], tuple[Any, ...]] = {}
    for entity, kind in KINDS.items():
        names = ",".join(wire_columns(kind))
        for row in connection.exec_driver_sql(f"SELECT {names} FROM {entity}"):
            rows[entity, bytes(row[0])] = tuple(row)
    filed: dict[bytes, set[str]] = {key: set() for _, key in rows}
    for key, name in connection.exec_driver_sql(
        "SELECT record_id, name FROM feed JOIN channel ON channel.id=channel_id WHERE removed=0"
    ):
        filed.setdefault(bytes(key), set()).add(name)
    return Everything(rows, filed)


def _readable(
    world: World, connection: Any, client: Client, everything: Everything
) -> dict[tuple[str, bytes], tuple[Any, ...]]:
    author = load_author(
        connection,
        client.staff_id.bytes,
        b"",
        world.server.district_id,
        day_of(world.clock()),
    )
    granted = set(author.channels())
    return {
        key: row
        for key, row in everything.rows.items()
        if not granted.isdisjoint(everything.filed[key[1]])
    }


def _check_rows(client: Client, expected: dict[tuple[str, bytes], tuple[Any, ...]]) -> None:
    held = client.dump()
    if held == expected:
        return
    for key in held | expected:
        ours, theirs = held.get(key), expected.get(key)
        if ours != theirs:
            names = wire_columns(KINDS[key[0]])
            differing = [
                (n, a, b)
                for n, a, b in zip(names, ours or (), theirs or (), strict=False)
                if a != b
            ]
            raise AssertionError(
                f"{client.name}: {key[0]} {key[1].hex()[-8:]} "
                f"here={ours is not None} server={theirs is not None} {differing}"
            )


def _check_filing(world: World, connection: Any, everything: Everything) -> None:
    """Every record stands in the feed where its owners say, however it came there."""
    keys = {key for key in everything.rows if key[1] != SYSTEM.bytes}
    reference = {key for key in keys if KINDS[key[0]].filing is Filing.DISTRICT}
    district = {district_channel(UUID(bytes=world.server.district_id))}
    for entity, key in reference:
        assert everything.filed[key] == district, (entity, key.hex()[-8:])
    workspace = Workspace(connection)
    workspace.load(keys - reference)
    for entity, key in keys - reference:
        wanted = workspace.channels(entity, key, world.server.district_id)
        filed = everything.filed[key]
        assert filed == wanted or (not wanted and filed), (entity, key.hex()[-8:])


def _check_nothing_waits(client: Client) -> None:
    for table in ("base", "wanted", "leaving"):
        assert client.sql(f"SELECT entity, hex(record_id) FROM {table}") == [], table
    live = client.sql(
        "SELECT entity, hex(record_id), state, code FROM outbox WHERE live=1 "
        "AND state NOT IN ('rejected','parked')"
    )
    assert live == [], f"{client.name}: {live}"
    members = client.sql("SELECT DISTINCT record_id FROM membership")
    held = {key for _, key in client.dump()}
    assert {m[0] for m in members} == held, f"{client.name}: memberships"


def _check_verdicts(client: Client, logged: Mapping[bytes, dict[str, Any]]) -> None:
    for op_id, state, code, previous, version in client.sql(
        "SELECT op_id, state, code, previous, version FROM outbox"
    ):
        said = logged[op_id]
        assert (state, code, previous, version) == (
            said["verdict"],
            said["code"],
            said["previous"],
            said["version"],
        )


def _dump(reader: Reader) -> dict[tuple[str, bytes], tuple[Any, ...]]:
    found = {}
    for entity, kind in KINDS.items():
        names = ",".join(wire_columns(kind))
        for row in reader.rows(f"SELECT {names} FROM {entity} WHERE version>0"):
            found[entity, row[0]] = row
    return found


class Killed(BaseException):
    """The process ends here."""


class Client:
    """One computer of one member of staff."""

    def __init__(self, world: World, name: str, code: str, folder: Path) -> None:
        self.world = world
        self.name = name
        self.folder = folder
        self.network = world.network()
        self.grid = world.grid1  # where her own households are
        self.clock: Callable[[], int] = world.clock  # a test may set it wrong
        self._enrol(code)
        self._connect()

    @classmethod
    def copied(cls, world: World, name: str, folder: Path, grid: UUID) -> Client:
        """A computer whose data folder was prepared before and copied here, just switched on."""
        client = cls.__new__(cls)
        client.world, client.name, client.folder, client.grid = world, name, folder, grid
        client.network, client.clock = world.network(), world.clock
        (users,) = (folder / "users").iterdir()
        client.store = open_store(users, PASSWORD, clock=client.now)
        client._connect()
        world.clients.append(client)
        return client

    def now(self) -> int:
        """The time by this computer's clock."""
        return self.clock()

    def _enrol(self, code: str) -> None:
        transport = self._transport()
        private = Ed25519PrivateKey.generate()
        reply = transport.enrol(EnrolRequest(code, private.public_key().public_bytes_raw(), "pc"))
        who = Who(
            staff_id=UUID(bytes=reply.staff_id),
            name=reply.name,
            user_name=reply.user_name,
            device_id=UUID(bytes=reply.device_id),
            device_name="pc",
            district_id=UUID(bytes=reply.district_id),
            district_name=reply.district_name,
            server_url=URL,
        )
        self.store: Store = create_store(
            self.folder,
            PASSWORD,
            who,
            device_key=private.private_bytes_raw(),
            epoch=reply.epoch,
            recovery=reply.recovery_key,
            strength=QUICK,
            clock=self.now,
        )

    def _transport(self) -> Transport:
        transport = Transport(URL)
        transport._http.mount("http://", self.network)
        return transport

    def _connect(self) -> None:
        self.transport = self._transport()
        self.engine = Engine(self.store, self.transport)

    @property
    def staff_id(self) -> UUID:
        return self.store.who.staff_id

    # --- sync ---------------------------------------------------------------------------------

    def sync(self) -> Round:
        return self.engine.run()

    def reopen(self) -> None:
        """The process ended, however it ended, and was started again."""
        folder = self.store.folder
        self.store.close()
        self.store = open_store(folder, PASSWORD, clock=self.now)
        self._connect()

    def killed_at_write(self, number: int, act: Callable[[], object]) -> bool:
        """Run ``act``; the process ends just before its write ``number`` (from 0). Whether it came to that."""
        real, seen = self.store.write, 0

        def write(fn: Callable[[UnitOfWork], Any], *, index: bool = True) -> Any:
            nonlocal seen
            seen += 1
            if seen > number:
                raise Killed
            return real(fn, index=index)

        self.store.write = write  # type: ignore[method-assign]
        try:
            act()
        except Killed:
            self.reopen()
            return True
        finally:
            self.store.__dict__.pop("write", None)
        return False

    @contextmanager
    def no_room(self) -> Iterator[None]:
        """The disk is full: the database may not grow by another page."""
        self._most_pages(1)
        try:
            yield
        finally:
            self._most_pages(1_000_000)

    def _most_pages(self, count: int) -> None:
        # Not through a save: its own bookkeeping would need the room.
        def limit() -> None:
            self.store._write_connection.execute(f"PRAGMA max_page_count={count}").fetchall()

        self.store._writer.submit(limit).result()

    # --- reading ------------------------------------------------------------------------------

    def sql(self, statement: str, *params: Any) -> list[tuple[Any, ...]]:
        return self.store.read(lambda r: r.rows(statement, params)).result()

    def get(self, record: type[R], record_id: UUID) -> R:
        found = self.find(record, record_id)
        assert found is not None, f"{self.name} has no {record.KIND}"
        return found

    def find(self, record: type[R], record_id: UUID) -> R | None:
        return self.store.read(lambda r: r.record(record, record_id)).result()

    def count(self, entity: str) -> int:
        return int(self.sql(f"SELECT count(*) FROM {entity} WHERE deleted=0")[0][0])

    def dump(self) -> dict[tuple[str, bytes], tuple[Any, ...]]:
        """Every row that the server knows of, as it travels."""
        return self.store.read(_dump).result()

    def status(self) -> status.SyncStatus:
        return self.store.read(status.current).result()

    def verdicts(self) -> list[tuple[str, str]]:
        """(state, code) of every operation, in order."""
        return self.sql("SELECT state, COALESCE(code,'') FROM outbox ORDER BY counter")

    def last(self) -> tuple[str, str]:
        return self.verdicts()[-1]

    def conflicts(self, state: str = "open") -> list[tuple[str, Any, Any, Any]]:
        """(field, start, standing, other) of the conflicts in this state, plain values."""
        return [
            (field, *(msgspec.json.decode(v).get(field) for v in values))
            for field, *values in self.sql(
                "SELECT field, start, standing, other FROM conflict WHERE state=? ORDER BY id",
                state,
            )
        ]

    # --- writing ------------------------------------------------------------------------------

    def write(self, fn: Callable[[UnitOfWork], T]) -> T:
        return self.store.write(fn).result()

    def create(self, record: R) -> R:
        return self.write(lambda uow: uow.create(record))

    def edit(self, opened: R, **changes: Any) -> R:
        """Save a form that was opened as ``opened``."""
        changed = dataclasses.replace(opened, **changes)
        self.write(lambda uow: uow.edit(opened, changed))
        return changed

    def change(self, record: type[R], record_id: UUID, **changes: Any) -> None:
        """Open a form and save it at once."""
        self.edit(self.get(record, record_id), **changes)

    def delete(self, record: type[R], record_id: UUID) -> None:
        opened = self.get(record, record_id)
        self.write(lambda uow: uow.delete(opened))

    def household(
        self,
        grid: UUID | None = None,
        name: str = "赵桂兰",
        *,
        micro: UUID | None = None,
        id_number: str = "11010519491231002X",
    ) -> Home:
        """A household of one person in a building of its own, through the form."""
        grid = grid or self.grid
        building = Building(grid_id=grid, name="3号楼", micro_grid_id=micro)
        dwelling = Dwelling(grid_id=grid, building_id=building.id, entrance="1", room="201")
        person = Person(name=name)
        household = Household(
            grid_id=grid, dwelling_id=dwelling.id, name=name, kind="family", head_id=person.id
        )
        file = PersonFile(
            person_id=person.id,
            id_kind="citizen",
            id_number=id_number,
            phones={"13800000001": "本人"},
        )
        tie = Residence(
            person_id=person.id, household_id=household.id, kind="living", relation="02"
        )
        form = HouseholdForm(
            household,
            HouseholdFile(household_id=household.id),
            dwelling,
            building,
            (MemberForm(person, file, tie),),
        )
        self.write(lambda uow: recording.save_household(uow, None, form))
        return Home(
            household.id, person.id, file.id, tie.id, dwelling.id, building.id, form.file.id
        )

    def visit(self, household: UUID, text: str = "精神好。", photo: bytes = b"") -> UUID:
        pictures = (Picture(photo, "p.jpg"),) if photo else ()
        draft = VisitDraft(household, TODAY, situation=text, pictures=pictures)
        return self.write(lambda uow: recording.add_visit(uow, draft)).id

    def event(self, household: UUID | None = None, text: str = "楼道堵了", **more: Any) -> UUID:
        draft = EventDraft("0101", text, TODAY, household_id=household, **more)
        return self.write(lambda uow: recording.report_event(uow, draft)).id


@dataclasses.dataclass(frozen=True)
class Home:
    """Ids of a household and of what belongs to it."""

    id: UUID
    person: UUID
    file: UUID
    tie: UUID
    dwelling: UUID
    building: UUID
    household_file: UUID


def micro_grid(world: World, client: Client, leader: Client, grid: UUID | None = None) -> UUID:
    """A micro grid that ``leader`` leads, made by ``client``."""
    micro = MicroGrid(grid_id=grid or world.grid1, name="第一微网格", leader_id=leader.staff_id)
    client.create(micro)
    return micro.id


def stored(record: Record) -> dict[str, Any]:
    """The stored fields of a record."""
    from gridapp.domain.values import row_of

    return row_of(kind_of(type(record)), record)


__all__ = ["Client", "Clock", "Home", "World", "insert", "micro_grid", "stored"]
