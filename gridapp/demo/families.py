"""Who lives together: members with relation, sex, age and name that fit one another.

A household is drawn from a pattern of letters: H head, S spouse, c child, P and Q parents of one of
them; e and E an older couple, s their grown child, w its wife or husband, g a grandchild; t tenant.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from gridapp.demo.naming import MALE, Naming

FEMALE = "2"
HEAD = "02"
NOT_RELATED = "99"

SINGLE, MARRIED, WIDOWED, DIVORCED = "10", "20", "30", "40"

# size -> (pattern, weight)
_PATTERNS: dict[int, tuple[tuple[str, int], ...]] = {
    1: (("e", 45), ("H", 35), ("y", 20)),
    2: (("eE", 40), ("HS", 30), ("Hc", 13), ("eg", 9), ("HP", 8)),
    3: (("HSc", 62), ("HSP", 12), ("eEs", 12), ("eEg", 8), ("HcP", 6)),
    4: (("HScc", 50), ("HScP", 26), ("eEsw", 10), ("HSPQ", 9), ("eEgg", 5)),
    5: (("HSccP", 36), ("HScPQ", 34), ("eEswg", 30)),
    6: (("HSccPQ", 55), ("eEswgg", 45)),
}
LARGEST = max(_PATTERNS)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A member before there are records of them. ``age`` in whole years."""

    relation: str
    sex: str
    age: int
    name: str
    marital: str
    away_child: bool = False  # a child whose parents work elsewhere


class _Family:
    """Draws one family; the surnames of the parents decide those of the children."""

    def __init__(self, rng: random.Random, naming: Naming) -> None:
        self._rng = rng
        self._naming = naming
        self.members: list[Sketch] = []

    def add(
        self, relation: str, sex: str, age: int, surname: str, marital: str, away: bool = False
    ) -> Sketch:
        name = self._naming.full(surname, sex, age)
        self.members.append(Sketch(relation, sex, age, name, marital, away))
        return self.members[-1]

    def sex(self, male_share: float = 0.51) -> str:
        return MALE if self._rng.random() < male_share else FEMALE

    def between(self, low: int, high: int) -> int:
        return self._rng.randint(low, max(low, high))

    def younger(self, pattern: str) -> None:
        """A head of working age with spouse, children and parents as the pattern says."""
        rng, naming = self._rng, self._naming
        age = self.between(19, 30) if "y" in pattern else self.between(27, 58)
        sex = self.sex(0.7)
        surname = naming.head_surname()
        alone = SINGLE if age < 30 else rng.choice((SINGLE, DIVORCED, WIDOWED))
        if "c" in pattern:
            alone = rng.choice((DIVORCED, DIVORCED, WIDOWED))
        self.add(HEAD, sex, age, surname, MARRIED if "S" in pattern else alone)
        father, mother_age = surname, age
        if "S" in pattern:
            spouse = naming.surname()
            spouse_age = max(22, age + self.between(-4, 4))
            self.add("12" if sex == MALE else "11", other(sex), spouse_age, spouse, MARRIED)
            father = surname if sex == MALE else spouse
            mother_age = spouse_age if sex == MALE else age
        self._children(pattern.count("c"), father, mother_age)
        self._parents(pattern, sex, age, surname)

    def _children(self, count: int, surname: str, mother_age: int) -> None:
        age = max(0, mother_age - self.between(21, min(34, mother_age - 1)))
        sexes = [self.sex() for _ in range(count)]
        for order, sex in enumerate(sexes):
            same = sexes.count(sex)
            base = 20 if sex == MALE else 30
            # 长子、次子 only where there are two
            relation = base if same == 1 else base + 2 + sexes[:order].count(sex)
            self.add(str(relation), sex, min(age, 33), surname, SINGLE)
            age = max(0, age - self.between(2, 6))

    def _parents(self, pattern: str, sex: str, age: int, surname: str) -> None:
        own = self._rng.random() < 0.75
        father_code, mother_code = ("51", "52") if own else ("55", "56")
        if not own and sex != MALE:
            father_code, mother_code = "53", "54"
        if not own and "S" not in pattern:
            father_code, mother_code, own = "51", "52", True
        family_name = surname if own else self.members[1].name[0]
        older = age + self.between(21, 33)
        if "Q" in pattern:
            self.add(father_code, MALE, older, family_name, MARRIED)
            mother = max(age + 20, older - self.between(-1, 5))
            self.add(mother_code, FEMALE, mother, self._naming.surname(), MARRIED)
        elif "P" in pattern:
            male = self._rng.random() < 0.35
            name = family_name if male else self._naming.surname()
            code = father_code if male else mother_code
            self.add(code, MALE if male else FEMALE, older, name, WIDOWED)

    def older(self, pattern: str) -> None:
        """An older head, alone or as a couple, with grown children and grandchildren."""
        age = self.between(60, 93) if pattern in ("e", "eE") else self.between(58, 82)
        sex = self.sex(0.72 if "E" in pattern else 0.38)
        surname = self._naming.head_surname()
        self.add(HEAD, sex, age, surname, MARRIED if "E" in pattern else WIDOWED)
        family_name = surname if sex == MALE else self._naming.surname()
        if "E" in pattern:
            relation = "12" if sex == MALE else "11"
            partner = max(57, age + self.between(-5, 4))
            spouse = self._naming.surname() if sex == MALE else family_name
            self.add(relation, other(sex), partner, spouse, MARRIED)
        child_age = max(22, age - self.between(24, 33))
        if "s" in pattern:
            self._grown_child(pattern, child_age, family_name)
        for _ in range(pattern.count("g")):
            self._grandchild("s" in pattern, child_age, family_name)

    def _grown_child(self, pattern: str, age: int, family_name: str) -> None:
        married = "w" in pattern
        son = married or self.sex() == MALE
        sex = MALE if son else FEMALE
        self.add("20" if son else "30", sex, age, family_name, MARRIED if married else SINGLE)
        if married:
            partner = max(21, age + self.between(-4, 2))
            self.add("38", FEMALE, partner, self._naming.surname(), MARRIED)

    def _grandchild(self, with_parents: bool, parent_age: int, family_name: str) -> None:
        sex = self.sex()
        if with_parents:
            age = max(0, min(24, parent_age - self.between(22, 30)))
        else:
            age = self.between(4, 15)
        base = 41 if with_parents or self._rng.random() < 0.75 else 43
        name = family_name if base == 41 else self._naming.surname()
        relation = str(base + (sex == FEMALE))
        self.add(relation, sex, age, name, SINGLE, away=not with_parents)


def family(rng: random.Random, naming: Naming, size: int) -> list[Sketch]:
    """A family of ``size`` members (1 to 6), the head first."""
    patterns = _PATTERNS[size]
    pattern = rng.choices([p for p, _ in patterns], [w for _, w in patterns])[0]
    drawn = _Family(rng, naming)
    (drawn.older if pattern[0] == "e" else drawn.younger)(pattern)
    return drawn.members


def tenants(rng: random.Random, naming: Naming, size: int, *, foreign: bool) -> list[Sketch]:
    """People who share a rented dwelling or a dormitory; with ``foreign`` one has a very long name."""
    drawn = _Family(rng, naming)
    for place in range(size):
        age = drawn.between(19, 44)
        marital = SINGLE if age < 28 else MARRIED
        relation = NOT_RELATED if place else HEAD
        drawn.add(relation, drawn.sex(0.6), age, naming.surname(), marital)
    if foreign:
        place = next(n for n, m in enumerate(drawn.members) if n and not naming.is_rare(m.name))
        drawn.members[place] = replace(drawn.members[place], sex=FEMALE, name=naming.longest())
    return drawn.members


def other(sex: str) -> str:
    """The sex of a spouse."""
    return FEMALE if sex == MALE else MALE
