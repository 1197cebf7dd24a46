"""A second start, as a real process, brings the first window to the front and ends."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QApplication, QMessageBox
from sample import end

from gridapp.app import Client
from gridapp.errors import Problem
from gridapp.store.locking import FolderLock
from gridapp.ui.running import second_start
from gridapp.ui.running.second_start import FirstWindow, claim, say_open

ROOT = Path(__file__).parents[2]


def start_program(data_dir: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "gridapp", "open", "--data", str(data_dir)],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def first(qapp: QApplication, tmp_path: Path) -> Iterator[FirstWindow]:
    held = claim(tmp_path)
    assert held
    yield held
    held.release()


@pytest.fixture
def running(qtbot, tmp_path: Path) -> Iterator[subprocess.Popen]:
    """A first program in a process of its own, reachable."""
    process = start_program(tmp_path)
    qtbot.waitUntil(lambda: second_start._ask(tmp_path), timeout=20_000)
    assert process.poll() is None
    yield process
    process.kill()
    process.communicate()


def test_the_window_comes_to_the_front_and_the_second_ends_well(
    qtbot, first: FirstWindow, tmp_path: Path
) -> None:
    client = Client(tmp_path, sync=False)  # nobody is registered: it shows where one registers
    first.asked.connect(client.window.come_forward)
    client.start()
    client.window.showMinimized()
    assert client.window.isMinimized()
    second = start_program(tmp_path)
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=20_000)
    _, said = second.communicate()
    assert (second.returncode, said) == (0, b"")
    assert not client.window.isMinimized()
    assert client.window.isVisible()
    end(client)


def test_a_running_program_is_found_and_answers(running: subprocess.Popen, tmp_path: Path) -> None:
    assert claim(tmp_path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_what_a_killed_program_left_is_in_nobodys_way(
    qtbot, running: subprocess.Popen, tmp_path: Path
) -> None:
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert Path(second_start._socket_name(tmp_path)).exists()
    held = claim(tmp_path, patience=0)
    assert held
    asked = []
    held.asked.connect(asked.append)
    second = start_program(tmp_path)
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=20_000)
    second.communicate()
    assert second.returncode == 0
    assert asked == [os.environ.get("XDG_ACTIVATION_TOKEN", "")]
    held.release()


def test_one_that_does_not_answer_is_told_in_words(tmp_path: Path, qapp: QApplication) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(Problem) as caught:
        claim(tmp_path, patience=0)
    lock.release()
    assert caught.value.code == "already_open"
    assert "程序已经打开了" in caught.value.text()


def test_the_words_are_seen_and_go_when_read(qapp: QApplication) -> None:
    seen = []

    def read() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        seen.append(box.text())
        box.buttons()[0].click()

    QTimer.singleShot(0, read)
    say_open(Problem("already_open", "程序已经打开了。"))
    assert seen == ["程序已经打开了。"]


def test_one_that_is_just_ending_is_waited_for(
    tmp_path: Path, qapp: QApplication, monkeypatch
) -> None:
    lock = FolderLock(tmp_path)
    # it ends while the second one pauses
    monkeypatch.setattr(second_start.time, "sleep", lambda _: lock.release())
    held = claim(tmp_path)
    assert held
    held.release()


def test_other_data_has_its_own_window(first: FirstWindow, tmp_path: Path) -> None:
    other = claim(tmp_path / "other")
    assert other
    other.release()


def test_noise_on_the_socket_moves_nothing(qtbot, first: FirstWindow, tmp_path: Path) -> None:
    asked = []
    first.asked.connect(asked.append)
    socket = QLocalSocket()
    gone = []
    socket.disconnected.connect(lambda: gone.append(1))
    socket.connectToServer(second_start._socket_name(tmp_path))
    socket.write(b"x" * 5000)
    qtbot.waitUntil(lambda: bool(gone), timeout=5000)
    assert asked == []


@pytest.mark.skipif(sys.platform == "win32", reason="folders of a user are another matter there")
class TestWhoMayAsk:
    def test_only_the_same_user_of_the_computer(self, first: FirstWindow, tmp_path: Path) -> None:
        folder = Path(second_start._socket_name(tmp_path)).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == os.getuid()

    def test_a_folder_open_to_others_is_not_used(
        self, tmp_path: Path, monkeypatch, qapp: QApplication
    ) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        folder = Path(second_start._socket_name(tmp_path)).parent
        folder.chmod(0o777)
        assert second_start._socket_name(tmp_path) == ""
        held = claim(tmp_path / "data")
        assert held  # the window opens all the same; a second one is only told
        with pytest.raises(Problem):
            claim(tmp_path / "data", patience=0)
        held.release()

    def test_a_link_instead_of_the_folder_is_not_used(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        (tmp_path / f"gridapp-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
        assert second_start._socket_name(tmp_path) == ""


def test_a_folder_that_cannot_be_made_still_opens_the_window(
    tmp_path: Path, qapp: QApplication
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    held = claim(tmp_path / "file" / "data")
    assert held  # what opens the data says what is wrong with the folder
    held.release()
