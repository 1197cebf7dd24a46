"""Printing household files to a PDF: how many, whole numbers or masked, progress, cancel."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QProgressBar, QVBoxLayout, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.printing import print_to_file
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import button, columns, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.field import Field, Line


class PrintDialog(QDialog):
    """Makes a PDF of some households."""

    progressed = Signal(int)
    finished_with = Signal(str)  # the file, once it is there

    def __init__(self, desk: Desk, ids: Sequence[UUID], parent: QWidget) -> None:
        super().__init__(parent.window())
        self.desk, self.ids = desk, tuple(ids)
        self._stop = threading.Event()
        self._working = False
        self.setWindowTitle(tr("打印住户档案"))
        self.setModal(True)
        self._build()
        self.progressed.connect(self._show_progress)

    def start(self, out: Path) -> None:
        """Print to ``out``, off the GUI thread; the print is logged first, whole numbers with the reason."""
        self._working = True
        self.bar.setMaximum(len(self.ids))
        self.bar.setValue(0)
        self.bar.show()
        self.save.setEnabled(False)
        self.said.setText(tr("正在做…"))
        desk, ids, reveal = self.desk, self.ids, self.numbers.value() == "whole"
        reason = self.reason.text()

        def report(done: int) -> bool:
            self.progressed.emit(done)
            return not self._stop.is_set()

        def work() -> int:
            return print_to_file(
                desk.store, ids, out, reveal=reveal, reason=reason, progress=report
            )

        desk.run(self, desk.tasks.start(work), lambda n: self._done(n, out), self._refused)

    def cancel(self) -> None:
        """Stop what is under way; close where nothing is."""
        if self._working:
            self._stop.set()
            self.said.setText(tr("正在停下…"))
        else:
            self.reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: closing the window is cancelling."""
        if self._working:
            self._stop.set()
        super().closeEvent(event)

    def _build(self) -> None:
        count = tr("{count} 户的档案，存成一个 PDF 文件。").format(count=len(self.ids))
        self.numbers = Segmented(
            tr("证件和电话号码"),
            (("masked", tr("遮住中间")), ("whole", tr("完整（会记录）"))),
            "masked",
        )
        self.reason = Line(hint=tr("例如：居民本人要复印件"), max_length=80)
        self.why = Field(tr("要完整号码的原因"), self.reason, required=True)
        self.why.hide()
        self.numbers.chosen.connect(lambda which: self.why.setVisible(which == "whole"))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("进度"))
        self.bar.hide()
        self.said = words("", "secondary", wrap=True)
        self.save = button(tr("存为 PDF"), self._ask, "primary")
        self.save.setEnabled(bool(self.ids))
        self.close_button = button(tr("取消"), self.cancel)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 20)
        box.setSpacing(14)
        box.addWidget(words(tr("打印住户档案"), "title"))
        box.addWidget(words(count, wrap=True))
        box.addWidget(Field(tr("证件和电话号码"), self.numbers))
        box.addWidget(self.why)
        box.addWidget(words(tr("每页都有你的名字、这台电脑和时间作水印。"), "hint", wrap=True))
        box.addWidget(self.bar)
        box.addWidget(self.said)
        box.addLayout(columns(None, self.close_button, self.save))
        self.setMinimumWidth(self.desk.look.theme.size("panel") + 60)

    def _ask(self) -> None:
        if self.numbers.value() == "whole" and not self.reason.text().strip():
            self.why.set_error(tr("请先写明原因。"))
            self.reason.setFocus()
            return
        self.why.set_error("")
        name = tr("住户档案") + f" {self.desk.today.isoformat()}.pdf"
        chosen, _ = QFileDialog.getSaveFileName(self, tr("存为 PDF"), name, "PDF (*.pdf)")
        if chosen:
            self.start(Path(chosen))

    def _show_progress(self, done: int) -> None:
        self.bar.setValue(done)
        text = tr("已做 {done} 户，共 {count} 户").format(done=done, count=len(self.ids))
        self.said.setText(text)

    def _done(self, count: int, out: Path) -> None:
        self._working = False
        self.said.setText(tr("已存好 {count} 户：{name}").format(count=count, name=out.name))
        self.save.hide()
        self.close_button.setText(tr("关闭"))
        self.finished_with.emit(str(out))

    def _refused(self, problem: Problem) -> None:
        self._working = False
        self._stop.clear()
        self.bar.hide()
        self.save.setEnabled(True)
        self.said.setText(problem.text())
