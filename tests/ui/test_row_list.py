"""A long list asks for what is in sight, and never goes blank while it asks again."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from uuid import UUID

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from gridapp.domain.record import new_id
from gridapp.ui.tasks import Tasks
from gridapp.ui.tour import settle
from gridapp.ui.widgets.row_list import BLOCK, KEPT, Row, RowModel


class Source:
    """Answers when it is told to."""

    def __init__(self, count: int) -> None:
        self.ids = [new_id() for _ in range(count)]
        self.words = {id_: f"row {n}" for n, id_ in enumerate(self.ids)}
        self.asked: list[tuple[tuple[UUID, ...], Future[Mapping[UUID, Row]]]] = []

    def fetch(self, ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
        future: Future[Mapping[UUID, Row]] = Future()
        self.asked.append((ids, future))
        return future

    def answer(self) -> None:
        for ids, future in self.asked:
            future.set_result({i: Row(self.words[i]) for i in ids if i in self.words})
        self.asked.clear()


@pytest.fixture
def tasks(qapp):
    made = Tasks()
    yield made
    made.close()


def title(model: RowModel, place: int) -> str | None:
    row = model.row(model.index(place))
    return row.title if row else None


def test_what_is_asked_again_stands_until_the_answer_comes(tasks) -> None:
    source = Source(100)
    model = RowModel(tasks, source.fetch)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_ids(source.ids)
    assert title(model, 3) is None
    source.answer()
    settle(tasks)
    assert title(model, 3) == "row 3"
    source.words[source.ids[3]] = "changed"
    model.forget({source.ids[3]})
    assert title(model, 3) == "row 3"
    assert [ids for ids, _ in source.asked] == [(source.ids[3],)]
    source.answer()
    settle(tasks)
    assert title(model, 3) == "changed"
    assert source.asked == []


def test_an_answer_that_was_overtaken_is_not_shown(tasks, qtbot) -> None:
    source = Source(10)
    model = RowModel(tasks, source.fetch)
    model.set_ids(source.ids)
    title(model, 0)
    old = source.asked.pop()[1]
    source.words[source.ids[0]] = "new"
    model.forget()
    title(model, 0)
    source.answer()
    qtbot.waitUntil(lambda: title(model, 0) == "new")
    old.set_result({source.ids[0]: Row("old")})
    settle(tasks)
    assert title(model, 0) == "new"


def test_a_record_that_is_gone_leaves_an_empty_row_until_the_list_is_read_anew(tasks) -> None:
    source = Source(5)
    model = RowModel(tasks, source.fetch)
    model.set_ids(source.ids)
    title(model, 2)
    source.answer()
    settle(tasks)
    del source.words[source.ids[2]]
    model.forget({source.ids[2]})
    title(model, 2)
    source.answer()
    settle(tasks)
    assert title(model, 2) == ""


def test_only_blocks_in_sight_are_asked_for_and_few_rows_are_kept(tasks) -> None:
    source = Source(100_000)
    model = RowModel(tasks, source.fetch)
    model.set_ids(source.ids)
    assert source.asked == []
    for place in range(0, 100_000, 5_000):
        title(model, place)
    assert sum(len(ids) for ids, _ in source.asked) == 20 * BLOCK
    source.answer()
    settle(tasks)
    assert len(model._rows) == KEPT
    assert title(model, 95_000) == "row 95000"
