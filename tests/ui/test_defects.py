"""A defect is told in one calm line and logged without a word of what it was about."""

import io
import logging
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gridapp.ui.running.defects import LOG_FILE, LOG_FOLDER, Defects, keep_log

NAME = "赵桂兰"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    handler = keep_log(tmp_path)
    assert handler
    yield tmp_path / LOG_FOLDER / LOG_FILE
    logging.getLogger("gridapp").removeHandler(handler)
    handler.close()


@pytest.fixture
def defects(qapp: QApplication) -> Iterator[Defects]:
    # qtbot catches what escapes from slots too: this one stands in front of it meanwhile
    made = Defects()
    made.catch()
    yield made
    made.release()


def break_it() -> None:
    raise ValueError(f"no such person: {NAME}")


def test_what_escapes_from_a_slot_is_told_and_logged_by_kind_and_place(
    qtbot, log: Path, defects: Defects
) -> None:
    with qtbot.waitSignal(defects.met):
        QTimer.singleShot(0, break_it)
    text = log.read_text(encoding="utf-8")
    assert "ValueError at test_defects.py" in text
    assert "break_it" in text
    assert NAME not in text


def test_what_ends_a_thread_is_told_too(qtbot, log: Path, defects: Defects) -> None:
    with qtbot.waitSignal(defects.met):
        threading.Thread(target=break_it).start()
    assert "ValueError" in log.read_text(encoding="utf-8")


def test_an_exception_given_to_the_log_keeps_its_words_to_itself(log: Path) -> None:
    logger = logging.getLogger("gridapp.x")
    other = logging.StreamHandler(io.StringIO())  # writes the whole trace on the record before ours
    logger.addHandler(other)
    try:
        break_it()
    except ValueError:
        logger.exception("it failed")
    logger.removeHandler(other)
    text = log.read_text(encoding="utf-8")
    assert "it failed" in text
    assert "ValueError at" in text
    assert NAME not in text


def test_other_libraries_write_nothing_there(log: Path) -> None:
    logging.getLogger("urllib3").warning(NAME)
    assert log.read_text(encoding="utf-8") == ""


def test_the_log_is_small_and_nobody_elses(log: Path) -> None:
    if sys.platform != "win32":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
    for _ in range(3000):
        logging.getLogger("gridapp.x").warning("x" * 1000)
    files = list(log.parent.iterdir())
    assert 1 < len(files) <= 4
    assert sum(f.stat().st_size for f in files) < 1_100_000


def test_a_folder_that_takes_nothing_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / LOG_FOLDER).write_text("a file", encoding="utf-8")
    assert keep_log(tmp_path) is None


def test_interrupting_is_no_defect(defects: Defects, monkeypatch) -> None:
    passed = []
    monkeypatch.setattr(defects, "_before", (lambda *a: passed.append(a[0]), threading.excepthook))
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert passed == [KeyboardInterrupt]
