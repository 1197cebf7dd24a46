"""Reference data of a district: code tables, event catalogue, care groups, checklists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gridapp.domain.record import Filing, Record, integer, real, text, yes_no
from gridapp.domain.record import code as code_field


@dataclass(frozen=True, kw_only=True, slots=True)
class Code(Record):
    """One entry of a code table."""

    KIND: ClassVar[str] = "code"
    ZH: ClassVar[str] = "代码"
    EN: ClassVar[str] = "code"
    FILING: ClassVar[Filing] = Filing.DISTRICT

    table_name: str = text("代码表", "Table", max_length=40, required=True)
    code: str = text("代码", "Code", max_length=40, required=True)
    zh: str = text("中文", "Chinese", required=True)
    en: str = text("英文", "English")
    sort: int | None = integer("排序", "Order")


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueItem(Record):
    """One kind of event that can be reported, with who handles it and by when."""

    KIND: ClassVar[str] = "catalogue_item"
    ZH: ClassVar[str] = "事项"
    EN: ClassVar[str] = "catalogue item"
    FILING: ClassVar[Filing] = Filing.DISTRICT

    class_code: str = text("大类代码", "Class code", max_length=10, required=True)
    class_zh: str = text("大类", "Class", required=True)
    class_en: str = text("大类(英)", "Class (English)")
    item_code: str = text("事项代码", "Item code", max_length=10, required=True)
    item_zh: str = text("事项", "Item", required=True)
    item_en: str = text("事项(英)", "Item (English)")
    level: str = text("层级", "Level", max_length=20)
    dept_type: str = code_field("责任部门", "Department type", "dept_type")
    limit_value: float | None = real("时限", "Limit")
    limit_unit: str = text("时限单位", "Limit unit", max_length=4)  # H, WH, WD, D
    urgency: str = text("紧急程度", "Urgency", max_length=20)
    points: float | None = real("积分", "Points")
    photo_before: bool | None = yes_no("处置前照片", "Photo before")
    photo_after: bool | None = yes_no("处置后照片", "Photo after")
    privacy: str = text("隐私", "Privacy", max_length=20)
    call_first: str = text("先拨打", "Call first", max_length=20)
    dispute_code: str = text("纠纷类型", "Dispute type", max_length=40)


@dataclass(frozen=True, kw_only=True, slots=True)
class CareGroup(Record):
    """A care group with its visit rhythm and checklist (items separated by ``|``)."""

    KIND: ClassVar[str] = "care_group"
    ZH: ClassVar[str] = "关爱群体"
    EN: ClassVar[str] = "care group"
    FILING: ClassVar[Filing] = Filing.DISTRICT

    group_code: str = text("代码", "Code", max_length=10, required=True)
    name_zh: str = text("名称", "Name", required=True)
    name_en: str = text("名称(英)", "Name (English)")
    who_zh: str = text("对象", "Who", max_length=400)
    who_en: str = text("对象(英)", "Who (English)", max_length=400)
    visit_every_days: int | None = integer("走访间隔(天)", "Visit every (days)")
    high_need_every_days: int | None = integer("重点间隔(天)", "High need every (days)")
    high_need_when: str = text("重点条件", "High need when", max_length=400)
    first_visit_within_days: int | None = integer("首访期限(天)", "First visit within (days)")
    eligibility_review_days: int | None = integer("复核(天)", "Review (days)")
    channel: str = text("方式", "Channel", max_length=40)
    privacy: str = text("隐私", "Privacy", max_length=20)
    checklist_zh: str = text("清单", "Checklist", max_length=2000)
    checklist_en: str = text("清单(英)", "Checklist (English)", max_length=2000)
    worker_must_not: str = text("不得", "Must not", max_length=400)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecklistItem(Record):
    """One line of an inspection list."""

    KIND: ClassVar[str] = "checklist_item"
    ZH: ClassVar[str] = "检查项"
    EN: ClassVar[str] = "checklist item"
    FILING: ClassVar[Filing] = Filing.DISTRICT

    list_code: str = text("清单代码", "List code", max_length=10, required=True)
    list_zh: str = text("清单", "List", required=True)
    list_en: str = text("清单(英)", "List (English)")
    place_type: str = text("场所", "Place type", max_length=40)
    cycle_days: int | None = integer("周期(天)", "Cycle (days)")
    item_no: int | None = integer("序号", "Number")
    item_code: str = text("代码", "Code", max_length=10, required=True)
    check_zh: str = text("检查内容", "Check", max_length=400, required=True)
    check_en: str = text("检查内容(英)", "Check (English)", max_length=400)
    severity: str = text("程度", "Severity", max_length=20)
    on_fail: str = text("不合格时", "On fail", max_length=20)
    rectify_days: int | None = integer("整改(天)", "Rectify (days)")
    event_item_code: str = text("对应事项", "Event item", max_length=10)
    photo_on_fail: bool | None = yes_no("不合格拍照", "Photo on fail")
