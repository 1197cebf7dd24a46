"""The unit tree (district, township, village, …, grid), staff, and who serves where from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from gridapp.domain.record import Filing, Record, day, integer, ref, text, yes_no
from gridapp.domain.record import code as code_field

SYSTEM = UUID(int=1)  # staff and device of the server itself: its writes have an author too


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit(Record):
    """A node of the tree: 3 to 6 levels, each with a free label; a grid is a unit of kind ``grid``."""

    KIND: ClassVar[str] = "unit"
    ZH: ClassVar[str] = "单位"
    EN: ClassVar[str] = "unit"
    FILING: ClassVar[Filing] = Filing.DISTRICT

    parent_id: UUID | None = ref("上级", "Parent", "unit")
    code: str = text("代码", "Code", max_length=20, required=True)
    name: str = text("名称", "Name", max_length=80, required=True)
    kind: str = code_field("类别", "Kind", "unit_kind", required=True)
    label: str = text("称呼", "Label", max_length=20)
    grid_kind: str = code_field("网格类别", "Grid kind", "grid_kind")
    dept_type: str = code_field("部门类型", "Department type", "dept_type")
    sort: int | None = integer("排序", "Order")
    changing_on: date | None = day("交接日期", "Changes hands on")
    successor_id: UUID | None = ref("并入", "Merged into", "unit")


@dataclass(frozen=True, kw_only=True, slots=True)
class Staff(Record):
    """A person who works with gridapp."""

    KIND: ClassVar[str] = "staff"
    ZH: ClassVar[str] = "工作人员"
    EN: ClassVar[str] = "staff"
    FILING: ClassVar[Filing] = Filing.DISTRICT

    name: str = text("姓名", "Name", max_length=40, required=True)
    user_name: str = text("用户名", "User name", max_length=40)
    phone: str = text("电话", "Telephone", max_length=20)
    active: bool | None = yes_no("在岗", "Active")


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment(Record):
    """One role of one member of staff at one unit, from–to; ``covers_id`` names who is stood in for."""

    KIND: ClassVar[str] = "assignment"
    ZH: ClassVar[str] = "任职"
    EN: ClassVar[str] = "assignment"
    FILING: ClassVar[Filing] = Filing.DISTRICT

    staff_id: UUID | None = ref("人员", "Staff", "staff", required=True)
    unit_id: UUID | None = ref("单位", "Unit", "unit", required=True)
    role: str = code_field("角色", "Role", "role", required=True)
    full_time: bool | None = yes_no("专职", "Full time")
    from_date: date | None = day("自", "From")
    to_date: date | None = day("至", "To")
    covers_id: UUID | None = ref("代", "Covers", "staff")
