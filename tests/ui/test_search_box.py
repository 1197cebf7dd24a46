"""The one search box: people, households and events side by side."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt

from gridapp.domain.record import new_id
from gridapp.store.views.found import Found
from gridapp.ui.search_box import fitting


def files(count: int) -> tuple[Found, ...]:
    return tuple(Found("household", new_id(), f"赵{n}", person=True) for n in range(count))


def events(count: int) -> tuple[Found, ...]:
    return tuple(Found("event", new_id(), "0104", when="2026-11-03") for _ in range(count))


def test_people_and_events_do_not_hide_each_other() -> None:
    shown = fitting(files(12) + events(8), 8)
    assert [hit.page for hit in shown] == ["household"] * 6 + ["event"] * 2
    assert [hit.page for hit in fitting(files(2) + events(8), 8)] == (
        ["household"] * 2 + ["event"] * 6
    )
    assert len(fitting(files(12), 8)) == 8
    assert len(fitting(events(12), 8)) == 8
    assert [hit.page for hit in fitting(files(3) + events(3), 1)] == ["household"]


def test_an_event_is_found_and_opened_by_keyboard(desktop, qtbot) -> None:
    search = desktop.shell.search
    key, number = desktop.sql("SELECT id, temporary FROM event ORDER BY id LIMIT 1")[0]
    qtbot.keyClicks(search.line, number[-4:])
    qtbot.waitUntil(search.results.isVisible)
    desktop.settle()
    hits = [hit for hit in search._hits if hit.page == "event"]
    assert UUID(bytes=key) in {hit.id for hit in hits}
    qtbot.keyClick(search.line, Qt.Key.Key_Down)
    for _ in range(search._hits.index(next(h for h in hits if h.id == UUID(bytes=key)))):
        qtbot.keyClick(desktop.client.window.focusWidget(), Qt.Key.Key_Down)
    qtbot.keyClick(desktop.client.window.focusWidget(), Qt.Key.Key_Space)
    desktop.settle()
    assert desktop.shell.where.page == "event"
    assert desktop.shell.where.id == UUID(bytes=key)


def test_every_key_shows_what_it_found(desktop, qtbot) -> None:
    """Results that are there already are replaced, and are as high as what they hold."""
    search = desktop.shell.search
    for typed in ("z", "zg", "zgx", "zg", "z"):
        search.line.setText(typed)
        search.line.textEdited.emit(typed)
        desktop.settle()
        lines = [search._list.itemAt(n).widget() for n in range(search._list.count())]
        assert lines
        assert all(line.isVisible() and line.height() > 12 for line in lines)
        last = lines[-1].geometry()
        assert search.results.height() >= last.bottom()
        assert search.results.rect().contains(last)
