"""The page that prints household files, and what it is asked to print.

The page itself is loaded when it is first shown: what draws and lays out pages has no part in the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.roles import Reach
from gridapp.i18n import tr
from gridapp.ui.desk import Desk
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec


@dataclass(frozen=True, slots=True)
class PrintRequest:
    """What to print: households in their order, and what they are called together ("3号楼")."""

    ids: Sequence[UUID]
    title: str = ""

    def name(self) -> str:
        """What stands over the page."""
        if self.title or len(self.ids) == 1:
            return self.title or tr("这一户")
        return tr("选好的 {count} 户").format(count=len(self.ids))


def _build(desk: Desk) -> Page:
    from gridapp.ui.pages.paper.page import PrintPage

    return PrintPage(desk)


PAGE = PageSpec(
    "print", _build, section="households", reach=frozenset({Reach.GRIDS}), guide="print"
)
