"""What pulls leave over for the index: noted as little as can be, and nothing is ever left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridapp.domain.household import Household
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.record import Record, new_id
from gridapp.store import search
from gridapp.store.opening import open_store
from gridapp.store.store import Store
from tests.store.realistic import PASSWORD, SetClock, make_store


def pull(store: Store, records: list[Record]) -> None:
    """As a pull does it: the index follows at the end of the round."""
    store.write(lambda uow: [uow.create(r) for r in records], index=False).result()


def people(count: int) -> list[Record]:
    return [Person(name=f"周{number}敏") for number in range(count)]


def found(store: Store) -> set[str]:
    hits = store.read(lambda reader: search.find(reader, "周", 1000)).result()
    return {hit.name for hit in hits}


def entries(store: Store) -> list[str]:
    rows = store.read(lambda r: r.rows("SELECT entity FROM search_stale ORDER BY entity")).result()
    return [entity for (entity,) in rows]


def index(store: Store) -> int:
    """To the end; how many parts that took."""
    parts = 1
    while store.write(search.refresh_stale).result():
        parts += 1
    return parts


def test_of_what_comes_first_a_kind_is_one_entry(store: Store) -> None:
    person, other = people(2)
    pull(store, [person, other, PersonFile(person_id=person.id, phones={"13800000001": ""})])
    pull(store, [Household(name="周家", grid_id=new_id())])
    assert entries(store) == ["household+", "person+"]
    assert index(store) == 1
    assert entries(store) == []
    assert found(store) == {"周0敏", "周1敏", "周家"}
    assert store.read(lambda r: len(search.find(r, "13800000001"))).result() == 1


def test_later_each_record_is_one(store: Store) -> None:
    pull(store, people(3))
    index(store)
    pull(store, people(5)[3:])
    assert entries(store) == ["person", "person"]
    index(store)
    assert found(store) == {f"周{number}敏" for number in range(5)}


def test_part_by_part_to_the_end_also_over_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_STALE_PART", 4)
    store = make_store(tmp_path, SetClock())
    pull(store, [*people(10), Household(name="周家", grid_id=new_id())])
    assert store.write(search.refresh_places).result()
    assert len(found(store)) == 4
    folder = store.folder
    store.close()
    again = open_store(folder, PASSWORD, clock=SetClock())
    try:
        for _ in range(9):  # the start gave it to the writer, and each part the next one
            again.write(lambda _uow: None).result()
        assert entries(again) == []
        assert found(again) == {f"周{number}敏" for number in range(10)} | {"周家"}
    finally:
        again.close()


def test_what_comes_between_the_parts_is_not_left_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_STALE_PART", 4)
    *first, late = people(11)  # its id comes after
    early = Person(name="周早", id=first[0].id)
    pull(store, first[1:])
    assert store.write(search.refresh_places).result()
    pull(store, [early])
    store.write(lambda uow: uow.create(late)).result()
    index(store)
    assert found(store) == {f"周{number}敏" for number in range(1, 11)} | {"周早"}
    documents = store.read(lambda r: r.value("SELECT count(*) FROM search_doc")).result()
    assert documents == 11
