"""What an A4 household file (一户一档) is printed from: plain texts, dates and pictures.

Whoever prints resolves codes, names and addresses first; nothing here knows records or the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number and whose it is ("本人", "女儿 王芳")."""

    number: str
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as the attachment holds it (JPEG, or whatever Pillow reads)."""

    data: bytes
    caption: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberRow:
    """One person of the household. ``birth_year`` is used where the day of birth is not known."""

    name: str
    relation: str = ""
    sex: str = ""
    birth: date | None = None
    birth_year: int | None = None
    id_kind: str = ""
    id_number: str = ""
    phones: tuple[Phone, ...] = ()
    status: str = ""
    care: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CareRow:
    """One person in one care group."""

    name: str
    group: str
    level: str = ""
    since: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitRow:
    """One visit; ``when`` is a day, ``time`` an optional time of day ("09:30")."""

    when: date | None = None
    time: str = ""
    how: str = ""
    visited_by: str = ""
    met: str = ""
    text: str = ""
    next_date: date | None = None
    promise: str = ""
    photos: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Continuation:
    """A continuation sheet (续页): which one, and the day of the print that it goes on from."""

    number: int
    since: date


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseholdSheet:
    """One household, ready to be laid out. Empty values are printed as such and never left out.

    With a ``continuation`` only ``visits`` are printed, under a line that says whose they are.
    """

    uuid: UUID
    version: int = 0
    unsynced: int = 0  # saves and photos of it on this device that the server does not have yet
    # 1 number, grid, opened and updated
    number: str = ""
    temporary: str = ""
    name: str = ""
    kind: str = ""
    grid_name: str = ""
    grid_code: str = ""
    community: str = ""
    opened: date | None = None
    updated: date | None = None
    # 2 head
    head: MemberRow | None = None
    # 3 addresses
    registered_address: str = ""
    actual_address: str = ""
    addresses_agree: bool | None = None
    # 4 dwelling
    tenure: str = ""
    area: str = ""
    structure: str = ""
    floors: str = ""
    # 5 to 7
    members: tuple[MemberRow, ...] = ()
    livelihood: tuple[str, ...] = ()
    benefits: tuple[str, ...] = ()
    care: tuple[CareRow, ...] = ()
    # 8 safety
    gas: str = ""
    alarms: str = ""
    last_check: date | None = None
    # 9 needs and wishes
    needs: str = ""
    wishes: str = ""
    # 10 emergency contact and responsible worker
    emergency_name: str = ""
    emergency_relation: str = ""
    emergency_phone: str = ""
    worker: str = ""
    worker_phone: str = ""  # the number of the post, never masked
    # 11 visits, newest or oldest first as handed in, and pictures of the household
    visits: tuple[VisitRow, ...] = ()
    photos: tuple[Photo, ...] = ()
    photos_elsewhere: int = 0  # of the household and its visits, not on this computer
    # 12 privacy notice
    notice: str = ""
    notice_on: date | None = None
    legal_basis: str = ""
    continuation: Continuation | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintContext:
    """Who prints, on what, when, and how much may be seen.

    ``version_date``: the day that the contents stand for; ages are counted at that day. ``reveal``: print
    whole ID and telephone numbers; whoever sets it has logged it. ``language``: ``zh_CN`` or ``en``.
    ``duplex``: both sides of the paper, so that the binding margin changes sides and each file begins on a front.
    """

    printed_by: str
    device: str
    printed_at: str
    version_date: date
    language: str = "zh_CN"
    reveal: bool = False
    duplex: bool = False

    @property
    def watermark(self) -> str:
        """What lies across every page."""
        return "  ".join(part for part in (self.printed_by, self.device, self.printed_at) if part)


def age_at(row: MemberRow, day: date) -> int | None:
    """Whole years at ``day``; counted by the year alone where only that is known, None if unknown."""
    if row.birth is not None:
        before = (day.month, day.day) < (row.birth.month, row.birth.day)
        return max(day.year - row.birth.year - before, 0)
    return None if row.birth_year is None else max(day.year - row.birth_year, 0)
