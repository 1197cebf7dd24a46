"""Whom a form is about: said in its head, and compared with the page that stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.household import Household
from gridapp.ui.desk import Where
from gridapp.ui.words.wording import joined


@dataclass(frozen=True, slots=True)
class Subject:
    """``where``: the page it belongs to; ``household_id``: the household it is about, where there is one."""

    name: str = ""
    place: str = ""
    where: Where | None = None
    household_id: UUID | None = None

    @property
    def said(self) -> str:
        """Name and place in one line."""
        return joined(self.name, self.place)

    def clashes(self, shown: Where) -> bool:
        """Whether what is shown is of the same kind and another one, so that one is taken for the other."""
        if shown.id is None or self.where is None:
            return False
        if shown.page == "household":
            return self.household_id is not None and shown.id != self.household_id
        return shown.page == self.where.page and shown.id != self.where.id


NOBODY = Subject()


def household_subject(household: Household) -> Subject:
    """The household with its address."""
    where = Where("household", household.id)
    return Subject(household.name, household.address, where, household.id)
