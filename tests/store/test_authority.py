"""What the user may write, as the device knows it: by role, by reach and by day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.place import Dwelling, MicroGrid
from gridapp.domain.reference import CatalogueItem
from gridapp.domain.unit import Assignment, Unit
from gridapp.errors import Problem
from gridapp.store.authority import may_write, may_write_in
from gridapp.store.drafting import EventDraft, HouseholdForm, VisitDraft
from gridapp.store.recording import add_visit, report_event, save_household
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

TODAY = "2026-11-20"
COMMUNITY = Unit(code="1", name="社区", kind="village")
MINE = Unit(code="11", name="一网格", kind="grid", parent_id=COMMUNITY.id)
OTHER = Unit(code="12", name="二网格", kind="grid", parent_id=COMMUNITY.id)
FAR = Unit(code="2", name="远网格", kind="grid")


def _forget_posts(uow: UnitOfWork) -> None:
    uow.connection.execute("DELETE FROM assignment")


def _post(store: Store, role: str, unit: Unit, **more: object) -> None:
    def write(uow: UnitOfWork) -> None:
        _forget_posts(uow)
        for each in (COMMUNITY, MINE, OTHER, FAR):
            uow.create(each)
        post = Assignment(staff_id=uow.who.staff_id, unit_id=unit.id, role=role)
        for name, value in more.items():
            object.__setattr__(post, name, value)
        uow.create(post)

    store.write(write).result()


def _writes(store: Store, kind: str, grid: Unit) -> bool:
    return store.read(lambda r: may_write_in(r, kind, grid.id, TODAY)).result()


@pytest.mark.parametrize(
    ("role", "unit", "kind", "expected"),
    [
        ("worker", MINE, "visit", (True, False, False)),
        ("grid_head", MINE, "household", (True, False, False)),
        ("guide", OTHER, "visit", (False, True, False)),
        ("office", COMMUNITY, "household", (True, True, False)),
        ("volunteer", MINE, "event", (True, False, False)),
        ("volunteer", MINE, "household", (False, False, False)),
        ("auditor", COMMUNITY, "visit", (False, False, False)),
        ("district_admin", COMMUNITY, "household", (False, False, False)),
        ("unheard_of", MINE, "visit", (False, False, False)),
    ],
)
def test_how_far_a_role_reaches(
    store: Store, role: str, unit: Unit, kind: str, expected: tuple[bool, ...]
) -> None:
    _post(store, role, unit)
    assert tuple(_writes(store, kind, grid) for grid in (MINE, OTHER, FAR)) == expected


def test_a_volunteer_reports_from_the_ten_households_that_she_leads(store: Store) -> None:
    _post(store, "volunteer", COMMUNITY)
    assert not _writes(store, "event", OTHER)
    staff: UUID = store.who.staff_id
    store.write(
        lambda uow: uow.create(MicroGrid(grid_id=OTHER.id, name="一组", leader_id=staff))
    ).result()
    assert _writes(store, "event", OTHER)
    assert not _writes(store, "event", MINE)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({"to_date": date(2026, 11, 19)}, False),
        ({"to_date": date(2026, 11, 20)}, True),
        ({"from_date": date(2026, 11, 20)}, True),
        ({"from_date": date(2026, 11, 21)}, False),
    ],
)
def test_from_the_first_day_to_the_last(
    store: Store, days: dict[str, date], expected: bool
) -> None:
    _post(store, "worker", MINE, **days)
    assert _writes(store, "visit", MINE) is expected
    assert store.read(lambda r: may_write(r, "visit", TODAY)).result() is expected


def test_kinds_by_role_and_everything_before_the_first_sync(store: Store) -> None:
    store.write(_forget_posts).result()
    assert store.read(lambda r: may_write(r, "unit", TODAY)).result()
    assert _writes(store, "visit", FAR)
    _post(store, "worker", MINE)
    assert not store.read(lambda r: may_write(r, "unit", TODAY)).result()
    assert store.read(lambda r: may_write(r, "visit", TODAY)).result()


def test_every_act_asks_before_it_writes(store: Store) -> None:
    _post(store, "worker", MINE)
    home = Household(grid_id=OTHER.id, name="张三", kind="family", status="active")
    store.write(lambda uow: uow.create(home)).result()
    form = HouseholdForm(home, _file(home), Dwelling(grid_id=OTHER.id), None, ())
    held = store.read(lambda r: r.value("SELECT count(*) FROM outbox")).result()
    acts = (
        lambda uow: add_visit(uow, VisitDraft(home.id, TODAY, "home", situation="x")),
        lambda uow: save_household(uow, None, form),
        lambda uow: report_event(
            uow, EventDraft(item_code=_item(uow), text="x", happened_at=TODAY, household_id=home.id)
        ),
    )
    for act in acts:
        with pytest.raises(Problem) as caught:
            store.write(act).result()
        assert caught.value.code == "not_allowed"
        assert "二网格" in caught.value.text()
    assert store.read(lambda r: r.value("SELECT count(*) FROM outbox")).result() == held


def _file(home: Household) -> HouseholdFile:
    return HouseholdFile(household_id=home.id)


def _item(uow: UnitOfWork) -> str:
    item = CatalogueItem(item_code="9999", class_code="99", class_zh="类", item_zh="项")
    return uow.create(item).item_code
