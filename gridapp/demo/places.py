"""Where the invented people live: walk-ups and towers in a compound, or village houses by landmark."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from gridapp.demo.ids import Ids
from gridapp.demo.phrases import one_of
from gridapp.domain.address import dwelling_address
from gridapp.domain.place import Building, Compound, Dwelling, MicroGrid

_COMPOUND_NAMES = (
    "建文花园", "机床厂家属院", "锦绣苑", "平原新村", "和顺里", "枫叶佳园", "东风小区", "书香苑",
)  # fmt: skip
_LANDMARKS = (
    "老槐树", "村口小卖部", "大水塔", "旧戏台", "老磨坊", "文化广场", "卫生室", "皂角树", "机井房",
    "旧小学", "打麦场", "石拱桥", "大柿树", "南坑塘", "公交站牌", "变压器",
)  # fmt: skip
_SIDES = ("东", "西", "南", "北")
_ORDER = "一二三四五六七八九十"
_GROUPS = ("一组", "二组", "三组", "四组", "五组", "六组", "七组", "八组")

# (floors, entrances, rooms to a landing)
_WALK_UPS = ((5, 3, 2), (6, 4, 2), (6, 3, 2), (7, 3, 2))
_TOWERS = ((11, 2, 2), (18, 1, 4), (18, 2, 2))


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one grid, with the address of each dwelling by its id."""

    compounds: tuple[Compound, ...]
    micro_grids: tuple[MicroGrid, ...]
    buildings: tuple[Building, ...]
    dwellings: tuple[Dwelling, ...]
    addresses: dict[UUID, str]
    village: bool


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all places of one grid share."""

    rng: random.Random
    ids: Ids
    grid_id: UUID
    today: date
    at: int  # recorded_at


def town_places(
    rng: random.Random,
    ids: Ids,
    *,
    grid_id: UUID,
    community_id: UUID,
    count: int,
    today: date,
    at: int,
    leaders: tuple[UUID, ...] = (),
    name: str = "",
) -> Places:
    """A compound with ``count`` dwellings; each building is a micro grid, led by one of ``leaders``."""
    ground = _Ground(rng, ids, grid_id, today, at)
    compound = Compound(
        id=ids.new(at), unit_id=community_id, name=name or one_of(rng, _COMPOUND_NAMES)
    )
    micro_grids: list[MicroGrid] = []
    buildings: list[Building] = []
    dwellings: list[Dwelling] = []
    while len(dwellings) < count:
        number = len(buildings) + 1
        floors, entrances, landing = one_of(rng, _TOWERS if number % 5 == 0 else _WALK_UPS)
        micro = _micro_grid(ground, f"{number}号楼", "building", leaders, number)
        building = Building(
            id=ids.new(at),
            grid_id=grid_id,
            compound_id=compound.id,
            micro_grid_id=micro.id,
            name=str(number),
            entrances=entrances,
            floors=floors,
            recorded_at=at,
        )
        micro_grids.append(micro)
        buildings.append(building)
        dwellings.extend(
            _flat(ground, building, str(entrance), f"{floor}{door:02}", floor)
            for entrance in range(1, entrances + 1)
            for floor in range(1, floors + 1)
            for door in range(1, landing + 1)
        )
    del dwellings[count:]
    names = {b.id: b.name for b in buildings}
    addresses = {
        d.id: dwelling_address(
            names.get(d.building_id, "") if d.building_id else "",
            d.entrance,
            d.room,
            d.landmark,
            compound.name,
        )
        for d in dwellings
    }
    return Places(
        (compound,), tuple(micro_grids), tuple(buildings), tuple(dwellings), addresses, False
    )


def village_places(
    rng: random.Random,
    ids: Ids,
    *,
    grid_id: UUID,
    count: int,
    today: date,
    at: int,
    leaders: tuple[UUID, ...] = (),
) -> Places:
    """``count`` houses in groups, each found by a landmark: 老槐树东第二家."""
    ground = _Ground(rng, ids, grid_id, today, at)
    spots = [
        f"{landmark}{side}第{nth}家" for landmark in _LANDMARKS for side in _SIDES for nth in _ORDER
    ]
    # neighbours stay together: every landmark keeps its houses in a row
    spots = (
        spots[: max(count, 1)] if count <= len(spots) else spots + [f"{spot}后院" for spot in spots]
    )
    share = -(-count // len(_GROUPS))
    micro_grids: list[MicroGrid] = []
    buildings: list[Building] = []
    dwellings: list[Dwelling] = []
    for start in range(0, count, share):
        group = _GROUPS[len(buildings)]
        micro = _micro_grid(ground, f"{group}十联户", "ten", leaders, len(buildings))
        building = Building(
            id=ids.new(at),
            grid_id=grid_id,
            micro_grid_id=micro.id,
            name=group,
            recorded_at=at,
        )
        micro_grids.append(micro)
        buildings.append(building)
        dwellings.extend(
            _house(ground, building, spot) for spot in spots[start : min(start + share, count)]
        )
    names = {b.id: b.name for b in buildings}
    addresses = {
        d.id: dwelling_address(
            names.get(d.building_id, "") if d.building_id else "", "", "", d.landmark
        )
        for d in dwellings
    }
    return Places((), tuple(micro_grids), tuple(buildings), tuple(dwellings), addresses, True)


def _micro_grid(
    ground: _Ground, name: str, kind: str, leaders: tuple[UUID, ...], number: int
) -> MicroGrid:
    return MicroGrid(
        id=ground.ids.new(ground.at),
        grid_id=ground.grid_id,
        name=name,
        kind=kind,
        leader_id=leaders[number % len(leaders)] if leaders else None,
        recorded_at=ground.at,
    )


def _flat(ground: _Ground, building: Building, entrance: str, room: str, floor: int) -> Dwelling:
    rng = ground.rng
    gas = rng.choices(("piped", "bottled", "none"), (88, 4, 8))[0]
    return Dwelling(
        id=ground.ids.new(ground.at),
        grid_id=ground.grid_id,
        building_id=building.id,
        entrance=entrance,
        room=room,
        floor=floor,
        tenure=rng.choices(("own", "rent", "public", "unit"), (70, 20, 6, 4))[0],
        area=float(rng.choice((48, 55, 62, 68, 76, 89, 96, 105, 118, 128))),
        structure="brick_concrete" if (building.floors or 0) < 8 else "frame",
        floors=building.floors,
        gas=gas,
        gas_alarm=rng.random() < 0.6 if gas == "piped" else None,
        smoke_alarm=rng.random() < 0.25,
        last_check=_checked(ground),
        recorded_at=ground.at,
    )


def _house(ground: _Ground, building: Building, landmark: str) -> Dwelling:
    rng = ground.rng
    gas = rng.choices(("piped", "bottled", "none"), (30, 50, 20))[0]
    return Dwelling(
        id=ground.ids.new(ground.at),
        grid_id=ground.grid_id,
        building_id=building.id,
        landmark=landmark,
        tenure=rng.choices(("homestead", "rent", "relative"), (88, 9, 3))[0],
        area=float(rng.choice((80, 96, 120, 140, 166, 180, 210))),
        structure=rng.choices(("brick_concrete", "brick_wood", "earth"), (72, 26, 2))[0],
        floors=rng.choices((1, 2, 3), (55, 40, 5))[0],
        gas=gas,
        gas_alarm=rng.random() < 0.4 if gas == "piped" else None,
        smoke_alarm=rng.random() < 0.1,
        last_check=_checked(ground),
        recorded_at=ground.at,
    )


def _checked(ground: _Ground) -> date | None:
    if ground.rng.random() < 0.12:
        return None
    return ground.today - timedelta(days=ground.rng.randint(3, 320))
