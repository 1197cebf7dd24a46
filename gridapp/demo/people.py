"""The invented households of one grid, as records: who lives where, with papers, telephones and care."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from gridapp.demo.families import LARGEST, Sketch, family, tenants
from gridapp.demo.household_records import Home, Recorder
from gridapp.demo.ids import Ids, midnight, rng_for
from gridapp.demo.naming import Naming
from gridapp.demo.places import Places, town_places, village_places
from gridapp.domain.place import Dwelling
from gridapp.domain.record import Record

_SIZES = (1, 2, 3, 4, 5, 6)
_WEIGHTS = (15, 25, 26, 19, 10, 5)
YEAR = 366
FAMILY, SHARED, COLLECTIVE, VACANT = "family", "shared", "collective", "vacant"


@dataclass(frozen=True, slots=True)
class GridPlan:
    """What to invent for one grid. ``sequence``: its number in the community, 1 to 99."""

    grid_id: UUID
    community_id: UUID
    village_code: str  # 12 digits
    sequence: int
    households: int = 300
    people: int = 1000
    village: bool = False  # houses found by landmarks instead of buildings
    compound: str = ""  # name of the compound, "" for one of the usual
    leaders: tuple[UUID, ...] = ()  # staff who lead its micro grids


@dataclass(frozen=True, slots=True)
class Population:
    """The people and places of one grid."""

    plan: GridPlan
    places: Places
    homes: tuple[Home, ...]

    def records(self) -> Iterator[Record]:
        """Every record, owners before what they own."""
        yield from self.places.compounds
        yield from self.places.micro_grids
        yield from self.places.buildings
        yield from self.places.dwellings
        for home in self.homes:
            yield home.household
            yield home.file
            for member in home.members:
                yield member.person
                yield member.file
                yield from member.residences
                yield from member.care


def population(plan: GridPlan, *, seed: int, today: date) -> Population:
    """The households of a grid: the same for the same plan, seed and day.

    Exactly ``plan.households`` households with ``plan.people`` people, as far as families of one to
    six allow; a few households are shared, collective or vacant, and a few dwellings are empty.
    """
    rng = rng_for(seed, plan.village_code, plan.sequence, "people")
    start = today - timedelta(days=YEAR)
    ids = Ids(rng, start)
    at = midnight(start)
    kinds = _kinds(rng, plan.households)
    spare = max(1, plan.households // 50)
    # two households to a dwelling happens; so do dwellings that nobody registered for
    doubled = plan.households // 60
    places = _places(rng, ids, plan, plan.households - doubled + spare, today, at)
    slots = _slots(rng, places, plan.households, doubled)
    recorder = Recorder(rng, ids, plan.village_code, plan.sequence, plan.village, today)
    naming = Naming(rng)
    dotted = [naming.dotted(), naming.dotted()]
    homes: list[Home] = []
    for (kind, size), dwelling in zip(_sized(rng, kinds, plan.people), slots, strict=True):
        sketches = _sketches(rng, naming, kind, size, not any(h.kind == SHARED for h in homes))
        if dotted and len(homes) >= 10 and _may_be_dotted(naming, sketches):
            sketches[1] = replace(sketches[1], name=dotted.pop())
        address = places.addresses[dwelling.id]
        homes.append(recorder.home(kind, dwelling, address, sketches, naming))
    return Population(plan, places, tuple(recorder.finish(homes)))


def _places(
    rng: random.Random, ids: Ids, plan: GridPlan, count: int, today: date, at: int
) -> Places:
    if plan.village:
        return village_places(
            rng,
            ids,
            grid_id=plan.grid_id,
            count=count,
            today=today,
            at=at,
            leaders=plan.leaders,
        )
    return town_places(
        rng,
        ids,
        grid_id=plan.grid_id,
        community_id=plan.community_id,
        count=count,
        today=today,
        at=at,
        leaders=plan.leaders,
        name=plan.compound,
    )


def _kinds(rng: random.Random, count: int) -> list[str]:
    kinds = [FAMILY] * count
    if count < 8:
        return kinds
    special = [SHARED] * max(1, count // 25) + [COLLECTIVE] * max(1, count // 150)
    special += [VACANT] * (count // 100)
    free = range(min(8, count // 2), count)  # the first few are families with unusual surnames
    chosen = rng.sample(free, min(len(special), len(free)))
    for place, kind in zip(chosen, special, strict=False):
        kinds[place] = kind
    return kinds


def _sized(rng: random.Random, kinds: list[str], people: int) -> list[tuple[str, int]]:
    """How many live in each household, ``people`` together."""
    sizes = [
        0 if kind == VACANT
        else rng.randint(3, 5) if kind == SHARED
        else rng.randint(6, 10) if kind == COLLECTIVE
        else rng.choices(_SIZES, _WEIGHTS)[0]
        for kind in kinds
    ]  # fmt: skip
    families = [place for place, kind in enumerate(kinds) if kind == FAMILY]
    while families and (missing := people - sum(sizes)):
        step = 1 if missing > 0 else -1
        able = [p for p in families if 1 <= sizes[p] + step <= LARGEST]
        if not able:
            break
        for place in rng.sample(able, min(abs(missing), max(1, len(able) // 4))):
            sizes[place] += step
    return list(zip(kinds, sizes, strict=True))


def _sketches(
    rng: random.Random, naming: Naming, kind: str, size: int, first_shared: bool
) -> list[Sketch]:
    if not size:
        return []
    if kind == FAMILY:
        return family(rng, naming, size)
    return tenants(rng, naming, size, foreign=kind == SHARED and first_shared)


def _may_be_dotted(naming: Naming, sketches: list[Sketch]) -> bool:
    """A wife whose surname nobody else bears."""
    if len(sketches) < 2 or sketches[1].relation != "12" or naming.is_rare(sketches[1].name):
        return False
    return sketches[1].name[0] not in {sketch.name[0] for sketch in sketches[:1] + sketches[2:]}


def _slots(rng: random.Random, places: Places, households: int, doubled: int) -> list[Dwelling]:
    """The dwelling of each household; ``doubled`` dwellings come twice, a few stay empty."""
    used = sorted(rng.sample(range(len(places.dwellings)), households - doubled))
    used += rng.sample(used[households // 2 :], doubled)
    return [places.dwellings[place] for place in sorted(used)]
