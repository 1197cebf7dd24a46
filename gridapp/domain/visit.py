"""A visit (走访): at home, by telephone, or nobody home."""

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
    mapping,
    members,
    moment,
    ref,
    text,
)

_FILE = Sensitivity.RESTRICTED


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit(Record):
    """What one visit found. ``happened_at`` is the worker's word; ``recorded_at`` and ``received_at`` are clocks."""

    KIND: ClassVar[str] = "visit"
    ZH: ClassVar[str] = "走访"
    EN: ClassVar[str] = "visit"
    FILING: ClassVar[Filing] = Filing.FILE
    OWNER: ClassVar[str] = "household_id"

    household_id: UUID | None = ref("住户", "Household", "household", required=True)
    happened_at: str | None = moment("走访时间", "When", required=True, past=True)
    how: str = code("方式", "How", "visit_how", required=True)
    visited_by: UUID | None = ref("走访人", "Visited by", "staff", required=True)
    recorded_by: UUID | None = ref("记录人", "Recorded by", "staff", required=True)
    source: str = code("来源", "Source", "visit_source")
    # names as said, or UUIDs of members of the household
    people_met: tuple[str, ...] = members("见到", "Met", sensitivity=_FILE)
    situation: str = text("情况", "Situation", sensitivity=_FILE, max_length=4000)
    difficulties: str = text("困难", "Difficulties", sensitivity=_FILE, max_length=4000)
    requests: str = text("诉求", "Requests", sensitivity=_FILE, max_length=4000)
    action: str = text("采取措施", "Action taken", sensitivity=_FILE, max_length=4000)
    result: str = text("结果", "Result", sensitivity=_FILE, max_length=4000)
    next_date: date | None = day("下次走访", "Next visit")
    promise: str = text("约好", "Promise", sensitivity=_FILE, max_length=400)
    # "C01/跌倒隐患" -> "good" | "watch" | "rest" (rest: 其余正常, said in one tap)
    answers: Mapping[str, Any] = mapping("关爱清单", "Checklist", sensitivity=_FILE)
