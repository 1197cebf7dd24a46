"""Every colour, size and distance of the window, in one place, light and dark, from 100% to 200%.

Widgets say what they are (``role``, ``look``, ``tone``); the stylesheet in ``resources/styles`` says how
that looks; the numbers and colours in it come from here. So a change of text size is one new
stylesheet, seen at once while the program runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from gridapp.config import resource_path

SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)
FAMILY = "Noto Sans CJK SC"


@dataclass(frozen=True, slots=True)
class Colours:
    """One colour scheme. Text colours reach 4.5:1 on every ground they stand on, borders 3:1."""

    ink: str = "#1d2733"
    secondary: str = "#5a6776"
    hint: str = "#66717f"
    page: str = "#f4f6f8"
    card: str = "#ffffff"
    line: str = "#e2e7ec"
    band: str = "#f9fafb"
    border: str = "#8a94a0"
    hover: str = "#eef2f6"
    primary: str = "#1f5fa8"
    primary_strong: str = "#184c87"
    primary_soft: str = "#e8f0fa"
    on_primary: str = "#ffffff"
    red: str = "#c2362b"
    red_soft: str = "#fdeceb"
    amber: str = "#8f5600"
    amber_soft: str = "#fdf3e1"
    green: str = "#2b7a4b"
    green_soft: str = "#e7f4ec"
    grey_soft: str = "#eef1f4"
    idle: str = "#8a94a0"


LIGHT = Colours()
DARK = Colours(
    ink="#e6ebf1",
    secondary="#aab5c1",
    hint="#9aa6b3",
    page="#14191f",
    card="#1c232b",
    line="#2e3843",
    band="#202830",
    border="#75818e",
    hover="#27313b",
    primary="#8ab8ee",
    primary_strong="#a9cbf4",
    primary_soft="#22344a",
    on_primary="#10202f",
    red="#f1958d",
    red_soft="#43231f",
    amber="#e3b061",
    amber_soft="#3d2f18",
    green="#7fcf9d",
    green_soft="#1d3828",
    grey_soft="#2a333d",
    idle="#75818e",
)

# Sizes in px at 100%. All but the hairlines and radii grow with the text.
SIZES = {
    "base": 16,
    "small": 14,
    "head": 16,
    "title": 22,
    "figure": 27,
    "target": 40,
    "action": 52,
    "row": 58,
    "nav": 196,
    "nav_item": 40,
    "top": 60,
    "search": 460,
    "panel": 410,
    "tree": 260,
    "avatar": 30,
    "round": 15,
    "product": 18,
    "dot": 8,
    "gap": 12,
    "pad": 16,
}


@dataclass(frozen=True, slots=True)
class Theme:
    """One colour scheme at one text size."""

    scale: float = 1.0
    dark: bool = False

    @property
    def colours(self) -> Colours:
        """The colours in use."""
        return DARK if self.dark else LIGHT

    def colour(self, name: str) -> QColor:
        """A colour of ``Colours`` by name."""
        return QColor(getattr(self.colours, name))

    def size(self, name: str) -> int:
        """A size of ``SIZES`` in px at this scale. Navigation and panels grow by half as much."""
        if name in _WIDTHS:
            return round(SIZES[name] * (1 + (self.scale - 1) * 0.55))
        return round(SIZES[name] * self.scale)

    def font(self, size: str = "base", *, bold: bool = False) -> QFont:
        """The bundled font at a size of ``SIZES``."""
        font = QFont(FAMILY)
        font.setPixelSize(self.size(size))
        font.setBold(bold)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def palette(self) -> QPalette:
        """For what the stylesheet does not reach: popups, placeholders, selections."""
        palette, role = QPalette(), QPalette.ColorRole
        for target, name in (
            (role.Window, "page"),
            (role.WindowText, "ink"),
            (role.Base, "card"),
            (role.AlternateBase, "band"),
            (role.Text, "ink"),
            (role.Button, "card"),
            (role.ButtonText, "ink"),
            (role.PlaceholderText, "hint"),
            (role.ToolTipBase, "card"),
            (role.ToolTipText, "ink"),
            (role.Highlight, "primary"),
            (role.HighlightedText, "on_primary"),
            (role.Link, "primary"),
        ):
            palette.setColor(target, self.colour(name))
        return palette

    def stylesheet(self) -> str:
        """The stylesheet with this theme's colours (``@name``) and sizes (``@name-px``) filled in."""
        values = {f.name: getattr(self.colours, f.name) for f in fields(Colours)}
        values |= {f"{name}-px": f"{self.size(name)}px" for name in SIZES}
        # without and with the thicker border of focus, so that nothing jumps
        values |= {"inner-px": f"{self.size('target') - 2}px"}
        values |= {"focus-px": f"{self.size('target') - 4}px"}
        values |= {"big-px": f"{self.size('action') - 2}px"}
        values |= {"bigfocus-px": f"{self.size('action') - 4}px"}
        images = resource_path("icons", "dark" if self.dark else "light").as_posix()
        values["icons"] = images
        return re.sub(r"@([a-z_]+(?:-px)?)", lambda found: values[found[1]], _template())


_WIDTHS = {"nav", "panel", "tree", "search"}


@cache
def _template() -> str:
    return resource_path("styles", "window.qss").read_text(encoding="utf-8")


@cache
def load_fonts() -> tuple[str, ...]:
    """Registers the bundled font files with Qt; the families found (none where the set-up was skipped)."""
    families: list[str] = []
    for path in sorted(resource_path("fonts").glob("*.otf")):
        number = QFontDatabase.addApplicationFont(str(path))
        families += QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    return tuple(families)


class Look(QObject):
    """The theme in use. Widgets that paint themselves ask it; ``changed`` follows a new size or scheme."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def use(self, theme: Theme) -> None:
        """Show ``theme`` everywhere, at once."""
        load_fonts()
        self.theme = theme
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setFont(theme.font())
        app.setPalette(theme.palette())
        app.setStyleSheet(theme.stylesheet())
        self.changed.emit()
