"""One window for each data folder: a second start brings the first window to the front and ends.

Who holds the lock of the data folder is the first; the system lets go of it however a program ends. The first
listens on a socket that only its own user of the operating system can reach. A socket that a crash left
behind is in nobody's way: whoever holds the lock replaces it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QMessageBox

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.locking import FolderLock

PATIENCE = (
    5.0  # seconds that a second start gives a first one that is just starting, or just ending
)
_ANSWER = 1500  # ms for one attempt
_PAUSE = 0.05  # seconds between attempts
_SHOW, _SHOWN = b"show", b"shown"
_READ = 20_000  # ms that the words stay
_TOKEN = 200  # bytes at most


class FirstWindow(QObject):
    """Held by the one program of a data folder, until ``release``. ``asked`` follows each second start."""

    asked = Signal(str)  # what lets a window come to the front on Wayland; "" elsewhere

    def __init__(self, data_dir: Path, lock: FolderLock | None = None) -> None:
        """``lock`` of ``data_dir``; None where the folder cannot be locked: then nobody can find this one."""
        super().__init__()
        self._lock = lock
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._meet)
        if sys.platform == "win32":
            self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        name = _socket_name(data_dir)
        if lock and name:
            QLocalServer.removeServer(name)
            self._server.listen(name)

    def release(self) -> None:
        """Let the next one in."""
        self._server.close()
        if self._lock:
            self._lock.release()
            self._lock = None

    def _meet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda socket=socket: self._hear(socket))
            self._hear(socket)

    def _hear(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > _TOKEN:
                socket.abort()
            return
        word, _, token = bytes(socket.readLine(_TOKEN).data()).strip().partition(b" ")
        if word == _SHOW:
            self.asked.emit(token.decode("utf-8", "replace"))
            socket.write(_SHOWN + b"\n")
            socket.flush()


def claim(data_dir: Path, patience: float = PATIENCE) -> FirstWindow | None:
    """Become the one window of ``data_dir``; None when another one is, and has come to the front.

    Raises ``Problem`` ``already_open`` when another one is and does not answer for ``patience`` seconds.
    """
    give_up = time.monotonic() + patience
    while True:
        try:
            return FirstWindow(data_dir, _locked(data_dir))
        except Problem as problem:
            if problem.code != "in_use":
                return FirstWindow(
                    data_dir
                )  # whatever opens the data says what is wrong with the folder
        if _ask(data_dir):
            return None
        if time.monotonic() > give_up:
            raise Problem(
                "already_open",
                "程序已经打开了。",
                remedy="请在任务栏里找到它的窗口；找不到就重新启动电脑。",
            )
        time.sleep(_PAUSE)


def say_open(problem: Problem) -> None:
    """Say in a small window that the program is open, until it is read or a while has passed."""
    box = QMessageBox(QMessageBox.Icon.Information, tr("网格工作台"), problem.said())
    box.addButton(tr("知道了"), QMessageBox.ButtonRole.AcceptRole)
    QTimer.singleShot(_READ, box, box.accept)
    box.exec()


def _locked(data_dir: Path) -> FolderLock:
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Problem("disk_error", "打不开数据文件夹。", place=str(data_dir)) from error
    return FolderLock(data_dir)


def _ask(data_dir: Path) -> bool:
    """Ask the first window to come to the front; whether it said that it did."""
    name = _socket_name(data_dir)
    if not name:
        return False
    _let_it_rise()
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(_ANSWER):
        return False
    token = os.environ.get("XDG_ACTIVATION_TOKEN", "").encode()[: _TOKEN // 2]
    socket.write(_SHOW + b" " + token + b"\n")
    socket.waitForBytesWritten(_ANSWER)
    answered = socket.waitForReadyRead(_ANSWER)
    return answered and bytes(socket.readAll().data()).strip() == _SHOWN


def _name(data_dir: Path) -> str:
    folder = os.path.normcase(data_dir.resolve())
    return "gridapp-" + hashlib.sha256(folder.encode()).hexdigest()[:16]


if sys.platform == "win32":
    import ctypes
    import getpass

    def _socket_name(data_dir: Path) -> str:
        return f"{_name(data_dir)}-{getpass.getuser()}"

    def _let_it_rise() -> None:
        # Windows lets a program come to the front only if the one in front allows it.
        ctypes.windll.user32.AllowSetForegroundWindow(-1)

else:
    import stat

    def _socket_name(data_dir: Path) -> str:
        """Where the socket is, in a folder that is this user's alone; "" where there is none such."""
        run_dir = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        folder = run_dir / f"gridapp-{os.getuid()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError:
            return ""
        own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        return str(folder / _name(data_dir)) if own and not found.st_mode & 0o077 else ""

    def _let_it_rise() -> None:
        """Other systems let a window rise when it asks."""
