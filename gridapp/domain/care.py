"""Care groups: their checklists, the answers of a visit, and what counts as a visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gridapp.domain.reference import CareGroup

GOOD = "good"
WATCH = "watch"
REST = "rest"  # 其余正常: said of all the rest in one tap, and recorded as such
ANSWERS = (GOOD, WATCH, REST)

ABSENT = "absent"
HIGH_NEED = "high"


def checklist(group: CareGroup) -> list[str]:
    """The items to ask about, in Chinese; they are what answers are kept under."""
    return _split(group.checklist_zh)


def checklist_labels(group: CareGroup, language: str) -> list[str]:
    """The items as shown; Chinese where the English list does not match it item by item."""
    items, english = checklist(group), _split(group.checklist_en)
    return english if language == "en" and len(english) == len(items) else items


def answer_key(group_code: str, item: str) -> str:
    """The key of one answer in ``Visit.answers``: ``C01/跌倒隐患``."""
    return f"{group_code}/{item}"


def split_key(key: str) -> tuple[str, str]:
    """(group code, item) of an answer's key."""
    code, _, item = key.partition("/")
    return code, item


def with_rest(groups: Iterable[CareGroup], answers: Mapping[str, Any]) -> dict[str, Any]:
    """``answers`` with ``rest`` for every item of ``groups`` that has none; none is changed."""
    filled = dict(answers)
    for group in groups:
        for item in checklist(group):
            key = answer_key(group.group_code, item)
            if not filled.get(key):
                filled[key] = REST
    return filled


def to_watch(answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(group code, item) of everything that somebody should keep an eye on."""
    return [split_key(key) for key, answer in answers.items() if answer == WATCH]


def is_visited(how: str) -> bool:
    """Whether a visit made this way counts: nobody home never does, nor does an unknown way."""
    return bool(how) and how != ABSENT


def visit_every(group: CareGroup, level: str) -> int | None:
    """Days between visits for somebody of this group and level of need; None where none is set."""
    if level == HIGH_NEED and group.high_need_every_days:
        return group.high_need_every_days
    return group.visit_every_days


def _split(text: str) -> list[str]:
    return [item for part in text.split("|") if (item := part.strip())]
