"""Reporting an event."""

from __future__ import annotations

from concurrent.futures import Future

from gridapp.domain.event import Event
from gridapp.store import drafts, recording
from gridapp.store.drafting import EventDraft
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork


def report_event(store: Store, draft: EventDraft, draft_key: str = "") -> Future[Event]:
    """Save an event; its draft goes in the same transaction."""

    def write(uow: UnitOfWork) -> Event:
        event = recording.report_event(uow, draft)
        drafts.discard(uow, draft_key)
        return event

    return store.write(write)
