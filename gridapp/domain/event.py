"""An event (事件) and its append-only actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from gridapp.domain.record import Record, code, instant, integer, moment, ref
from gridapp.domain.record import text as text_field


@dataclass(frozen=True, kw_only=True, slots=True)
class Event(Record):
    """Something reported. Its creation is the report; its state is derived from its actions."""

    KIND: ClassVar[str] = "event"
    ZH: ClassVar[str] = "事件"
    EN: ClassVar[str] = "event"

    grid_id: UUID | None = ref("网格", "Grid", "unit", required=True)
    household_id: UUID | None = ref("住户", "Household", "household")
    visit_id: UUID | None = ref("走访", "Visit", "visit")
    item_code: str = code("事项", "Item", "catalogue_item", required=True)
    title: str = text_field("标题", "Title", max_length=80)
    text: str = text_field("情况", "Description", max_length=4000, required=True)
    place: str = text_field("地点", "Place")
    happened_at: str | None = moment("发生时间", "When", required=True, past=True)
    reported_by: UUID | None = ref("上报人", "Reported by", "staff", required=True)
    source: str = code("来源", "Source", "event_source")
    number: str = text_field("事件编号", "Event number", max_length=40, given=True)
    temporary: str = text_field("临时号", "Temporary number", max_length=20)
    state: str = code("状态", "State", "event_state", derived=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventAction(Record):
    """One step of an event. ``seen`` is the number of the last action that its author saw."""

    KIND: ClassVar[str] = "event_action"
    ZH: ClassVar[str] = "事件步骤"
    EN: ClassVar[str] = "event action"
    OWNER: ClassVar[str] = "event_id"
    APPEND_ONLY: ClassVar[bool] = True

    event_id: UUID | None = ref("事件", "Event", "event", required=True)
    action: str = code("步骤", "Step", "event_action", required=True)
    number: int | None = integer("序号", "Number", given=True)
    seen: int | None = integer("已见序号", "Last seen")
    actor_id: UUID | None = ref("经办人", "Actor", "staff", required=True)
    unit_id: UUID | None = ref("单位", "Unit", "unit")
    target_unit_id: UUID | None = ref("派往", "Sent to", "unit")
    happened_at: str | None = moment("时间", "When", required=True, past=True)
    text: str = text_field("说明", "Text", max_length=4000)
    rating: str = code("满意度", "Satisfaction", "satisfaction")
    deadline: int | None = instant("时限", "Deadline", given=True)
