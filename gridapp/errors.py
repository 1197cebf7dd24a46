"""The one error that reaches a user: what is wrong, where, and what to do about it.

Anything else that escapes is a defect of gridapp and is reported as such.
"""

from __future__ import annotations

from typing import Any

from gridapp.i18n import tr


class Problem(Exception):  # noqa: N818 - not every problem is an error
    """Something a person can mend.

    ``code`` is stable and is what programs branch on; ``message``, ``place`` and ``remedy`` are Chinese
    source texts that are translated when shown, with ``values`` filled in.
    """

    def __init__(
        self, code: str, message: str, *, place: str = "", remedy: str = "", **values: Any
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.place = place
        self.remedy = remedy
        self.values = values

    def text(self) -> str:
        """One line in the user's language: ``place: message remedy``."""
        return f"{_fill(self.place, self.values)}: {self.said()}" if self.place else self.said()

    def said(self) -> str:
        """The same without the place, for a screen: a path or an address says nothing to people there."""
        parts = [_fill(self.message, self.values)]
        if self.remedy:
            parts.append(_fill(self.remedy, self.values))
        return " ".join(parts)

    def __str__(self) -> str:
        return self.text()


def _fill(source: str, values: dict[str, Any]) -> str:
    text = tr(source)
    return text.format(**values) if values else text
