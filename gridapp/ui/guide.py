"""The user guide in a window of its own, beside the work: F1 opens it where it speaks of what is shown."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QImage,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextTable,
    QTextTableCellFormat,
    QTextTableFormat,
)
from PySide6.QtWidgets import QButtonGroup, QFrame, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.ui import guide_text
from gridapp.ui.theme import Look
from gridapp.ui.widgets.basic import button, columns, rows, words
from gridapp.ui.widgets.field import Line
from gridapp.ui.widgets.states import scrolling

_WIDTH, _HEIGHT = 1000, 700
_LINES = 112  # per cent of the height of a line
_PICTURE = "\ufffc"  # how Qt writes a picture that stands alone
_EDGE = 24  # px around the text


class Guide(QWidget):
    """Chapters at the left, the chapter at the right, a line to find words in all of them."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setObjectName("window")
        self.setWindowTitle(tr("使用说明"))
        self.resize(_WIDTH, _HEIGHT)
        self._look = look
        self._back: list[str] = []
        self.chapter = guide_text.FIRST
        self.page = ChapterView(look)
        self.page.wanted.connect(self.open)
        self.not_there = words(tr("没有找到。"), "secondary")
        self.not_there.hide()
        self.find_line = Line(hint=tr("在说明里查找（Ctrl+F）"), max_length=40)
        self.find_line.setAccessibleName(tr("在说明里查找"))
        self.find_line.returnPressed.connect(self.find_next)
        self.find_line.textEdited.connect(lambda _: self.not_there.hide())
        self.back_button = button("‹", self.back, "back")
        for say in (self.back_button.setAccessibleName, self.back_button.setToolTip):
            say(tr("回到前一章"))
        top = QFrame()
        top.setObjectName("top")
        line = columns(self.back_button, self.find_line, self.not_there, None)
        line.setContentsMargins(18, 0, 18, 0)
        line.setStretch(1, 2)
        top.setLayout(line)
        right = rows(top, self.page, gap=0)
        whole = columns(self._contents(), gap=0)
        whole.addLayout(right, 1)
        self.setLayout(whole)
        self._keys()
        self.open(self.chapter)

    def open(self, chapter: str) -> None:
        """Show a chapter; an unknown one is the first."""
        chapter = chapter if chapter in guide_text.CHAPTERS else guide_text.FIRST
        if chapter != self.chapter:
            self._back.append(self.chapter)
        self._show(chapter)
        self.page.setFocus()

    def back(self) -> None:
        """The chapter before."""
        if self._back:
            self._show(self._back.pop())

    def find_next(self) -> None:
        """The next place with the words of the line, in this chapter or in one behind it."""
        wanted = self.find_line.text().strip()
        found = not wanted or self.page.find(wanted)
        if not found:
            for chapter in guide_text.chapters_after(self.chapter):
                if wanted.casefold() in guide_text.text(chapter).casefold():
                    self.open(chapter)
                    found = self.page.find(wanted)
                    break
            else:
                self.page.moveCursor(QTextCursor.MoveOperation.Start)
                found = self.page.find(wanted)
        self.not_there.setVisible(not found)

    def _show(self, chapter: str) -> None:
        self.chapter = chapter
        self.page.show_chapter(chapter)
        self._buttons[chapter].setChecked(True)
        self.back_button.setEnabled(bool(self._back))

    def _contents(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("nav")
        frame.setAccessibleName(tr("各章"))
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(10, 12, 10, 12)
        box.setSpacing(2)
        self._buttons: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        for chapter in guide_text.CHAPTERS:
            made = button(guide_text.title(chapter), partial(self.open, chapter), "nav")
            made.setCheckable(True)
            group.addButton(made)
            box.addWidget(made)
            self._buttons[chapter] = made
        box.addStretch(1)
        frame.setLayout(rows(scrolling(inner)))
        return frame

    def _keys(self) -> None:
        for keys, act in (
            ("Ctrl+F", self._begin_find),
            ("F3", self.find_next),
            ("Alt+Left", self.back),
            ("Esc", self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _begin_find(self) -> None:
        self.find_line.setFocus()
        self.find_line.selectAll()


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
