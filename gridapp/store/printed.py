"""What of each household is on paper, so that only what is new has to be printed.

A visit counts as printed when a whole file or continuation sheet with it was saved as PDF or went to a
printer from this computer. What was on the last continuation sheet is known by itself, so that a sheet that
jammed or a PDF that was lost can be printed once more. Nothing of this goes to the server: another computer begins with a whole file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from gridapp.store.reader import Reader, marks
from gridapp.store.unit_of_work import UnitOfWork

_CHUNK = 500
_KEY = 16  # bytes of an id


@dataclass(frozen=True, slots=True)
class Standing:
    """A household as it stands: those deleted or merged into another one are not printed."""

    id: UUID
    name: str
    address: str
    deleted: bool
    merged: bool


@dataclass(frozen=True, slots=True)
class OnPaper:
    """The last print of a household: ``at`` in ms, the number of its last continuation sheet, its visits.

    Of that sheet: ``follows`` is the print before it in ms, ``print_id`` the print that it came out of,
    ``sheet_visits`` what is on it; None and empty where the last print was a whole file.
    """

    at: int
    sheet: int
    visits: frozenset[UUID]
    follows: int | None = None
    print_id: UUID | None = None
    sheet_visits: frozenset[UUID] = frozenset()


def standing(reader: Reader, household_ids: Sequence[UUID]) -> Iterator[Standing]:
    """Those of ``household_ids`` that this computer knows, in no order."""
    for keys in _parts(household_ids):
        for key, name, address, deleted, merged in reader.rows(
            "SELECT id, name, address, deleted, merged_into FROM household "
            f"WHERE id IN ({marks(keys)})",
            keys,
        ):
            id_ = UUID(bytes=key)
            yield Standing(id_, name or "", address or "", bool(deleted), merged is not None)


def on_paper(reader: Reader, household_ids: Sequence[UUID]) -> dict[UUID, OnPaper]:
    """The last print of each household that was ever printed here."""
    found = {}
    for keys in _parts(household_ids):
        for key, at, sheet, visits, follows, print_id, last in reader.rows(
            "SELECT household_id, at, sheet, visits, follows, print_id, sheet_visits FROM printed "
            f"WHERE household_id IN ({marks(keys)})",
            keys,
        ):
            found[UUID(bytes=key)] = OnPaper(
                at,
                sheet,
                frozenset(_ids(visits)),
                follows,
                UUID(bytes=print_id) if print_id else None,
                frozenset(_ids(last or b"")),
            )
    return found


def visits_since(reader: Reader, paper: Mapping[UUID, OnPaper]) -> dict[UUID, frozenset[UUID]]:
    """The visits of each household that are not on paper yet, none where there is none."""
    there = _visits(reader, tuple(paper))
    return {id_: visits - paper[id_].visits for id_, visits in there.items()}


def last_sheets(reader: Reader, paper: Mapping[UUID, OnPaper]) -> dict[UUID, frozenset[UUID]]:
    """The visits on the last continuation sheet, of those households whose sheet came out of the last print.

    Visits that were deleted since are left out, and so are sheets with nothing else on them.
    """
    sheets = {id_: held for id_, held in paper.items() if held.print_id and held.sheet_visits}
    if not sheets:
        return {}
    last = max(sheets.values(), key=lambda held: held.at).print_id
    wanted = {id_: held.sheet_visits for id_, held in sheets.items() if held.print_id == last}
    there = _visits(reader, tuple(wanted))
    found = {id_: visits & there.get(id_, frozenset()) for id_, visits in wanted.items()}
    return {id_: visits for id_, visits in found.items() if visits}


def _visits(reader: Reader, household_ids: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    for keys in _parts(household_ids):
        for household, visit in reader.rows(
            f"SELECT household_id, id FROM visit WHERE deleted=0 AND household_id IN ({marks(keys)})",
            keys,
        ):
            found.setdefault(UUID(bytes=household), set()).add(UUID(bytes=visit))
    return {id_: frozenset(visits) for id_, visits in found.items()}


def mark(
    uow: UnitOfWork, household_id: UUID, visits: Collection[UUID], sheet: int, print_id: UUID
) -> None:
    """A household is on paper: the whole file (``sheet`` 0), or one more continuation sheet."""
    held = on_paper(uow, (household_id,)).get(household_id)
    known = held.visits if held and sheet else frozenset()
    uow.connection.execute(
        "INSERT INTO printed (household_id,at,sheet,visits,follows,print_id,sheet_visits) "
        "VALUES (?,?,?,?,?,?,?) ON CONFLICT(household_id) DO UPDATE SET at=excluded.at, "
        "sheet=excluded.sheet, visits=excluded.visits, follows=excluded.follows, "
        "print_id=excluded.print_id, sheet_visits=excluded.sheet_visits",
        (
            household_id.bytes,
            uow.now,
            sheet,
            _keys(known | set(visits)),
            held.at if held and sheet else None,
            print_id.bytes if sheet else None,
            _keys(visits) if sheet else None,
        ),
    )


def forget_gone(uow: UnitOfWork) -> None:
    """Forget households that have left this computer."""
    uow.connection.execute(
        "DELETE FROM printed WHERE household_id NOT IN (SELECT id FROM household)"
    )


def _keys(ids: Collection[UUID]) -> bytes:
    return b"".join(sorted(id_.bytes for id_ in ids))


def _ids(keys: bytes) -> Iterable[UUID]:
    return (UUID(bytes=keys[n : n + _KEY]) for n in range(0, len(keys), _KEY))


def _parts(ids: Sequence[UUID]) -> Iterator[list[bytes]]:
    for start in range(0, len(ids), _CHUNK):
        yield [id_.bytes for id_ in ids[start : start + _CHUNK]]
