"""A very long list in the real window: opened, scrolled to its end and back. For ``gridapp bench lists``."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QStringListModel, QTimer
from PySide6.QtWidgets import QListView, QWidget

from gridapp.store.store import Store
from gridapp.ui.desk import Where
from gridapp.ui.probes.probe_window import ProbeWindow, Watch, application, probe_window, wait_for
from gridapp.ui.widgets.row_list import RowList

_STEPS = (
    150  # of the scroll bar on the way to one end, one every ``_STEP`` ms: a hand that drags it
)
_STEP = 10
_ELSEWHERE = Where("sync")


@dataclass(frozen=True, slots=True)
class Scrolled:
    """Milliseconds. ``first``: with the page being built; ``again``: coming back to it."""

    first: float
    again: float
    open_pause: float
    to_end: float  # the longest pause on the way down
    back: float
    end_shown: float  # from the key End to its rows
    rows: int


def scroll(store: Store, page: str, times: int) -> list[Scrolled]:
    """Open the list of a page, scroll it and leave it, several times, each in a new window."""
    return [_once(store, page) for _ in range(times)]


def _once(store: Store, page: str) -> Scrolled:
    with probe_window(store, _ELSEWHERE) as probe:
        watch = Watch()
        first = _opened(probe, page)
        probe.settle()
        pause = watch.stop()
        shown = list_of(probe)
        down = _drag(shown, shown.verticalScrollBar().maximum())
        back = _drag(shown, 0)
        probe.settle()
        end = _jump(shown)
        probe.settle()
        probe.shell.go(_ELSEWHERE)
        probe.settle()
        again = _opened(probe, page)
        return Scrolled(first, again, pause, down, back, end, shown.model().rowCount())


def floor(rows: int) -> float:
    """Milliseconds until Qt's own list of as many short texts is painted."""
    application()
    began = time.perf_counter()
    view, model = QListView(), QStringListModel()
    view.setUniformItemSizes(True)
    model.setStringList([f"{n}" for n in range(rows)])
    view.setModel(model)
    view.resize(900, 600)
    view.show()
    view.grab()
    return (time.perf_counter() - began) * 1000


def _opened(probe: ProbeWindow, page: str) -> float:
    began = time.perf_counter()
    probe.shell.go(Where(page))
    wait_for(lambda: complete(list_of(probe)))
    list_of(probe).viewport().repaint()
    return (time.perf_counter() - began) * 1000


def list_of(probe: ProbeWindow) -> RowList:
    """The longest list of the page that is shown."""
    page: QWidget = probe.shell.pages.currentWidget()
    return max(page.findChildren(RowList), key=lambda each: each.model().rowCount())


def complete(view: RowList) -> bool:
    """Whether all rows in sight are known."""
    area = view.viewport().rect()
    if not view.isVisible() or not view.model().rowCount():
        return False
    first = view.indexAt(area.topLeft())
    last = view.indexAt(area.bottomLeft())
    places = range(first.row(), (last.row() if last.isValid() else view.model().rowCount() - 1) + 1)
    return all(view.rows.row(view.rows.index(place)) is not None for place in places)


def _drag(view: RowList, target: int) -> float:
    """The longest pause while the scroll bar is drawn to ``target``, until the rows there are shown."""
    bar = view.verticalScrollBar()
    start, step = bar.value(), 0
    timer = QTimer()

    def move() -> None:
        nonlocal step
        step += 1
        bar.setValue(start + (target - start) * step // _STEPS)
        if step >= _STEPS:
            timer.stop()

    timer.timeout.connect(move)
    watch = Watch()
    timer.start(_STEP)
    wait_for(lambda: step >= _STEPS and complete(view), 60)
    return watch.stop()


def _jump(view: RowList) -> float:
    began = time.perf_counter()
    view.scrollToBottom()
    wait_for(lambda: complete(view))
    view.viewport().repaint()
    return (time.perf_counter() - began) * 1000
