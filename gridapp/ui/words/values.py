"""A stored value in words, as people read it: codes as words, days as days, numbers of people masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from gridapp.domain.care import GOOD, REST, WATCH
from gridapp.domain.masking import mask, mask_phones
from gridapp.domain.record import Field, Type
from gridapp.domain.values import loaded, stored
from gridapp.errors import Problem
from gridapp.i18n import language, tr
from gridapp.ui.desk import Desk
from gridapp.ui.words.answers import answer_label
from gridapp.ui.words.wording import listed, short_day, short_moment

Names = Mapping[bytes, str]


def field_label(field: Field) -> str:
    """What forms call a field, in the user's language."""
    return field.en if language() == "en" else field.zh


def value_words(
    desk: Desk,
    field: Field | None,
    value: Any,
    names: Names | None = None,
    *,
    revealed: bool = False,
    dated: bool = False,
) -> str:
    """``value`` (in stored form or as it travels) in words; "" where nothing is stated or it does not fit.

    ``names``: of the records that values name, by id. ``revealed``: numbers whole. ``dated``: days and moments
    as 2026-11-20 07:35, to be read another day.
    """
    if field is None or value is None:
        return ""
    try:
        found = loaded(field, stored(field, value))
    except Problem:
        return ""
    if found is None:
        return ""
    if field.type is Type.ID:
        name = (names or {}).get(found.bytes, "")
        # An event without a title of its own is called by its item.
        called = desk.item_name(name) if name and field.refers_to == "event" else name
        return called or tr("另一条")
    if field.type is Type.SET:
        return listed(*(_member(field, str(v), names or {}, revealed=revealed) for v in found))
    if field.type is Type.MAP:
        return _pairs(desk, field, found, revealed=revealed)
    if dated and field.type in (Type.DATE, Type.MOMENT):
        return str(found)[:16].replace("T", " ")
    return _plain(desk, field, found, revealed=revealed)


def _plain(desk: Desk, field: Field, found: Any, *, revealed: bool) -> str:
    if field.type is Type.CODE:
        return _code(desk, field, found) if found else ""
    if field.type is Type.YES_NO:
        return tr("有") if found else tr("没有")
    if field.type is Type.DATE:
        return short_day(found, desk.today)
    if field.type is Type.MOMENT:
        return short_moment(found, desk.today)
    text = f"{found:g}" if isinstance(found, float) else str(found)
    return text if revealed else mask(field, text)


def _code(desk: Desk, field: Field, code: str) -> str:
    if field.codes == "care_group":
        return desk.care_name(code)
    if field.codes == "catalogue_item":
        return desk.item_name(code)
    return desk.say(field.codes, code)


def _member(field: Field, text: str, names: Names, *, revealed: bool) -> str:
    try:
        return names.get(UUID(text).bytes, "") or tr("另一位")
    except ValueError:
        return text if revealed else mask(field, text)


def _pairs(desk: Desk, field: Field, found: Mapping[str, Any], *, revealed: bool) -> str:
    if "phone" in field.name:
        phones = [(n, str(w or "")) for n, w in found.items()] if revealed else mask_phones(found)
        return listed(*(f"{whose} {number}".strip() for number, whose in phones))
    if field.name == "answers":
        marks = {GOOD: tr("好"), WATCH: tr("留意"), REST: tr("其余正常")}
        answers = ((answer_label(desk, key), str(answer)) for key, answer in found.items())
        return listed(*(f"{item} {marks.get(answer, answer)}" for item, answer in answers))
    return listed(*(" ".join(part for part in (k, str(v)) if part) for k, v in found.items()))
