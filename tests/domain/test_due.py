"""When a household is due: what counts, who is never due, who gets a call, what was promised."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.due import (
    Care,
    Home,
    Last,
    Resident,
    Seen,
    Why,
    by_phone,
    household_due,
    is_soon,
    last_seen,
)
from gridapp.domain.record import kind_of
from gridapp.domain.reference import CareGroup
from gridapp.resources import default_reference

TODAY = date(2026, 11, 20)
SINCE = date(2025, 3, 1)
ALONE = CareGroup(
    group_code="C01",
    name_zh="独居老人",
    visit_every_days=30,
    high_need_every_days=7,
    first_visit_within_days=7,
    channel="home",
)
VETERAN = replace(ALONE, group_code="C12", visit_every_days=180, channel="home or phone")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def person(*care: Care, **values: object) -> Resident:
    return Resident("赵桂兰", 1946, care=care or (Care(ALONE, since=SINCE),), **values)


def due(resident: Resident | None, *visits: Seen, **values: object):
    people = (resident,) if resident else ()
    return household_due(Home(people=people, **values), last_seen(visits, TODAY), TODAY)


def seen(days: int, how: str = "home", **values: object) -> Seen:
    return Seen(ago(days), how, **values)


def test_rhythm_by_need() -> None:
    assert due(person(), seen(40), seen(10)).day == ago(10) + timedelta(30)
    high = person(Care(ALONE, "high", SINCE))
    found = due(high, seen(10))
    assert found.day == ago(3)
    assert [(r.why, r.group_code, r.name, r.every) for r in found.reasons] == [
        (Why.RHYTHM, "C01", "赵桂兰", 7)
    ]


def test_a_call_serves_only_groups_that_allow_it() -> None:
    assert due(person(), seen(40), seen(1, "phone")).day == ago(10)
    veteran = person(Care(VETERAN, since=SINCE))
    found = due(veteran, seen(300), seen(1, "phone"))
    assert found.day == ago(1) + timedelta(180)
    assert found.reasons[0].phone
    assert not found.call


def test_a_call_that_does_not_count_is_told_where_it_would_have_put_the_visit_off() -> None:
    [reason] = due(person(), seen(40), seen(1, "phone")).reasons
    assert reason.not_by_call
    assert due(person(Care(ALONE, since=ago(3))), seen(1, "phone")).reasons[0].not_by_call
    for fine in (
        due(person(), seen(40)),
        due(person(), seen(40, "phone"), seen(10)),
        due(person(), seen(1, "absent")),
        due(person(Care(VETERAN, since=SINCE)), seen(300), seen(200, "phone")),
        due(person(status="away"), seen(40), seen(5, "phone")),
        due(person(Care(ALONE, since=ago(3))), seen(9, "phone")),
    ):
        assert not fine.reasons[0].not_by_call


def test_the_shipped_groups_say_how_they_are_visited() -> None:
    groups = [g for g in default_reference() if kind_of(type(g)).name == "care_group"]
    phone = {g.group_code for g in groups if by_phone(g.channel)}
    assert phone == {"C11", "C12", "C13", "C14", "C15"}
    assert by_phone("上门或电话")
    assert by_phone("")
    assert not by_phone("上门")


def test_nobody_home_is_no_visit_but_a_new_date_before_the_door_stands() -> None:
    assert due(person(), seen(20), seen(1, "absent")).day == ago(20) + timedelta(30)
    again = seen(1, "absent", next_date=ago(-1), promise="傍晚再来")
    found = due(person(), seen(20), again)
    assert (found.day, found.promise) == (ago(-1), "傍晚再来")
    # a closed door takes no promise back
    kept = due(person(), seen(20, next_date=ago(2), promise="带药"), seen(1, "absent"))
    assert (kept.day, kept.promise) == (ago(2), "带药")


@pytest.mark.parametrize("status", ["died", "moved"])
def test_the_dead_and_the_gone_are_never_due(status: str) -> None:
    assert due(person(status=status), seen(400, next_date=ago(5))) is None
    other = Resident("李四", care=(Care(VETERAN, since=SINCE),))
    home = Home(people=(person(status=status), other))
    assert [r.name for r in household_due(home, Last(ago(400), ago(400)), TODAY).reasons] == [
        "李四"
    ]


def test_only_who_lives_there_is_visited() -> None:
    assert due(person(lives=False), seen(400)) is None
    assert due(person(), seen(400), status="moved") is None
    assert due(person(), seen(400), status="closed") is None
    # all who were there have left
    assert due(None, seen(40, next_date=TODAY), emptied=True) is None
    # nobody registered yet: what was promised stands
    assert due(None, seen(40, next_date=TODAY)).day == TODAY
    assert due(None, seen(40)) is None


def test_who_is_away_gets_a_call_and_a_call_will_do() -> None:
    away = person(status="away", away_until=TODAY + timedelta(60))
    found = due(away, seen(40))
    assert (found.day, found.call) == (ago(10), True)
    called = due(away, seen(40), seen(5, "phone"))
    assert (called.day, called.call) == (ago(5) + timedelta(30), True)
    # for good, as far as anybody knows
    assert due(person(status="away"), seen(40), seen(5, "phone")).call


def test_who_is_back_before_the_day_is_visited() -> None:
    soon = person(status="away", away_until=TODAY + timedelta(3))
    assert not due(soon, seen(10)).call
    # called meanwhile: at home on the day they are back
    found = due(soon, seen(40), seen(5, "phone"))
    assert (found.day, found.call) == (TODAY + timedelta(3), False)
    # back already, and nobody called
    found = due(person(status="away", away_until=ago(2)), seen(40))
    assert (found.day, found.call) == (ago(10), False)


def test_the_first_visit() -> None:
    new = person(Care(ALONE, since=ago(3)))
    found = due(new)
    assert (found.day, found.reasons[0].why) == (ago(3) + timedelta(7), Why.FIRST)
    # a visit from before the registration does not put it off, nor is it overdue since then
    for days in (200, 30, 5, 4):
        before = due(new, seen(days))
        assert (before.day, before.reasons[0].why) == (ago(3) + timedelta(7), Why.FIRST)
    # a call is none where the group wants a visit at home
    assert due(new, seen(1, "phone")).reasons[0].why is Why.FIRST
    # from the day of the registration on, the rhythm counts from the last visit
    for days in (3, 1):
        after = due(new, seen(days))
        assert (after.day, after.reasons[0].why) == (ago(days) + timedelta(30), Why.RHYTHM)
    # nobody knows since when: any visit was the first
    assert due(person(Care(ALONE)), seen(5)).day == ago(5) + timedelta(30)
    assert due(person(Care(ALONE))).day == TODAY + timedelta(7)


def test_a_registration_that_ends_before_the_day_is_not_served() -> None:
    assert due(person(Care(ALONE, since=SINCE, until=TODAY)), seen(10)) is None
    assert due(person(Care(ALONE, since=SINCE, until=ago(-90))), seen(10)) is not None
    assert due(person(Care(ALONE, since=SINCE, until=ago(1))), seen(40)) is None


def test_the_last_promise_stands_first_and_never_puts_care_off() -> None:
    found = due(person(), seen(10, next_date=ago(-2), promise="药续上再看一眼"))
    assert found.day == ago(-2)
    assert [r.why for r in found.reasons] == [Why.PROMISE, Why.RHYTHM]
    later = due(person(Care(ALONE, "high", SINCE)), seen(10, next_date=ago(-60)))
    assert later.day == ago(3)
    assert later.reasons[0].why is Why.PROMISE
    # kept at the visit after it
    assert due(person(), seen(10, next_date=ago(9)), seen(5)).reasons[0].why is Why.RHYTHM
    # words without a day are told too
    assert due(person(), seen(10, promise="带表来")).promise == "带表来"


def test_a_promise_to_who_is_away_is_a_call() -> None:
    away = Resident("赵桂兰", status="away", away_until=TODAY + timedelta(9))
    assert due(away, seen(3, next_date=TODAY)).call
    assert not due(away, seen(3, next_date=TODAY + timedelta(9))).call


def test_what_is_not_yet_made_does_not_count() -> None:
    assert due(person(), seen(40), seen(-3)).day == ago(10)


def test_soon_is_until_a_week_from_now() -> None:
    assert is_soon(due(person(), seen(23)), TODAY)
    assert not is_soon(due(person(), seen(22)), TODAY)
    assert not is_soon(None, TODAY)


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
visits = st.lists(
    st.builds(
        Seen,
        days,
        st.sampled_from(["home", "phone", "absent", ""]),
        st.none() | days,
        st.sampled_from(["", "带药"]),
    ),
    max_size=6,
).map(lambda found: sorted(found, key=lambda v: v.day))
spans = st.none() | st.integers(0, 400) | st.just(10**9)
groups = st.builds(
    CareGroup,
    group_code=st.sampled_from(["C01", "C02"]),
    name_zh=st.just("组"),
    visit_every_days=spans,
    high_need_every_days=spans,
    first_visit_within_days=spans,
    channel=st.sampled_from(["home", "home or phone", "phone or home", ""]),
)
cares = st.builds(Care, groups, st.sampled_from(["", "high"]), st.none() | days, st.none() | days)
residents = st.builds(
    Resident,
    st.sampled_from(["甲", "乙"]),
    st.none() | st.integers(1930, 2025),
    st.sampled_from(["here", "away", "died", "moved", ""]),
    st.none() | days,
    st.booleans(),
    st.lists(cares, max_size=2).map(tuple),
)
homes = st.builds(
    Home,
    st.sampled_from(["", "active"]),
    st.lists(residents, max_size=3).map(tuple),
    st.booleans(),
)


@given(homes, visits, days)
def test_the_day_is_the_earliest_reason_and_a_promise_leads(home, made, today) -> None:
    found = household_due(home, last_seen(made, today), today)
    if found is None:
        return
    assert found.reasons
    assert found.day == min(r.day for r in found.reasons)
    assert Why.PROMISE not in [r.why for r in found.reasons[1:]]
    others = [r.day for r in found.reasons if r.why is not Why.PROMISE]
    assert others == sorted(others)


@given(homes, visits, days)
def test_closed_doors_without_a_date_change_nothing(home, made, today) -> None:
    doors = [Seen(day, "absent") for day in {v.day for v in made} | {today}]
    more = sorted([*made, *doors], key=lambda v: v.day)
    assert last_seen(more, today) == last_seen(made, today)


@given(homes, visits, days)
def test_one_more_visit_at_home_never_brings_care_forward(home, made, today) -> None:
    past = [v for v in made if v.day <= today]
    before = household_due(home, last_seen(past, today), today)
    after = household_due(home, last_seen([*past, Seen(today, "home")], today), today)
    kept = [r.day for r in before.reasons if r.why is not Why.PROMISE] if before else []
    if kept and after:
        care = [r.day for r in after.reasons if r.why is not Why.PROMISE]
        assert min(care, default=today) >= min(*kept, today)


@given(visits, days, st.sampled_from(["home", "phone"]))
def test_a_visit_ends_what_was_agreed_once_its_day_has_come_and_not_before(
    made, today, how
) -> None:
    past = [v for v in made if v.day <= today]
    before = last_seen(past, today).next_date
    after = last_seen([*past, Seen(today, how)], today).next_date
    assert after == (before if before and before > today else None)


@given(visits, days, days)
def test_the_day_that_stands_is_the_one_agreed_last(made, today, agreed) -> None:
    past = [v for v in made if v.day <= today]
    assert last_seen([*past, Seen(today, "absent", agreed)], today).next_date == agreed
    named = [v.next_date for v in past if v.next_date]
    assert last_seen(past, today).next_date in {None, *named[-1:]}


def test_an_earlier_promise_stands_beside_the_words_of_the_last_visit() -> None:
    promised = seen(10, next_date=ago(-7), promise="带药")
    found = due(person(), promised, seen(5), seen(1, promise="带表来"))
    assert (found.reasons[0].why, found.reasons[0].day) == (Why.PROMISE, ago(-7))
    assert found.promise == "带药；带表来"
    # kept on its day
    kept = last_seen([promised, seen(5), seen(-7)], ago(-7))
    assert (kept.next_date, kept.promise) == (None, "")


@given(homes, visits, days)
def test_nobody_is_due_where_all_are_gone(home, made, today) -> None:
    gone = replace(home, people=tuple(replace(p, status="died") for p in home.people), emptied=True)
    assert household_due(gone, last_seen(made, today), today) is None


@given(homes, visits, days)
def test_who_is_here_gets_no_call(home, made, today) -> None:
    here = replace(home, people=tuple(replace(p, status="here") for p in home.people))
    found = household_due(here, last_seen(made, today), today)
    assert found is None or not found.call
