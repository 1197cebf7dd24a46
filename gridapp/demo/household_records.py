"""From sketches of a household to its records: household, file, people, papers, ties, care."""

from __future__ import annotations

import random
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import date, timedelta
from uuid import UUID

from gridapp.demo import particulars
from gridapp.demo.contacts import Numbers
from gridapp.demo.enrolment import enrolments
from gridapp.demo.families import HEAD, Sketch
from gridapp.demo.ids import Ids, midnight
from gridapp.demo.naming import LONGEST, MALE, Naming
from gridapp.demo.particulars import Relative
from gridapp.demo.phrases import one_of
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.identity import CITIZEN, NONE_YET
from gridapp.domain.numbers import household_number
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.place import Dwelling

HERE, AWAY, MOVED, DIED = "here", "away", "moved", "died"
REGISTERED, LIVING = "registered", "living"


@dataclass(frozen=True, slots=True)
class Member:
    """A person with everything that is kept of them. ``age`` in whole years."""

    person: Person
    file: PersonFile
    residences: tuple[Residence, ...]
    care: tuple[CareEnrolment, ...]
    age: int

    @property
    def lives_here(self) -> bool:
        """Whether a visit may meet them."""
        return self.person.status in (HERE, AWAY)


@dataclass(frozen=True, slots=True)
class Home:
    """One household. ``relative``: a child or other relative who lives elsewhere."""

    kind: str
    household: Household
    file: HouseholdFile
    dwelling: Dwelling
    address: str
    members: tuple[Member, ...]
    relative: Relative


class Recorder:
    """Writes the records of one grid, in order; numbers run on from household to household."""

    def __init__(
        self,
        rng: random.Random,
        ids: Ids,
        village_code: str,
        sequence: int,
        village: bool,
        today: date,
    ) -> None:
        self._rng = rng
        self._ids = ids
        self._village_code = village_code
        self._sequence = sequence
        self._village = village
        self._today = today
        self._numbers = Numbers(rng, sequence)
        self._count = 0

    def home(
        self,
        kind: str,
        dwelling: Dwelling,
        address: str,
        sketches: list[Sketch],
        naming: Naming,
    ) -> Home:
        """The records of one household; none of people for a vacant one."""
        rng = self._rng
        self._count += 1
        since = self._since()
        at = midnight(max(since, self._today - timedelta(days=365)))
        household_id = self._ids.new()
        relative = particulars.relative(rng, naming, self._numbers, sketches)
        members = self._members(sketches, household_id, address, since, at, relative, naming)
        agrees = rng.random() < 0.82
        household = Household(
            id=household_id,
            grid_id=dwelling.grid_id,
            dwelling_id=dwelling.id,
            number=household_number(self._village_code, self._sequence, self._count),
            own_number=f"{self._sequence}-{self._count:03}" if rng.random() < 0.06 else "",
            name=members[0].person.name if members else "空置住房",
            kind=kind,
            head_id=members[0].person.id if members else None,
            registered_address=address if agrees else particulars.elsewhere(rng),
            opened_on=since + timedelta(days=rng.randint(1, 12)),
            status="active",
            address=address,
            recorded_at=at,
        )
        file = particulars.household_file(rng, self._ids.new(), household, members, relative, at)
        return Home(kind, household, file, dwelling, address, tuple(members), relative)

    def finish(self, homes: list[Home]) -> list[Home]:
        """Ties to a second household: some older people are registered with another family."""
        rng = self._rng
        families = [h for h in homes if h.kind == "family" and len(h.members) >= 3]
        for place, home in enumerate(homes):
            alone = len(home.members) == 1 and home.members[0].age >= 60
            if not (alone and families and rng.random() < 0.15):
                continue
            member = home.members[0]
            host = one_of(rng, families).household
            tie = Residence(
                id=self._ids.new(),
                person_id=member.person.id,
                household_id=host.id,
                kind=REGISTERED,
                relation="52" if member.file.sex != MALE else "51",
                from_date=member.residences[0].from_date,
                recorded_at=host.recorded_at,
            )
            with_tie = changed(member, residences=(*member.residences, tie))
            homes[place] = changed(home, members=(with_tie,))
        # a tie may only follow both households, so those with ties to later ones come last
        return _in_order(homes)

    def _since(self) -> date:
        days = self._rng.randint(20, 350) if self._rng.random() < 0.05 else 0
        return self._today - timedelta(days=days or self._rng.randint(400, 4200))

    def _members(
        self,
        sketches: list[Sketch],
        household_id: UUID,
        address: str,
        since: date,
        at: int,
        relative: Relative,
        naming: Naming,
    ) -> list[Member]:
        if not sketches:
            return []
        rng = self._rng
        groups = enrolments(rng, sketches, village=self._village, since=since, today=self._today)
        phones = particulars.telephones(rng, self._numbers, sketches, relative)
        members = []
        for place, sketch in enumerate(sketches):
            birth = self._birth(sketch.age)
            person, left = self._person(sketch, birth, len(sketches), at, naming)
            file = self._file(sketch, person, birth, address, phones[place], at)
            tie = Residence(
                id=self._ids.new(),
                person_id=person.id,
                household_id=household_id,
                kind=LIVING,
                relation=sketch.relation,
                from_date=max(since, file.birth_date or since),
                to_date=left,
                recorded_at=at,
            )
            care = (
                ()
                if left
                else tuple(self._care(person, group, level, at) for group, level in groups[place])
            )
            members.append(Member(person, file, (tie,), care, sketch.age))
        return members

    def _birth(self, age: int) -> date:
        days = self._rng.randint(12, 364) if age == 0 else self._rng.randint(1, 364)
        return self._today - timedelta(days=int(age * 365.25) + days)

    def _person(
        self, sketch: Sketch, birth: date, size: int, at: int, naming: Naming
    ) -> tuple[Person, date | None]:
        """The person, and the day on which they left for good."""
        rng = self._rng
        status, note, left, until = HERE, "", None, None
        drawn = rng.random()
        student = 18 <= sketch.age <= 22 and sketch.relation[0] in "234"
        if sketch.relation != HEAD and size > 1 and sketch.age >= 68 and drawn < 0.05:
            left = self._today - timedelta(days=rng.randint(20, 330))
            status, note = DIED, f"{left.year}年{left.month}月去世"
        elif sketch.relation != HEAD and 20 <= sketch.age <= 60 and drawn < 0.015:
            left = self._today - timedelta(days=rng.randint(20, 330))
            status, note = MOVED, one_of(rng, particulars.MOVED_TO)
        elif (student and drawn < 0.5) or (18 <= sketch.age <= 58 and drawn > 0.95):
            until = self._today + timedelta(days=rng.randint(5, 200))
            status = AWAY
            note = one_of(rng, particulars.STUDYING if student else particulars.WORKING_AWAY)
        elif sketch.age >= 62 and drawn > 0.965:
            until = self._today + timedelta(days=rng.randint(5, 60))
            status, note = AWAY, one_of(rng, particulars.WITH_CHILDREN)
        nickname = rng.random() < (0.22 if sketch.age >= 60 or sketch.age < 8 else 0.06)
        person = Person(
            id=self._ids.new(),
            name=sketch.name,
            nicknames=(naming.nickname(sketch.name, sketch.sex, sketch.age),) if nickname else (),
            birth_year=birth.year,
            status=status,
            away_until=until,
            status_note=note,
            recorded_at=at,
        )
        return person, left

    def _file(
        self,
        sketch: Sketch,
        person: Person,
        birth: date,
        address: str,
        phones: dict[str, str],
        at: int,
    ) -> PersonFile:
        rng = self._rng
        foreign = "·" in sketch.name and len(sketch.name) == LONGEST
        number = "" if foreign else self._numbers.citizen_id(birth, sketch.sex)
        kind = CITIZEN if number else NONE_YET
        if foreign:
            kind, number = "passport", f"P0{rng.randrange(10**7):07}"
        elif rng.random() < (0.6 if sketch.age < 1 else 0.015):
            kind, number = NONE_YET, ""
        return PersonFile(
            id=self._ids.new(),
            person_id=person.id,
            id_kind=kind,
            id_number=number,
            birth_date=birth,
            sex=sketch.sex,
            phones=phones,
            marital=sketch.marital if sketch.age >= 20 else "10",
            education=particulars.education(rng, sketch.age),
            occupation=particulars.occupation(rng, sketch.age, self._village),
            employer=particulars.employer(rng, sketch.age),
            registered_place=address if rng.random() < 0.75 else particulars.elsewhere(rng),
            recorded_at=at,
        )

    def _care(self, person: Person, group: str, level: str, at: int) -> CareEnrolment:
        return CareEnrolment(
            id=self._ids.new(),
            person_id=person.id,
            group_code=group,
            level=level,
            from_date=self._today - timedelta(days=self._rng.randint(30, 900)),
            note=one_of(self._rng, particulars.CARE_NOTES),
            recorded_at=at,
        )


def _in_order(homes: list[Home]) -> list[Home]:
    place = {home.household.id: index for index, home in enumerate(homes)}

    def last(home: Home) -> int:
        ties = [r.household_id for m in home.members for r in m.residences]
        return max((place[tie] for tie in ties if tie), default=place[home.household.id])

    order = sorted(range(len(homes)), key=lambda i: (last(homes[i]), i != last(homes[i])))
    return [homes[i] for i in order]
