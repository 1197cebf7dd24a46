"""Code tables, event catalogue and care groups as the window needs them: all at once, small, kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from gridapp.domain.codes import Codes
from gridapp.domain.names import name_tokens
from gridapp.domain.reference import CareGroup, CatalogueItem, Code
from gridapp.store.reader import Reader


@dataclass(frozen=True, slots=True)
class Reference:
    """Words for codes, and what can be chosen."""

    codes: Codes = field(default_factory=lambda: Codes(()))
    items: tuple[CatalogueItem, ...] = ()
    care_groups: tuple[CareGroup, ...] = ()

    def say(self, table: str, code: str, language: str = "zh_CN") -> str:
        """The word for a code; the code itself where there is none, "" for none."""
        return self.codes.label(table, code, language)

    def choices(self, table: str, language: str = "zh_CN") -> tuple[tuple[str, str], ...]:
        """(code, word) of a table, in order."""
        entries = self.codes.entries(table)
        return tuple((c.code, self.codes.label(table, c.code, language)) for c in entries)

    def item(self, code: str) -> CatalogueItem | None:
        """A catalogue item by its code."""
        return next((item for item in self.items if item.item_code == code), None)

    def item_name(self, code: str, language: str = "zh_CN") -> str:
        """The words for a catalogue item."""
        item = self.item(code)
        if item is None:
            return code
        return item.item_en if language == "en" and item.item_en else item.item_zh

    def spelling(self, item: CatalogueItem) -> frozenset[str]:
        """Pinyin, initials and characters of an item's name, for typing."""
        return _spelling(item.item_zh)

    def warm_up(self) -> None:
        """Spell all items (about 60 ms, once), on another thread than the one that types."""
        for item in self.items:
            self.spelling(item)

    def care_group(self, code: str) -> CareGroup | None:
        """A care group by its code."""
        return next((group for group in self.care_groups if group.group_code == code), None)

    def care_name(self, code: str, language: str = "zh_CN") -> str:
        """The words for a care group."""
        group = self.care_group(code)
        if group is None:
            return code
        return group.name_en if language == "en" and group.name_en else group.name_zh


def reference(reader: Reader) -> Reference:
    """All reference data that the window shows."""
    items = tuple(sorted(reader.where(CatalogueItem, "1"), key=lambda i: i.item_code))
    groups = tuple(sorted(reader.where(CareGroup, "1"), key=lambda g: g.group_code))
    return Reference(Codes(reader.where(Code, "1")), items, groups)


@cache
def _spelling(name: str) -> frozenset[str]:
    return frozenset(name_tokens(name, ()))
