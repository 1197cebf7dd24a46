"""A year in a grid: its visits and its events, as records, with the staff who were there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from gridapp.demo.events import Desk, grid_events
from gridapp.demo.people import Population
from gridapp.demo.visits import Visitors, grid_visits
from gridapp.domain.event import Event, EventAction
from gridapp.domain.record import Record
from gridapp.domain.reference import CareGroup, CatalogueItem
from gridapp.domain.visit import Visit


@dataclass(frozen=True, slots=True)
class Story:
    """Visits and events, each oldest first; actions in the order of their events and numbers."""

    visits: tuple[Visit, ...]
    events: tuple[Event, ...]
    actions: tuple[EventAction, ...]

    def records(self) -> Iterator[Record]:
        """Every record, owners before what they own."""
        yield from self.visits
        yield from self.events
        yield from self.actions


def story(
    population: Population,
    visitors: Visitors,
    desk: Desk,
    reference: Sequence[Record],
    *,
    seed: int,
    today: date,
    visits_per_household: float = 20,
    events: int = 3000,
) -> Story:
    """The year that ended before ``today``. ``reference``: catalogue items and care groups among it."""
    groups = [record for record in reference if isinstance(record, CareGroup)]
    items = [record for record in reference if isinstance(record, CatalogueItem)]
    visits = grid_visits(
        population,
        visitors,
        groups,
        seed=seed,
        today=today,
        per_household=visits_per_household,
    )
    reported, actions = grid_events(
        population, desk, items, visits, seed=seed, today=today, count=events
    )
    return Story(tuple(visits), tuple(reported), tuple(actions))
