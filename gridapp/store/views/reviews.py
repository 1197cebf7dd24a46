"""Work that came too late, as the head of a grid sees it: who wrote what, when, about whom, and what stands now.

What one person saved together is one case. Values are in stored form, as everywhere; ``names`` says what the
records are called that values name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from gridapp.clock import Instant
from gridapp.domain.choice import conflict_values
from gridapp.domain.fields import merged
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Kind, Sensitivity, Type
from gridapp.domain.review import ACCEPTED, RETURNED, WAITING, Review, photo_named
from gridapp.domain.unit import Staff, Unit
from gridapp.domain.values import Stored, loaded
from gridapp.i18n import tr
from gridapp.store.authority import may_write_in
from gridapp.store.reader import Reader
from gridapp.store.reviewing import may_change
from gridapp.store.views.names import names_of
from gridapp.store.views.subjects import Subject, subject

SHOWN = 100  # cases
DECIDED = 30  # of those that were decided, the newest

_CALLED_BY = ("household", "person", "event", "visit", "dwelling", "building")
_WHY = {
    "role_ended": "他在这里的任职已结束，这是之前记的，后来才传上来。",
    "moved_away": "这一户已划到你的网格，这是划来之前记的，后来才传上来。",
    "waits_for_owner": "它和上面那条一起收下或退回。",
}


@dataclass(frozen=True, slots=True)
class ReviewedField:
    """One field. ``before``: what its author began with, ``sent``: what the author wrote, ``held``: what is registered
    now as far as this computer knows, ``decided``: what it became where the head set another value."""

    declared: Field
    before: Stored
    sent: Stored
    held: Stored = None
    decided: Stored = None
    was_changed: bool = False  # the head set another value
    may_change: bool = False

    @property
    def meanwhile(self) -> bool:
        """Whether somebody else registered something else since its author looked."""
        return self.held not in (self.before, self.sent)

    @property
    def already(self) -> bool:
        """Whether what was written is what is registered."""
        return self.held == self.sent


@dataclass(frozen=True, slots=True)
class ReviewedRecord:
    """One record of a case. ``what``: created, changed, deleted, merged or decided (a choice between two values)."""

    review: Review
    what: str
    fields: tuple[ReviewedField, ...]
    about: Subject | None
    along: tuple[ReviewedRecord, ...] = ()  # decided with it

    @property
    def kind(self) -> Kind:
        """The kind of record."""
        return KINDS[self.review.target_kind]

    @property
    def photo(self) -> str:
        """The SHA-256 of the photo that it adds to something, "" where it is anything else."""
        is_new = self.review.target_kind == "attachment" and self.what == "created"
        return photo_named(self.review.sent) if is_new else ""

    @property
    def purpose(self) -> str:
        """Of a photo, what it shows: before, after …"""
        return self._sent("purpose")

    @property
    def photo_of(self) -> str:
        """Of a photo, the kind of record that it is added to."""
        return self._sent("target_kind")

    def _sent(self, name: str) -> str:
        said = next((f.sent for f in self.fields if f.declared.name == name), None)
        return said if isinstance(said, str) else ""

    @property
    def already(self) -> bool:
        """Whether nothing of it is new."""
        return self.what == "changed" and all(f.already for f in self.fields)

    @property
    def hides_numbers(self) -> bool:
        """Whether something of it is masked."""
        return any(f.declared.sensitivity is Sensitivity.PERSONAL for f in self.fields)

    @property
    def held(self) -> Mapping[str, Stored]:
        """Field -> what is registered now: to be named with a decision that changes it."""
        return {f.declared.name: f.held for f in self.fields}


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """What one person saved together. ``stated_at``: when it was recorded; ``arrived_at``: when it came up.

    ``why``: in words, why it was not simply taken. Once decided: by whom, when, with which words.
    """

    author: str
    author_id: UUID | None
    stated_at: Instant
    arrived_at: Instant
    grid: str
    why: str
    about: Subject | None
    records: tuple[ReviewedRecord, ...]
    may_decide: bool
    state: str = WAITING
    note: str = ""
    decided_by: str = ""
    decided_at: Instant | None = None
    names: Mapping[bytes, str] = field(default_factory=dict, compare=False)  # of what values name

    @property
    def photos(self) -> tuple[ReviewedRecord, ...]:
        """The photos that were saved with it, in their order."""
        every = (each for record in self.records for each in (record, *record.along))
        return tuple(record for record in every if record.photo)

    @property
    def accepted(self) -> bool:
        """Whether it was taken."""
        return self.state == ACCEPTED


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """All that the page shows, of one moment: what waits, the oldest first; what was decided, the newest first."""

    waiting: tuple[ReviewCase, ...]
    decided: tuple[ReviewCase, ...]
    count: int  # cases that wait, shown or not
    names: Mapping[bytes, str] = field(default_factory=dict)


def review_page(reader: Reader) -> ReviewPage:
    """What waits for a decision in the grids of this user, and what was decided last."""
    waiting = _cases(reader, reader.where(Review, "state=?", (WAITING,)))
    waiting.sort(key=lambda case: (case.stated_at, case.records[0].review.id))
    done = reader.where(
        Review,
        "state IN (?,?) AND id IN (SELECT id FROM review WHERE state IN (?,?) AND hangs_on IS NULL "
        "ORDER BY decided_at DESC LIMIT ?)",
        (ACCEPTED, RETURNED, ACCEPTED, RETURNED, DECIDED * 5),
    )
    decided = _cases(reader, done)
    decided.sort(key=lambda case: (case.decided_at or 0, case.stated_at), reverse=True)
    shown, past = tuple(waiting[:SHOWN]), tuple(decided[:DECIDED])
    names = _names(reader, (*shown, *past))
    shown, past = (tuple(replace(case, names=names) for case in cases) for cases in (shown, past))
    return ReviewPage(shown, past, len(waiting), names)


def review_case(reader: Reader, review_id: UUID) -> ReviewCase | None:
    """The case that waits of which this review is the first, or None."""
    waiting = review_page(reader).waiting
    return next((case for case in waiting if case.records[0].review.id == review_id), None)


def count_waiting(reader: Reader) -> int:
    """How many cases wait for a decision."""
    found = reader.value(
        "SELECT count(*) FROM (SELECT DISTINCT device_id, stated_at, grid_id FROM review "
        "WHERE state=? AND deleted=0 AND hangs_on IS NULL)",
        (WAITING,),
    )
    return int(found)


def _cases(reader: Reader, reviews: Iterable[Review]) -> list[ReviewCase]:
    along: dict[UUID, list[Review]] = {}
    together: dict[tuple[Any, ...], list[Review]] = {}
    for review in sorted(reviews, key=lambda r: (r.stated_at or 0, r.op_id or r.id)):
        if review.target_kind not in KINDS:
            continue
        if review.hangs_on is not None:
            along.setdefault(review.hangs_on, []).append(review)
        else:
            same = (review.device_id, review.stated_at, review.grid_id, review.state, review.note)
            together.setdefault((*same, review.decided_by), []).append(review)
    return [_case(reader, found, along) for found in together.values()]


def _case(reader: Reader, reviews: list[Review], along: Mapping[UUID, list[Review]]) -> ReviewCase:
    first = reviews[0]
    records = tuple(_record(reader, r, along.get(r.id, ())) for r in reviews)
    staff = {s.id: s.name for s in reader.records(Staff, _staff_of(first))}
    grid = reader.record(Unit, first.grid_id)
    today = reader.today.isoformat()
    return ReviewCase(
        author=staff.get(first.author_id, "") if first.author_id else "",
        author_id=first.author_id,
        stated_at=first.stated_at or 0,
        arrived_at=min(r.received_at for r in reviews),
        grid=grid.name if grid else "",
        why=tr(_WHY[first.reason]) if first.reason in _WHY else "",
        about=_about(reader, records),
        records=records,
        may_decide=first.state == WAITING
        and first.grid_id is not None
        and may_write_in(reader, "review", first.grid_id, today),
        state=first.state,
        note=first.note,
        decided_by=staff.get(first.decided_by, "") if first.decided_by else "",
        decided_at=first.decided_at,
    )


def _staff_of(review: Review) -> list[UUID]:
    return [i for i in (review.author_id, review.decided_by) if i is not None]


def _record(reader: Reader, review: Review, along: Iterable[Review] = ()) -> ReviewedRecord:
    kind = KINDS[review.target_kind]
    sent: dict[str, list[Any]] = json.loads(review.sent or "{}")
    assert review.target_id is not None
    held = reader.row(kind.name, review.target_id.bytes)
    what = _what(kind, sent, held is not None)
    changeable = set(may_change(review, sent, created=what == "created"))
    set_by_head = _values(kind, dict(review.changed))
    before = _values(kind, {name: values[0] for name, values in sent.items()})
    after = _values(kind, {name: values[1] for name, values in sent.items()})
    fields = tuple(
        _field(kind.by_name[name], before[name], after[name], held, changeable, set_by_head)
        for name in sent
        if name in kind.by_name
    )
    others = tuple(_record(reader, r) for r in along)
    return ReviewedRecord(
        review, what, fields, subject(reader, kind.name, review.target_id), others
    )


def _values(kind: Kind, plain: Mapping[str, Any]) -> dict[str, Stored]:
    """Stored values, where ids stand in hex; what fits no field stays as it is."""
    return conflict_values(kind, json.dumps(plain))


def _what(kind: Kind, sent: Mapping[str, list[Any]], there: bool) -> str:
    if "deleted" in sent:
        return "deleted"
    if "merged_into" in sent:
        return "merged"
    required = {f.name for f in kind.editable if f.required}
    created = required <= sent.keys() and all(before is None for before, _ in sent.values())
    return "created" if created and (not there or bool(required)) else "changed"


def _field(
    declared: Field,
    before: Stored,
    sent: Stored,
    held: Mapping[str, Any] | None,
    changeable: set[str],
    set_by_head: Mapping[str, Stored],
) -> ReviewedField:
    name = declared.name
    now = held[name] if held is not None else None
    if declared.type in (Type.SET, Type.MAP) and held is not None:
        # What it would become: what others did to other members stays.
        sent = merged(declared, now, before, sent)
    return ReviewedField(
        declared,
        before,
        sent,
        now,
        set_by_head.get(name),
        name in set_by_head,
        name in changeable,
    )


def _about(reader: Reader, records: tuple[ReviewedRecord, ...]) -> Subject | None:
    """Whom or what a case is about: by what is here, else by the name that was written."""
    for record in records:
        found = record.about or _on_which(reader, record.review)
        if found is not None:
            return found
    every = [each for record in records for each in (record, *record.along)]
    every.sort(key=lambda r: _rank(r.kind.name))
    for record in every:
        for name in ("name", "title", "text"):
            text = next((f.sent for f in record.fields if f.declared.name == name), None)
            if isinstance(text, str):
                return Subject(text[:40])
    return None


def _on_which(reader: Reader, review: Review) -> Subject | None:
    if review.about_id is None:
        return None
    return subject(reader, review.about_kind, review.about_id)


def _rank(kind: str) -> int:
    return _CALLED_BY.index(kind) if kind in _CALLED_BY else len(_CALLED_BY)


def _names(reader: Reader, cases: Iterable[ReviewCase]) -> dict[bytes, str]:
    every = [each for case in cases for record in case.records for each in (record, *record.along)]
    wanted: dict[str, set[bytes]] = {}
    for kind, key in (named for record in every for named in _named(record)):
        wanted.setdefault(kind, set()).add(key)
    return _called(every) | names_of(reader, wanted)


def _named(record: ReviewedRecord) -> Iterator[tuple[str, bytes]]:
    """(kind, id) of the records that values name."""
    for one in record.fields:
        for value in (one.before, one.sent, one.held, one.decided):
            if one.declared.type is Type.ID and isinstance(value, bytes):
                yield one.declared.refers_to, value
            elif one.declared.name == "people_met":
                yield from (("person", key) for key in _people(one.declared, value))


def _people(declared: Field, value: Stored) -> Iterator[bytes]:
    """Of whom was met, those that are not only a name."""
    for text in loaded(declared, value) or ():
        try:
            yield UUID(text).bytes
        except ValueError:
            continue


def _called(records: Iterable[ReviewedRecord]) -> dict[bytes, str]:
    """What records are called that are only about to be taken."""
    found: dict[bytes, str] = {}
    for record in records:
        name = next((f.sent for f in record.fields if f.declared.name in ("name", "room")), None)
        if isinstance(name, str) and record.review.target_id is not None:
            found[record.review.target_id.bytes] = name
    return found
