"""Reporting an event, and taking its steps."""

from __future__ import annotations

from concurrent.futures import Future

from gridapp.domain.event import Event, EventAction
from gridapp.errors import Problem
from gridapp.store import acting, drafts, recording
from gridapp.store.drafting import EventDraft, StepDraft
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork


def report_event(store: Store, draft: EventDraft, draft_key: str = "") -> Future[Event]:
    """Save an event; its draft goes in the same transaction."""

    def write(uow: UnitOfWork) -> Event:
        event = recording.report_event(uow, draft)
        drafts.discard(uow, draft_key)
        return event

    return store.write(write)


def take_step(store: Store, draft: StepDraft, draft_key: str = "") -> Future[EventAction]:
    """Save a step; its draft goes in the same transaction.

    A ``Problem`` where the event has gone on meanwhile, or the step is not this user's: nothing is saved then.
    """

    def write(uow: UnitOfWork) -> EventAction:
        event = uow.record(Event, draft.event_id)
        if event is None or event.deleted:
            raise Problem("no_event", "本机没有这件事了。", remedy="可能已划到别的网格。")
        acting.check_step(uow, draft.event_id, draft.action, uow.now)
        step = recording.take_step(
            uow,
            event,
            draft.action,
            draft.text,
            draft.happened_at,
            target_unit_id=draft.target_unit_id,
            rating=draft.rating,
            pictures=draft.pictures,
        )
        drafts.discard(uow, draft_key)
        return step

    return store.write(write)
