"""The order of households in lists follows whatever an address, a name or a place is changed to."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlcipher3 import dbapi2

from gridapp import migrating
from gridapp.domain.household import Household
from gridapp.domain.place import Building, Dwelling, MicroGrid
from gridapp.domain.record import new_id
from gridapp.store import migrate
from gridapp.store.store import Store
from gridapp.store.views.household_list import Within, household_ids
from gridapp.store.views.ids import Ids
from gridapp.store.views.places import grid_places
from tests.store.realistic import GRID, WORKER, arrive

BUILDINGS = ("10号楼", "2号楼", "三号楼")


class Street:
    """Three buildings with two households each, the first two in a micro grid."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.micro = MicroGrid(grid_id=GRID.id, name="一组")
        self.buildings = [Building(grid_id=GRID.id, name=name) for name in BUILDINGS]
        self.buildings[:2] = [replace(b, micro_grid_id=self.micro.id) for b in self.buildings[:2]]
        self.homes: list[Household] = []
        records: list[object] = [self.micro, *self.buildings]
        for building in self.buildings:
            for room in ("1001", "201"):
                place = Dwelling(grid_id=GRID.id, building_id=building.id, entrance="1", room=room)
                home = Household(grid_id=GRID.id, dwelling_id=place.id, name=f"户{room}")
                records += [place, home]
                self.homes.append(home)
        arrive(store, records)

    def names(self, **within: object) -> list[str]:
        ids = self.store.read(partial(household_ids, within=Within(**within))).result()
        found = {r.id: r for r in self.store.read(lambda r: r.records(Household, ids)).result()}
        return [found[id_].address for id_ in ids]

    def edit(self, record: type, id_: object, **values: object) -> None:
        opened = self.store.read(lambda r: r.record(record, id_)).result()
        self.store.write(lambda uow: uow.edit(opened, replace(opened, **values))).result()


def test_as_people_count(store: Store) -> None:
    street = Street(store)
    assert street.names() == [
        *("2号楼1单元201", "2号楼1单元1001"),
        *("三号楼1单元201", "三号楼1单元1001"),
        *("10号楼1单元201", "10号楼1单元1001"),
    ]
    assert street.names(building_id=street.buildings[0].id) == ["10号楼1单元201", "10号楼1单元1001"]
    assert street.names(grid_id=new_id()) == []


def test_a_building_that_is_renamed_moves_with_all_in_it(store: Store) -> None:
    street = Street(store)
    street.edit(Building, street.buildings[0].id, name="1号楼")
    assert street.names()[:2] == ["1号楼1单元201", "1号楼1单元1001"]


def test_a_building_may_come_under_another_micro_grid(store: Store) -> None:
    street = Street(store)
    assert len(street.names(micro_grid_id=street.micro.id)) == 4
    street.edit(Building, street.buildings[2].id, micro_grid_id=street.micro.id)
    street.edit(Building, street.buildings[0].id, micro_grid_id=None)
    assert street.names(micro_grid_id=street.micro.id)[0] == "2号楼1单元201"
    (grid,) = store.read(grid_places).result()
    assert [(m.name, m.count) for m in grid.micro_grids] == [("一组", 4)]
    assert [(b.name, b.count) for b in grid.buildings] == [
        (n, 2) for n in ("2号楼", "三号楼", "10号楼")
    ]


def test_who_is_gone_stands_nowhere(store: Store) -> None:
    street = Street(store)
    store.write(lambda uow: uow.delete(street.homes[0])).result()
    assert len(street.names()) == 5
    held = store.read(lambda r: r.value("SELECT count(*) FROM household_order")).result()
    assert held == 5


def test_an_older_database_is_brought_into_order(store: Store, tmp_path: Path) -> None:
    street = Street(store)
    wanted = street.names()
    path = tmp_path / "old.db"
    connection = dbapi2.connect(str(path), isolation_level=None)
    older = tmp_path / "older"
    (older / "versions").mkdir(parents=True)
    for file in sorted((migrate.MIGRATIONS / "versions").glob("000[1-7]_*.py")):
        (older / "versions" / file.name).write_bytes(file.read_bytes())
    migrate.create(connection, folder=older)
    for table in ("household", "dwelling", "building"):
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        sql = f"SELECT {','.join(names)} FROM {table}"
        rows = store.read(lambda r, sql=sql: r.rows(sql)).result()
        connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(names))})", rows)
    migrate.upgrade(connection, path)
    assert migrating.revisions(migrate.MIGRATIONS)[-1] > "0007"
    found = connection.execute(
        "SELECT h.address FROM household_order o JOIN household h ON h.id=o.household_id "
        "ORDER BY o.address_key"
    )
    assert [address for (address,) in found] == wanted
    assert connection.execute("SELECT DISTINCT grid_id FROM household_order").fetchall() == [
        (GRID.id.bytes,)
    ]
    connection.close()


@given(st.lists(st.uuids(), max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_ids_are_a_sequence_like_any_other(ids: list, start: int, end: int) -> None:
    held = Ids.of(ids)
    assert held == ids
    assert held == tuple(ids)
    assert list(held) == ids
    assert held[start:end] == ids[start:end]
    assert [held.index(id_) for id_ in ids] == [ids.index(id_) for id_ in ids]
    assert all(id_ in held for id_ in ids)
    assert WORKER.id not in held
    assert held != [*ids, WORKER.id]
    assert bool(held) is bool(ids)
    assert Ids.of(held) is held
