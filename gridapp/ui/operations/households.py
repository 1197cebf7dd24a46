"""Households: saving one with its members, looking behind the mask."""

from __future__ import annotations

from concurrent.futures import Future
from uuid import UUID

from gridapp.domain.household import Household
from gridapp.store import access_log, drafts, merging, recording
from gridapp.store.drafting import HouseholdForm
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork


def save_household(
    store: Store, opened: HouseholdForm | None, form: HouseholdForm, draft_key: str = ""
) -> Future[Household]:
    """Save what the form changed since it was opened (None: a new household)."""

    def write(uow: UnitOfWork) -> Household:
        household = recording.save_household(uow, opened, form)
        drafts.discard(uow, draft_key)
        return household

    return store.write(write)


def reveal_numbers(store: Store, household_id: UUID) -> Future[None]:
    """Log that the numbers of a household were looked at; show them when this is done."""
    return store.write(lambda uow: access_log.note(uow, "reveal", "household", household_id))


def merge(store: Store, away: UUID, into: UUID) -> Future[None]:
    """Let one household go into another one.

    The future raises ``Problem`` ``gone`` or ``not_allowed``; then nothing was written.
    """
    return store.write(lambda uow: merging.merge_households(uow, away, into))
