"""The day of a user out of a real store: whom to visit in which order, what waits, how the month stands."""

import random
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest

from gridapp.domain.due import Seen, Why, last_seen
from gridapp.domain.event import Event, EventAction
from gridapp.domain.person import CareEnrolment
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.domain.visit import Visit
from gridapp.domain.workflow import Action
from gridapp.store import recording
from gridapp.store.drafting import EventDraft, HouseholdForm, MemberForm, VisitDraft
from gridapp.store.store import Store
from gridapp.store.views.due import soon, standings
from gridapp.store.views.household_list import Within, household_ids, household_rows
from gridapp.store.views.household_page import household_page
from gridapp.store.views.suggestions import suggestions
from gridapp.store.views.today import Look, Today, events_waiting, today
from gridapp.store.views.visits import Wanted, visit_ids, visit_months, visit_rows
from tests.store.realistic import (
    COMMUNITY,
    GRID,
    WORKER,
    SetClock,
    arrive,
    household,
    member,
    save,
)

TODAY = date(2026, 11, 20)
SINCE = date(2025, 3, 1)
OTHER_GRID = Unit(parent_id=COMMUNITY.id, code="410702001016002", name="第二网格", kind="grid")
COLLEAGUE = Staff(name="王芳", user_name="wangfang", active=True)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def cared(
    form: HouseholdForm, group: str = "C01", level: str = "", since: date | None = SINCE
) -> HouseholdForm:
    """The first member of a form registered for care."""
    first = form.members[0]
    care = CareEnrolment(person_id=first.person.id, group_code=group, level=level, from_date=since)
    return replace(form, members=(replace(first, care=(care,)), *form.members[1:]))


def visit(
    store: Store, form: HouseholdForm, days: int, how: str = "home", **values: object
) -> Visit:
    draft = VisitDraft(form.household.id, ago(days).isoformat(), how=how, **values)
    return store.write(lambda uow: recording.add_visit(uow, draft)).result()


def day(store: Store, grid_id: UUID | None = None) -> Today:
    return store.read(partial(today, grid_id=grid_id)).result()


def names(found: Today) -> list[str]:
    return [household.name for household in found.due]


def test_whom_to_visit_stands_by_building_and_floor(store: Store) -> None:
    for name, building, room, days in (
        ("钱", "10号楼", "201", 40),
        ("孙", "2号楼", "1001", 30),
        ("李", "2号楼", "302", 25),
        ("周", "1号楼", "101", 3),
    ):
        form = save(store, cared(household(name, building, room, member(name))))
        visit(store, form, days)
    found = day(store)
    assert [(h.name, h.due.day) for h in found.due] == [
        ("李", ago(-5)),
        ("孙", TODAY),
        ("钱", ago(10)),
    ]
    assert found.now == 2
    assert found.day == TODAY
    assert found.due[0].address == "2号楼1单元302"


def test_a_visit_takes_a_household_off_the_list_and_a_closed_door_does_not(store: Store) -> None:
    form = save(store, cared(household("赵", "3号楼", "201", member("赵桂兰")), level="high"))
    visit(store, form, 10, next_date=ago(3), promise="药续上再看一眼")
    [due] = day(store).due
    assert (due.due.day, due.due.promise) == (ago(3), "药续上再看一眼")
    assert [r.why for r in due.due.reasons] == [Why.PROMISE, Why.RHYTHM]
    visit(store, form, 0, "absent")
    assert names(day(store)) == ["赵"]
    visit(store, form, 0)
    # every seven days: the next one is in sight
    assert [h.due.day for h in day(store).due] == [ago(-7)]


def test_a_week_ahead_is_in_sight_and_no_more(store: Store) -> None:
    for name, days in (("甲", 7), ("乙", 8)):
        form = save(store, household(name, "3号楼", "201", member(name)))
        visit(store, form, 1, next_date=ago(-days))
    assert names(day(store)) == ["甲"]


def test_the_dead_the_gone_and_those_who_live_elsewhere_are_not_due(store: Store) -> None:
    for name, status, kind in (
        ("甲", "died", "living"),
        ("乙", "moved", "living"),
        ("丙", "here", "registered"),
    ):
        one = member(name, status=status)
        one = MemberForm(one.person, one.file, replace(one.residence, kind=kind))
        visit(store, save(store, cared(household(name, "3号楼", "201", one))), 90)
    left = save(store, cared(household("丁", "3号楼", "301", member("丁"))))
    visit(store, left, 90, next_date=ago(5))
    assert names(day(store)) == ["丁"]
    tie = left.members[0].residence
    ended = replace(tie, to_date=ago(1))
    store.write(lambda uow: uow.edit(tie, ended)).result()
    assert day(store).due == ()


def test_who_is_away_gets_a_call(store: Store) -> None:
    away = member("赵桂兰", status="away", away_until=ago(-60))
    form = save(store, cared(household("赵", "3号楼", "201", away)))
    visit(store, form, 40)
    [due] = day(store).due
    assert due.due.call
    visit(store, form, 0, "phone")
    assert day(store).due == ()


def test_list_and_file_say_the_same_day(store: Store) -> None:
    form = save(store, cared(household("赵", "3号楼", "201", member("赵桂兰")), level="high"))
    visit(store, form, 12, next_date=ago(-90), promise="带表来")
    id_ = form.household.id
    [row] = store.read(partial(household_rows, ids=[id_])).result().values()
    page = store.read(partial(household_page, household_id=id_)).result()
    assert page
    assert row.due == page.due == day(store).due[0].due.day == ago(5)
    assert row.promise == "带表来"
    # a visit that agreed nothing leaves the day standing, everywhere
    visit(store, form, 1)
    page = store.read(partial(household_page, household_id=id_)).result()
    assert [r.why for r in page.next.reasons] == [Why.RHYTHM, Why.PROMISE][::-1]
    assert (page.next.reasons[0].day, page.next.promise) == (ago(-90), "带表来")


def test_an_agreed_day_is_found_behind_later_visits(store: Store) -> None:
    form = save(store, household("赵", "3号楼", "201", member("赵桂兰")))
    visit(store, form, 20, next_date=ago(-3), promise="带表来")
    visit(store, form, 5)
    assert [(h.due.day, h.due.promise) for h in day(store).due] == [(ago(-3), "带表来")]


def test_a_visit_from_before_the_registration_does_not_stand_for_the_first(store: Store) -> None:
    for name, days in (("甲", 2), ("乙", 1)):
        form = household(name, "3号楼", "201", member(name))
        visit(store, save(store, cared(form, since=ago(1))), days)
    [first] = day(store).due
    assert (first.name, [r.why for r in first.due.reasons]) == ("甲", [Why.FIRST])
    assert ago(1) < first.due.day <= ago(-7)


def test_the_quick_way_finds_whom_the_rule_finds(store: Store, clock: SetClock) -> None:
    """Households made at random: the index leaves out nobody whom the rule calls soon."""
    chance = random.Random(11)
    forms = []
    for number in range(60):
        status = chance.choice(["here", "here", "away", "died"])
        one = member(f"人{number}", status=status)
        form = household(f"户{number}", f"{number % 5 + 1}号楼", "201", one)
        group, level = f"C{chance.randrange(1, 17):02}", chance.choice(["", "high"])
        since = chance.choice([SINCE, SINCE, ago(25), ago(4), ago(1), None])
        cares = chance.random() < 0.7
        forms.append(save(store, cared(form, group, level, since) if cares else form))
    for form in forms:
        for _ in range(chance.randrange(4)):
            how = chance.choice(["home", "phone", "absent"])
            days = chance.choice([0, 1, 3, 7, 23, 30, 60, 83, 200])
            again = ago(days - chance.randrange(60)) if chance.random() < 0.5 else None
            visit(store, form, days, how, next_date=again)
    clock.pass_(3 * 86_400)
    stands = store.read(partial(standings, ids=[f.household.id for f in forms])).result()
    until = TODAY + timedelta(10)
    wanted = {i: s.due for i, s in stands.items() if s.due and s.due.day <= until}
    assert len(wanted) > 10
    assert store.read(soon).result() == wanted
    for form in forms:
        page = store.read(partial(household_page, household_id=form.household.id)).result()
        made = [
            Seen(date.fromisoformat(v.happened_at), v.how, v.next_date, v.promise, v.id.bytes)
            for v in reversed(page.visits)
        ]
        assert stands[form.household.id].last == last_seen(made, TODAY + timedelta(3))


def test_the_month_counts_households_once_and_only_who_was_met(store: Store) -> None:
    forms = [save(store, household(n, "3号楼", "201", member(n))) for n in "赵钱孙李"]
    empty = household("空", "3号楼", "901")
    save(store, replace(empty, household=replace(empty.household, kind="vacant")))
    for form, days, how in (
        (forms[0], 1, "home"),
        (forms[0], 2, "phone"),
        (forms[1], 3, "absent"),
        (forms[2], 25, "home"),
        (forms[3], 19, "phone"),
    ):
        visit(store, form, days, how)
    found = day(store)
    assert (found.visited, found.households) == (2, 4)


def test_grids_one_by_one_and_a_cover_is_marked(store: Store) -> None:
    form = save(store, household("赵", "3号楼", "201", member("赵")))
    visit(store, form, 5, next_date=TODAY)
    cover = Assignment(
        staff_id=WORKER.id,
        unit_id=OTHER_GRID.id,
        role="worker",
        from_date=ago(3),
        to_date=ago(-3),
        covers_id=COLLEAGUE.id,
    )
    assert [g.name for g in day(store).grids] == ["第一网格"]
    arrive(store, [OTHER_GRID, COLLEAGUE, cover])
    found = day(store)
    assert [(g.name, g.covers) for g in found.grids] == [("第一网格", False), ("第二网格", True)]
    assert names(day(store, GRID.id)) == ["赵"]
    other = day(store, OTHER_GRID.id)
    assert (other.due, other.households) == ((), 0)


def report(store: Store) -> UUID:
    draft = EventDraft("0202", "软管老化", ago(1).isoformat(), grid_id=GRID.id)
    return store.write(lambda uow: recording.report_event(uow, draft)).result().id


def test_an_event_waits_for_whoever_takes_its_next_step(store: Store) -> None:
    report(store)
    assert day(store).waiting == 0
    assert store.read(events_waiting).result() == 0
    head = Assignment(staff_id=WORKER.id, unit_id=GRID.id, role="grid_head")
    arrive(store, [head])
    found = day(store)
    assert found.waiting == store.read(events_waiting).result() == 1
    assert found.events[0].step is Action.ACCEPT
    assert found.events[0].row.reporter == WORKER.name
    assert found.events[0].mine
    theirs = Event(
        grid_id=GRID.id,
        item_code="0202",
        text="路灯不亮",
        happened_at=TODAY.isoformat(),
        reported_by=COLLEAGUE.id,
        state="reported",
    )
    arrive(store, [COLLEAGUE, theirs])
    assert [e.mine for e in day(store).events if e.row.id == theirs.id] == [False]
    assert day(store, OTHER_GRID.id).waiting == 0


def test_what_was_sent_back_says_why(store: Store) -> None:
    event = report(store)
    head = Assignment(staff_id=COLLEAGUE.id, unit_id=GRID.id, role="grid_head")
    arrive(store, [COLLEAGUE, head])
    for number, action, actor, text in (
        (1, "handle_on_spot", WORKER.id, "关了阀门"),
        (2, "send_back", COLLEAGUE.id, "补一张照片"),
    ):
        step = EventAction(
            event_id=event,
            action=action,
            number=number,
            actor_id=actor,
            happened_at=TODAY.isoformat(),
            text=text,
        )
        arrive(store, [step])
    [waiting] = day(store).events
    assert (waiting.step, waiting.back) == (Action.HANDLE_ON_SPOT, "补一张照片")


def test_what_was_not_accepted_is_to_be_looked_at(store: Store) -> None:
    forms = [save(store, household(n, "3号楼", "201", member(n))) for n in "赵钱"]

    def answer(uow) -> None:
        for form, state in zip(forms, ("rejected", "parked"), strict=True):
            uow.connection.execute(
                "UPDATE outbox SET state=?, live=0 WHERE record_id=?",
                (state, form.household.id.bytes),
            )

    assert day(store).looks == ()
    store.write(answer).result()
    found = day(store)
    assert found.looks == ((Look.PARKED, 1), (Look.REJECTED, 1))
    assert found.to_look_at == 2


def test_a_day_with_nothing_due_offers_the_longest_unvisited_and_open_questions(
    store: Store,
) -> None:
    full = {"emergency_name": "王芳", "emergency_phone": "13800002210", "notice_given": True}
    phone = {"phones": {"13800002210": "本人"}, "id_kind": "none", "birth_year": 1990}
    forms = {
        n: save(store, household(n, "3号楼", f"{i}01", member(n, **phone), **full))
        for i, n in enumerate("赵钱孙", 1)
    }
    save(store, household("亡", "3号楼", "901", member("亡", status="died", **phone), **full))
    bare = save(store, household("李", "3号楼", "801", member("李", birth_year=1950)))
    visit(store, forms["赵"], 100)
    visit(store, forms["赵"], 1, "absent")
    visit(store, forms["钱"], 300, "phone")
    visit(store, bare, 2)
    found = store.read(suggestions).result()
    assert [(h.name, h.last) for h in found.unvisited] == [
        ("孙", ""),
        ("钱", ago(300).isoformat()),
        ("赵", ago(100).isoformat()),
        ("李", ago(2).isoformat()),
    ]
    assert [h.name for h in found.incomplete] == ["李"]
    fields = {gap.field for gap in found.incomplete[0].gaps}
    assert {"phones", "emergency_name", "notice_given"} <= fields
    assert store.read(partial(suggestions, grid_id=OTHER_GRID.id)).result().unvisited == ()


@pytest.fixture
def visited(store: Store) -> dict[str, UUID]:
    zhao = save(store, cared(household("赵桂兰", "3号楼", "201", member("赵桂兰"))))
    qian = save(store, household("钱建国", "10号楼", "302", member("钱建国")))
    made = {
        "new": visit(store, zhao, 1, situation="精神好", answers={"C01/跌倒隐患": "watch"}),
        "paper": visit(
            store, qian, 9, "phone", source="paper", visited_by=COLLEAGUE.id, promise="带表来"
        ),
        "old": visit(store, zhao, 40, "absent"),
    }
    arrive(store, [COLLEAGUE])
    return {name: found.id for name, found in made.items()}


def wanted(store: Store, visited: dict[str, UUID], **values: object) -> list[str]:
    ids = store.read(partial(visit_ids, wanted=Wanted(**values))).result()
    named = {id_: name for name, id_ in visited.items()}
    return [named[id_] for id_ in ids]


def test_all_visits_newest_first_and_what_is_asked_for(
    store: Store, visited: dict[str, UUID]
) -> None:
    assert wanted(store, visited) == ["new", "paper", "old"]
    assert wanted(store, visited, mine=True) == ["new", "old"]
    assert wanted(store, visited, how="absent") == ["old"]
    assert wanted(store, visited, month="2026-11") == ["new", "paper"]
    assert wanted(store, visited, care="C01") == ["new", "old"]
    assert wanted(store, visited, watch=True) == ["new"]
    assert wanted(store, visited, typed="精神") == ["new"]
    assert wanted(store, visited, typed="带表") == ["paper"]
    assert wanted(store, visited, typed="qianjianguo") == ["paper"]
    assert wanted(store, visited, typed="100%") == []
    assert wanted(store, visited, mine=True, typed="3号楼", month="2026-10") == ["old"]


def test_a_row_says_who_visited_and_who_wrote_it_down(
    store: Store, visited: dict[str, UUID]
) -> None:
    rows = store.read(partial(visit_rows, ids=list(visited.values()))).result()
    new, paper = rows[visited["new"]], rows[visited["paper"]]
    assert (new.name, new.address, new.visitor, new.recorder) == (
        "赵桂兰",
        "3号楼1单元201",
        WORKER.name,
        "",
    )
    assert (new.watch, new.text, new.event) == (1, "精神好", False)
    assert (paper.visitor, paper.recorder, paper.source) == ("王芳", WORKER.name, "paper")
    assert store.read(visit_months).result() == ("2026-11", "2026-10")


def test_what_is_gone_is_left_out(store: Store, visited: dict[str, UUID]) -> None:
    gone = store.read(lambda r: r.record(Visit, visited["new"])).result()
    assert gone
    store.write(lambda uow: uow.delete(gone)).result()
    assert wanted(store, {k: v for k, v in visited.items() if k != "new"}) == ["paper", "old"]
    assert store.read(partial(visit_rows, ids=[gone.id])).result() == {}
    every = store.read(partial(household_ids, within=Within())).result()
    assert len(every) == 2
