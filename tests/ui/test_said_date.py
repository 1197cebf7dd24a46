"""Days as people say them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.ui.words.said_date import said_day, said_moment

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今天", "2026-11-20"),
        ("昨天", "2026-11-19"),
        ("前天", "2026-11-18"),
        ("大后天", "2026-11-23"),
        ("上周二", "2026-11-10"),
        ("上上周日", "2026-11-08"),
        ("周三", "2026-11-18"),
        ("星期天", "2026-11-15"),
        ("下周一", "2026-11-23"),
        ("三天前", "2026-11-17"),
        ("2周后", "2026-12-04"),
        ("一个月前", "2026-10-20"),
        ("11月3日", "2026-11-03"),
        ("12-25", "2025-12-25"),
        ("3号", "2026-11-03"),
        ("25日", "2026-10-25"),
        ("2026-11-03", "2026-11-03"),
        ("2026/2/9", "2026-02-09"),
        ("2026年2月9日", "2026-02-09"),
        ("20260209", "2026-02-09"),
        ("yesterday", "2026-11-19"),
        ("last tue", "2026-11-10"),
        ("3 days ago", "2026-11-17"),
    ],
)
def test_what_people_say(text: str, day: str) -> None:
    assert said_day(text, FRIDAY) == date.fromisoformat(day)


def test_what_is_to_come() -> None:
    assert said_day("12-25", FRIDAY, future=True) == date(2026, 12, 25)
    assert said_day("3号", FRIDAY, future=True) == date(2026, 12, 3)
    assert said_day("周三", FRIDAY, future=True) == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("昨天 15:30", "2026-11-19T15:30"),
        ("昨天下午3点", "2026-11-19T15:00"),
        ("9点半", "2026-11-20T09:30"),
        ("2026-11-03 09:05", "2026-11-03T09:05"),
        ("今天", "2026-11-20"),
    ],
)
def test_with_a_time(text: str, moment: str) -> None:
    assert said_moment(text, FRIDAY) == moment


@pytest.mark.parametrize(
    "text", ["", "明儿", "2026-02-30", "13月1日", "昨天 25:00", "2026-11-03 9:75", "0月0日"]
)
def test_what_is_no_day(text: str) -> None:
    assert said_moment(text, FRIDAY) is None


@given(st.text(max_size=30), st.booleans())
def test_anything_may_be_typed(text: str, future: bool) -> None:
    said_day(text, FRIDAY, future=future)
    said_moment(text, FRIDAY)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_a_written_day_is_read_back(day: date) -> None:
    for text in (day.isoformat(), f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日"):
        assert said_day(text, FRIDAY) == day


@given(st.integers(0, 300))
def test_spans(days: int) -> None:
    assert said_day(f"{days}天前", FRIDAY) == FRIDAY - timedelta(days=days)
