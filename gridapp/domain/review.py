"""Work that came after its author had lost the right to it: parked until the head of the grid decides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID, uuid5

from gridapp.domain.record import Filing, Record, Sensitivity, code, instant, mapping, ref, text

_NAMESPACE = UUID("2f1d5b1a-3c4e-5f60-8a71-9b2c3d4e5f61")

WAITING = "waiting"
# Taken, as it was sent or with ``changed`` values; by nobody (``decided_by``) where its author sent it once more.
ACCEPTED = "accepted"
RETURNED = "returned"  # back to the author, with ``note``


@dataclass(frozen=True, kw_only=True, slots=True)
class Review(Record):
    """One per parked operation; its id is derived from the ``op_id``. Made by the server alone.

    The head decides by editing ``state``, with ``note`` and, to change what was sent, ``changed`` (field -> value
    in stored form, ids in hex) and ``seen``, what stood in those fields as the head saw it. ``sent`` is canonical
    JSON {field: [before, after]}, ids in hex. ``about_kind``, ``about_id``: the household, person, event or place
    on which it hangs. ``hangs_on``: the review of the creation that it waits for; such a one is decided with
    that, never alone.
    """

    KIND: ClassVar[str] = "review"
    ZH: ClassVar[str] = "待审记录"
    EN: ClassVar[str] = "work to review"
    FILING: ClassVar[Filing] = Filing.REVIEW

    grid_id: UUID | None = ref("网格", "Grid", "unit", given=True)
    op_id: UUID | None = ref("编号", "Operation", "", given=True)
    device_id: UUID | None = ref("设备", "Device", "", given=True)
    author_id: UUID | None = ref("记录人", "Author", "staff", given=True)
    target_kind: str = text("类别", "Kind", max_length=40, given=True)
    target_id: UUID | None = ref("记录", "Record", "", given=True)
    about_kind: str = text("属于", "Belongs to", max_length=40, given=True)
    about_id: UUID | None = ref("属于哪条", "Belongs to which", "", given=True)
    hangs_on: UUID | None = ref("随同", "Decided with", "review", given=True)
    reason: str = text("原因", "Reason", max_length=40, given=True)
    sent: str = text(
        "内容", "Content", given=True, sensitivity=Sensitivity.RESTRICTED, max_length=40000
    )
    stated_at: int | None = instant("记录时间", "Recorded at", given=True)
    state: str = code("状态", "State", "review_state")
    note: str = text("说明", "Note", max_length=500)
    changed: Mapping[str, Any] = mapping("改成", "Changed to")
    seen: Mapping[str, Any] = mapping("当时登记的", "Held then")
    decided_by: UUID | None = ref("审核人", "Decided by", "staff", given=True)
    decided_at: int | None = instant("审核时间", "Decided at", given=True)


def review_id(op_id: bytes) -> UUID:
    """The id of the review of one operation."""
    return uuid5(_NAMESPACE, op_id.hex())


def photo_named(sent: str | None) -> str:
    """The SHA-256 of the photo that the ``sent`` of an attachment's creation names; "" in what is none."""
    digest = _created_with(sent, "sha256")
    return digest if isinstance(digest, str) else ""


def photo_size(sent: str | None) -> int:
    """How many bytes its author says that the photo has; 0 where nothing is said."""
    size = _created_with(sent, "size")
    return size if isinstance(size, int) else 0


def _created_with(sent: str | None, name: str) -> object:
    before, after = json.loads(sent or "{}").get(name, (None, None))
    return after if before is None else None
