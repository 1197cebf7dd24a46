"""Finding what a person names on the command line: a kind, a UUID, a number, a grid and what is in it."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind, Record, kind_of
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.store.reader import Reader

R = TypeVar("R", bound=Record)

GRID = "grid"  # a unit is not called so in daily life

# What stands for a record in the words of people, beside its UUID. An event's item is not among them.
_NUMBERS = {
    "unit": ("code",),
    "staff": ("user_name",),
    "code": ("code",),
    "catalogue_item": ("item_code",),
    "care_group": ("group_code",),
    "checklist_item": ("item_code",),
    "household": ("number", "temporary", "own_number"),
    "event": ("number", "temporary"),
}

_HOMES = "SELECT id FROM household WHERE deleted=0 AND grid_id=?1"
_PEOPLE = f"SELECT person_id FROM residence WHERE deleted=0 AND household_id IN ({_HOMES})"
_VISITS = f"SELECT id FROM visit WHERE household_id IN ({_HOMES})"
_EVENTS = "SELECT id FROM event WHERE grid_id=?1"
_STEPS = f"SELECT id FROM event_action WHERE event_id IN ({_EVENTS})"
_ANYTHING = (
    f"{_HOMES} UNION ALL {_PEOPLE} UNION ALL {_VISITS} UNION ALL {_EVENTS} UNION ALL {_STEPS}"
)

# What is of a grid that does not name it itself; ?1 is the grid.
_OF_GRID = {
    "unit": "id=?1",
    "staff": "id IN (SELECT staff_id FROM assignment WHERE deleted=0 AND unit_id=?1)",
    "assignment": "unit_id=?1",
    "compound": "id IN (SELECT compound_id FROM building WHERE deleted=0 AND grid_id=?1)",
    "household_file": f"household_id IN ({_HOMES})",
    "residence": f"household_id IN ({_HOMES})",
    "person": f"id IN ({_PEOPLE})",
    "person_file": f"person_id IN ({_PEOPLE})",
    "care_enrolment": f"person_id IN ({_PEOPLE})",
    "visit": f"household_id IN ({_HOMES})",
    "event_action": f"event_id IN ({_EVENTS})",
    "attachment": f"target_id IN ({_ANYTHING})",
    "conflict": f"target_id IN ({_ANYTHING})",
}


def find_kind(name: str) -> Kind:
    """The kind with this name, a grid being a unit. Raises ``Problem`` ``no_kind``."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    kind = KINDS.get("unit" if plain == GRID else plain)
    if kind is None:
        raise Problem(
            "no_kind",
            "没有名为“{name}”的记录类型。",
            remedy="可用的有：{kinds}。",
            name=name,
            kinds=", ".join((GRID, *KINDS)),
        )
    return kind


def find_record(reader: Reader, record: type[R], text: str) -> R:
    """The living record with this UUID or number. Raises ``Problem`` ``not_found`` or ``ambiguous``."""
    kind, plain = kind_of(record), _plain(text)
    try:
        found = reader.records(record, [UUID(plain)])
    except ValueError:
        names = _NUMBERS.get(kind.name, ()) if plain else ()
        condition = " OR ".join(f"{n}=?1" for n in names)
        found = reader.where(record, condition, (plain,)) if names else []
    living = [r for r in found if not r.deleted]
    if len(living) == 1:
        return living[0]
    if living:
        raise Problem(
            "ambiguous",
            "有 {count} 条{kind}的编号是“{text}”。",
            remedy="请用 UUID 指定。",
            count=len(living),
            kind=Label(kind.zh, kind.en),
            text=text,
        )
    raise Problem(
        "not_found",
        "本机没有编号为“{text}”的{kind}。",
        remedy="请核对编号，或先同步。",
        text=text,
        kind=Label(kind.zh, kind.en),
    )


def grid_by_code(reader: Reader, code: str) -> UUID:
    """The grid with this code. Raises ``Problem`` ``no_grid``."""
    found = reader.value(
        "SELECT id FROM unit WHERE code=? AND kind='grid' AND deleted=0", (_plain(code),)
    )
    if found is None:
        raise Problem(
            "no_grid",
            "本机没有代码为“{grid}”的网格。",
            remedy="请核对网格代码，或先同步。",
            grid=code,
        )
    return UUID(bytes=found)


def records_of(reader: Reader, kind: Kind, grid: str | None) -> list[Record]:
    """Living records of a kind, all or those of the grid with this code, in the order of their making.

    Raises ``Problem``: ``no_grid``; ``no_grid_kind`` where a kind is of the whole district.
    """
    condition = "1=1"
    params: tuple[bytes, ...] = ()
    if grid is not None:
        params = (grid_by_code(reader, grid).bytes,)
        condition = "grid_id=?1" if "grid_id" in kind.by_name else _OF_GRID.get(kind.name, "")
    if not condition:
        raise Problem(
            "no_grid_kind",
            "{kind}不按网格列出。",
            remedy="请去掉 --grid。",
            kind=Label(kind.zh, kind.en),
        )
    return sorted(reader.where(kind.record, condition, params), key=lambda r: r.id.bytes)


def _plain(text: str) -> str:
    # Bytes of the command line that are no text become "?", which is no number of anything.
    return text.strip().encode("utf-8", "replace").decode()
