"""What has happened does not lie ahead: said once with the field, for every day that a person states."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gridapp.domain.happened import check_happened, lies_ahead
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Type
from gridapp.errors import Problem

TODAY = date(2026, 11, 20)
NOW = "2026-11-20T15:30"

# What may be planned: who moves in next month, until when somebody is away, when one comes again.
PLANNED = {
    "assignment.from_date",
    "assignment.to_date",
    "care_enrolment.from_date",
    "care_enrolment.to_date",
    "person.away_until",
    "residence.from_date",
    "residence.to_date",
    "unit.changing_on",
    "visit.next_date",
}


def field(name: str) -> Field:
    kind, _, own = name.partition(".")
    return KINDS[kind].by_name[own]


def test_every_stated_day_has_happened_or_is_planned() -> None:
    stated = {
        f"{kind.name}.{f.name}": f.past
        for kind in KINDS.values()
        for f in kind.editable
        if f.type in (Type.DATE, Type.MOMENT)
    }
    assert {name for name, past in stated.items() if not past} == PLANNED
    assert field("person.birth_year").past


@pytest.mark.parametrize(
    ("name", "value", "latest", "ahead"),
    [
        ("household.opened_on", date(2026, 11, 20), TODAY, False),
        ("household.opened_on", date(2026, 11, 21), TODAY, True),
        ("household.opened_on", date(2026, 11, 21), date.max, False),
        ("household.opened_on", None, TODAY, False),
        ("household.opened_on", date(2026, 11, 20), NOW, False),
        ("visit.happened_at", "2026-11-20T23:59", TODAY, False),
        ("visit.happened_at", "2026-11-20T15:30", NOW, False),
        ("visit.happened_at", "2026-11-20T15:31", NOW, True),
        ("visit.happened_at", "2026-11-21", NOW, True),
        ("visit.happened_at", "2026-11-21T01:00", TODAY, True),
        ("visit.happened_at", "2099-01-01", date.max.isoformat(), False),
        ("visit.happened_at", "", NOW, False),
        ("visit.next_date", date(2099, 1, 1), NOW, False),
        ("person.birth_year", 2026, NOW, False),
        ("person.birth_year", 2027, TODAY, True),
        ("person.birth_year", 99_999, TODAY, True),
        ("person_file.birth_date", 2027, TODAY, True),  # a roster may say the year alone
    ],
)
def test_what_lies_ahead(name: str, value: Any, latest: date | str, ahead: bool) -> None:
    assert lies_ahead(field(name), value, latest) is ahead


def test_it_says_what_and_what_to_do() -> None:
    with pytest.raises(Problem) as raised:
        check_happened(field("household.opened_on"), date(2099, 1, 1), TODAY)
    assert raised.value.code == "future_date"
    assert raised.value.text() == (
        "“建档日期”不能是 2099-01-01，还没到。 请填已经发生的日期；如果电脑的日期不对，请先改正。"
    )
    assert raised.value.values["field"] == "opened_on"
