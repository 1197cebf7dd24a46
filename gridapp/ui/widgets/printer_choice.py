"""The printers of this computer as one list to choose from, asked for only when somebody looks."""

from __future__ import annotations

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QSizePolicy

from gridapp.i18n import tr
from gridapp.ui.widgets.field import Choice


class PrinterChoice(Choice):
    """The printers of this computer, asked for when somebody looks: that may take a while."""

    def __init__(self, chosen: str) -> None:
        super().__init__([], chosen, empty=tr("电脑默认的打印机"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._asked = False

    def choose(self, name: str) -> None:
        """Show ``name``, also one that is not there now; "" is the default one."""
        if name and self.findData(name) < 0:
            self.addItem(name, name)
        self.set_value(name)

    def showPopup(self) -> None:
        """Qt: the list opens."""
        self._ask()
        super().showPopup()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt: arrows choose without opening the list."""
        self._ask()
        super().focusInEvent(event)

    def _ask(self) -> None:
        if self._asked:
            return
        self._asked = True
        for name in printers():
            if self.findData(name) < 0:
                self.addItem(name, name)


def printers() -> list[str]:
    """The names of the printers of this computer."""
    from PySide6.QtPrintSupport import QPrinterInfo

    return list(QPrinterInfo.availablePrinterNames())
