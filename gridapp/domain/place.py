"""Where people live: compound, micro grid, building, dwelling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from gridapp.domain.record import Filing, Record, code, day, integer, real, ref, text, yes_no


@dataclass(frozen=True, kw_only=True, slots=True)
class Compound(Record):
    """小区 or 院落. It may lie in several grids, so it belongs to the community."""

    KIND: ClassVar[str] = "compound"
    ZH: ClassVar[str] = "小区"
    EN: ClassVar[str] = "compound"
    FILING: ClassVar[Filing] = Filing.DISTRICT

    unit_id: UUID | None = ref("社区", "Community", "unit", required=True)
    name: str = text("名称", "Name", max_length=60, required=True)
    address: str = text("地址", "Address")


@dataclass(frozen=True, kw_only=True, slots=True)
class MicroGrid(Record):
    """微网格, 十联户 or 楼栋: a part of a grid with a leader or volunteers of its own."""

    KIND: ClassVar[str] = "micro_grid"
    ZH: ClassVar[str] = "微网格"
    EN: ClassVar[str] = "micro grid"

    grid_id: UUID | None = ref("网格", "Grid", "unit", required=True)
    name: str = text("名称", "Name", max_length=60, required=True)
    kind: str = code("类别", "Kind", "micro_kind")
    leader_id: UUID | None = ref("负责人", "Leader", "staff")


@dataclass(frozen=True, kw_only=True, slots=True)
class Building(Record):
    """A building, or in a village a group of houses."""

    KIND: ClassVar[str] = "building"
    ZH: ClassVar[str] = "楼栋"
    EN: ClassVar[str] = "building"

    grid_id: UUID | None = ref("网格", "Grid", "unit", required=True)
    compound_id: UUID | None = ref("小区", "Compound", "compound")
    micro_grid_id: UUID | None = ref("微网格", "Micro grid", "micro_grid")
    name: str = text("名称", "Name", max_length=60, required=True)
    entrances: int | None = integer("单元数", "Entrances")
    floors: int | None = integer("层数", "Floors")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dwelling(Record):
    """A dwelling: building, entrance and room, or group and landmark. It holds none, one or many households."""

    KIND: ClassVar[str] = "dwelling"
    ZH: ClassVar[str] = "住房"
    EN: ClassVar[str] = "dwelling"

    grid_id: UUID | None = ref("网格", "Grid", "unit", required=True)
    building_id: UUID | None = ref("楼栋", "Building", "building")
    entrance: str = text("单元", "Entrance", max_length=20)
    room: str = text("室", "Room", max_length=20)
    landmark: str = text("位置", "Landmark", max_length=80)
    floor: int | None = integer("楼层", "Floor")
    tenure: str = code("产权", "Tenure", "tenure")
    area: float | None = real("面积(平方米)", "Area (m²)")
    structure: str = code("结构", "Structure", "structure")
    floors: int | None = integer("层数", "Floors")
    gas: str = code("燃气", "Gas", "gas")
    gas_alarm: bool | None = yes_no("燃气报警器", "Gas alarm")
    smoke_alarm: bool | None = yes_no("烟感报警器", "Smoke alarm")
    last_check: date | None = day("最近安全检查", "Last safety check", past=True)
