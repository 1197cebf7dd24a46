"""The household (户) and its restricted file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from gridapp.domain.record import (
    Filing,
    Record,
    Sensitivity,
    code,
    day,
    members,
    ref,
    text,
    yes_no,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Household(Record):
    """A household: family, collective, shared rental, or a vacant dwelling. The root of what is kept of it."""

    KIND: ClassVar[str] = "household"
    ZH: ClassVar[str] = "住户"
    EN: ClassVar[str] = "household"

    grid_id: UUID | None = ref("网格", "Grid", "unit", required=True)
    dwelling_id: UUID | None = ref("住房", "Dwelling", "dwelling")
    number: str = text("户号", "Household number", max_length=20, given=True)
    temporary: str = text("临时号", "Temporary number", max_length=20)
    own_number: str = text("自编号", "Own number", max_length=40)
    name: str = text("户名", "Household name", max_length=40, required=True)
    kind: str = code("户类型", "Household kind", "household_kind")
    head_id: UUID | None = ref("户主", "Head", "person")
    registered_address: str = text("户籍地址", "Registered address")
    opened_on: date | None = day("建档日期", "Opened on", past=True)
    status: str = code("状态", "Status", "household_status")
    address: str = text("现住址", "Address", derived=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseholdFile(Record):
    """What only the file channel carries: livelihood, benefits, needs, emergency contact, legal basis."""

    KIND: ClassVar[str] = "household_file"
    ZH: ClassVar[str] = "住户档案"
    EN: ClassVar[str] = "household file"
    FILING: ClassVar[Filing] = Filing.FILE
    OWNER: ClassVar[str] = "household_id"

    household_id: UUID | None = ref("住户", "Household", "household", required=True)
    livelihood: tuple[str, ...] = members(
        "生活来源", "Livelihood", sensitivity=Sensitivity.RESTRICTED
    )
    benefits: tuple[str, ...] = members("享受政策", "Benefits", sensitivity=Sensitivity.RESTRICTED)
    needs: str = text("困难与需求", "Needs", sensitivity=Sensitivity.RESTRICTED, max_length=2000)
    wishes: str = text("心愿", "Wishes", sensitivity=Sensitivity.RESTRICTED, max_length=2000)
    emergency_name: str = text(
        "紧急联系人", "Emergency contact", sensitivity=Sensitivity.RESTRICTED, max_length=40
    )
    emergency_relation: str = text(
        "与本户关系", "Relation", sensitivity=Sensitivity.RESTRICTED, max_length=40
    )
    emergency_phone: str = text(
        "紧急联系电话", "Emergency telephone", sensitivity=Sensitivity.PERSONAL, max_length=20
    )
    legal_basis: str = code("建档依据", "Legal basis", "legal_basis")
    notice_given: bool | None = yes_no("已告知", "Notice given")
    notice_on: date | None = day("告知日期", "Notice given on", past=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Residence(Record):
    """One person's tie to one household: registered, living or letting, from–to. Visits follow ``living``."""

    KIND: ClassVar[str] = "residence"
    ZH: ClassVar[str] = "居住关系"
    EN: ClassVar[str] = "residence"
    OWNER: ClassVar[str] = "household_id"

    person_id: UUID | None = ref("居民", "Person", "person", required=True)
    household_id: UUID | None = ref("住户", "Household", "household", required=True)
    kind: str = code("居住类型", "Kind", "residence_kind", required=True)
    relation: str = code("与户主关系", "Relation to head", "family_relation")
    from_date: date | None = day("自", "From")
    to_date: date | None = day("至", "To")
