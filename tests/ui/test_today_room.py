"""The lists of the page of the day: whole rows that fill the page, and one scroll bar where the text is large."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from PySide6.QtWidgets import QScrollArea

from gridapp.ui.pages.today import TodayPage
from gridapp.ui.pages.today_room import FEW, fitting, grown
from gridapp.ui.widgets.basic import inside
from gridapp.ui.widgets.row_list import SHORT, RowList

COUNTS = some.lists(some.integers(0, 60), min_size=1, max_size=3)


@given(COUNTS, some.integers(-5, 80))
def test_no_list_gets_more_than_it_wants_and_nothing_is_left_over(wanted, room) -> None:
    found = fitting(wanted, (4, 3, 2), room)
    least = sum(min(count, FEW) for count in wanted)
    if room < least:
        assert found is None
        return
    assert found is not None
    assert all(min(n, FEW) <= got <= n for n, got in zip(wanted, found, strict=True))
    assert sum(found) == min(room, sum(wanted))


@given(COUNTS, some.integers(0, 30))
def test_where_the_page_scrolls_short_lists_do_not(wanted, in_sight) -> None:
    for count, got in zip(wanted, grown(wanted, in_sight), strict=True):
        assert got == count if count <= SHORT else FEW <= got <= count


def page_of(desktop) -> TodayPage:
    page = desktop.show("today")
    assert isinstance(page, TodayPage)
    return page


def lists_of(page: TodayPage) -> list[RowList]:
    return [made for made in inside(page, RowList) if made.isVisible()]


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("state", ["worker", "head"])
def test_no_row_is_cut(start, state, scale, size) -> None:
    desktop = start(households=60, state=state)
    desktop.client.desk.prefer(scale=scale)
    desktop.client.window.resize(*size)
    page = page_of(desktop)
    desktop.settle()
    assert lists_of(page)
    for made in lists_of(page):
        row = made.visualRect(made.rows.index(0)).height()
        assert made.viewport().height() % row == 0
        assert made.viewport().height() >= row * min(FEW, made.rows.rowCount())


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_the_lists_fill_the_page(start, size) -> None:
    desktop = start(households=60, state="head")
    desktop.client.window.resize(*size)
    page = page_of(desktop)
    desktop.settle()
    row = page.due.fitted.row
    bottom = page.events.mapTo(page, page.events.rect().bottomLeft()).y()
    free = page.height() - 14 - bottom
    rows = sum(made.viewport().height() // row for made in (page.due.list, page.events.list))
    assert rows == page.due.fitted.wanted + page.events.fitted.wanted or 0 <= free <= row
    scrolled = inside(page, QScrollArea)[0].verticalScrollBar()
    assert scrolled.maximum() == 0


def test_without_events_there_is_one_slim_line(desktop) -> None:
    page = page_of(desktop)
    page._show(replace(page.view, events=(), waiting=0))
    desktop.settle()
    assert page.events.title.text() == "没有等你的事件"
    assert page.events.title.isVisible()
    head = page.events.title.parentWidget()
    assert head
    assert page.events.height() - head.height() <= 4
    assert page.events.rect().contains(head.geometry())
    assert page.due.height() > page.events.height()


def test_at_200_percent_a_short_list_grows_instead_of_scrolling_in_a_page_that_scrolls(
    desktop,
) -> None:
    desktop.client.desk.prefer(scale=2.0)
    page = page_of(desktop)
    desktop.settle()
    assert inside(page, QScrollArea)[0].verticalScrollBar().maximum() > 0
    for made in lists_of(page):
        assert 0 < made.rows.rowCount() <= SHORT
        assert made.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_visits_beneath_each_other_scroll_together(desktop, scale) -> None:
    desktop.client.desk.prefer(scale=scale)
    desktop.settle()
    desktop.client.desk.go("household", desktop.sample.zhao, "visits")
    desktop.settle()
    part = desktop.shell.pages["household"].part("visits")
    view = part._view
    part.show_view(replace(view, visits=view.visits[:8]))
    desktop.settle()
    both = part._both
    outer = both.parentWidget().parentWidget()
    assert isinstance(outer, QScrollArea)
    if both.is_wide:
        assert outer.verticalScrollBar().maximum() == 0
    else:
        assert outer.verticalScrollBar().maximum() > 0
        assert part._in_full.verticalScrollBar().maximum() == 0
        assert part.list.verticalScrollBar().maximum() == 0
    assert both.is_wide is (scale == 1.0)
