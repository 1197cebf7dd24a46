"""Making the demo district: real divisions, invented staff and households, a year of visits and events.

Everything goes in as it would in a real district: ``server init``, ``server load`` of a workbook, and
operations through ``apply`` in the names of those who did them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gridapp.clock import day_of
from gridapp.config import resource_path
from gridapp.demo import cast
from gridapp.demo.layout import Layout, save_json
from gridapp.demo.people import GridPlan, population
from gridapp.demo.staff import DistrictPlan, district_plan
from gridapp.demo.staff_workbook import write_staff_workbook
from gridapp.demo.story import story
from gridapp.domain.event import EventAction
from gridapp.domain.record import Record
from gridapp.domain.reference import CatalogueItem
from gridapp.domain.roles import Role
from gridapp.i18n import tr
from gridapp.resources import default_reference
from gridapp.server import auth
from gridapp.server.apply import Sender
from gridapp.server.context import Server
from gridapp.server.database import Database, open_database
from gridapp.server.loading import load_staff
from gridapp.server.schema import tables
from gridapp.server.setup import initialise, write

SEED = 20_261_120
DIVISIONS = "hongqi_410702.csv"
DISTRICT = "410702000000"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is invented: grids of the community, and per grid households, people, visits, events."""

    grids: int = 6
    households: int = 300
    people: int = 1000
    visits_per_household: float = 20
    events: int = 3000


FULL = Size()
SMALL = Size(grids=2, households=12, people=36, visits_per_household=3, events=20)


def build(layout: Layout, size: Size, say: Say) -> None:
    """Make the server's data and write who plays. A build that was cut short leaves no ``cast.json``."""
    layout.server.mkdir(parents=True, exist_ok=True)
    divisions = resource_path("divisions", DIVISIONS)
    with divisions.open(encoding="utf-8") as file:
        plan = district_plan(list(csv.DictReader(file)), SEED)
    database = open_database(layout.server, None)
    say(tr("建立区服务器：红旗区 88 个单位"))
    server = initialise(database, divisions, DISTRICT)
    write_staff_workbook(plan, layout.staff)
    say(tr("导入 841 个网格和工作人员"))
    load_staff(server, layout.staff)
    units, staff = _ids(database)
    filler = _Filler(server, plan, size, units, staff)
    for number in range(1, size.grids + 1):
        say(tr("编造第 {number} 网格的住户、走访和事件").format(number=number))
        filler.fill(number)
    save_json(layout.cast, _cast(server, plan, staff))
    database.close()


class _Filler:
    def __init__(
        self,
        server: Server,
        plan: DistrictPlan,
        size: Size,
        units: dict[str, UUID],
        staff: dict[str, UUID],
    ) -> None:
        self._server, self._plan, self._size = server, plan, size
        self._units, self._staff = units, staff
        self._reference = default_reference()
        self._items = [r for r in self._reference if isinstance(r, CatalogueItem)]
        self._today = day_of(server.clock())
        self._counter = 0

    def fill(self, number: int) -> None:
        """One grid: people, then the year."""
        grid = self._plan.demo_grids[number - 1]
        who = cast.visitors(self._plan, grid.code, self._staff)
        size = self._size
        people = population(
            GridPlan(
                self._units[grid.code],
                self._units[grid.community],
                grid.community,
                number,
                households=size.households,
                people=size.people,
                village=number == self._size.grids,
                leaders=who.volunteers,
            ),
            seed=SEED,
            today=self._today,
        )
        year = story(
            people,
            who,
            cast.desk(self._plan, grid.code, self._items, staff=self._staff, units=self._units),
            self._reference,
            seed=SEED,
            today=self._today,
            visits_per_household=size.visits_per_household,
            events=size.events,
        )
        self._write(who.workers[0], list(people.records()))
        self._write_each(year.visits, [v.recorded_by for v in year.visits])
        self._write_each(year.events, [e.reported_by for e in year.events])
        self._take_steps(year.actions)

    def _write_each(self, records: Sequence[Record], authors: Sequence[UUID | None]) -> None:
        """Each record in the name of whoever made it: the server takes it from nobody else."""
        by_author: dict[UUID, list[Record]] = defaultdict(list)
        for record, author in zip(records, authors, strict=True):
            assert author is not None
            by_author[author].append(record)
        for author, made in by_author.items():
            self._write(author, made)

    def _take_steps(self, actions: tuple[EventAction, ...]) -> None:
        """All first steps, then all second ones, …, each in the name of whoever took it."""
        rounds: dict[int, dict[UUID, list[EventAction]]] = defaultdict(lambda: defaultdict(list))
        taken: dict[UUID | None, int] = defaultdict(int)
        for action in actions:
            assert action.actor_id is not None
            rounds[taken[action.event_id]][action.actor_id].append(action)
            taken[action.event_id] += 1
        for number in sorted(rounds):
            for actor, steps in rounds[number].items():
                self._write(actor, list(steps))

    def _write(self, staff_id: UUID, records: list[Record]) -> None:
        write(
            self._server,
            records,
            Sender(staff_id.bytes, staff_id.bytes, 1),
            self._counter + 1,
        )
        self._counter += len(records)


def _ids(database: Database) -> tuple[dict[str, UUID], dict[str, UUID]]:
    unit, person = tables["unit"], tables["staff"]
    with database.snapshot() as connection:
        units = {c: UUID(bytes=i) for c, i in connection.execute(select(unit.c.code, unit.c.id))}
        staff = {
            n: UUID(bytes=i) for n, i in connection.execute(select(person.c.user_name, person.c.id))
        }
    return units, staff


def _cast(server: Server, plan: DistrictPlan, staff: dict[str, UUID]) -> dict[str, object]:
    """Two workers, a head and the office, each with a one-time code; the grids by code."""
    grids = plan.demo_grids
    first, second = (plan.serving(Role.WORKER, g.code)[0] for g in grids[:2])
    head = plan.serving(Role.GRID_HEAD, grids[0].code)[0]
    office = plan.serving(Role.OFFICE, plan.community)[0]
    players = {"worker": first, "second": second, "head": head, "office": office}
    with server.database.write() as connection:
        return {
            "community": plan.community_name,
            "grids": [g.code for g in grids],
            "players": {
                part: {
                    "name": row.name,
                    "user": row.user_name,
                    "code": auth.make_code(connection, staff[row.user_name].bytes, server.clock()),
                }
                for part, row in players.items()
            },
        }
