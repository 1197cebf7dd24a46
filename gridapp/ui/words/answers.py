"""Items of the care checklists as the user's language says them."""

from __future__ import annotations

from gridapp.domain.care import checklist, checklist_labels, split_key
from gridapp.i18n import language
from gridapp.ui.desk import Desk


def answer_label(desk: Desk, key: str) -> str:
    """The words of the item that an answer (``C01/跌倒隐患``) is to; as it was asked where it is asked no more."""
    code, item = split_key(key)
    group = desk.reference.care_group(code)
    if group is None:
        return item
    labels = dict(zip(checklist(group), checklist_labels(group, language()), strict=True))
    return labels.get(item, item)
