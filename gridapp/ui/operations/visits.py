"""Recording a visit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import Future
from uuid import UUID

from gridapp.domain.event import Event
from gridapp.domain.visit import Visit
from gridapp.store import drafts, recording
from gridapp.store.drafting import VisitDraft
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork


def record_visit(
    store: Store, draft: VisitDraft, draft_key: str = "", events: Sequence[UUID] = ()
) -> Future[Visit]:
    """Save a visit; its draft goes in the same transaction, events reported meanwhile are tied to it."""

    def write(uow: UnitOfWork) -> Visit:
        visit = recording.add_visit(uow, draft)
        for event in uow.records(Event, events):
            uow.edit(event, dataclasses.replace(event, visit_id=visit.id))
        drafts.discard(uow, draft_key)
        return visit

    return store.write(write)
