"""What a form says of itself, so that a draft found at the start can be offered and opened again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gridapp.store.views import Finder
from gridapp.ui.desk import Desk, Where
from gridapp.ui.forms.form import Form

NEW = "new"


@dataclass(frozen=True, slots=True)
class Left:
    """A draft that was left: whom it is about, the page it belongs to, and how its form opens again."""

    name: str
    where: Where | None
    open: Callable[[Desk], Form]


@dataclass(frozen=True, slots=True)
class FormSpec:
    """One form. A new form is its file with one of these, and one line in ``every.py``.

    Its draft's key is ``kind:id`` or ``kind:new``. ``view`` reads what the id names (None: it is gone);
    ``left`` makes of it what is offered, with None for ``kind:new``. ``title`` is Chinese. To those who do
    not write its kind of record it is not offered.
    """

    kind: str
    title: str
    view: Finder[Any]
    left: Callable[[Any], Left | None]
    writes: str = ""  # the kind of record that it writes, where that is not ``kind``
