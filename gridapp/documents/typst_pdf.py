"""Typst, kept in one place: templates and data in, PDF out, everything in memory.

A print template never gets data as Typst code. The data is one JSON document and the pictures are
files of their own; both exist only in the memory of the compiler, so that nothing personal is
written to a disk, and no text of a resident can be run as code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import typst

from gridapp.config import resource_path
from gridapp.errors import Problem

FONT = "Noto Sans CJK SC"
_MAIN = "main.typ"
_DATA = "data.json"
_EMPTY_RUNS = 9


class PdfCompiler:
    """One compiler with the bundled font loaded; reuse it, loading costs more than a page.

    Raises ``Problem("font_missing")`` where the font is not there: Typst would go on with boxes.
    """

    def __init__(self) -> None:
        folder = resource_path("fonts")
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
        )
        if FONT not in fonts.families():
            raise Problem(
                "font_missing",
                "打印用的字体 {font} 不在程序里。",
                remedy="请重新安装程序。",
                font=FONT,
            )
        # Any: its stub does not know that a source may be several files in memory
        self._compiler: Any = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)

    def compile(
        self, template: str, data: Mapping[str, Any], files: Mapping[str, bytes] | None = None
    ) -> bytes:
        """The PDF of ``resources/print/<template>`` for ``data`` (read there as ``data.json``).

        ``files``: SVG pictures (the compiler takes text only) by the name that the data gives them. A ``typst.TypstError``
        is a defect of the template and is let through.
        """
        sources = dict(files or {})
        sources[_MAIN] = resource_path("print", template).read_bytes()
        sources[_DATA] = json.dumps(data, ensure_ascii=False).encode()
        pdf = self._compiler.compile(sources, format="pdf")
        assert isinstance(pdf, bytes)
        self._forget()
        return pdf

    def _forget(self) -> None:
        """Lets go of the pictures of the last run.

        Typst keeps what it worked out until ten runs went by without it, so without these empty ones
        the photos of ten batches pile up (565 MB instead of 240 for 200 files). What each batch
        uses, the template and its fonts, is young enough to stay.
        """
        for _ in range(_EMPTY_RUNS):
            self._compiler.compile({_MAIN: b""}, format="pdf")
