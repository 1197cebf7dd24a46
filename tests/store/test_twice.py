"""What was changed twice, as a household's page and the sync page find it."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from gridapp.domain.choice import Choice
from gridapp.domain.record import new_id
from gridapp.errors import Problem
from gridapp.store import recording, status
from gridapp.store.deciding import decide, open_count, open_stakes, stake
from gridapp.store.drafting import VisitDraft
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views.twice import twice, twice_in_household
from tests.store.realistic import household, member, save


def conflict(store: Store, kind: str, target: UUID, field: str, standing: object) -> UUID:
    """As it comes from the server: what is held stands, and the other value is none."""
    id_ = new_id()

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute(
            "INSERT INTO conflict (id,version,epoch,deleted,target_kind,target_id,field,standing,"
            "other,state) VALUES (?,1,0,0,?,?,?,?,?,'open')",
            (
                *(id_.bytes, kind, target.bytes, field),
                *(json.dumps({field: standing}), json.dumps({field: None})),
            ),
        )

    store.write(write).result()
    return id_


def test_a_household_has_what_belongs_to_it(store: Store) -> None:
    form = save(store, household("甲", "3号楼", "201", member("甲"), member("乙", "20")))
    other = save(store, household("丙", "3号楼", "202", member("丙")))
    draft = VisitDraft(form.household.id, "2026-11-20", situation="好")
    visit = store.write(lambda uow: recording.add_visit(uow, draft)).result()
    person = form.members[1]
    expected = {
        conflict(store, "household", form.household.id, "own_number", "1"),
        conflict(store, "dwelling", form.dwelling.id, "room", "201"),
        conflict(store, "person", person.person.id, "status_note", "x"),
        conflict(store, "person_file", person.file.id, "phones", "{}"),
        conflict(store, "residence", person.residence.id, "relation", "20"),
        conflict(store, "visit", visit.id, "result", "x"),
    }
    elsewhere = conflict(store, "household", other.household.id, "own_number", "1")
    conflict(store, "household", new_id(), "own_number", "1")  # of what is not here

    def ids(household_id: UUID) -> set[UUID]:
        found = store.read(lambda r: twice_in_household(r, household_id)).result()
        return {t.stake.conflict.id for t in found}

    assert ids(form.household.id) == expected
    assert ids(other.household.id) == {elsewhere}
    assert ids(new_id()) == set()
    everything = store.read(twice).result()
    assert {t.stake.conflict.id for t in everything} == expected | {elsewhere}
    assert store.read(open_count).result() == len(everything) == 7
    assert store.read(status.current).result().conflicts == 7
    assert {t.about.name for t in everything if t.about} == {"甲", "乙", "丙"}


def test_a_choice_shows_at_once_and_is_made_once(store: Store) -> None:
    form = save(store, household("甲", "3号楼", "201", member("甲")))
    id_ = conflict(store, "household", form.household.id, "name", "甲")
    shown = store.read(lambda r: stake(r, id_)).result()
    assert shown is not None
    store.write(lambda uow: decide(uow, shown, Choice.STANDING)).result()
    assert store.read(open_stakes).result() == ()
    assert store.read(open_count).result() == 0
    assert store.read(lambda r: stake(r, id_)).result() is None
    with pytest.raises(Problem) as refused:
        store.write(lambda uow: decide(uow, shown, Choice.OTHER)).result()
    assert refused.value.code == "already_decided"
    (item,) = (i for i in store.read(status.waiting).result() if i.decides)
    assert (item.entity, item.fields, item.created) == ("household", ("name",), False)
