"""What a file does not say yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gridapp.domain.completeness import Gap, gaps
from gridapp.domain.household import HouseholdFile
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Dwelling

TODAY = date(2026, 11, 20)
FILE = HouseholdFile(emergency_name="王芳", emergency_phone="13800002210", notice_given=True)
HOME = Dwelling(gas="piped", gas_alarm=False, smoke_alarm=True, last_check=date(2026, 1, 1))
PERSON = Person(name="赵桂兰", birth_year=1946, status="here")
OWN = PersonFile(person_id=PERSON.id, id_kind="none", phones={"13800002210": "本人"})


def test_a_whole_file_lacks_nothing() -> None:
    assert gaps(FILE, HOME, [(PERSON, OWN)], TODAY) == ()


def test_everything_that_is_not_filled_in_is_named_once() -> None:
    nobody = Person(name="赵")
    found = gaps(HouseholdFile(), Dwelling(), [(nobody, PersonFile())], TODAY)
    assert found == (
        Gap("person_file", "birth_date", nobody.id),
        Gap("person_file", "id_kind", nobody.id),
        Gap("person_file", "phones", nobody.id),
        Gap("household_file", "emergency_name"),
        Gap("household_file", "notice_given"),
        Gap("dwelling", "gas"),
        Gap("dwelling", "smoke_alarm"),
        Gap("dwelling", "last_check"),
    )
    assert gaps(FILE, None, [], TODAY) == (Gap("dwelling", "gas"),)


@pytest.mark.parametrize("status", ["died", "moved"])
def test_who_is_gone_is_asked_nothing(status: str) -> None:
    gone = replace(PERSON, status=status, birth_year=None)
    assert gaps(FILE, HOME, [(gone, PersonFile())], TODAY) == ()


def test_a_child_needs_no_telephone_and_no_gas_no_alarm() -> None:
    child = replace(PERSON, birth_year=2016)
    assert gaps(FILE, HOME, [(child, replace(OWN, phones={}))], TODAY) == ()
    assert gaps(FILE, replace(HOME, gas="none", gas_alarm=None), [], TODAY) == ()
    number = replace(FILE, emergency_phone="")
    assert gaps(number, HOME, [], TODAY) == (Gap("household_file", "emergency_phone"),)
