"""What was left out of a print and why, in words and as a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from uuid import UUID

from gridapp.i18n import tr
from gridapp.printing import LeftOut
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Card, button, columns, words
from gridapp.ui.widgets.row_list import Row, RowList


class PrintAccount(Card):
    """A sentence, and beneath it each household that was not printed."""

    def __init__(self, desk: Desk, back: Callable[[], object]) -> None:
        super().__init__()
        self.left: dict[UUID, LeftOut] = {}
        self.said = words("", "head", wrap=True)
        self.list = RowList(tr("没有打的住户"), desk.tasks, desk.look, self._fetch)
        self.list.activated.connect(lambda index: self._open(desk, self.list.rows.id_at(index)))
        self.list.clicked.connect(lambda index: self._open(desk, self.list.rows.id_at(index)))
        self.back = button(tr("看预览"), back)
        head = columns(self.said, self.back)
        head.setStretch(0, 1)
        head.setContentsMargins(16, 12, 16, 8)
        self.body.addLayout(head)
        self.body.addWidget(self.list, 1)

    def show_left(self, said: str, left: Sequence[LeftOut], *, preview: bool) -> None:
        """``preview``: whether there is anything to go back to."""
        self.said.setText(said)
        self.left = {each.id: each for each in left}
        self.list.rows.forget()
        self.list.show_ids(tuple(self.left))
        self.back.setVisible(preview)

    def _fetch(self, ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
        known: Future[Mapping[UUID, Row]] = Future()
        known.set_result({id_: _row(self.left[id_]) for id_ in ids if id_ in self.left})
        return known

    def _open(self, desk: Desk, id_: UUID | None) -> None:
        if id_ is not None and self.left[id_].name:
            desk.go("household", id_)


def _row(left: LeftOut) -> Row:
    return Row(left.name or tr("不认识的一户"), left.address, left.reason())
