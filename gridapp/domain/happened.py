"""What is said to have happened does not lie ahead: one rule for every field that is declared ``past``.

It is asked where somebody states a value: by the forms, by ``gridapp client`` and by the import. The server does not ask
it: what was once saved, on whatever clock and by whatever program, is taken.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from gridapp.domain.record import Field
from gridapp.errors import Problem
from gridapp.i18n import Label


def lies_ahead(field: Field, value: Any, latest: date | str) -> bool:
    """Whether a value says that something happened after ``latest``, a day or a moment (``YYYY-MM-DDTHH:MM``).

    ``value``: a day, a moment, a year, or nothing. What is compared is what both of them say: days as days. Fields
    that may lie ahead (a next visit, a lease that ends) never do.
    """
    if not field.past or value in (None, ""):
        return False
    last = latest.isoformat() if isinstance(latest, date) else latest
    if isinstance(value, int):
        return value > int(last[:4])
    said = value.isoformat() if isinstance(value, date) else str(value)
    both = min(len(said), len(last))
    return said[:both] > last[:both]


def check_happened(field: Field, value: Any, latest: date | str) -> None:
    """Refuse a value that lies ahead. Raises ``Problem`` ``future_date`` with the field's label."""
    if not lies_ahead(field, value, latest):
        return
    raise Problem(
        "future_date",
        "“{label}”不能是 {text}，还没到。",
        remedy="请填已经发生的日期；如果电脑的日期不对，请先改正。",
        label=Label(field.zh, field.en),
        text=str(value),
        field=field.name,
    )
