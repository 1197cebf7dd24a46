"""Households that may be one: the hint, and what merging them makes of lists, search and the file, before sync."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from gridapp.domain.household import Household
from gridapp.domain.place import Dwelling
from gridapp.domain.unit import Unit
from gridapp.errors import Problem
from gridapp.store import search
from gridapp.store.drafting import HouseholdForm
from gridapp.store.merging import merge_households
from gridapp.store.store import Store
from gridapp.store.views.household_list import Within, household_ids
from gridapp.store.views.household_page import household_page
from tests.store.realistic import GRID, arrive, household, member, operations, save

NUMBER = {"id_kind": "citizen", "id_number": "11010519491231002X"}


def hints(store: Store, form: HouseholdForm) -> list[tuple[UUID, str]]:
    page = store.read(lambda r: household_page(r, form.household.id)).result()
    assert page is not None
    return [(d.id, d.person) for d in page.duplicates]


def merge(store: Store, away: HouseholdForm, into: HouseholdForm) -> None:
    store.write(lambda uow: merge_households(uow, away.household.id, into.household.id)).result()


def test_one_room_told_twice(store: Store) -> None:
    first = save(store, household("赵桂兰", "3号楼", "501", member("赵桂兰")))
    second = save(store, household("赵家", "3号楼", "501", member("赵强")))
    save(store, household("邻居", "3号楼", "502", member("钱二")))
    assert hints(store, first) == [(second.household.id, "")]
    assert hints(store, second) == [(first.household.id, "")]


def test_two_families_put_into_one_dwelling_are_no_hint(store: Store) -> None:
    first = save(store, household("赵桂兰", "3号楼", "501", member("赵桂兰")))
    other = household("合租", "3号楼", "501", member("钱二"))
    shared = replace(other.household, dwelling_id=first.dwelling.id)
    store.write(lambda uow: uow.create(shared)).result()
    assert hints(store, first) == []


def test_who_moved_out_is_no_hint(store: Store) -> None:
    first = save(store, household("赵桂兰", "3号楼", "501", member("赵桂兰")))
    save(store, household("旧住户", "3号楼", "501", member("钱二"), status="moved"))
    assert hints(store, first) == []


def test_the_same_person_elsewhere(store: Store) -> None:
    born = {"birth_date": date(1949, 12, 31)}
    first = save(store, household("赵桂兰", "3号楼", "501", member("赵桂兰", **NUMBER)))
    by_number = save(store, household("二", "5号楼", "101", member("赵桂蓝", **NUMBER)))
    assert hints(store, first) == [(by_number.household.id, "赵桂兰")]
    third = save(store, household("三", "6号楼", "101", member("孙三", **born)))
    same = save(store, household("四", "7号楼", "101", member("孙三", **born)))
    save(store, household("五", "8号楼", "101", member("孙三", birth_date=date(1950, 1, 1))))
    assert hints(store, third) == [(same.household.id, "孙三")]


def test_merging_shows_at_once_and_is_two_operations(store: Store) -> None:
    kept = save(store, household("赵桂兰", "3号楼", "501", member("赵桂兰")))
    away = save(store, household("赵家", "3号楼", "501", member("赵强"), own_number="Z77"))
    before = len(operations(store))
    merge(store, away, kept)
    said = {(kind, key): fields for kind, key, _, fields, *_ in operations(store)[before:]}
    assert said == {
        ("household", away.household.id): {"merged_into": [None, kept.household.id.bytes, None]},
        ("dwelling", away.dwelling.id): {"merged_into": [None, kept.dwelling.id.bytes, None]},
    }
    listed = store.read(lambda r: household_ids(r, Within())).result()
    assert list(listed) == [kept.household.id]
    # The old one is an alias: its page is the other one's, with the people of both.
    page = store.read(lambda r: household_page(r, away.household.id)).result()
    assert page is not None
    assert page.household.id == kept.household.id
    assert {m.person.name for m in page.members} == {"赵桂兰", "赵强"}
    assert page.duplicates == ()
    (hit,) = store.read(lambda r: search.find(r, "Z77")).result()
    assert (hit.household_id, hit.name) == (kept.household.id, "赵桂兰")
    assert [h.entity for h in store.read(lambda r: search.find(r, "赵家")).result()] == []


def test_dwellings_of_other_rooms_stay(store: Store) -> None:
    kept = save(store, household("赵桂兰", "3号楼", "501", member("赵桂兰", **NUMBER)))
    away = save(store, household("赵桂兰", "5号楼", "101", member("赵桂兰", **NUMBER)))
    merge(store, away, kept)
    left = store.read(lambda r: r.record(Dwelling, away.dwelling.id)).result()
    assert left is not None
    assert left.merged_into is None


@pytest.mark.parametrize("what", ["itself", "deleted", "merged", "other grid"])
def test_what_cannot_be_merged(store: Store, what: str) -> None:
    kept = save(store, household("赵桂兰", "3号楼", "501", member("赵桂兰")))
    away = save(store, household("赵家", "3号楼", "501", member("赵强")))
    third = save(store, household("钱二", "3号楼", "502", member("钱二")))
    if what == "itself":
        kept = away
    elif what == "deleted":
        store.write(lambda uow: uow.delete(kept.household)).result()
    elif what == "merged":
        merge(store, away, third)
    else:
        elsewhere = Unit(code="410702001016002", name="第二网格", kind="grid")
        far = Household(grid_id=elsewhere.id, name="远")
        arrive(store, [elsewhere, far])
        kept = replace(kept, household=far)
    before = operations(store)
    with pytest.raises(Problem):
        merge(store, away, kept)
    assert operations(store) == before
    assert away.household.grid_id == GRID.id
