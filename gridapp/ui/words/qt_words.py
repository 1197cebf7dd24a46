"""The words that Qt itself shows (in file dialogs, printing, menus of text fields) in the language in use."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication


class QtWords:
    """Holds the translation that Qt uses now."""

    def __init__(self) -> None:
        self._held: QTranslator | None = None

    def speak(self, language: str) -> None:
        """Qt's words and dates in ``language``: English is Qt's own."""
        app = QApplication.instance()
        assert app
        self.end()
        QLocale.setDefault(QLocale(language))
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        translator = QTranslator()
        if language != "en" and translator.load(f"qtbase_{language}", folder):
            app.installTranslator(translator)
            self._held = translator

    def end(self) -> None:
        """Qt speaks its own English again."""
        app = QApplication.instance()
        if app and self._held:
            app.removeTranslator(self._held)
        self._held = None
