"""Deciding about work that came after its author had lost the right to it: taken, taken with changes, or given back.

It shows at once and is sent like any other write. The server judges the work again, in its author's name; where it
no longer fits, the decision is refused with the reason and the work waits again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind
from gridapp.domain.review import ACCEPTED, RETURNED, WAITING, Review
from gridapp.domain.values import Stored
from gridapp.errors import Problem
from gridapp.store.authority import check_grid
from gridapp.store.unit_of_work import UnitOfWork

# Whose work it is, nobody changes.
AUTHORS_OWN = frozenset({"visited_by", "recorded_by", "reported_by", "actor_id"})
# What the program gave, and which step was taken: another one would be another record.
_AS_IT_IS = frozenset({"temporary", "seen", "action"})
_NOTHING: Mapping[str, Stored] = MappingProxyType({})


def accept(
    uow: UnitOfWork,
    seen: Review,
    note: str = "",
    changed: Mapping[str, Stored] = _NOTHING,
    held: Mapping[str, Stored] = _NOTHING,
) -> None:
    """Take the work as it was sent, or with ``changed`` values.

    ``changed``: field -> stored value; of a group (ID kind, number, birth, sex) all of its fields. ``held``: field ->
    what stood there when the person decided. Raises ``Problem``: ``already_decided``, ``not_allowed``.
    """
    names = set(changed)
    decided = dataclasses.replace(
        seen,
        state=ACCEPTED,
        note=note,
        changed=_plain(changed),
        seen=_plain({n: held[n] for n in names & held.keys()}),
    )
    _decide(uow, seen, decided)


def give_back(uow: UnitOfWork, seen: Review, note: str) -> None:
    """Do not take the work; its author keeps it, with the ``note``.

    Raises ``Problem``: ``note_missing``, ``already_decided``, ``not_allowed``.
    """
    decided = dataclasses.replace(seen, state=RETURNED, note=note)
    check_note(decided)
    _decide(uow, seen, decided)


def check_note(decided: Review) -> None:
    """What is given back says why. Raises ``Problem`` ``note_missing``."""
    if decided.state == RETURNED and not decided.note.strip():
        raise Problem(
            "note_missing",
            "请写一句为什么退回。",
            remedy="记录的人会看到这句话。",
            field="note",
        )


def may_change(review: Review, sent: Iterable[str], *, created: bool) -> tuple[str, ...]:
    """The fields of which whoever decides may set another value: of an edit those that were sent."""
    kind: Kind = KINDS[review.target_kind]
    kept = AUTHORS_OWN | _AS_IT_IS
    names = [f.name for f in kind.editable if f.name not in kept and not f.fixed]
    return tuple(n for n in names if created or n in set(sent))


def _decide(uow: UnitOfWork, seen: Review, decided: Review) -> None:
    check_grid(uow, "review", seen.grid_id, uow.now)
    held = uow.record(Review, seen.id)
    if held is None or held.state != WAITING or held.hangs_on is not None:
        raise Problem(
            "already_decided",
            "这一条已经处理过了。",
            remedy="请刷新后再看。",
        )
    uow.edit(seen, decided)


def _plain(values: Mapping[str, Stored]) -> Mapping[str, Any]:
    return {n: v.hex() if isinstance(v, bytes) else v for n, v in values.items()}
