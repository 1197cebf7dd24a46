"""Deadlines: the four units, holidays, make-up days, and years that nobody knows yet."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.clock import CHINA, day_of, local
from gridapp.domain.calendar import (
    HOUR,
    Calendar,
    Light,
    Limit,
    Unit,
    chinese_calendar,
    deadline,
    light,
    limit_of,
    unknown_year,
    used,
    weekdays_only,
)

REAL = chinese_calendar()
# A world that works on even days only: nothing here may lean on what a week is.
EVEN = Calendar(works=lambda day: day.toordinal() % 2 == 0, knows=lambda year: True)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp() * 1000)


def said(instant: int) -> str:
    return f"{local(instant):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "value", "unit", "end"),
    [
        ("2026-11-20 10:09", 1, "WD", "2026-11-23 10:09"),  # Friday to Monday
        ("2026-11-20 10:09", 0.5, "WD", "2026-11-23 10:09"),
        ("2026-11-21 10:09", 1, "WD", "2026-11-23 10:09"),  # begun on a Saturday
        ("2026-11-20 10:09", 7, "WD", "2026-12-01 10:09"),
        ("2026-09-30 16:00", 1, "WD", "2026-10-08 16:00"),  # the National Day week
        ("2026-10-09 16:00", 1, "WD", "2026-10-10 16:00"),  # a Saturday that is worked
        ("2026-11-20 23:30", 1, "H", "2026-11-21 00:30"),
        ("2026-11-20 23:30", 0.5, "H", "2026-11-21 00:00"),
        ("2026-11-20 10:09", 30, "D", "2026-12-20 10:09"),
        ("2026-11-20 10:00", 4, "WH", "2026-11-20 15:00"),  # noon is not worked
        ("2026-11-20 16:00", 4, "WH", "2026-11-23 11:00"),
        ("2026-11-20 20:00", 8, "WH", "2026-11-23 18:00"),
        ("2026-11-22 03:00", 0.5, "WH", "2026-11-23 09:30"),
    ],
)
def test_the_four_units(start: str, value: float, unit: str, end: str) -> None:
    assert said(deadline(at(start), Limit(value, Unit(unit)), REAL)) == end


def test_a_year_without_published_holidays_is_counted_by_weekdays_and_said() -> None:
    start = at("2031-09-30 09:00")
    due = deadline(start, Limit(2, Unit.WORKING_DAYS), REAL)
    assert said(due) == "2031-10-02 09:00"
    assert unknown_year(start, due, REAL) == 2031
    assert unknown_year(at("2026-11-20 09:00"), at("2026-11-23 09:00"), REAL) is None
    assert due == deadline(start, Limit(2, Unit.WORKING_DAYS), weekdays_only())


@pytest.mark.parametrize(
    ("value", "unit"), [(None, "H"), (0, "H"), (-1, "WD"), (3, ""), (3, "M"), (1e9, "D")]
)
def test_what_is_no_limit(value: float | None, unit: str) -> None:
    assert limit_of(value, unit) is None


def test_lights() -> None:
    start, due = at("2026-11-16 10:00"), at("2026-11-23 10:00")  # 5 working days

    def shown(now: str) -> Light:
        return light(start, due, at(now), "WD", REAL)

    assert shown("2026-11-20 09:00") is Light.GREEN
    assert shown("2026-11-20 11:00") is Light.AMBER
    assert shown("2026-11-22 23:00") is Light.AMBER
    assert shown("2026-11-23 10:00") is Light.AMBER
    assert shown("2026-11-23 10:01") is Light.RED


def test_a_weekend_uses_nothing_up() -> None:
    start, due = at("2026-11-20 10:00"), at("2026-11-23 10:00")
    friday = used(start, due, at("2026-11-21 00:00"), "WD", REAL)
    assert friday == used(start, due, at("2026-11-23 00:00"), "WD", REAL)
    assert used(start, due, at("2026-11-22 10:00"), "H", REAL) == pytest.approx(2 / 3)


STARTS = st.integers(at("2010-01-01 00:00"), at("2029-12-31 23:59"))
LIMITS = st.builds(
    Limit,
    st.one_of(st.integers(1, 40), st.sampled_from([0.25, 0.5, 1.5])),
    st.sampled_from(sorted(Unit)),
)
CALENDARS = st.sampled_from([REAL, EVEN, weekdays_only()])


@given(STARTS, LIMITS, CALENDARS)
def test_a_deadline_lies_ahead_and_on_a_day_that_is_worked(
    start: int, limit: Limit, calendar: Calendar
) -> None:
    due = deadline(start, limit, calendar)
    assert due > start
    if limit.unit in (Unit.WORKING_DAYS, Unit.WORKING_HOURS):
        assert calendar.works(day_of(due))
    if limit.unit is Unit.WORKING_DAYS:
        assert local(due).timetz() == local(start).timetz()
    assert used(start, due, due, limit.unit, calendar) == 1.0
    assert used(start, due, start, limit.unit, calendar) == 0.0


@given(STARTS, LIMITS, CALENDARS, st.integers(1, 30))
def test_more_limit_is_never_earlier(
    start: int, limit: Limit, calendar: Calendar, more: int
) -> None:
    longer = Limit(limit.value + more, limit.unit)
    assert deadline(start, longer, calendar) > deadline(start, limit, calendar)


@given(STARTS, st.integers(1, 30), st.integers(1, 30), CALENDARS)
def test_working_time_adds_up(start: int, first: int, second: int, calendar: Calendar) -> None:
    for unit in (Unit.WORKING_DAYS, Unit.WORKING_HOURS):
        middle = deadline(start, Limit(first, unit), calendar)
        whole = deadline(start, Limit(first + second, unit), calendar)
        assert deadline(middle, Limit(second, unit), calendar) == whole


@given(STARTS, LIMITS, CALENDARS, st.floats(0, 1), st.floats(0, 1))
def test_what_is_used_only_grows(
    start: int, limit: Limit, calendar: Calendar, one: float, other: float
) -> None:
    due = deadline(start, limit, calendar)
    moments = sorted(start + round((due - start) * part) for part in (one, other))
    shares = [used(start, due, now, limit.unit, calendar) for now in moments]
    assert 0 <= shares[0] <= shares[1] <= 1
    assert used(start, due, due + HOUR, limit.unit, calendar) > 1


def test_the_library_knows_this_year() -> None:
    assert REAL.knows(2026)
    assert not REAL.works(date(2026, 10, 1))
    assert REAL.works(date(2026, 10, 10))
