"""The window says that a grid changes hands: on the page of the day and at the top of the page of sync."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtWidgets import QScrollArea
from sample import TODAY

from gridapp.i18n import set_language
from gridapp.store.views.changing import Changing
from gridapp.ui.pages.changing import changing_lines
from gridapp.ui.widgets.basic import inside

SAID = "“第三网格”将在11月28日交接：那天以前请连上网，让同步做完；没写完的请先保存。"


def announce(desktop, day: date | None) -> None:
    """As when a round with the server brings it, while the window is open."""

    def write(uow) -> None:
        said, key = day.isoformat() if day else None, desktop.sample.grid.bytes
        uow.connection.execute("UPDATE unit SET changing_on=? WHERE id=?", (said, key))
        uow.touch("unit", (key,))

    desktop.client.desk.store.write(write).result()
    desktop.settle()


def said(page) -> str:
    return page.changing.text() if page.changing.isVisible() else ""


@pytest.mark.parametrize("name", ["today", "sync"])
def test_it_appears_while_the_page_is_open_and_goes_when_it_was_taken_back(desktop, name) -> None:
    page = desktop.show(name)
    assert said(page) == ""
    announce(desktop, date(2026, 11, 28))
    assert said(page) == SAID
    assert page.changing.property("look") == "notice"
    announce(desktop, TODAY)
    assert said(page).startswith("“第三网格”今天交接：请现在连上网")
    announce(desktop, date(2026, 11, 18))
    assert said(page).startswith("“第三网格”交接的日子是11月18日，已经过了：请尽快连上网")
    announce(desktop, date(2026, 11, 12))
    assert said(page) == ""
    announce(desktop, date(2026, 11, 28))
    assert said(page)
    announce(desktop, None)
    assert said(page) == ""


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_it_is_seen_whole_at_the_top_and_the_lists_still_fill_whole_rows(start, scale) -> None:
    desktop = start(households=60)
    desktop.client.desk.prefer(scale=scale)
    page = desktop.show("today")
    announce(desktop, date(2026, 11, 28))
    line = page.changing
    assert line.height() >= line.heightForWidth(line.width())
    assert not line.visibleRegion().isEmpty()
    assert line.visibleRegion().boundingRect() == line.rect()
    below = page.due.mapTo(page, page.due.rect().topLeft()).y()
    assert line.mapTo(page, line.rect().bottomLeft()).y() < below
    row = page.due.fitted.row
    assert page.due.list.viewport().height() % row == 0
    if scale == 1.0:
        assert inside(page, QScrollArea)[0].verticalScrollBar().maximum() == 0


def test_of_many_grids_three_are_named_and_the_others_counted() -> None:
    many = [Changing(f"第{n}网格", date(2027, 1, n)) for n in range(1, 6)]
    lines = changing_lines(many, TODAY)
    assert [line[:4] for line in lines[:3]] == ["“第1网", "“第2网", "“第3网"]
    assert lines[3] == "另外还有 2 个网格要交接。"
    assert "2027年1月1日" in lines[0]
    assert len(changing_lines(many[:3], TODAY)) == 3


def test_in_english_it_is_english() -> None:
    set_language("en")
    try:
        days = (date(2026, 11, 28), TODAY, date(2026, 11, 18))
        lines = changing_lines([Changing("Grid 3", day) for day in days], TODAY)
    finally:
        set_language("zh_CN")
    assert "“Grid 3” will be handed over on 28 Nov" in lines[0]
    assert "today: go online now" in lines[1]
    assert "was due to be handed over on 18 Nov" in lines[2]
