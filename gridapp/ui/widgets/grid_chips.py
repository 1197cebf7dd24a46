"""The user's grids as chips, where there are several: all of them, or one; 代 for one looked after for a colleague."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridapp.i18n import tr
from gridapp.store.views.today import Grid
from gridapp.ui.widgets.basic import empty, rows
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.words.wording import joined

_ALL = "all"


class GridChips(QWidget):
    """Hidden while there is only one grid. ``chosen`` tells a UUID, or None for all."""

    chosen = Signal(object)

    def __init__(self, most: int = 1 << 16) -> None:
        """``most``: with more grids than that none is shown; something else chooses among so many."""
        super().__init__()
        self._most = most
        self._grids: tuple[Grid, ...] = ()
        self._chips: Segmented | None = None
        self._box = rows(gap=0)
        self.setLayout(self._box)
        self.hide()

    def show_grids(self, grids: Sequence[Grid], grid_id: UUID | None) -> None:
        """These grids; ``grid_id`` is the one that is chosen."""
        if tuple(grids) != self._grids:
            self._grids = tuple(grids)
            empty(self._box)
            self._chips = None
            if 1 < len(grids) <= self._most:
                self._chips = self._made(grids)
                self._box.addWidget(self._chips)
            self.setVisible(self._chips is not None)
        self.choose(grid_id)

    def choose(self, grid_id: UUID | None) -> None:
        """Mark another grid without telling."""
        if self._chips:
            self._chips.set_value(str(grid_id) if grid_id else _ALL)

    def _made(self, grids: Sequence[Grid]) -> Segmented:
        names = [(str(g.id), joined(g.name, tr("代") if g.covers else "")) for g in grids]
        chips = Segmented(tr("哪个网格"), [(_ALL, tr("全部")), *names], _ALL)
        chips.chosen.connect(lambda key: self.chosen.emit(None if key == _ALL else UUID(key)))
        return chips
