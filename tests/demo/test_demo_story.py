"""The invented year: as much as asked, in order, on the path, and nothing that may not be written."""

import re
import statistics
from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest

from gridapp.demo.event_texts import ITEMS
from gridapp.demo.events import Desk, Post
from gridapp.demo.people import GridPlan, Population, population
from gridapp.demo.story import Story, story
from gridapp.demo.visits import Visitors
from gridapp.domain.care import ABSENT, ANSWERS, checklist, split_key
from gridapp.domain.codes import Codes
from gridapp.domain.record import Record, kind_of
from gridapp.domain.reference import CareGroup, CatalogueItem, Code
from gridapp.domain.roles import Role
from gridapp.domain.values import row_of
from gridapp.domain.workflow import BY_TARGET_UNIT, State, judge, missing, next_state, state_after
from gridapp.resources import default_reference

TODAY = date(2026, 11, 20)
REFERENCE = default_reference()
CODES = Codes(record for record in REFERENCE if isinstance(record, Code))
ITEM_CODES = {record.item_code for record in REFERENCE if isinstance(record, CatalogueItem)}
GROUPS = {record.group_code: record for record in REFERENCE if isinstance(record, CareGroup)}
GRID, OFFICE_UNIT, TOWNSHIP, MUNICIPAL = (UUID(int=n) for n in range(1, 5))
WORKERS = (UUID(int=11), UUID(int=12))
VOLUNTEERS = (UUID(int=13),)
HEAD, OFFICE, DISPATCHER, HANDLER = (UUID(int=n) for n in range(14, 18))
DESK = Desk(
    WORKERS,
    Post(GRID, HEAD),
    Post(OFFICE_UNIT, OFFICE),
    Post(TOWNSHIP, DISPATCHER),
    {"MUNI": Post(MUNICIPAL, HANDLER), "PROP": Post(MUNICIPAL, HANDLER)},
    "文化街街道",
)
ROLES = {
    WORKERS[0]: {Role.WORKER},
    WORKERS[1]: {Role.WORKER},
    HEAD: {Role.GRID_HEAD},
    OFFICE: {Role.OFFICE},
    DISPATCHER: {Role.DISPATCHER},
    HANDLER: {Role.HANDLER},
}
_WORDS = """
民族 汉族 回族 信仰 宗教 教堂 清真 党员 政治面貌 信访 上访 指纹 人脸 刷脸 银行 高血压 糖尿病 癌 残疾原因
"""
FORBIDDEN = _WORDS.split()


def people(*, village: bool = False, households: int = 300, number: int = 1000) -> Population:
    plan = GridPlan(GRID, OFFICE_UNIT, "410702007017", 1, households, number, village)
    return population(plan, seed=3, today=TODAY)


def year(grid: Population, **volume: float) -> Story:
    return story(
        grid,
        Visitors(WORKERS, VOLUNTEERS),
        DESK,
        REFERENCE,
        seed=3,
        today=TODAY,
        visits_per_household=volume.get("visits", 20),
        events=int(volume.get("events", 3000)),
    )


@pytest.fixture(scope="module", params=[False, True], ids=["town", "village"])
def grid(request: pytest.FixtureRequest) -> Population:
    return people(village=request.param)


@pytest.fixture(scope="module")
def told(grid: Population) -> Story:
    return year(grid)


def size(records: list[Record]) -> int:
    """Bytes of the stored fields; numbers count as eight."""
    total = 0
    for record in records:
        for value in row_of(kind_of(type(record)), record).values():
            if isinstance(value, str):
                total += len(value.encode())
            elif value is not None:
                total += len(value) if isinstance(value, bytes) else 8
    return total


def test_a_seed_gives_the_same_year_again(grid: Population, told: Story) -> None:
    assert year(grid) == told


def test_full_volume(grid: Population, told: Story) -> None:
    assert (len(told.visits), len(told.events)) == (6000, 3000)
    core = [*told.visits, *told.events]
    core += [r for r in grid.records() if r.KIND in ("household", "person")]
    assert len(core) == 10_300
    files = [r for r in grid.records() if r.KIND in ("household_file", "person_file")]
    assert size([*core, *files]) >= 7_000_000
    assert size(list(told.visits)) / 6000 >= 700


def test_volume_is_as_asked() -> None:
    small = people(households=30, number=95)
    told = year(small, visits=3, events=40)
    assert (len(told.visits), len(told.events)) == (90, 40)
    assert not year(small, visits=0, events=0).visits


def test_every_record_can_be_stored_and_every_code_is_known(told: Story) -> None:
    unknown = set()
    for record in told.records():
        kind = kind_of(type(record))
        row = row_of(kind, record)
        assert not [f.name for f in kind.fields if f.required and row[f.name] is None]
        for field in kind.stored:
            value = getattr(record, field.name)
            if field.codes == "catalogue_item":
                known = value in ITEM_CODES
            else:
                known = not field.codes or not value or CODES.has(field.codes, value)
            if not known:
                unknown.add((field.codes, value))
    assert unknown == set()
    ids = [record.id for record in told.records()]
    assert len(ids) == len(set(ids))


def test_all_items_are_of_the_catalogue() -> None:
    assert {text.item_code for text in ITEMS} <= ITEM_CODES
    assert len({text.item_code for text in ITEMS}) == len(ITEMS)


def test_everything_happened_in_the_year_before_today(told: Story) -> None:
    first, last = (TODAY - timedelta(days=364)).isoformat(), TODAY.isoformat()
    for moments in (
        [v.happened_at for v in told.visits],
        [e.happened_at for e in told.events],
    ):
        assert moments == sorted(moments, key=str)
        assert all(first <= str(moment) < last for moment in moments)
    assert all(first <= str(a.happened_at) < last for a in told.actions)
    for records in (told.visits, told.events):
        ids = [record.id.bytes for record in records]
        assert ids == sorted(ids)


def test_sentences_vary_and_have_no_gaps(told: Story) -> None:
    texts = [v.situation for v in told.visits] + [e.text for e in told.events]
    assert len(set(texts)) > 0.93 * len(texts)
    for visit in told.visits:
        said = [visit.situation, visit.difficulties, visit.requests, visit.action, visit.result]
        assert not re.search(r"[{}\[\]|]|，，|。。|，。", "".join(said))
        assert visit.situation
        assert visit.action
    lengths = [
        len(v.situation + v.difficulties + v.requests + v.action + v.result + v.promise)
        for v in told.visits
    ]
    assert 120 < statistics.mean(lengths) < 260
    assert not [e for e in told.events if re.search(r"[{}\[\]|]|，，|。。", e.title + e.text)]
    assert max(len(e.title) for e in told.events) <= 80


def test_who_needs_more_is_visited_more(grid: Population, told: Story) -> None:
    count = Counter(visit.household_id for visit in told.visits)
    high, plain, vacant = [], [], []
    for home in grid.homes:
        levels = {care.level for member in home.members for care in member.care}
        place = vacant if not home.members else high if "high" in levels else plain
        if not levels or "high" in levels:
            place.append(count[home.household.id])
    assert not any(vacant)
    assert statistics.mean(high) > 1.8 * statistics.mean(plain)
    assert min(plain) >= 5


def test_nobody_home_meets_nobody(grid: Population, told: Story) -> None:
    members = {
        home.household.id: {str(m.person.id): m for m in home.members} for home in grid.homes
    }
    how = Counter(visit.how for visit in told.visits)
    assert set(how) == {"home", "phone", ABSENT}
    for visit in told.visits:
        assert visit.household_id is not None
        known = members[visit.household_id]
        assert bool(visit.people_met) == (visit.how != ABSENT)
        assert not (visit.how == ABSENT and visit.answers)
        assert all(known[who].lives_here for who in visit.people_met if who in known)
        if visit.how != ABSENT:
            assert any(who in known for who in visit.people_met)
        if visit.source == "paper":
            assert (visit.visited_by, visit.recorded_by) == (VOLUNTEERS[0], WORKERS[0])


def test_answers_are_those_of_the_household(grid: Population, told: Story) -> None:
    groups = {
        home.household.id: {c.group_code for m in home.members for c in m.care}
        for home in grid.homes
    }
    answers: Counter[str] = Counter()
    for visit in told.visits:
        assert visit.household_id is not None
        for key, answer in visit.answers.items():
            group, item = split_key(key)
            assert group in groups[visit.household_id]
            assert item in checklist(GROUPS[group])
            answers[answer] += 1
    assert set(answers) == set(ANSWERS)
    assert answers["watch"] < min(answers["good"], answers["rest"]) / 3


def test_promises_have_a_date(told: Story) -> None:
    assert all(visit.next_date for visit in told.visits if visit.promise)
    kept = sum(bool(visit.promise) for visit in told.visits)
    assert 0.3 < kept / len(told.visits) < 0.8
    last = {visit.household_id: visit for visit in told.visits}
    due = [visit.next_date for visit in last.values() if visit.next_date]
    assert any(day < TODAY for day in due)
    assert any(day > TODAY for day in due)


def test_steps_are_allowed_to_those_who_take_them(told: Story) -> None:
    steps: dict[UUID, list[str]] = {}
    dispatched: dict[UUID, UUID] = {}
    for action in told.actions:
        assert action.event_id is not None
        assert action.actor_id is not None
        before = steps.setdefault(action.event_id, [])
        assert (action.number, action.seen) == (len(before) + 1, len(before))
        state = state_after(before)
        assert judge(state, action.action, ROLES[action.actor_id]) is None
        values = {
            "text": action.text,
            "rating": action.rating,
            "target_unit_id": action.target_unit_id,
        }
        assert missing(action.action, values) == ()
        if action.target_unit_id:
            dispatched[action.event_id] = action.target_unit_id
        if action.action in BY_TARGET_UNIT:
            assert action.unit_id == dispatched[action.event_id]
        before.append(action.action)
        assert next_state(state, action.action) != state
    times = [str(a.happened_at) for a in told.actions if a.action in ("verify", "rate", "close")]
    assert sum(not "07" <= time[11:13] <= "20" for time in times) < len(times) / 20
    states = Counter(state_after(steps.get(event.id, [])) for event in told.events)
    assert states[State.CLOSED] > 2700
    assert sum(states[s] for s in (State.ACCEPTED, State.SIGNED, State.HANDLED)) > 5
    on_spot = sum("handle_on_spot" in taken for taken in steps.values())
    assert 0.3 < on_spot / len(told.events) < 0.7


def test_events_at_a_visit_are_of_its_household(told: Story) -> None:
    visits = {visit.id: visit for visit in told.visits}
    at_visit = [event for event in told.events if event.visit_id]
    assert len(at_visit) > 100
    for event in at_visit:
        assert event.visit_id is not None
        visit = visits[event.visit_id]
        assert event.household_id == visit.household_id
        assert str(event.happened_at)[:10] == str(visit.happened_at)[:10]
        assert event.source == "visit"
    numbers = [event.number for event in told.events]
    assert len(set(numbers)) == len(numbers)


def test_nothing_that_may_not_be_written(told: Story) -> None:
    said = "".join(
        value
        for record in told.records()
        for value in row_of(kind_of(type(record)), record).values()
        if isinstance(value, str)
    )
    for word in FORBIDDEN:
        assert word not in said
    assert not re.search(r"\d{6,}", "".join(v.situation + v.action for v in told.visits))
