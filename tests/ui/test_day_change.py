"""Sleep, a clock that was set, midnight, and nobody at the computer: with clocks that the test moves."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from sample import NOW

from gridapp.ui.running.day_watch import EVERY, DayWatch
from gridapp.ui.running.idle import Idle

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
TO_MIDNIGHT = 24 * HOUR - (NOW + 8 * HOUR) % (24 * HOUR)  # in China


class Clocks:
    """Both clocks of a computer."""

    def __init__(self) -> None:
        self.wall, self.ticks = NOW, 5_000

    def run(self, ms: int) -> None:
        self.wall += ms
        self.ticks += ms

    def sleep(self, ms: int, *, ticks: bool = False) -> None:
        self.run(ms) if ticks else self.set(ms)

    def set(self, ms: int) -> None:
        self.wall += ms


class Told:
    def __init__(self, clocks: Clocks) -> None:
        self.woken = self.days = 0
        self.watch = DayWatch(lambda: clocks.wall, steady=lambda: clocks.ticks)
        self.watch.woken.connect(lambda: setattr(self, "woken", self.woken + 1))
        self.watch.day_changed.connect(lambda: setattr(self, "days", self.days + 1))


@pytest.fixture
def clocks(qapp: QApplication) -> Clocks:
    return Clocks()


def test_an_ordinary_hour_is_nothing_special(clocks: Clocks) -> None:
    told = Told(clocks)
    for _ in range(HOUR // EVERY):
        clocks.run(EVERY)
        told.watch.look()
    assert (told.woken, told.days) == (0, 0)


@pytest.mark.parametrize("ticks", [False, True], ids=["Linux", "Windows"])
def test_a_night_asleep_is_waking_and_another_day_once(clocks: Clocks, ticks: bool) -> None:
    told = Told(clocks)
    clocks.sleep(18 * HOUR, ticks=ticks)
    told.watch.look()
    assert (told.woken, told.days) == (1, 1)
    clocks.run(EVERY)
    told.watch.look()
    assert (told.woken, told.days) == (1, 1)


@pytest.mark.parametrize("ms", [-2 * HOUR, 2 * HOUR])
def test_a_clock_that_was_set_counts_as_waking(clocks: Clocks, ms: int) -> None:
    told = Told(clocks)
    clocks.set(ms)
    told.watch.look()
    assert (told.woken, told.days) == (1, 0)


def test_midnight_in_china_is_another_day_and_not_earlier(clocks: Clocks) -> None:
    told = Told(clocks)
    clocks.run(TO_MIDNIGHT - SECOND)
    told.watch.look()
    assert told.days == 0
    clocks.run(SECOND)
    told.watch.look()
    assert told.days == 1


@pytest.fixture
def window(qapp: QApplication) -> QWidget:
    window = QWidget()
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    yield window
    window.close()
    window.deleteLater()


@pytest.fixture
def idle(clocks: Clocks, window: QWidget) -> tuple[Idle, Callable[[], int]]:
    watch, told = Idle(lambda: clocks.wall, 5, steady=lambda: clocks.ticks), []
    watch.left.connect(lambda: told.append(1))
    return watch, lambda: len(told)


def test_five_minutes_without_anybody_are_told_once(clocks: Clocks, idle: tuple) -> None:
    watch, told = idle
    clocks.run(5 * MINUTE - SECOND)
    watch.look()
    assert told() == 0
    clocks.run(SECOND)
    watch.look()
    watch.look()
    assert told() == 1


def test_a_key_begins_anew(clocks: Clocks, idle: tuple, window: QWidget) -> None:
    watch, told = idle
    clocks.run(4 * MINUTE)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_A)
    clocks.run(4 * MINUTE)
    watch.look()
    assert told() == 0


def test_the_first_key_after_sleep_comes_too_late(
    clocks: Clocks, idle: tuple, window: QWidget
) -> None:
    _watch, told = idle
    clocks.sleep(HOUR)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_A)
    assert told() == 1


def test_work_in_a_dialog_counts_too(clocks: Clocks, idle: tuple, qapp: QApplication) -> None:
    watch, told = idle
    dialog = QWidget()
    dialog.show()
    dialog.activateWindow()
    assert QTest.qWaitForWindowActive(dialog)
    clocks.run(4 * MINUTE)
    QTest.mouseClick(dialog.windowHandle(), Qt.MouseButton.LeftButton)
    clocks.run(4 * MINUTE)
    watch.look()
    assert told() == 0
    dialog.close()
    dialog.deleteLater()
