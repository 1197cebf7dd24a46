"""The invented people: the same again for the same seed, as people are, and nobody's real numbers."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from gridapp.demo.household_records import Member
from gridapp.demo.ids import Ids, midnight, rng_for
from gridapp.demo.people import GridPlan, Population, population
from gridapp.domain.codes import Codes
from gridapp.domain.identity import CITIZEN, check_identity
from gridapp.domain.kinds import KINDS
from gridapp.domain.numbers import check_household_number
from gridapp.domain.record import Record, kind_of
from gridapp.domain.reference import Code
from gridapp.domain.values import row_of
from gridapp.resources import default_reference

TODAY = date(2026, 11, 20)
GRID, COMMUNITY = UUID(int=1), UUID(int=2)
LEADERS = (UUID(int=3), UUID(int=4))
CODES = Codes(record for record in default_reference() if isinstance(record, Code))


def plan(sequence: int = 1, **options: Any) -> GridPlan:
    return GridPlan(GRID, COMMUNITY, "410702007017", sequence, leaders=LEADERS, **options)


@pytest.fixture(scope="module", params=[False, True], ids=["town", "village"])
def grid(request: pytest.FixtureRequest) -> Population:
    return population(plan(6 if request.param else 1, village=request.param), seed=7, today=TODAY)


def members(grid: Population) -> list[Member]:
    return [member for home in grid.homes for member in home.members]


def test_a_seed_gives_the_same_people_again(grid: Population) -> None:
    again = population(grid.plan, seed=7, today=TODAY)
    assert list(again.records()) == list(grid.records())


def test_another_seed_gives_other_people(grid: Population) -> None:
    others = population(grid.plan, seed=8, today=TODAY)
    names = [m.person.name for m in members(grid)]
    assert [m.person.name for m in members(others)] != names
    assert {r.id for r in others.records()}.isdisjoint(r.id for r in grid.records())


def test_no_record_is_there_twice_and_owners_come_first(grid: Population) -> None:
    seen: set[UUID] = {GRID, COMMUNITY, *LEADERS}
    # the head of a household is one of its members, who come after it
    later = {home.household.head_id for home in grid.homes}
    for record in grid.records():
        assert record.id not in seen
        assert record.id.version == 7
        for field in KINDS[record.KIND].stored:
            if field.refers_to and field.name != "head_id":
                value = getattr(record, field.name)
                assert value is None or value in seen, (record.KIND, field.name)
        seen.add(record.id)
    assert later - {None} <= seen


def test_a_tie_to_another_household_comes_after_it() -> None:
    backwards = 0
    for seed in range(6):
        grid = population(plan(households=150, people=400), seed=seed, today=TODAY)
        seen: set[UUID | None] = set()
        for home in grid.homes:
            seen.add(home.household.id)
            ties = [tie for member in home.members for tie in member.residences]
            assert all(tie.household_id in seen for tie in ties)
            others = [tie for tie in ties if tie.household_id != home.household.id]
            assert all(tie.kind == "registered" for tie in others)
            backwards += len(others)
    assert backwards > 5


def test_as_many_as_asked(grid: Population) -> None:
    count = Counter(record.KIND for record in grid.records())
    assert (count["household"], count["person"]) == (300, 1000)
    kinds = Counter(home.kind for home in grid.homes)
    assert set(kinds) == {"family", "shared", "collective", "vacant"}
    assert kinds["family"] > 270
    small = population(plan(households=12, people=40), seed=1, today=TODAY)
    assert Counter(r.KIND for r in small.records())["person"] == 40


def test_some_dwellings_are_empty_and_some_hold_two_households(grid: Population) -> None:
    used = Counter(home.dwelling.id for home in grid.homes)
    assert len(grid.places.dwellings) > len(used)
    assert max(used.values()) == 2


def test_every_record_can_be_stored_and_every_code_is_known(grid: Population) -> None:
    unknown = set()
    for record in grid.records():
        kind = kind_of(type(record))
        row_of(kind, record)
        for field in kind.fields:
            value = getattr(record, field.name)
            coded = field.codes and field.codes != "care_group" and value
            if coded and not CODES.has(field.codes, value):
                unknown.add((field.codes, value))
    assert unknown == set()
    words = {code.zh for table in ("livelihood", "benefits") for code in CODES.entries(table)}
    said = {word for home in grid.homes for word in home.file.livelihood + home.file.benefits}
    assert said <= words


def test_identities_are_right_and_nobodys(grid: Population) -> None:
    numbers = []
    for member in members(grid):
        file = member.file
        read = check_identity(file.id_kind, file.id_number, file.birth_date, file.sex, TODAY)
        assert read.birth == file.birth_date
        assert member.person.birth_year == read.birth.year if read.birth else True
        if file.id_kind == CITIZEN:
            assert file.id_number.startswith("410799")  # an area that was never assigned
            numbers.append(file.id_number)
        assert all(phone.startswith("154") for phone in file.phones)
    assert len(numbers) == len(set(numbers)) > 900
    assert any(m.file.id_kind == "none" for m in members(grid))


def test_grids_of_a_community_share_no_number() -> None:
    first, second = (population(plan(n), seed=7, today=TODAY) for n in (1, 2))
    for one, other in zip(_numbers(first), _numbers(second), strict=True):
        assert one.isdisjoint(other)


def _numbers(grid: Population) -> tuple[set[str], set[str], set[str]]:
    ids = {m.file.id_number for m in members(grid)} - {""}
    phones = {phone for m in members(grid) for phone in m.file.phones}
    return ids, phones, {check_household_number(h.household.number) for h in grid.homes}


def test_ages_fit_the_relations(grid: Population) -> None:
    for home in grid.homes:
        if home.kind != "family":
            continue
        head = home.members[0]
        assert head.residences[0].relation == "02"
        assert 19 <= head.age <= 95
        for member in home.members[1:]:
            relation, gap = member.residences[0].relation, head.age - member.age
            assert 0 <= member.age < 105
            if relation in ("11", "12"):
                assert abs(gap) <= 6
                assert member.age >= 20
                assert member.file.sex != head.file.sex
            elif relation[0] in "23" and relation not in ("28", "38"):
                assert 12 <= gap <= 45, (relation, head.age, member.age)
            elif relation[0] == "4":
                assert gap >= 30
            elif relation[0] == "5":
                assert -40 <= gap <= -17


def test_a_birthday_makes_the_age(grid: Population) -> None:
    for member in members(grid):
        birth = member.file.birth_date
        assert birth is not None
        years = TODAY.year - birth.year - ((TODAY.month, TODAY.day) < (birth.month, birth.day))
        assert abs(years - member.age) <= 1
        assert birth < TODAY


def test_people_are_as_they_are(grid: Population) -> None:
    people = members(grid)
    names = [m.person.name for m in people]
    assert {len(name) for name in names} >= {2, 3, 40}
    assert max(map(len, names)) == 40
    for character in "㛃䶮𠮷𬭊":
        assert any(character in name for name in names)
    for surname in ("单", "曾", "仇", "欧阳"):
        assert any(name.startswith(surname) for name in names)
    assert sum("·" in name for name in names) >= 2
    assert any(m.person.nicknames for m in people)
    status = Counter(m.person.status for m in people)
    assert status["here"] > 900
    assert min(status[s] for s in ("away", "moved", "died")) > 0
    for member in people:
        gone = member.person.status in ("moved", "died")
        assert (member.residences[0].to_date is not None) == gone
        assert (member.person.away_until is not None) == (member.person.status == "away")
        assert not (gone and member.care)


def test_a_telephone_may_be_anothers(grid: Population) -> None:
    whose = [says for m in members(grid) for says in m.file.phones.values()]
    assert any(says.startswith(("儿子 ", "女儿 ")) for says in whose)
    shared = Counter(phone for m in members(grid) for phone in m.file.phones)
    assert max(shared.values()) >= 2
    # a child has at most a parent's number
    small = [m for m in members(grid) if m.age < 13]
    assert all("本人" not in m.file.phones.values() for m in small)


def test_care_groups_fit(grid: Population) -> None:
    groups: Counter[str] = Counter()
    for home in grid.homes:
        for member in home.members:
            for care in member.care:
                groups[care.group_code] += 1
                if care.group_code in ("C01", "C02", "C03"):
                    assert member.age >= 60
                if care.group_code in ("C05", "C06"):
                    assert member.age < 16
                if care.group_code == "C13":
                    assert member.file.sex == "2"
        assert home.kind == "family" or not {c.group_code for m in home.members for c in m.care} & {
            "C05",
            "C06",
        }
    expected = {f"C{n:02}" for n in (1, 2, 4, 7, 8, 9, 12, 13, 14, 15, 16)}
    assert expected <= set(groups)
    assert ("C03" in groups) == grid.places.village
    assert sum(groups.values()) < 400


def test_addresses_of_town_and_village(grid: Population) -> None:
    addresses = {home.address for home in grid.homes}
    if grid.places.village:
        assert "一组老槐树东第二家" in addresses
        assert all(dwelling.landmark and not dwelling.room for dwelling in grid.places.dwellings)
    else:
        assert any(address.endswith("1号楼1单元201") for address in addresses)
        assert {b.micro_grid_id for b in grid.places.buildings} == {
            m.id for m in grid.places.micro_grids
        }
    assert len(set(grid.places.addresses.values())) == len(grid.places.dwellings)


def test_ids_sort_as_they_were_made() -> None:
    ids = Ids(rng_for(1, "x"), TODAY)
    made = [ids.new() for _ in range(50)]
    made.append(ids.new(midnight(date(2027, 1, 1))))
    made.append(ids.new(5))  # never back in time
    assert made == sorted(made, key=lambda each: each.bytes)
    assert all(each.version == 7 and each.variant == "specified in RFC 4122" for each in made)
    assert made[-2].int >> 80 == midnight(date(2027, 1, 1))


def test_nothing_that_is_not_collected(grid: Population) -> None:
    said = "".join(_texts(record) for record in grid.records())
    for word in FORBIDDEN:
        assert word not in said


_WORDS = """
民族 汉族 回族 信仰 宗教 教堂 清真 党员 政治面貌 信访 上访 指纹 人脸 刷脸 银行卡号 高血压 糖尿病 癌
"""
FORBIDDEN = _WORDS.split()


def _texts(record: Record) -> str:
    row = row_of(kind_of(type(record)), record)
    return " ".join(value for value in row.values() if isinstance(value, str))
