"""Photos that are on this computer: small ones for grids, one in full with what it is of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gridapp.clock import day_of
from gridapp.domain.attachment import Attachment
from gridapp.domain.event import Event, EventAction
from gridapp.domain.household import Household
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Record
from gridapp.domain.review import Review
from gridapp.domain.unit import Staff
from gridapp.store import reviewed_photos
from gridapp.store.reader import Reader, marks
from gridapp.store.views.subjects import subject

# Whoever a record says made it, under the names that records have for that.
_AUTHORS = ("visited_by", "reported_by", "actor_id", "recorded_by")
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """What a photo is of. ``kind``: of the record it hangs on; ``code``: how it was visited, which item, which step.

    ``when`` as in ``Type.MOMENT``, "" where nobody said. ``subject``: the household's name or the event's title.
    """

    kind: str
    when: str = ""
    who: str = ""
    code: str = ""
    subject: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """One photo to look at. ``data`` is None until its bytes have come, ``small`` where not even that is here."""

    sha256: str
    data: bytes | None
    small: bytes | None
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class Hung:
    """One photo of a household and what it hangs on."""

    attachment: Attachment
    origin: Origin


_OF_HOUSEHOLD = """
target_id=?1 OR target_id=(SELECT dwelling_id FROM household WHERE id=?1)
OR target_id IN (SELECT id FROM visit WHERE household_id=?1 AND deleted=0)
OR target_id IN (SELECT id FROM event WHERE household_id=?1 AND deleted=0)
OR target_id IN (SELECT a.id FROM event_action a JOIN event e ON e.id=a.event_id
                 WHERE e.household_id=?1 AND e.deleted=0)
"""


def household_attachments(reader: Reader, household_id: UUID) -> tuple[Attachment, ...]:
    """What hangs on a household, its dwelling, its visits and its events, the newest first."""
    found = reader.where(Attachment, _OF_HOUSEHOLD, (household_id.bytes,))
    return tuple(sorted(found, key=lambda a: a.id, reverse=True))


def household_photos(reader: Reader, household_id: UUID) -> tuple[Hung, ...]:
    """The same with what each is of, those of the latest day first."""
    found = household_attachments(reader, household_id)
    of = origins(reader, found)
    hung = [Hung(attachment, of[attachment.id]) for attachment in found]
    return tuple(sorted(hung, key=lambda h: (h.origin.when, h.attachment.id), reverse=True))


def photo(reader: Reader, sha256: str) -> bytes | None:
    """The bytes of a photo, None where they are not here."""
    return reader.blobs.get(sha256)


def thumbnails(reader: Reader, digests: Sequence[str]) -> dict[str, bytes]:
    """Small pictures (JPEG, 240 px) by SHA-256; those that are not here are left out."""
    found: dict[str, bytes] = {}
    for start in range(0, len(digests), _CHUNK):
        part = list(digests[start : start + _CHUNK])
        rows = reader.rows(
            f"SELECT sha256, thumbnail FROM blob WHERE sha256 IN ({marks(part)})", part
        )
        found |= {digest: small for digest, small in rows if small}
    return found


def at_hand(reader: Reader, digests: Sequence[str]) -> dict[str, bytes]:
    """Small pictures of the photos of which something has come, b"" where there is none of it."""
    found: dict[str, bytes] = {}
    for start in range(0, len(digests), _CHUNK):
        part = list(digests[start : start + _CHUNK])
        rows = reader.rows(
            "SELECT sha256, thumbnail FROM blob WHERE (thumbnail IS NOT NULL "
            f"OR state NOT IN ('gone','wanted','broken')) AND sha256 IN ({marks(part)})",
            part,
        )
        found |= {digest: small or b"" for digest, small in rows}
    return found


def photo_page(reader: Reader, shown: Attachment | str) -> PhotoPage:
    """One photo with what it is of. A SHA-256 alone stands for the newest record that names it, or else for the
    newest work that waits for a decision."""
    attachment = shown if isinstance(shown, Attachment) else _named(reader, shown)
    digest = shown.sha256 if isinstance(shown, Attachment) else shown
    small = thumbnails(reader, (digest,)).get(digest)
    if attachment is None:
        origin = _reviewed(reader, digest)
    else:
        origin = origins(reader, (attachment,)).get(attachment.id)
    return PhotoPage(digest, photo(reader, digest), small, origin)


def origins(reader: Reader, attachments: Iterable[Attachment]) -> dict[UUID, Origin]:
    """What each attachment is of, by its id."""
    wanted = list(attachments)
    targets = _targets(reader, wanted)
    authors = {_author(target) for target in targets.values()}
    staff = {s.id: s.name for s in reader.records(Staff, {i for i in authors if i})}
    return {a.id: _origin(reader, a, targets.get(a.target_id), staff) for a in wanted}


def _named(reader: Reader, digest: str) -> Attachment | None:
    found = reader.where(Attachment, "sha256=?", (digest,))
    return max(found, key=lambda a: a.id, default=None)


def _reviewed(reader: Reader, digest: str) -> Origin | None:
    """What a photo of late work is of: its records are not here, so only the review can say."""
    review = reader.record(Review, reviewed_photos.naming(reader, digest))
    if review is None:
        return None
    author = reader.record(Staff, review.author_id)
    about = subject(reader, review.about_kind, review.about_id)
    sent = {name: after for name, (_, after) in json.loads(review.sent).items()}
    return Origin(
        str(sent.get("target_kind") or ""),
        day_of(review.stated_at).isoformat() if review.stated_at else "",
        author.name if author else "",
        subject=about.name if about else "",
        purpose=str(sent.get("purpose") or ""),
    )


def _targets(reader: Reader, attachments: list[Attachment]) -> dict[UUID | None, Record]:
    found: dict[UUID | None, Record] = {}
    for kind in {a.target_kind for a in attachments} & KINDS.keys():
        ids = {a.target_id for a in attachments if a.target_kind == kind and a.target_id}
        found |= {r.id: r for r in reader.records(KINDS[kind].record, ids)}
    return found


def _origin(
    reader: Reader, attachment: Attachment, target: Record | None, staff: dict[UUID, str]
) -> Origin:
    when = getattr(target, "happened_at", None) or _day(attachment)
    author = _author(target)
    return Origin(
        attachment.target_kind,
        when,
        staff.get(author, "") if author else "",
        _code(target),
        _subject(reader, target),
        attachment.purpose,
    )


def _author(target: Record | None) -> UUID | None:
    return next((i for name in _AUTHORS if (i := getattr(target, name, None))), None)


def _code(target: Any) -> str:
    if isinstance(target, Event):
        return target.item_code
    if isinstance(target, EventAction):
        return target.action
    return str(getattr(target, "how", ""))


def _subject(reader: Reader, target: Any) -> str:
    if isinstance(target, EventAction):
        target = reader.record(Event, target.event_id)
    if isinstance(target, Event):
        return target.title
    if not isinstance(target, Household):
        target = reader.record(Household, getattr(target, "household_id", None))
    return target.name if target else ""


def _day(attachment: Attachment) -> str:
    return day_of(attachment.recorded_at).isoformat() if attachment.recorded_at else ""
