"""What two people changed differently, in words: the field, what stands, and the other value.

Numbers of people stay masked here too, and codes are said as words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gridapp.domain.conflict import Conflict
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Kind
from gridapp.i18n import tr
from gridapp.ui.desk import Desk
from gridapp.ui.values import field_label, value_words

_DELETED = "deleted"


def twice_texts(desk: Desk, conflict: Conflict) -> list[str]:
    """One sentence for each field that differs; a group such as an identity has several."""
    kind = KINDS.get(conflict.target_kind)
    standing, other = _values(conflict.standing), _values(conflict.other)
    if kind is None or _DELETED in standing or _DELETED in other:
        return [tr("一个人想删掉，另一个人又改了。先留着，没有删。")]
    names = [n for n in {**standing, **other} if standing.get(n) != other.get(n)]
    return [_sentence(desk, kind, n, standing.get(n), other.get(n)) for n in names]


def _sentence(desk: Desk, kind: Kind, name: str, standing: Any, other: Any) -> str:
    field = kind.by_name.get(name)
    label = field_label(field) if field else name
    return tr("“{field}”现在是{standing}，另一个是{other}。").format(
        field=label, standing=_quoted(desk, field, standing), other=_quoted(desk, field, other)
    )


def _quoted(desk: Desk, field: Field | None, value: Any) -> str:
    text = value_words(desk, field, value)
    return tr("“{text}”").format(text=text) if text else tr("空白")


def _values(text: str) -> Mapping[str, Any]:
    try:
        values = json.loads(text or "{}")
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
