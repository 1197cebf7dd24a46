"""The pages of one window, each built when it is first shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtWidgets import QStackedWidget

from gridapp.ui.desk import Desk
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec


class Pages(QStackedWidget):
    """Pages by key."""

    def __init__(self, desk: Desk, specs: Sequence[PageSpec]) -> None:
        super().__init__()
        self._desk = desk
        self.specs = {spec.key: spec for spec in specs}
        self._built: dict[str, Page] = {}

    def __getitem__(self, key: str) -> Page:
        """The page of that key."""
        if key not in self._built:
            self._built[key] = page = self.specs[key].build(self._desk)
            self.addWidget(page)
        return self._built[key]

    def section(self, key: str) -> str:
        """The page whose line in the navigation is marked while ``key`` is shown."""
        spec = self.specs[key]
        return spec.section or spec.key

    def home(self, roles: Collection[str]) -> str:
        """Where somebody with these roles begins: the first page that is theirs."""
        return next(s.key for s in self.specs.values() if s.title and s.is_for(roles))
