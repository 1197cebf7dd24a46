"""Choosing between two values: what there is to choose, and the choice as a write.

A choice names the values that the person saw, not those that are held at the moment of saving. It shows at
once: the record holds the chosen value, and the conflict is not offered again until the answer comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from gridapp.domain.choice import DELETION, AtStake, Choice, at_stake, conflict_values
from gridapp.domain.conflict import Conflict
from gridapp.domain.exchange import Decision
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored
from gridapp.errors import Problem
from gridapp.store.authority import check_kind
from gridapp.store.derived import chunks
from gridapp.store.reader import Reader, marks
from gridapp.store.unit_of_work import UnitOfWork

# Of the table ``c``: open, and not decided here with the answer still to come, or the news of it. Once that has
# come, what is open again may be chosen again: after a restore another value may stand.
_OPEN = (
    "c.state='open' AND c.deleted=0 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.conflict_id=c.id "
    "AND (o.state='waiting' OR o.state IN ('applied','merged') AND o.told=0))"
)


@dataclass(frozen=True, slots=True)
class Stake:
    """One choice as it is shown. ``version``, ``beneath``: the record, and what hangs on it, as it was then.

    ``again``: chosen here before, but meanwhile a value had changed. ``start``: field -> what it was before both.
    ``deleted``: somebody deleted the record; the other value brings it back, what stands leaves it so.
    """

    conflict: Conflict
    values: AtStake
    version: int
    beneath: tuple[bytes, ...] = ()
    again: bool = False
    start: Mapping[str, Stored] = field(default_factory=dict)
    deleted: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of record that was changed twice."""
        return KINDS[self.conflict.target_kind]


def open_count(reader: Reader) -> int:
    """How many choices are open, on records that are here."""
    found = 0
    for (kind,) in reader.rows("SELECT DISTINCT target_kind FROM conflict WHERE state='open'"):
        if kind in KINDS:
            found += reader.value(f"SELECT count(*) {_from(kind)}")
    return found


def open_stakes(reader: Reader, limit: int = 100) -> tuple[Stake, ...]:
    """The open choices, the newest first."""
    keys: list[bytes] = []
    for (kind,) in reader.rows("SELECT DISTINCT target_kind FROM conflict WHERE state='open'"):
        if kind in KINDS:
            keys += [key for (key,) in reader.rows(f"SELECT c.id {_from(kind)}")]
    return _stakes(reader, keys)[:limit]


def stakes_on(reader: Reader, records: Iterable[bytes]) -> tuple[Stake, ...]:
    """The open choices on these records, the newest first."""
    keys: list[bytes] = []
    for part in chunks(records):
        sql = f"SELECT id FROM conflict WHERE target_id IN ({marks(part)}) AND state='open'"
        keys += [key for (key,) in reader.rows(sql, part)]
    return _stakes(reader, keys)


def stake(reader: Reader, conflict_id: UUID) -> Stake | None:
    """What is to be chosen between; None where nothing is (any more)."""
    conflict = reader.record(Conflict, conflict_id)
    if conflict is None or conflict.target_kind not in KINDS or conflict.target_id is None:
        return None
    kind, key = KINDS[conflict.target_kind], conflict.target_id.bytes
    row = reader.row(kind.name, key)
    is_open = reader.value(
        f"SELECT 1 FROM conflict c WHERE c.id=? AND {_OPEN}", (conflict.id.bytes,)
    )
    deletion = conflict.field == DELETION
    # Between a deletion and what else was done nothing is left to choose once it is deleted.
    if row is None or not is_open or (deletion and row["deleted"]):
        return None
    values = at_stake(
        kind, conflict_values(kind, conflict.standing), conflict_values(kind, conflict.other), row
    )
    return Stake(
        conflict,
        values,
        row["version"],
        tuple(reader.beneath(kind, key)) if deletion else (),
        _chosen_before(reader, conflict),
        conflict_values(kind, conflict.start),
        bool(row["deleted"]),
    )


def note_told(uow: UnitOfWork) -> None:
    """All pages are here: what became of choices that the server took has come with them."""
    uow.connection.execute(
        "UPDATE outbox SET told=1 WHERE conflict_id IS NOT NULL AND told=0 "
        "AND state IN ('applied','merged')"
    )


def decide(uow: UnitOfWork, seen: Stake, choice: Choice) -> None:
    """Use one of the two values. Raises ``Problem``: ``already_decided``, ``not_allowed``."""
    kind = seen.kind
    check_kind(uow, kind.name, uow.now)
    if stake(uow, seen.conflict.id) is None:
        raise Problem(
            "already_decided",
            "这一项已经选过了。",
            remedy="要改就打开它再改一次。",
        )
    assert seen.conflict.target_id is not None
    chosen = seen.values.chosen(choice)
    fields = {n: [now, chosen[n], None] for n, now in seen.values.standing.items()}
    decision = Decision(seen.conflict.id.bytes, dict(seen.values.other))
    uow.decide(kind, seen.conflict.target_id.bytes, seen.version, fields, decision, seen.beneath)


def _stakes(reader: Reader, conflicts: Iterable[bytes]) -> tuple[Stake, ...]:
    found = (stake(reader, UUID(bytes=key)) for key in conflicts)
    newest = sorted(
        (s for s in found if s is not None),
        key=lambda s: (s.conflict.opened_at or 0, s.conflict.id),
        reverse=True,
    )
    return tuple(newest)


def _from(kind: str) -> str:
    return (
        f"FROM conflict c JOIN {kind} t ON t.id=c.target_id "
        f"WHERE c.target_kind='{kind}' AND (t.deleted=0 OR c.field<>'{DELETION}') AND {_OPEN}"
    )


def _chosen_before(reader: Reader, conflict: Conflict) -> bool:
    sql = "SELECT 1 FROM outbox WHERE conflict_id=? AND state='conflict' LIMIT 1"
    return bool(reader.value(sql, (conflict.id.bytes,)))
