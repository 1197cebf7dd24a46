"""An attachment: the description of a blob, named by the SHA-256 of its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from gridapp.domain.record import Filing, Record, code, instant, integer, ref, text


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment(Record):
    """A photo or document of a visit, event, event action, household or dwelling."""

    KIND: ClassVar[str] = "attachment"
    ZH: ClassVar[str] = "附件"
    EN: ClassVar[str] = "attachment"
    FILING: ClassVar[Filing] = Filing.TARGET

    target_kind: str = text("所属类别", "Of kind", max_length=40, required=True)
    target_id: UUID | None = ref("所属", "Of", "", required=True)
    # Who may see the bytes follows from the digest: an edit of it would open another photo.
    sha256: str = text("摘要", "Digest", max_length=64, required=True, fixed=True)
    media_type: str = text("类型", "Media type", max_length=60, required=True, fixed=True)
    size: int | None = integer("字节", "Bytes", required=True, fixed=True)
    width: int | None = integer("宽", "Width")
    height: int | None = integer("高", "Height")
    purpose: str = code("用途", "Purpose", "attachment_purpose")
    taken_at: int | None = instant("拍摄时间", "Taken at")
