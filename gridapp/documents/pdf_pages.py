"""The pages of finished PDFs: joined into one file, or drawn as pictures for the screen and for printers.

PDFium knows one thread at a time, whoever calls it: everything of it goes through here, behind one lock,
and is closed before the lock is let go, so that no finalizer of it runs in another thread.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Any, BinaryIO

import pypdfium2

A4 = (595.276, 841.89)  # width and height in points

_LESS = 0.01  # of a pixel

# The library is loaded once for the whole process, and so is what guards it.
_ONE_AT_A_TIME = threading.RLock()


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture of a page or of a band of it: rows of RGB bytes, ``stride`` bytes apart."""

    width: int
    height: int
    stride: int
    data: bytes


class JoinedPdf:
    """PDFs put after one another. ``fronts``: each begins on a front page, after a blank back if need be."""

    def __init__(self, *, fronts: bool = False) -> None:
        self._fronts = fronts
        self._whole: pypdfium2.PdfDocument | None = None

    def add(self, pdf: bytes) -> None:
        """Takes the pages of one more PDF."""
        with _ONE_AT_A_TIME:
            part = pypdfium2.PdfDocument(pdf)
            if self._whole is None:
                self._whole = part
                return
            if self._fronts and len(self._whole) % 2:
                self._whole.new_page(*A4).close()
            self._whole.import_pages(part)
            part.close()

    @property
    def empty(self) -> bool:
        """Whether nothing was added yet."""
        return self._whole is None

    def save(self, out: BinaryIO) -> None:
        """Writes the one PDF; nothing where nothing was added. Raises what ``out`` raises."""
        with _ONE_AT_A_TIME:
            if self._whole is not None:
                heedful = _Heedful(out)
                try:
                    self._whole.save(heedful)
                finally:
                    heedful.complain()

    def close(self) -> None:
        """Lets go of the pages."""
        with _ONE_AT_A_TIME:
            if self._whole is not None:
                self._whole.close()
                self._whole = None


class _Heedful:
    """A stream that remembers why it was not written: PDFium's callback would lose it and call that a success."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._why: Exception | None = None

    def write(self, data: Any) -> None:
        """Writes; after the first failure nothing more. ``data`` is memory of PDFium's."""
        if self._why is not None:
            return
        try:
            self._out.write(data)
        except (OSError, ValueError, MemoryError) as error:
            self._why = error

    def complain(self) -> None:
        """Raises what went wrong, if anything did."""
        if self._why is not None:
            raise self._why


class PdfPages:
    """One PDF in memory, its pages drawn when they are asked for. From any thread."""

    def __init__(self, pdf: bytes) -> None:
        with _ONE_AT_A_TIME:
            self._document: pypdfium2.PdfDocument | None = pypdfium2.PdfDocument(pdf)
            count = len(self._document)
            self.sizes = tuple(self._document.get_page_size(n) for n in range(count))

    def __len__(self) -> int:
        return len(self.sizes)

    def rows(self, number: int, scale: float) -> int:
        """How many rows of pixels a page has at ``scale`` pixels a point."""
        height: float = self.sizes[number][1]
        return math.ceil(height * scale)

    def draw(self, number: int, scale: float, rows: tuple[int, int] | None = None) -> Raster | None:
        """Page ``number`` (from 0) at ``scale`` pixels a point; None once closed.

        ``rows``: only a band of it, from its first row of pixels to the one before the second number.
        """
        whole = self.rows(number, scale)
        first, end = rows or (0, whole)
        # PDFium's rows are counted in points and rounded up: a little less comes out as exactly these
        top, bottom = ((part - _LESS) / scale for part in (first, whole - end))
        with _ONE_AT_A_TIME:
            if self._document is None:
                return None
            page = self._document[number]
            try:
                bitmap = page.render(
                    scale=scale,
                    crop=(0, max(bottom, 0), 0, max(top, 0)),
                    rev_byteorder=True,
                    maybe_alpha=False,
                )
                try:
                    return Raster(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
                finally:
                    bitmap.close()
            finally:
                page.close()

    def close(self) -> None:
        """Lets go of the document."""
        with _ONE_AT_A_TIME:
            if self._document is not None:
                self._document.close()
                self._document = None
