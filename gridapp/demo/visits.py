"""A year of invented visits to the households of a grid."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from uuid import UUID

from gridapp.demo import visit_scenes as scenes
from gridapp.demo import visit_texts as say
from gridapp.demo.household_records import AWAY, Home, Member
from gridapp.demo.ids import Ids, midnight, rng_for
from gridapp.demo.people import VACANT, Population
from gridapp.demo.phrases import Phrase, one_of, say_one
from gridapp.demo.visit_texts import Topic
from gridapp.domain.care import ABSENT, GOOD, REST, WATCH, answer_key, checklist
from gridapp.domain.reference import CareGroup
from gridapp.domain.visit import Visit

DAYS = 364
HOME, PHONE = "home", "phone"
_MINUTE = 60_000
_TIMES = {
    hour: ("早饭后", "上午")
    if hour < 10
    else ("上午",)
    if hour < 12
    else ("中午", "吃过午饭")
    if hour < 14
    else ("下午",)
    if hour < 17
    else ("傍晚", "下班后")
    for hour in range(24)
}
_OLDER = frozenset({"C01", "C02", "C03", "C04", "C10", "C11"})
_TAG_OF_GROUP = {
    "C04": say.CARE,
    "C07": say.CARE,
    "C08": say.POOR,
    "C09": say.POOR,
    "C12": say.VETERAN,
    "C13": say.BABY,
    "C15": say.POOR,
    "C16": say.NEW,
}


@dataclass(frozen=True, slots=True)
class Visitors:
    """Who visits; ``workers`` begins with the full-time worker of the grid."""

    workers: tuple[UUID, ...]
    volunteers: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What a household's visits draw on."""

    home: Home
    met: tuple[Member, ...]
    tags: frozenset[str]
    groups: tuple[str, ...]
    topics: tuple[tuple[Topic, ...], ...]  # by month, January at 1
    life: tuple[tuple[Phrase, ...], ...]
    older: tuple[Member, ...]


def grid_visits(
    population: Population,
    visitors: Visitors,
    groups: Sequence[CareGroup],
    *,
    seed: int,
    today: date,
    per_household: float = 20,
) -> list[Visit]:
    """Visits of the year before ``today``, oldest first: ``per_household`` on average, exactly in sum.

    Those who need more are visited more often; vacant dwellings never. Checklists are answered for
    the care groups of the household.
    """
    plan = population.plan
    rng = rng_for(seed, plan.village_code, plan.sequence, "visits")
    homes = [home for home in population.homes if home.kind != VACANT]
    known = [_known(home, population.places.village) for home in homes]
    counts = _shares([_need(k) for k in known], round(per_household * len(population.homes)))
    items = {group.group_code: tuple(checklist(group)) for group in groups}
    planned = []
    for index, count in enumerate(counts):
        days = _spread(rng, count)
        for nth, day in enumerate(days):
            following = days[nth + 1] if nth + 1 < count else day + _gap(rng, count)
            minute = 510 + int(rng.random() * 600)
            planned.append((day, minute, index, following))
    planned.sort()
    ids = Ids(rng, today - timedelta(days=DAYS))
    start = today - timedelta(days=DAYS)
    writer = _Writer(rng, ids, visitors, items, start)
    return [writer.visit(known[index], day, minute, then) for day, minute, index, then in planned]


@dataclass(frozen=True, slots=True)
class _Texts:
    situation: str
    difficulties: str = ""
    requests: str = ""
    action: str = ""
    result: str = ""


class _Writer:
    """Writes visits one after another, in the order of time."""

    def __init__(
        self,
        rng: random.Random,
        ids: Ids,
        visitors: Visitors,
        items: Mapping[str, tuple[str, ...]],
        start: date,
    ) -> None:
        self._rng = rng
        self._ids = ids
        self._visitors = visitors
        self._items = items
        # every day of the year and some after it, once
        self._days = [start + timedelta(days=n) for n in range(DAYS + 200)]
        self._texts = [day.isoformat() for day in self._days]
        self._start = midnight(start)

    def visit(self, known: _Known, day: int, minute: int, following: int) -> Visit:
        rng = self._rng
        drawn = rng.random()
        how = HOME if drawn < 0.76 else PHONE if drawn < 0.92 else ABSENT
        topic = one_of(rng, known.topics[self._days[day].month])
        met = one_of(rng, known.older if say.OLD in topic.tags else known.met)
        if how == HOME and met.person.status == AWAY:
            how = PHONE  # whoever is elsewhere gets a call
        words = {
            "who": met.person.name,
            "kin": f"{known.home.relative.relation}{known.home.relative.name}",
            "place": known.home.address,
            "when": one_of(rng, _TIMES[minute // 60]),
        }
        more = one_of(rng, known.topics[self._days[day].month])
        texts = self._texts_of(known, (topic, more), how, words)
        by, recorded_by, source = self._hands()
        recorded = self._start + (day * 1440 + minute + 12 + int(rng.random() * 90)) * _MINUTE
        if source == "paper":
            recorded += 1440 * _MINUTE
        promised = how == ABSENT or rng.random() < 0.62
        return Visit(
            id=self._ids.new(recorded),
            household_id=known.home.household.id,
            happened_at=f"{self._texts[day]}T{minute // 60:02}:{minute % 60:02}",
            how=how,
            visited_by=by,
            recorded_by=recorded_by,
            source=source,
            people_met=self._met(known, met, how),
            situation=texts.situation,
            difficulties=texts.difficulties,
            requests=texts.requests,
            action=texts.action,
            result=texts.result,
            next_date=self._days[following] if promised or rng.random() < 0.3 else None,
            promise=say_one(rng, scenes.ABSENT_PROMISE if how == ABSENT else topic.promise, words)
            if promised
            else "",
            answers=self._answers(known, topic, how),
            recorded_at=recorded,
        )

    def _texts_of(
        self, known: _Known, topics: tuple[Topic, Topic], how: str, words: Mapping[str, str]
    ) -> _Texts:
        """What is written of a visit; now and then a second thing came up."""
        rng, (topic, more) = self._rng, topics
        if how == ABSENT:
            return _Texts(
                situation=say_one(rng, scenes.ABSENT, words),
                action=say_one(rng, scenes.ABSENT_ACTION, words),
                result=say_one(rng, scenes.ABSENT_RESULT, words),
            )
        opening = scenes.OPENING_HOME if how == HOME else scenes.OPENING_PHONE
        parts = [say_one(rng, opening, words)]
        # at home one sees more than can be told by telephone
        for life in known.life:
            told = life if how == HOME and rng.random() < 0.75 else (one_of(rng, life),)
            parts += [phrase.say(rng, words) for phrase in told]
        if how == HOME and rng.random() < 0.9:
            parts.append(say_one(rng, scenes.HOUSE, words))
        parts.append(say_one(rng, topic.situation, words))
        action, result = say_one(rng, topic.action, words), say_one(rng, topic.result, words)
        if more is not topic and rng.random() < 0.72:
            parts += (say_one(rng, scenes.ALSO, words), say_one(rng, more.situation, words))
            action += say_one(rng, scenes.ALSO_ACTION, words) + say_one(rng, more.action, words)
            result += say_one(rng, more.result, words) if rng.random() < 0.5 else ""
        if how == HOME and rng.random() < 0.85:
            parts.append(say_one(rng, scenes.LEAVING, words))
        return _Texts(
            "".join(parts),
            say_one(rng, topic.difficulties, words) if rng.random() < 0.65 else "",
            say_one(rng, topic.requests, words) if rng.random() < 0.6 else "",
            action,
            result,
        )

    def _hands(self) -> tuple[UUID, UUID, str]:
        """Who visited, who recorded it, and from what."""
        drawn, workers = self._rng.random(), self._visitors.workers
        if drawn < 0.04 and self._visitors.volunteers:
            return one_of(self._rng, self._visitors.volunteers), workers[0], "paper"
        by = workers[0] if drawn < 0.85 else one_of(self._rng, workers)
        return by, by, "phone" if drawn > 0.985 else "screen"

    def _met(self, known: _Known, met: Member, how: str) -> tuple[str, ...]:
        if how == ABSENT:
            return ()
        rng = self._rng
        people = {str(met.person.id)}
        if how == HOME and len(known.met) > 1 and rng.random() < 0.35:
            people.add(str(one_of(rng, known.met).person.id))
        if how == HOME and rng.random() < 0.08:
            people.add(one_of(rng, ("邻居", "楼长", "保姆", "房东", known.home.relative.name)))
        return tuple(sorted(people - {""}))

    def _answers(self, known: _Known, topic: Topic, how: str) -> Mapping[str, str]:
        if how == ABSENT or not known.groups:
            return _NO_ANSWERS
        rng = self._rng
        if how == PHONE and rng.random() < 0.6:
            return _NO_ANSWERS
        answers: dict[str, str] = {}
        for group in known.groups:
            asked = rng.random()
            for item in self._items.get(group, ()):
                likely = 0.8 if topic.watch and topic.watch in item else 0.02
                if rng.random() < likely:
                    answer = WATCH
                else:
                    answer = GOOD if asked < 0.35 or rng.random() < 0.25 else REST
                answers[answer_key(group, item)] = answer
        return MappingProxyType(answers)


_NO_ANSWERS: Mapping[str, str] = MappingProxyType({})


def _known(home: Home, village: bool) -> _Known:
    met = tuple(m for m in home.members if m.lives_here and m.age >= 16) or home.members
    codes = {c.group_code for m in home.members if m.lives_here for c in m.care}
    tags = {say.VILLAGE if village else say.TOWN}
    tags |= {_TAG_OF_GROUP[code] for code in codes if code in _TAG_OF_GROUP}
    family = home.kind == "family"
    tags.add(say.FAMILY if family else say.TENANT)
    if family and any(m.age >= 60 for m in met):
        tags.add(say.OLD)
    if any(m.residences[0].relation in ("11", "12") for m in met):
        tags.add(say.COUPLE)
    children = [m for m in home.members if 5 <= m.age < 16]
    if children:
        tags.add(say.CHILD)
    fitting = [topic for topic in say.TOPICS if topic.tags <= tags]
    by_month = tuple(
        tuple(t for t in fitting if not t.months or month in t.months) for month in range(13)
    )
    alone = family and all(m.age >= 58 for m in met)
    life = scenes.LIFE_OLD if alone else scenes.LIFE_FAMILY if family else scenes.LIFE_TENANT
    lives = (life, scenes.LIFE_CHILD) if children and family else (life,)
    older = tuple(m for m in met if m.age >= 60) or met
    return _Known(home, met, frozenset(tags), tuple(sorted(codes))[:2], by_month, lives, older)


def _need(known: _Known) -> float:
    """How often a household is visited, against the others."""
    levels = {c.level for m in known.home.members for c in m.care}
    if known.groups:
        older = bool(_OLDER & set(known.groups))
        return 3.0 if "high" in levels else 2.2 if older else 1.6
    return 1.2 if say.OLD in known.tags else 1.0


def _shares(weights: Sequence[float], total: int) -> list[int]:
    """``total`` in whole parts by weight; what is left over goes to the largest fractions."""
    if not weights:
        return []
    exact = [weight * total / sum(weights) for weight in weights]
    counts = [int(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
    for index in order[: total - sum(counts)]:
        counts[index] += 1
    return counts


def _spread(rng: random.Random, count: int) -> list[int]:
    """Days of the year for ``count`` visits, evenly with some play."""
    step = DAYS / max(count, 1)
    return [
        min(DAYS - 1, max(0, int((n + 0.5 + (rng.random() - 0.5) * 0.7) * step)))
        for n in range(count)
    ]


def _gap(rng: random.Random, count: int) -> int:
    """Days from the last visit to the next that was promised; some are overdue by ``today``."""
    return min(150, max(2, int(DAYS / max(count, 1) * (0.4 + rng.random()))))
