"""Who belongs to which care group, as plausibly as age and household allow."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

from gridapp.demo.families import FEMALE, HEAD, SINGLE, Sketch
from gridapp.demo.naming import MALE
from gridapp.domain.care import HIGH_NEED

NORMAL = "normal"

Enrolment = tuple[str, str]  # group code, level


def enrolments(
    rng: random.Random,
    sketches: Sequence[Sketch],
    *,
    village: bool,
    since: date,
    today: date,
) -> list[list[Enrolment]]:
    """For each member the groups they belong to. ``since``: when the household came to live here."""
    found: list[list[Enrolment]] = [[] for _ in sketches]
    _older(rng, sketches, village, found)
    _children(rng, sketches, village, found)
    _others(rng, sketches, found)
    _household(rng, sketches, found)
    if (today - since).days < 365:
        found[0].append(("C16", HIGH_NEED if (today - since).days < 90 else NORMAL))
    return found


def _older(
    rng: random.Random, sketches: Sequence[Sketch], village: bool, found: list[list[Enrolment]]
) -> None:
    old = [index for index, sketch in enumerate(sketches) if sketch.age >= 60]
    oldest = HIGH_NEED if any(sketches[i].age >= 80 for i in old) else NORMAL
    if len(old) == len(sketches) and old:
        group = "C03" if village and rng.random() < 0.5 else "C01" if len(old) == 1 else "C02"
        for index in old:
            found[index].append((group, oldest))
        if len(old) == 2 and rng.random() < 0.04:
            found[0].append(("C11", oldest))
        if len(old) == 1 and sketches[0].marital == SINGLE and rng.random() < 0.3:
            found[0].append(("C10", NORMAL))
    for index in old:
        if sketches[index].age >= 80 and rng.random() < 0.16:
            found[index].append(("C04", HIGH_NEED))


def _children(
    rng: random.Random, sketches: Sequence[Sketch], village: bool, found: list[list[Enrolment]]
) -> None:
    for index, sketch in enumerate(sketches):
        if sketch.away_child and sketch.age < 16:
            group = "C05" if village else "C06"
            if village or rng.random() < 0.5:
                found[index].append((group, HIGH_NEED if sketch.age < 8 else NORMAL))
    baby = any(sketch.age < 1 for sketch in sketches)
    for index, sketch in enumerate(sketches):
        mother = sketch.sex == FEMALE and 20 <= sketch.age <= 44 and sketch.relation in _MOTHERS
        if mother and (baby or rng.random() < 0.03):
            found[index].append(("C13", HIGH_NEED if baby else NORMAL))
            break


_MOTHERS = (HEAD, "12", "38")


def _others(rng: random.Random, sketches: Sequence[Sketch], found: list[list[Enrolment]]) -> None:
    for index, sketch in enumerate(sketches):
        drawn = rng.random()
        if drawn < 0.012:
            found[index].append(("C07", HIGH_NEED if len(sketches) == 1 else NORMAL))
        elif drawn < 0.04 and sketch.sex == MALE and 24 <= sketch.age <= 90:
            found[index].append(("C12", HIGH_NEED if sketch.age >= 80 else NORMAL))
        elif drawn < 0.16 and sketch.age >= 50:
            found[index].append(("C14", HIGH_NEED if len(sketches) == 1 else NORMAL))
        elif 0.16 <= drawn < 0.18 and 24 <= sketch.age <= 58:
            found[index].append(("C15", NORMAL))


def _household(
    rng: random.Random, sketches: Sequence[Sketch], found: list[list[Enrolment]]
) -> None:
    drawn = rng.random()
    if len(sketches) <= 5 and drawn < 0.03:
        found[0].append(("C08", NORMAL))
    elif drawn < 0.05:
        found[0].append(("C09", NORMAL))
