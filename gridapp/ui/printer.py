"""Printers of this computer: which there are, and how finished pages get onto their paper.

Pages are drawn by PDFium at the printer's resolution, band by band, so that a page of 600 dpi never stands
in memory as a whole. All of this runs off the GUI thread, which Qt allows for painting on a printer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QMarginsF, QRectF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from gridapp.documents.pdf_pages import PdfPages, Raster
from gridapp.errors import Problem
from gridapp.printing.paper import PaperJob
from gridapp.printing.plan import Account
from gridapp.printing.ranges import EVERYTHING, Ranges

MOST_DPI = 600  # finer than this is not seen on paper
_ROWS = 600  # of pixels drawn at once
_POINTS = 72  # an inch

Going = Callable[[int], bool]  # told how many files are done; False stops


@dataclass(frozen=True, slots=True)
class PrinterInfo:
    """One printer. ``duplex``: it turns the paper by itself."""

    name: str
    duplex: bool = False
    usual: bool = False


@dataclass(frozen=True, slots=True)
class PaperChoice:
    """How a printer is to print: its name, how many copies, both sides, which pages of each file."""

    printer: str
    copies: int = 1
    duplex: bool = False
    pages: Ranges = EVERYTHING


class Printers(Protocol):
    """The printers that can be chosen."""

    def all(self) -> tuple[PrinterInfo, ...]:
        """Those there are now. May ask the network: not on the GUI thread."""

    def open(self, choice: PaperChoice, title: str) -> QPrinter:
        """A printer ready for one job of that title."""


class SystemPrinters:
    """What the operating system offers."""

    def all(self) -> tuple[PrinterInfo, ...]:
        """The usual one first."""
        usual = QPrinterInfo.defaultPrinterName()
        sides = QPrinter.DuplexMode
        found = [
            PrinterInfo(
                info.printerName(),
                any(
                    mode in info.supportedDuplexModes()
                    for mode in (sides.DuplexLongSide, sides.DuplexAuto)
                ),
                info.printerName() == usual,
            )
            for info in QPrinterInfo.availablePrinters()
        ]
        return tuple(sorted(found, key=lambda info: (not info.usual, info.name)))

    def open(self, choice: PaperChoice, title: str) -> QPrinter:
        """Raises ``Problem`` ``no_printer`` where it is gone."""
        info = QPrinterInfo.printerInfo(choice.printer)
        if info.isNull():
            raise Problem(
                "no_printer",
                "找不到打印机“{name}”。",
                remedy="请看看它有没有开机、连好，或换一台；也可以存为 PDF。",
                name=choice.printer,
            )
        return prepared(QPrinter(info, QPrinter.PrinterMode.HighResolution), choice, title)


def prepared(printer: QPrinter, choice: PaperChoice, title: str) -> QPrinter:
    """``printer`` set up for A4 without margins of its own: the pages bring theirs."""
    printer.setDocName(title)
    if printer.resolution() > MOST_DPI:
        printer.setResolution(MOST_DPI)
    printer.setFullPage(True)
    a4 = QPageSize(QPageSize.PageSizeId.A4)
    upright = QPageLayout.Orientation.Portrait
    printer.setPageLayout(QPageLayout(a4, upright, QMarginsF(0, 0, 0, 0)))
    printer.setFullPage(True)
    sides = QPrinter.DuplexMode
    printer.setDuplex(sides.DuplexLongSide if choice.duplex else sides.DuplexNone)
    printer.setCopyCount(choice.copies)
    printer.setCollateCopies(True)
    return printer


def send(
    job: PaperJob, printers: Printers, choice: PaperChoice, title: str, going: Going
) -> Account:
    """Prints a job in batches. Where ``going`` stops it, the file in hand is still finished.

    Raises ``Problem``: ``no_printer``, ``printer_refused``; what is printed until then is in ``job.account()``.
    """
    done = 0
    for number, files in enumerate(job.batches(), start=1):
        part = title if number == 1 else f"{title} ({number})"
        sheet = _Sheet(printers.open(choice, part), choice)
        try:
            for pdf in files:
                sheet.draw(pdf)
                done += 1
                if not going(done):
                    sheet.finish()
                    job.sent(whole=choice.pages.all)
                    return job.account(stopped=True)
            sheet.finish()
        finally:
            sheet.abandon()
        job.sent(whole=choice.pages.all)
    return job.account()


class _Sheet:
    """One job of a printer, begun with the first page."""

    def __init__(self, printer: QPrinter, choice: PaperChoice) -> None:
        self._printer, self._choice = printer, choice
        self._painter = QPainter()
        self._pages = 0

    def draw(self, pdf: bytes) -> None:
        """Puts the chosen pages of one file on paper; both sides: it begins on a front."""
        pages = PdfPages(pdf)
        try:
            if self._choice.duplex and self._pages % 2:
                self._next()
            for number in _wanted(len(pages), self._choice):
                self._next()
                if number is not None:
                    self._page(pages, number)
        finally:
            pages.close()

    def finish(self) -> None:
        """Hands the job to the printer; the next copy begins on a front too."""
        if self._choice.duplex and self._choice.copies > 1 and self._pages % 2:
            self._next()
        if self._painter.isActive() and not self._painter.end():
            raise _refused(self._choice)

    def abandon(self) -> None:
        """Takes the job back where it was not finished."""
        if self._painter.isActive():
            self._printer.abort()
            self._painter.end()

    def _next(self) -> None:
        ready = self._printer.newPage() if self._pages else self._painter.begin(self._printer)
        if not ready:
            raise _refused(self._choice)
        self._pages += 1

    def _page(self, pages: PdfPages, number: int) -> None:
        scale = self._printer.resolution() / _POINTS
        drawn = min(scale, MOST_DPI / _POINTS)
        width, rows = pages.sizes[number][0] * scale, pages.rows(number, drawn)
        for first in range(0, rows, _ROWS):
            end = min(first + _ROWS, rows)
            raster = pages.draw(number, drawn, (first, end))
            assert raster is not None
            top, height = first / drawn * scale, (end - first) / drawn * scale
            self._painter.drawImage(QRectF(0, top, width, height), image_of(raster))


def image_of(raster: Raster) -> QImage:
    """A drawn page as Qt's picture."""
    size = raster.width, raster.height, raster.stride
    return QImage(raster.data, *size, QImage.Format.Format_RGB888).copy()


def _wanted(count: int, choice: PaperChoice) -> Iterator[int | None]:
    """Pages from 0 to be printed; None for a front or back that stays blank, so that sides are kept."""
    chosen = [number for number in range(count) if number + 1 in choice.pages]
    if not choice.duplex:
        yield from chosen
        return
    for sheet in sorted({number // 2 for number in chosen}):
        for number in (2 * sheet, 2 * sheet + 1):
            if number in chosen:
                yield number
            elif number < count:
                yield None


def _refused(choice: PaperChoice) -> Problem:
    return Problem(
        "printer_refused",
        "打印机“{name}”没有接下这一批。",
        remedy="请看看它有没有开机、缺纸或卡纸，再打一次；也可以存为 PDF。",
        name=choice.printer,
    )
