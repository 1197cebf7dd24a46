"""Beneath the choices of a print: how many, the buttons, and how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar

from gridapp.i18n import tr
from gridapp.ui.widgets.basic import button, columns, rows, words
from gridapp.ui.widgets.flow import Flow


class PrintFoot(QFrame):
    """Says what will be printed, what is going on and how it ended."""

    print_wanted = Signal()
    save_wanted = Signal()
    why_wanted = Signal()
    _progressed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "cardfoot")
        self._stop: threading.Event | None = None
        self.done = self.total = 0
        self.count = words("", wrap=True)
        self.why_not = button(tr("看是哪些"), self.why_wanted.emit, "link")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("进度"))
        self.said = words("", "secondary", wrap=True)
        self.print = button(tr("打印"), self.print_wanted.emit, "primary")
        self.print.setToolTip("Ctrl+P")
        self.save = button(tr("存为 PDF"), self.save_wanted.emit)
        self.cancel = button(tr("停下"), self.stop)
        buttons = Flow(self.print, self.save, self.cancel, gap=10)
        counts = columns(self.count, self.why_not)
        counts.setStretch(0, 1)
        box = rows(counts, self.bar, self.said, buttons)
        box.setContentsMargins(16, 10, 16, 14)
        self.setLayout(box)
        self._progressed.connect(self._show_progress)
        self._show_working()

    @property
    def working(self) -> bool:
        """Whether something is being printed."""
        return self._stop is not None

    def show_counts(self, chosen: int, left: int, *, printer: bool) -> None:
        """How many will be printed and how many not; ``printer``: whether there is one."""
        texts = [tr("要打 {count} 户。").format(count=chosen)] if chosen or left else []
        if left:
            texts.append(tr("{count} 户不打。").format(count=left))
        self.count.setText(" ".join(texts))
        self.count.setVisible(bool(texts))
        self.why_not.setVisible(bool(left))
        self.print.setEnabled(bool(chosen) and printer)
        self.save.setEnabled(bool(chosen))

    def begin(self, total: int) -> Callable[[int], bool]:
        """Something begins: what it calls from its thread with the number done; False means stop."""
        self._stop = stop = threading.Event()
        self.destroyed.connect(stop.set)  # by locking, or with the window
        self.done, self.total = 0, total
        self.bar.setMaximum(total)
        self.bar.setValue(0)
        self.said.setText(tr("正在做…"))
        self._show_working()
        self.cancel.setFocus()
        tell = self._progressed.emit

        def going(done: int) -> bool:
            if stop.is_set():
                return False
            tell(done)
            return True

        return going

    def stop(self) -> None:
        """Stop after the file in hand."""
        if self._stop:
            self._stop.set()
            self.said.setText(tr("正在停下…"))

    def end(self, said: str) -> None:
        """It ended, this way."""
        self._stop = None
        self.said.setText(said)
        self._show_working()
        (self.print if self.print.isEnabled() else self.save).setFocus()

    def forget(self) -> None:
        """Something else will be printed: how the last one ended is said no more."""
        if not self.working:
            self.said.setText("")
            self._show_working()

    def _show_working(self) -> None:
        self.bar.setVisible(self.working)
        self.cancel.setVisible(self.working)
        self.print.setVisible(not self.working)
        self.save.setVisible(not self.working)
        self.said.setVisible(bool(self.said.text()))

    def _show_progress(self, done: int) -> None:
        self.done = done
        self.bar.setValue(done)
        if self._stop and not self._stop.is_set():
            text = tr("已做 {done} 户，共 {count} 户")
            self.said.setText(text.format(done=done, count=self.total))
