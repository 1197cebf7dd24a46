"""The window comes back where it stood, and on a screen that is there."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QApplication

from gridapp.ui.running import window_place
from gridapp.ui.running.window_place import LEAST, Room, WindowPlace, fitting
from gridapp.ui.window import Window

LAPTOP = Room("eDP-1", QRect(0, 0, 1366, 728))  # 1366 × 768 less a task bar
MONITOR = Room("HDMI-1", QRect(1366, 0, 1920, 1040))


def test_first_start_fits_the_cheapest_laptop() -> None:
    rect = fitting(None, [LAPTOP])
    assert LAPTOP.free.contains(rect)
    assert rect.top() > 0  # the title line of the system is seen too
    assert rect.width() == 1366


def test_it_comes_back_where_it_stood() -> None:
    place = WindowPlace(1500, 100, 1200, 800, screen="HDMI-1")
    assert fitting(place, [LAPTOP, MONITOR]) == place.rect


def test_a_screen_that_is_gone_gives_the_window_back() -> None:
    place = WindowPlace(1500, 100, 1200, 800, screen="HDMI-1")
    rect = fitting(place, [LAPTOP])
    assert LAPTOP.free.contains(rect)
    assert rect.width() == 1200


def test_a_smaller_screen_makes_it_smaller() -> None:
    place = WindowPlace(0, 40, 1900, 1000, screen="eDP-1")
    assert LAPTOP.free.contains(fitting(place, [LAPTOP]))


@given(
    place=st.builds(
        WindowPlace,
        st.integers(-9000, 9000),
        st.integers(-9000, 9000),
        st.integers(-10, 9000),
        st.integers(-10, 9000),
        st.booleans(),
        st.sampled_from(["eDP-1", "HDMI-1", "gone"]),
    ),
    rooms=st.sampled_from([[LAPTOP], [LAPTOP, MONITOR], [MONITOR, LAPTOP], [MONITOR]]),
)
def test_it_is_always_whole_on_one_screen_and_of_use(place: WindowPlace, rooms: list[Room]) -> None:
    rect = fitting(place, rooms)
    assert any(room.free.contains(rect) for room in rooms)
    assert rect.width() >= LEAST.width()
    assert rect.height() >= LEAST.height()


def test_kept_and_read_again(tmp_path: Path) -> None:
    place = WindowPlace(3, 44, 1000, 600, True, "HDMI-1")
    window_place.keep(tmp_path, place)
    assert window_place.load(tmp_path) == place


@pytest.mark.parametrize("text", ["", "[]", '{"x": 1}', '{"x": "a"}', '{"x": 1e999}'])
def test_a_broken_file_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "window_place.json").write_text(text, encoding="utf-8")
    assert window_place.load(tmp_path) is None


def test_the_window_stands_there_and_tells_where(qapp: QApplication) -> None:
    window = Window(place=WindowPlace(5, 50, 790, 560, screen="?"))
    window.show()
    qapp.processEvents()
    assert window.size() == QSize(LEAST.width(), 560)  # never less than of use
    assert window.geometry().top() == 50
    told: list[WindowPlace] = []
    window.placed.connect(told.append)
    window.close()
    assert told == [window.place()]
    window.deleteLater()


def test_a_screen_that_goes_meanwhile_gives_the_window_back(qapp: QApplication) -> None:
    window = Window()
    window.show()
    window.setGeometry(5000, 60, 800, 560)
    qapp.screenRemoved.emit(qapp.primaryScreen())
    assert qapp.primaryScreen().geometry().contains(window.geometry())
    window.close()
    window.deleteLater()


def test_maximised_comes_back_maximised_and_remembers_its_size(qapp: QApplication) -> None:
    window = Window()
    # the screen without a screen is small: the size is what fits there
    window.put(WindowPlace(0, 40, 800, 550, maximised=True))
    window.show()
    qapp.processEvents()
    assert window.isMaximized()
    assert window.place().maximised
    window.showNormal()
    qapp.processEvents()
    assert not window.place().maximised
    window.close()
    window.deleteLater()


def test_moving_is_told_before_the_program_could_be_killed(qtbot, qapp: QApplication) -> None:
    window = Window()
    window.show()
    with qtbot.waitSignal(window.placed, timeout=5000) as told:
        window.setGeometry(0, 32, 800, 548)
    assert told.args[0].height == 548
    window.close()
    window.deleteLater()


def test_the_client_keeps_it(start, tmp_path: Path) -> None:
    desktop = start(households=12)
    desktop.client.window.close()
    kept = json.loads((tmp_path / "window_place.json").read_text(encoding="utf-8"))
    assert set(kept) == {"x", "y", "width", "height", "maximised", "screen"}
