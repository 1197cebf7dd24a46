"""What a photo is of, in words: when, who, of which visit or event, before or after."""

from __future__ import annotations

from gridapp.domain.kinds import KINDS
from gridapp.domain.workflow import ACTION_LABELS, Action
from gridapp.i18n import language, tr
from gridapp.store.views.photos import Origin
from gridapp.ui.desk import Desk
from gridapp.ui.words.wording import joined, short_moment

_PLAIN = ("", "other", "visit")  # purposes that say no more than where the photo hangs


def caption(desk: Desk, origin: Origin | None) -> str:
    """``11月10日 · 李秀英 · 走访 上门 · 赵桂兰``; "" where nothing is known."""
    if origin is None:
        return ""
    when = short_moment(origin.when, desk.today)
    return joined(when, origin.who, of_what(desk, origin), origin.subject, purpose(desk, origin))


def of_what(desk: Desk, origin: Origin) -> str:
    """The record a photo hangs on, in a few words: 走访 上门, 处置, 厨房软管老化."""
    kind = KINDS.get(origin.kind)
    name = "" if kind is None else kind.en if language() == "en" else kind.zh
    if origin.kind == "event_action":
        zh, en = (
            ACTION_LABELS.get(Action(origin.code), ("", "")) if _known(origin.code) else ("", "")
        )
        return (en if language() == "en" else zh) or name
    if origin.kind == "event":
        return joined(name, "" if origin.subject else desk.item_name(origin.code))
    if origin.kind == "household":
        return tr("住户档案")
    return f"{name} {desk.say('visit_how', origin.code)}".strip()


def purpose(desk: Desk, origin: Origin) -> str:
    """处置前 or 处置后, "" where the purpose says nothing more."""
    return "" if origin.purpose in _PLAIN else desk.say("attachment_purpose", origin.purpose)


def _known(action: str) -> bool:
    return action in set(Action)
