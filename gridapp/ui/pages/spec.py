"""What a page says of itself: where it stands in the navigation, for whom, and its chapter of the guide."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from gridapp.domain.roles import RIGHTS, Reach, Role, writes
from gridapp.store.views import View
from gridapp.ui.desk import Desk
from gridapp.ui.pages.page import Page

EVERYBODY = frozenset(Reach)


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page of the window. A new page is its file with one of these, and one line in ``every.py``.

    ``title`` is Chinese and stands in the navigation; a page reached from another one has none, and names
    in ``section`` whose line is marked while it is shown. ``waiting`` counts the work that waits for this
    user there: the red number.
    """

    key: str
    build: Callable[[Desk], Page]
    title: str = ""
    section: str = ""
    reach: frozenset[Reach] = EVERYBODY  # shown to those whose roles reach so far
    writes: str = ""  # and, where this names a kind of record, only to those who write it
    bottom: bool = False
    waiting: View[int] | None = None
    guide: str = ""

    def is_for(self, roles: Collection[str]) -> bool:
        """Whether somebody with these roles uses the page.

        Before the first sync nobody's roles are known; most will work in a grid.
        """
        if self.writes and not writes(roles, self.writes):
            return False
        known = {RIGHTS[Role(role)].reach for role in roles if role in set(Role)}
        return self.reach == EVERYBODY or not self.reach.isdisjoint(known or {Reach.GRIDS})
