"""Finding people and households by what workers type, over a store as it is used."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gridapp.domain.event import Event
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.record import new_id
from gridapp.store import recording, search
from gridapp.store.drafting import HouseholdForm
from gridapp.store.opening import open_store
from gridapp.store.store import Store
from tests.store.realistic import (
    PASSWORD,
    SetClock,
    arrive,
    household,
    make_store,
    member,
    opened,
    save,
)

COMMON = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = ("建国", "秀英", "小明", "桂芳", "伟", "丽娟", "志强", "淑兰")


def forms() -> Iterator[HouseholdForm]:
    yield household(
        "赵桂兰",
        "3号楼",
        "201",
        member(
            "赵桂兰",
            nicknames=("赵奶奶", "兰姨"),
            id_kind="citizen",
            id_number="11010519491231002X",
            phones={"138 1234 2210": "本人", "0999-7654321": "女儿"},
        ),
        own_number="A-017",
    )
    yield household("单雄信", "4号楼", "1201", member("单雄信", birth_year=1950))
    yield household("㛃䶮", "12号楼", "301", member("㛃䶮"), member("𠮷𬭊", "20"))
    yield household("买买提", "二组", "", member("买买提·阿不都热合曼", phones={"19900000001": ""}))
    yield household("欧阳修", "A座", "902", member("欧阳修"))
    yield household(
        "Smith", "B座", "17", member("John O'Neil", id_kind="passport", id_number="E88")
    )
    yield household("吕布", "5号楼", "101", member("吕布"))
    for number in range(60):
        surname = COMMON[number % len(COMMON)]
        names = [f"{surname}{GIVEN[(number + n) % len(GIVEN)]}" for n in range(3)]
        people = [
            member(name, phones={f"1770000{number:02}{n:02}": "本人"})
            for n, name in enumerate(names)
        ]
        yield household(names[0], f"{20 + number // 6}号楼", f"{number % 6 + 1}01", *people)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = make_store(tmp_path_factory.mktemp("search"), SetClock())
    made = list(forms())
    store.write(lambda u: [recording.save_household(u, None, form) for form in made]).result()
    yield store
    store.close()


def found(store: Store, typed: str, limit: int = 50) -> set[str]:
    hits = store.read(lambda r: search.find(r, typed, limit)).result()
    return {hit.name for hit in hits if hit.entity == "person"}


def events(store: Store, typed: str) -> int:
    return len(store.read(lambda r: search.find_events(r, typed)).result())


def homes(store: Store, typed: str) -> set[str]:
    hits = store.read(lambda r: search.find(r, typed)).result()
    return {hit.name for hit in hits if hit.entity == "household"}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("赵桂兰", "赵桂兰"),
        ("桂兰", "赵桂兰"),
        ("奶奶", "赵桂兰"),
        ("兰姨", "赵桂兰"),
        ("zhaoguilan", "赵桂兰"),
        ("ZhaoGui", "赵桂兰"),
        ("guilan", "赵桂兰"),
        ("zgl", "赵桂兰"),
        ("ZGL", "赵桂兰"),
        ("znn", "赵桂兰"),
        ("13812342210", "赵桂兰"),
        ("138 1234 2210", "赵桂兰"),
        ("+86 138-1234-2210", "赵桂兰"),
        ("1381234", "赵桂兰"),
        ("2210", "赵桂兰"),
        ("7654321", "赵桂兰"),
        ("002x", "赵桂兰"),
        ("002X", "赵桂兰"),
        ("sxx", "单雄信"),
        ("shanxiongxin", "单雄信"),
        ("danxiongxin", "单雄信"),
        ("ouyang", "欧阳修"),
        ("oyx", "欧阳修"),
        ("lvbu", "吕布"),
        ("lübu", "吕布"),
        ("㛃䶮", "㛃䶮"),
        ("㛃", "㛃䶮"),
        ("𠮷𬭊", "𠮷𬭊"),
        ("𬭊", "𠮷𬭊"),
        ("买买提·阿", "买买提·阿不都热合曼"),
        ("阿不都热合曼", "买买提·阿不都热合曼"),
        ("john", "John O'Neil"),
        ("o'neil", "John O'Neil"),
        ("　赵桂兰　", "赵桂兰"),
    ],
)
def test_people_are_found(full: Store, typed: str, name: str) -> None:
    assert name in found(full, typed)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("3号楼", "赵桂兰"),
        ("3号楼1单元201", "赵桂兰"),
        ("A-017", "赵桂兰"),
        ("12号楼", "㛃䶮"),
        ("A座902", "欧阳修"),
        ("二组", "买买提"),
        ("smith", "Smith"),
    ],
)
def test_households_are_found(full: Store, typed: str, name: str) -> None:
    assert name in homes(full, typed)


def test_every_whole_name_telephone_and_one_character_finds_its_person(full: Store) -> None:
    people = [m for form in forms() for m in form.members]
    for one in people:
        assert one.person.name in found(full, one.person.name, 500)
        assert one.person.name in found(full, one.person.name[0], 500)
        for number in one.file.phones:
            assert one.person.name in found(full, number)
            assert one.person.name in found(full, number[-4:])


def test_nobody_else_is_found(full: Store) -> None:
    assert found(full, "赵桂兰") == {"赵桂兰"}
    assert found(full, "13812342210") == {"赵桂兰"}
    assert found(full, "sxx") == {"单雄信"}
    assert homes(full, "3号楼1单元201") == {"赵桂兰"}


@pytest.mark.parametrize(
    "typed", ["", "  ", "·", "%", '"', "*", "AND", "' OR 1=1 --", "NEAR(", "{"]
)
def test_nothing_typed_is_a_command(full: Store, typed: str) -> None:
    assert "赵桂兰" not in found(full, typed)


def test_the_same_name_stands_with_birth_year_and_address(full: Store) -> None:
    (hit,) = full.read(lambda r: search.find(r, "单雄信")).result()[:1]
    (person,) = (h for h in full.read(lambda r: search.find(r, "单雄信")).result() if h.birth_year)
    assert (person.birth_year, person.address) == (1950, "4号楼1单元1201")
    assert hit.household_id == person.household_id


def test_a_new_name_is_found_and_the_old_one_no_more(store: Store) -> None:
    form = save(store, household("钱二", "3号楼", "201", member("钱二")))
    person = form.members[0].person
    store.write(lambda uow: uow.edit(person, replace(person, name="孙三"))).result()
    assert found(store, "钱二") == set()
    assert found(store, "qe") == set()
    assert found(store, "孙三") == {"孙三"}


def test_a_new_telephone_a_new_building_and_a_new_home_are_found(store: Store) -> None:
    form = save(
        store, household("钱二", "3号楼", "201", member("钱二", phones={"13800000001": ""}))
    )
    file, building = form.members[0].file, form.building
    assert building

    def write(uow: Any) -> None:
        uow.edit(file, replace(file, phones={"13900009999": ""}))
        uow.edit(building, replace(building, name="8号楼"))

    store.write(write).result()
    assert found(store, "0001") == set()
    assert found(store, "9999") == {"钱二"}
    assert homes(store, "3号楼") == set()
    assert homes(store, "8号楼") == {"钱二"}
    (hit,) = (h for h in store.read(lambda r: search.find(r, "9999")).result())
    assert hit.address == "8号楼1单元201"


def test_who_is_deleted_is_found_no_more(store: Store) -> None:
    form = save(store, household("钱二", "3号楼", "201", member("钱二")))
    store.write(lambda uow: uow.delete(form.members[0].person)).result()
    assert found(store, "钱二") == set()
    store.write(lambda uow: uow.delete(form.household)).result()
    assert homes(store, "钱二") == set()
    index = "SELECT (SELECT count(*) FROM search_doc)"
    assert store.read(lambda r: r.value(index)).result() == 0


def test_a_failed_save_leaves_the_index_as_it_was(store: Store) -> None:
    form = save(store, household("钱二", "3号楼", "201", member("钱二")))
    person = form.members[0].person

    def write(uow: Any) -> None:
        uow.edit(person, replace(person, name="孙三"))
        search.refresh(uow, {"person": {person.id.bytes}})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write(write).result()
    assert found(store, "钱二") == {"钱二"}
    assert found(store, "孙三") == set()


def test_what_a_pull_leaves_over_is_indexed_at_the_end_and_once(store: Store) -> None:
    people = [Person(name=f"周{n}敏") for n in range(3)]
    arrive(store, people)
    files = [
        PersonFile(person_id=p.id, phones={f"1380000000{n}": ""}) for n, p in enumerate(people)
    ]

    def write(uow: Any) -> None:
        for file in files:
            uow.create(file)

    store.write(write, index=False).result()
    assert found(store, "13800000001") == set()
    assert store.write(search.refresh_stale).result() is False
    assert found(store, "13800000001") == {"周1敏"}
    count = "SELECT count(*) FROM search_doc"
    before = store.read(lambda r: r.value(count)).result()
    store.write(lambda uow: search.refresh(uow, {"person": {p.id.bytes for p in people}})).result()
    assert store.read(lambda r: r.value(count)).result() == before


def test_moving_to_another_home_moves_the_hit(store: Store) -> None:
    first = save(store, household("钱二", "3号楼", "201", member("钱二")))
    second = save(store, household("孙三", "5号楼", "101"))
    mover = first.members[0]

    def write(uow: Any) -> None:
        uow.delete(mover.residence)
        tie = replace(mover.residence, household_id=second.household.id)
        uow.create(replace(tie, id=first.file.id))

    store.write(write).result()
    (hit,) = (
        h for h in store.read(lambda r: search.find(r, "钱二")).result() if h.entity == "person"
    )
    assert hit.household_id == second.household.id
    assert opened(store, second.household.id).members


def test_people_are_found_before_the_words_of_events(store: Store) -> None:
    event = Event(
        grid_id=new_id(),
        item_code="0104",
        text="路灯不亮",
        happened_at="2026-11-20",
        reported_by=new_id(),
    )
    person = Person(name="周敏")
    store.write(lambda uow: [uow.create(r) for r in (person, event)], index=False).result()
    assert store.write(search.refresh_places).result() is False
    assert found(store, "周敏") == {"周敏"}
    assert events(store, "路灯") == 0
    assert store.write(search.refresh_stale).result() is False
    assert events(store, "路灯") == 1


def test_a_save_goes_in_between_the_parts_that_nobody_waits_for(store: Store) -> None:
    order: list[str] = []
    begun, told = threading.Event(), threading.Event()

    def part(_uow: Any) -> bool:
        order.append("part")
        begun.set()
        told.wait(30)
        return len(order) < 4

    store.go_on(part)
    assert begun.wait(30)
    save = store.write(lambda _uow: order.append("save"))
    told.set()
    save.result()
    assert order[:2] == ["part", "save"]
    while store.write(lambda _uow: len(order)).result() < 4:
        pass
    assert order[2:] == ["part", "part"]


def test_what_nobody_waits_for_ends_with_the_store_and_leaves_the_rest(tmp_path: Path) -> None:
    store = make_store(tmp_path, SetClock())
    begun, told = threading.Event(), threading.Event()
    parts = []

    def part(_uow: Any) -> bool:
        parts.append(1)
        begun.set()
        told.wait(30)
        return True

    store.go_on(part)
    assert begun.wait(30)
    closing = threading.Thread(target=store.close)
    closing.start()
    while not store.closed:
        pass
    told.set()
    closing.join(30)
    assert not closing.is_alive()
    assert parts == [1]
    store.go_on(part)
    assert parts == [1]


def test_what_a_cut_round_or_an_update_left_over_is_indexed_at_the_start(tmp_path: Path) -> None:
    store = make_store(tmp_path, SetClock())
    store.write(lambda uow: uow.create(Person(name="周敏")), index=False).result()
    folder = store.folder
    store.close()
    again = open_store(folder, PASSWORD, clock=SetClock())
    again.write(lambda _uow: None).result()  # after what the start gave to the writer
    assert found(again, "周敏") == {"周敏"}
    assert again.read(lambda r: r.value("SELECT count(*) FROM search_stale")).result() == 0
    again.close()
