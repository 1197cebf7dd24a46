"""A list that is as high as its rows: for the few that stand among other things and never scroll by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from gridapp.ui.widgets.row_list import RowList


class ShortList(RowList):
    """Rows that are all in sight."""

    def show_ids(self, ids: Sequence[UUID]) -> None:
        """Other rows, another height."""
        super().show_ids(ids)
        self._fit()

    def _resized(self) -> None:
        super()._resized()
        self._fit()

    def _fit(self) -> None:
        count = self.rows.rowCount()
        high = self.sizeHintForRow(0) * count if count else 0
        self.setFixedHeight(high + 2 * self.frameWidth())
