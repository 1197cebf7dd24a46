"""What somebody did to a record that somebody else wanted to delete, as the question between the two tells it.

A question of an older server tells neither: it is ``None`` here, and who is named in it may be either of the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.choice import BENEATH, DELETION, at_stake, conflict_values
from gridapp.domain.conflict import Conflict
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Kind
from gridapp.domain.values import Stored
from gridapp.store.reader import Reader

_NAMES = {
    "residence": "SELECT p.name FROM residence r JOIN person p ON p.id=r.person_id WHERE r.id=?",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A record that was created beneath it. ``moment``, ``text``: of a visit; ``name``: of who moved in."""

    kind: Kind
    moment: str | None = None
    text: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """Fields as they were and as they are (of a map only the keys that differ), and what was created beneath."""

    before: Mapping[str, Stored]
    after: Mapping[str, Stored]
    made: tuple[Made, ...]

    def fields(self, kind: Kind) -> list[Field]:
        """The fields that were changed, in the order in which they are declared."""
        return [f for f in kind.fields if f.name in self.after]


def work_told(reader: Reader, conflict: Conflict) -> Work | None:
    """What the question about a deletion tells; None where it is no such question, or an older server asked it."""
    said = json.loads(conflict.standing or "{}") if conflict.field == DELETION else {}
    if BENEATH not in said:
        return None
    kind = KINDS[conflict.target_kind]
    after = {n: v for n, v in conflict_values(kind, conflict.standing).items() if n in kind.by_name}
    start = conflict_values(kind, conflict.start)
    before = {n: start.get(n) for n in after}
    differing = at_stake(kind, before, after, before)
    return Work(differing.standing, differing.other, tuple(_made(reader, said[BENEATH])))


def _made(reader: Reader, beneath: list[list[str]]) -> Iterator[Made]:
    for name, key in beneath:
        if name not in KINDS:
            continue
        row = reader.row(name, UUID(hex=key).bytes) or {}
        if row.get("deleted"):
            continue
        whose = reader.value(_NAMES[name], (UUID(hex=key).bytes,)) if name in _NAMES else ""
        moment = row.get("happened_at")
        yield Made(KINDS[name], moment, str(row.get("situation") or ""), whose or "")
