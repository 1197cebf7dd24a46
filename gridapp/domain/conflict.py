"""Two people changed one field: what arrived second, kept until a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from gridapp.domain.record import Filing, Record, Sensitivity, code, instant, ref, text

OPEN = "open"
CLOSED = "closed"  # both agree again
DECIDED = "decided"  # a person chose


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict(Record):
    """One per record, field and device. Values are canonical JSON texts.

    ``standing_by`` and ``standing_at`` say who set what stands, ``author_id`` and ``other_at`` the other value.
    """

    KIND: ClassVar[str] = "conflict"
    ZH: ClassVar[str] = "改了两次"
    EN: ClassVar[str] = "changed twice"
    FILING: ClassVar[Filing] = Filing.TARGET

    target_kind: str = text("类别", "Kind", max_length=40, given=True)
    target_id: UUID | None = ref("记录", "Record", "", given=True)
    field: str = text("字段", "Field", max_length=60, given=True)
    device_id: UUID | None = ref("设备", "Device", "", given=True)
    author_id: UUID | None = ref("修改人", "Author", "staff", given=True)
    start: str = text(
        "原来", "Before", given=True, sensitivity=Sensitivity.RESTRICTED, max_length=20000
    )
    standing: str = text(
        "现在", "Standing", given=True, sensitivity=Sensitivity.RESTRICTED, max_length=20000
    )
    other: str = text(
        "另一个", "Other", given=True, sensitivity=Sensitivity.RESTRICTED, max_length=20000
    )
    state: str = code("状态", "State", "conflict_state", given=True)
    opened_at: int | None = instant("时间", "Opened at", given=True)
    standing_by: UUID | None = ref("先改的人", "First changed by", "staff", given=True)
    standing_at: int | None = instant("先改的时间", "First changed at", given=True)
    other_at: int | None = instant("后改的时间", "Then changed at", given=True)
    choice: str = code("选的", "Choice", "conflict_choice", given=True)
    decided_by: UUID | None = ref("选的人", "Chosen by", "staff", given=True)
    decided_at: int | None = instant("选的时间", "Chosen at", given=True)
