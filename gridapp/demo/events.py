"""A year of invented events in a grid, each on the straight path as far as its age allows."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from uuid import UUID

from gridapp.demo import event_texts as say
from gridapp.demo.event_texts import EventText
from gridapp.demo.household_records import Home
from gridapp.demo.ids import Ids, midnight, rng_for
from gridapp.demo.people import VACANT, Population
from gridapp.demo.phrases import Phrase, one_of, say_one
from gridapp.domain.event import Event, EventAction
from gridapp.domain.numbers import event_number
from gridapp.domain.reference import CatalogueItem
from gridapp.domain.visit import Visit
from gridapp.domain.workflow import Action

DAYS = 364
_MINUTE = 60_000
_DAY = 1440
_SOON = 60  # what follows within the hour may be at night
_MORNING, _EVENING = 8 * 60, 19 * 60
_UNIT_MINUTES = {"H": 60, "WH": 120, "WD": _DAY * 7 / 5, "D": _DAY}
_RATINGS = ("5", "4", "3", "2")
_RATING_WEIGHTS = (50, 36, 11, 3)
_VILLAGE_HOUSES = frozenset({"0104", "0206", "0408", "1608"})
_TOWN_FIELDS = frozenset({"1303"})
_SPOTS = {
    say.YARD: ("小广场", "健身角", "车棚旁", "垃圾投放点", "东侧花坛", "凉亭边", "快递柜前", "北门内", "儿童滑梯旁"),
    say.ROAD: ("建文街路口", "东巷中段", "小区南门外", "公交站牌旁", "学校西侧便道", "菜市场门口", "中央大道辅道", "后街拐角"),
    say.SHOP: ("南门早餐店", "便民超市", "水果店门前", "五金店", "小饭馆", "理发店门口", "快递站", "粮油店"),
    say.FIELD: ("村东地头", "打麦场边", "北坡菜地", "机井旁", "南地水渠", "东巷口"),
    say.WATER: ("南坑塘", "东排水沟", "小河桥下", "卫河支沟"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Post:
    """Somebody who acts for a unit."""

    unit_id: UUID
    staff_id: UUID


@dataclass(frozen=True, slots=True)
class Desk:
    """Who reports and who takes the steps. ``handlers`` by department type; ``office`` where none is."""

    workers: tuple[UUID, ...]
    head: Post
    office: Post
    dispatcher: Post
    handlers: Mapping[str, Post]
    township: str = ""  # its name, for event numbers


@dataclass(frozen=True, slots=True)
class _Spot:
    where: str
    who: str
    household_id: UUID | None = None
    visit_id: UUID | None = None
    day: int = 0
    minute: int = 0


def grid_events(
    population: Population,
    desk: Desk,
    items: Sequence[CatalogueItem],
    visits: Sequence[Visit] = (),
    *,
    seed: int,
    today: date,
    count: int = 3000,
) -> tuple[list[Event], list[EventAction]]:
    """``count`` events of the year before ``today``, oldest first, and their actions event by event.

    Some of those at a household came out of one of ``visits``. Only items that ``items`` has are used.
    """
    plan = population.plan
    rng = rng_for(seed, plan.village_code, plan.sequence, "events")
    chosen = _chosen(items, population.places.village)
    writer = _Writer(rng, population, desk, today)
    visited = [v for v in visits if v.how == "home"]
    texts = rng.choices(
        [text for text, _ in chosen],
        cum_weights=list(accumulate(text.weight for text, _ in chosen)),
        k=count,
    )
    by_code = {text.item_code: item for text, item in chosen}
    planned: list[tuple[int, int, int, EventText, _Spot]] = []
    for text in texts:
        spot = writer.spot(text, visited)
        planned.append((spot.day, spot.minute, len(planned), text, spot))
    planned.sort(key=lambda row: row[:3])
    events: list[Event] = []
    actions: list[EventAction] = []
    for day, minute, _, text, spot in planned:
        event, started = writer.event(text, spot, day, minute)
        events.append(event)
        actions.extend(writer.actions(event, text, by_code[text.item_code], spot, started))
    return events, actions


def _chosen(items: Sequence[CatalogueItem], village: bool) -> list[tuple[EventText, CatalogueItem]]:
    known = {item.item_code: item for item in items}
    absent = say.BUILDING if village else say.FIELD
    kept = _VILLAGE_HOUSES if village else _TOWN_FIELDS
    return [
        (text, known[text.item_code])
        for text in say.ITEMS
        if text.item_code in known and (text.place != absent or text.item_code in kept)
    ]


class _Writer:
    """Writes events one after another; times are minutes since the first midnight of the year."""

    def __init__(self, rng: random.Random, population: Population, desk: Desk, today: date) -> None:
        start = today - timedelta(days=DAYS)
        self._rng = rng
        self._plan = population.plan
        self._desk = desk
        self._ids = Ids(rng, start)
        self._action_ids = Ids(rng, start)
        self._start = midnight(start)
        self._days = [start + timedelta(days=n) for n in range(DAYS + 1)]
        self._texts = [day.isoformat() for day in self._days]
        self._homes = [h for h in population.homes if h.kind != VACANT]
        self._by_id = {h.household.id: h for h in self._homes}
        self._buildings = _entrances(population)
        self._first = self._days[0]
        self._per_day: dict[int, int] = {}

    def spot(self, text: EventText, visits: Sequence[Visit]) -> _Spot:
        """Where and when; for a household perhaps at a visit."""
        rng = self._rng
        day, minute = int(rng.random() * DAYS), 420 + int(rng.random() * 800)
        if text.place == say.HOME and visits and rng.random() < 0.4:
            visit = one_of(rng, visits)
            assert visit.happened_at is not None
            assert visit.household_id is not None
            day = (date.fromisoformat(visit.happened_at[:10]) - self._first).days
            minute = int(visit.happened_at[11:13]) * 60 + int(visit.happened_at[14:]) + 10
            home = self._by_id[visit.household_id]
            return _Spot(home.address, _adult(rng, home), home.household.id, visit.id, day, minute)
        home = one_of(rng, self._homes)
        who = _adult(rng, home)
        if text.place == say.HOME:
            return _Spot(home.address, who, home.household.id, None, day, minute)
        options = self._buildings if text.place == say.BUILDING else _SPOTS[text.place]
        return _Spot(one_of(rng, options), who, None, None, day, minute)

    def event(self, text: EventText, spot: _Spot, day: int, minute: int) -> tuple[Event, int]:
        """The event and the minute at which it was reported."""
        rng, desk, started = self._rng, self._desk, day * _DAY + minute
        words = self._words(spot)
        sequence = self._per_day[day] = self._per_day.get(day, self._plan.sequence * 100) + 1
        number = event_number(desk.township, self._days[day], sequence) if desk.township else ""
        source = "visit" if spot.visit_id else rng.choices(_SOURCES, _SOURCE_WEIGHTS)[0]
        recorded = self._start + (started + 3 + int(rng.random() * 40)) * _MINUTE
        event = Event(
            id=self._ids.new(recorded),
            grid_id=self._plan.grid_id,
            household_id=spot.household_id,
            visit_id=spot.visit_id,
            item_code=text.item_code,
            title=text.title.say(rng, words),
            text=self._text(text, spot, words),
            place=spot.where,
            happened_at=self._moment(started),
            reported_by=desk.workers[0] if rng.random() < 0.85 else one_of(rng, desk.workers),
            source=source,
            number=number,
            recorded_at=recorded,
        )
        return event, started

    def _text(self, text: EventText, spot: _Spot, words: Mapping[str, str]) -> str:
        rng, sort = self._rng, say.sort_of(text)
        seen = "" if spot.visit_id else say_one(rng, say.SEEN[sort], words)
        effects = rng.sample(say.EFFECT[sort], 2 if rng.random() < 0.25 else 3)
        parts = [effect.say(rng, self._words(spot)) for effect in effects]
        if sort != say.DUTY:
            parts += [advice.say(rng, words) for advice in say.ADVICE]
        return seen + text.text.say(rng, words) + "".join(parts)

    def _words(self, spot: _Spot) -> dict[str, str]:
        return {"spot": spot.where, "who": spot.who, "n": str(2 + int(self._rng.random() * 7))}

    def _moment(self, minute: int) -> str:
        day, rest = divmod(minute, _DAY)
        return f"{self._texts[day]}T{rest // 60:02}:{rest % 60:02}"

    def actions(
        self, event: Event, text: EventText, item: CatalogueItem, spot: _Spot, started: int
    ) -> Iterator[EventAction]:
        """The steps that were taken before ``today``; now and then one is still waited for."""
        rng = self._rng
        words = self._words(spot)
        at = started
        stalls = rng.random() < 0.02
        path = self._path(event, text, item)
        for number, (action, post, target, wait, said) in enumerate(path):
            at = at + wait if wait < _SOON else self._daytime(at + wait)
            if at >= DAYS * _DAY or (stalls and number and rng.random() < 0.3):
                return
            phrase = said.say(rng, words) if said else say_one(rng, say.NOTES[action], words)
            rating = rng.choices(_RATINGS, _RATING_WEIGHTS)[0] if action == Action.RATE else ""
            recorded = self._start + at * _MINUTE
            yield EventAction(
                id=self._action_ids.new(recorded),
                event_id=event.id,
                action=action.value,
                number=number + 1,
                seen=number,
                actor_id=post.staff_id,
                unit_id=post.unit_id,
                target_unit_id=target,
                happened_at=self._moment(at),
                text=phrase,
                rating=rating,
                recorded_at=recorded,
            )

    def _daytime(self, minute: int) -> int:
        """The minute, or the next morning where it falls into the night."""
        day, rest = divmod(minute, _DAY)
        if _MORNING <= rest <= _EVENING:
            return minute
        return (day + (rest > _EVENING)) * _DAY + _MORNING + int(self._rng.random() * 120)

    def _path(
        self, event: Event, text: EventText, item: CatalogueItem
    ) -> Iterator[tuple[Action, Post, UUID | None, int, Phrase | None]]:
        """(action, who, target unit, minutes since the one before, text of its own) to the end."""
        rng, desk = self._rng, self._desk
        assert event.reported_by is not None
        if rng.random() < text.on_spot:
            worker = Post(self._plan.grid_id, event.reported_by)
            yield Action.HANDLE_ON_SPOT, worker, None, rng.randint(5, 90), text.done
            lead = desk.head
            if rng.random() < _SENT_BACK:
                yield Action.SEND_BACK, lead, None, rng.randint(60, _DAY), None
                again = rng.randint(_DAY, 4 * _DAY)
                yield Action.HANDLE_ON_SPOT, worker, None, again, text.done
        else:
            handler = desk.handlers.get(item.dept_type, desk.office)
            lead = desk.head if item.level in ("grid", "village") else desk.dispatcher
            limit = (item.limit_value or 24) * _UNIT_MINUTES.get(item.limit_unit, _DAY)
            handled = max(15, int(limit * (0.15 + 0.75 * rng.random())))
            yield Action.ACCEPT, lead, None, rng.randint(3, 120), None
            yield Action.DISPATCH, lead, handler.unit_id, rng.randint(2, 40), None
            yield Action.SIGN, handler, None, rng.randint(5, 180), None
            yield Action.HANDLE, handler, None, handled, text.done
        yield Action.VERIFY, lead, None, rng.randint(60, 2 * _DAY), None
        yield Action.RATE, lead, None, rng.randint(60, 3 * _DAY), None
        yield Action.CLOSE, lead, None, rng.randint(2, 600), None


_SENT_BACK = 0.1  # of what was handled on the spot
_SOURCES = ("patrol", "resident", "phone")
_SOURCE_WEIGHTS = (62, 28, 10)


def _entrances(population: Population) -> tuple[str, ...]:
    """The entrances of the grid's buildings as people say them; groups in a village."""
    if population.places.village:
        return tuple(building.name for building in population.places.buildings)
    return tuple(
        f"{building.name}号楼{entrance}单元"
        for building in population.places.buildings
        for entrance in range(1, (building.entrances or 1) + 1)
    )


def _adult(rng: random.Random, home: Home) -> str:
    names = [m.person.name for m in home.members if m.lives_here and m.age >= 18]
    return one_of(rng, names) if names else home.household.name
