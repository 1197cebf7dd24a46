"""A person (居民), what only the file channel carries of them, and care enrolment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from gridapp.domain.record import (
    Filing,
    Record,
    Sensitivity,
    code,
    day,
    integer,
    mapping,
    members,
    ref,
    text,
)

_FILE = Sensitivity.RESTRICTED


@dataclass(frozen=True, kw_only=True, slots=True)
class Person(Record):
    """A resident. Filed through residences; the birth year stands with every name."""

    KIND: ClassVar[str] = "person"
    ZH: ClassVar[str] = "居民"
    EN: ClassVar[str] = "person"

    name: str = text("姓名", "Name", max_length=40, required=True)
    nicknames: tuple[str, ...] = members("别名", "Nicknames")
    birth_year: int | None = integer("出生年", "Birth year", past=True)
    status: str = code("现况", "Status", "person_status")
    away_until: date | None = day("外出至", "Away until")
    status_note: str = text("现况说明", "Status note", max_length=80)


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonFile(Record):
    """Identity, telephones and particulars. Kind, number, birth and sex of an identity merge as a whole."""

    KIND: ClassVar[str] = "person_file"
    ZH: ClassVar[str] = "居民档案"
    EN: ClassVar[str] = "person file"
    FILING: ClassVar[Filing] = Filing.FILE
    OWNER: ClassVar[str] = "person_id"

    person_id: UUID | None = ref("居民", "Person", "person", required=True)
    id_kind: str = code("证件类型", "ID kind", "id_kind", group="identity", sensitivity=_FILE)
    id_number: str = text(
        "证件号码",
        "ID number",
        group="identity",
        sensitivity=Sensitivity.PERSONAL,
        max_length=30,
    )
    birth_date: date | None = day(
        "出生日期", "Birth date", group="identity", sensitivity=_FILE, past=True
    )
    sex: str = code("性别", "Sex", "sex", group="identity", sensitivity=_FILE)
    # number -> whose it is ("本人", "女儿 王芳"); one number may stand with several people
    phones: Mapping[str, Any] = mapping("电话", "Telephones", sensitivity=Sensitivity.PERSONAL)
    marital: str = code("婚姻状况", "Marital status", "marital", sensitivity=_FILE)
    education: str = code("文化程度", "Education", "education", sensitivity=_FILE)
    occupation: str = text("职业", "Occupation", sensitivity=_FILE, max_length=60)
    employer: str = text("工作单位", "Employer", sensitivity=_FILE, max_length=80)
    registered_place: str = text("户籍地", "Registered place", sensitivity=_FILE)


@dataclass(frozen=True, kw_only=True, slots=True)
class CareEnrolment(Record):
    """A person in a care group, from–to."""

    KIND: ClassVar[str] = "care_enrolment"
    ZH: ClassVar[str] = "关爱登记"
    EN: ClassVar[str] = "care enrolment"
    FILING: ClassVar[Filing] = Filing.FILE
    OWNER: ClassVar[str] = "person_id"

    person_id: UUID | None = ref("居民", "Person", "person", required=True)
    group_code: str = code("关爱群体", "Care group", "care_group", required=True, sensitivity=_FILE)
    level: str = code("需要程度", "Need", "care_level", sensitivity=_FILE)
    from_date: date | None = day("自", "From")
    to_date: date | None = day("至", "To")
    note: str = text("说明", "Note", sensitivity=_FILE, max_length=400)
