"""One chapter of the guide as people read it: Markdown with tables, pictures no wider than the window."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QImage,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextTable,
    QTextTableCellFormat,
    QTextTableFormat,
)
from PySide6.QtWidgets import QFrame, QTextBrowser

from gridapp.i18n import tr
from gridapp.ui.help import guide_text
from gridapp.ui.theme import Look

_LINES = 112  # per cent of the height of a line
_PICTURE = "\ufffc"  # how Qt writes a picture that stands alone
_EDGE = 24  # px around the text


class ChapterView(QTextBrowser):
    """One chapter: Markdown with tables, and pictures no wider than the window."""

    wanted = Signal(str)  # the chapter of a link

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._chapter = ""
        self.setProperty("look", "reading")
        self.setAccessibleName(tr("使用说明"))
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.anchorClicked.connect(self._follow)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._again)
        look.changed.connect(self._later.start)

    def show_chapter(self, chapter: str) -> None:
        """From its beginning."""
        self._chapter = chapter
        document = self.document()
        document.clear()
        document.setDefaultFont(self._look.theme.font())
        document.setDocumentMargin(_EDGE)
        self.setMarkdown(guide_text.text(chapter))
        self._space()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Qt: a picture of the guide, made as small as the window needs it."""
        if kind != QTextDocument.ResourceType.ImageResource:
            return None
        path = guide_text.folder() / QUrl(name).path()
        picture = QImage(str(path))
        room = self.viewport().width() - 2 * _EDGE
        if picture.isNull() or picture.width() <= room:
            return picture
        return picture.scaledToWidth(max(room, 1), Qt.TransformationMode.SmoothTransformation)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: pictures fit the new width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._later.start()

    def _again(self) -> None:
        if not self._chapter:
            return
        bar = self.verticalScrollBar()
        place = bar.value() / max(1, bar.maximum())
        self.show_chapter(self._chapter)
        bar.setValue(round(place * bar.maximum()))

    def _space(self) -> None:
        """Lines that are easy to read, headings in the sizes of the window, tables with room in their cells."""
        size = self._look.theme.size
        block = self.document().begin()
        while block.isValid():
            cursor, shape = QTextCursor(block), block.blockFormat()
            if block.text() == _PICTURE:
                shape.setTopMargin(size("gap"))
                shape.setBottomMargin(size("gap"))
            else:
                heights = QTextBlockFormat.LineHeightTypes
                shape.setLineHeight(_LINES, heights.ProportionalHeight.value)
            if shape.headingLevel():
                first = shape.headingLevel() == 1
                shape.setTopMargin(size("dot" if first else "title"))
                shape.setBottomMargin(size("dot"))
                letters = QTextCharFormat()
                letters.setFont(self._look.theme.font("title" if first else "product", bold=True))
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                cursor.setCharFormat(letters)
            cursor.setBlockFormat(shape)
            block = block.next()
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._rule(frame)

    def _rule(self, table: QTextTable) -> None:
        """Hairlines around its cells."""
        shape = QTextTableFormat(table.format().toTableFormat())
        shape.setBorderCollapse(True)
        shape.setCellPadding(self._look.theme.size("dot"))
        table.setFormat(shape)
        for row in range(table.rows()):
            for column in range(table.columns()):
                cell = table.cellAt(row, column)
                lined = QTextTableCellFormat(cell.format().toTableCellFormat())
                lined.setBorder(1)
                lined.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                lined.setBorderBrush(self._look.theme.colour("line"))
                cell.setFormat(lined)

    def _follow(self, link: QUrl) -> None:
        chapter, dot, kind = link.path().rpartition("/")[2].partition(".")
        if dot and kind == "md":
            self.wanted.emit(chapter)
