"""What all tabs of a household file share, and what a tab is given of the page around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.row_list import Row


class File(Protocol):
    """The page around a tab."""

    desk: Desk
    view: View | None
    revealed: bool  # whether numbers are shown whole

    @property
    def whole(self) -> bool:
        """Whether the user has the whole file: more than names and addresses."""

    def may(self, kind: str) -> bool:
        """Whether the user writes records of this kind in the household's grid."""

    def reveal(self) -> None:
        """Show whole numbers, once that is logged."""

    def edit(self, add_member: bool = False, at: UUID | str = "") -> None:
        """Open the edit form beside the file, at a field or at a member."""

    def choose(self, tab: str, item: UUID | None = None) -> None:
        """Show a tab, and one item of it."""


class Part(QWidget):
    """One tab."""

    def __init__(self, page: File) -> None:
        super().__init__()
        self.page, self.desk = page, page.desk
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 2, 0, 0)
        self.box.setSpacing(12)

    def show_view(self, view: View) -> None:
        """Shows another state of the file."""
        raise NotImplementedError

    def choose(self, item: UUID) -> None:
        """Shows one item of the tab."""


@dataclass(frozen=True, slots=True)
class TabSpec:
    """One tab. A new tab is its file with one of these, and one line in ``every.py``.

    ``title`` is Chinese; with ``count`` it stands behind it ("走访 14"). ``file``: only whole files have
    something for it; who has names and addresses alone does not see it.
    """

    key: str
    title: str
    build: Callable[[File], Part]
    count: Callable[[View], int] | None = None
    file: bool = False


class KnownRows:
    """Rows that are at hand already, in the form in which a list asks for them."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Row] = {}

    def fetch(self, ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
        """The rows, at once."""
        future: Future[Mapping[UUID, Row]] = Future()
        future.set_result({id_: self.rows[id_] for id_ in ids if id_ in self.rows})
        return future
