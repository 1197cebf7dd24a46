"""A real store with the shipped reference data, a grid with its worker, and invented households."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from PIL import Image

from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Building, Dwelling
from gridapp.domain.record import Record, kind_of
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.domain.values import row_of
from gridapp.resources import default_reference
from gridapp.store import recording
from gridapp.store.drafting import HouseholdForm, MemberForm
from gridapp.store.keys import Strength
from gridapp.store.opening import create_store
from gridapp.store.statements import columns, insert_sql
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views.household_page import household_page
from gridapp.store.who import Who
from tests.quick_store import quick_stores

WEAK = Strength(1, 8, 1)  # quick to open; only tests use it
PASSWORD = "correct horse"
NOON = 1_795_147_200_000  # 2026-11-20 12:00 in China

COMMUNITY = Unit(code="410702001016", name="和平社区", kind="village")
GRID = Unit(parent_id=COMMUNITY.id, code="410702001016001", name="第一网格", kind="grid")
WORKER = Staff(name="李秀英", user_name="lixiuying", phone="0999-2000001", active=True)
POST = Assignment(staff_id=WORKER.id, unit_id=GRID.id, role="worker", full_time=True)


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


def who(staff: Staff = WORKER, device: int = 7) -> Who:
    return Who(
        staff_id=staff.id,
        name=staff.name,
        user_name=staff.user_name,
        device_id=UUID(int=device),
        device_name="三号平板",
        district_id=UUID(int=1),
        district_name="红旗区",
        server_url="http://127.0.0.1:1",
    )


def make_store(folder: Path, clock: SetClock | None = None, staff: Staff = WORKER) -> Store:
    """A fresh store with the grid, its worker and the shipped reference data."""
    with quick_stores():
        store = create_store(
            folder,
            PASSWORD,
            who(staff),
            device_key=bytes(range(32)),
            strength=WEAK,
            clock=clock or SetClock(),
        )
    arrive(store, [COMMUNITY, GRID, WORKER, POST, *default_reference()])
    return store


def arrive(store: Store, records: Iterable[Record], version: int = 1) -> None:
    """Write rows as if the server had sent them."""

    def write(uow: UnitOfWork) -> None:
        for record in records:
            kind = kind_of(type(record))
            row: dict[str, Any] = dict.fromkeys(columns(kind))
            row |= {"id": record.id.bytes, "version": version, "epoch": 1, "deleted": 0}
            row |= {"received_at": NOON} | row_of(kind, record)
            uow.connection.execute(insert_sql(kind.name), list(row.values()))
            uow.touch(kind.name, (record.id.bytes,))

    store.write(write).result()


def uploaded(store: Store) -> None:
    """As if the server had everything."""

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute("UPDATE outbox SET state='applied', live=0")
        uow.connection.execute("UPDATE blob SET state='done'")

    store.write(write).result()


def member(name: str, relation: str = "02", **values: Any) -> MemberForm:
    """``values`` belong to the person or the file, as they are named."""
    people = {f.name for f in kind_of(Person).fields}
    own = {k: v for k, v in values.items() if k in people}
    filed = {k: v for k, v in values.items() if k not in people}
    person = Person(name=name, **own)
    return MemberForm(
        person,
        PersonFile(person_id=person.id, **filed),
        Residence(person_id=person.id, kind="living", relation=relation),
    )


def household(
    name: str, building: str = "3号楼", room: str = "201", *members: MemberForm, **values: Any
) -> HouseholdForm:
    """``values`` belong to the household or its file, as they are named. The first member is the head."""
    place = Building(grid_id=GRID.id, name=building)
    home = Dwelling(grid_id=GRID.id, building_id=place.id, entrance="1", room=room)
    filed = {f.name for f in kind_of(HouseholdFile).fields}
    root = Household(
        grid_id=GRID.id,
        dwelling_id=home.id,
        name=name,
        kind="family",
        head_id=members[0].person.id if members else None,
        **{k: v for k, v in values.items() if k not in filed},
    )
    file = HouseholdFile(household_id=root.id, **{k: v for k, v in values.items() if k in filed})
    tied = tuple(replace(m, residence=replace(m.residence, household_id=root.id)) for m in members)
    return HouseholdForm(root, file, home, place, tied)


def save(store: Store, form: HouseholdForm) -> HouseholdForm:
    """Record it as a worker would; the form as it opens afterwards."""
    saved = store.write(lambda uow: recording.save_household(uow, None, form)).result()
    return opened(store, saved.id)


def opened(store: Store, household_id: UUID) -> HouseholdForm:
    """The edit form as it opens."""
    page = store.read(lambda r: household_page(r, household_id)).result()
    assert page is not None
    return page.form()


def operations(store: Store, entity: str | None = None) -> list[tuple[Any, ...]]:
    """(entity, record id, base version, fields, state, save id) of the outbox in order."""
    rows = store.read(
        lambda r: r.rows(
            "SELECT entity, record_id, base_version, fields, state, save_id FROM outbox "
            "ORDER BY counter"
        )
    ).result()
    return [
        (kind, UUID(bytes=key), base, msgspec.msgpack.decode(fields), state, save_id)
        for kind, key, base, fields, state, save_id in rows
        if entity in (None, kind)
    ]


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the database, table by table."""

    def read(reader: Any) -> dict[str, list[tuple[Any, ...]]]:
        names = reader.rows("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        return {n: sorted(reader.rows(f'SELECT * FROM "{n}"'), key=repr) for (n,) in names}

    return store.read(read).result()


def jpeg(width: int = 640, height: int = 480, color: tuple[int, int, int] = (200, 80, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "JPEG")
    return out.getvalue()


def born(year: int) -> date:
    return date(year, 5, 6)
