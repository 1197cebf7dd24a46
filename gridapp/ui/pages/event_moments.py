"""The timeline of an event: the report, every step, and what is waited for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gridapp.domain.attachment import Attachment
from gridapp.domain.workflow import Action
from gridapp.i18n import tr
from gridapp.store.views.event_page import EventPage, EventStep
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.timeline import Moment, Small
from gridapp.ui.words.deadlines import beyond, until
from gridapp.ui.words.event_words import action_text, turn_text
from gridapp.ui.words.wording import joined, short_moment


def moments(desk: Desk, view: EventPage) -> list[Moment]:
    """Every point of the timeline, oldest first."""
    event = view.event
    found = [
        Moment(
            f"{short_moment(event.happened_at, desk.today)} {tr('上报')}",
            joined(view.name(event.reported_by), view.name(event.grid_id)),
            event.text,
            photos=_small(desk, view, view.photos),
        )
    ]
    before = event.happened_at
    for step in view.steps:
        found.append(_step(desk, view, step, before))
        before = step.action.happened_at
    waits = turn_text(view)
    if waits:
        text, tone = _by_when(desk, view)
        found.append(Moment(waits, "", text, tone))
    return found


def _step(desk: Desk, view: EventPage, step: EventStep, before: str | None) -> Moment:
    action = step.action
    text = action.text
    if action.rating:
        text = joined(desk.say("satisfaction", action.rating), text)
    if action.target_unit_id and action.action == Action.DISPATCH:
        to = tr("派 {unit}").format(unit=view.name(action.target_unit_id))
        text = joined(to, _deadline(step, desk.today), text)
    else:
        text = joined(text, _deadline(step, desk.today))
    tags: tuple[tuple[str, str], ...] = ()
    if step.refused is not None:
        tags = ((tr("没有算数"), "amber"),)
        text = joined(text, tr("写的话和照片留在这里。"))
    elif step.waiting:
        tags = ((tr("待上传"), "grey"),)
    return Moment(
        f"{_when(action.happened_at, before, desk.today)} {action_text(action.action)}".strip(),
        joined(view.name(action.actor_id), view.name(action.unit_id)),
        text,
        "idle" if step.refused is not None or action.action == Action.NOTE else "green",
        tags,
        _small(desk, view, step.photos),
    )


def _deadline(step: EventStep, today: date) -> str:
    at = step.action.deadline
    return tr("{until}办完").format(until=until(at, today)) if at else ""


def _by_when(desk: Desk, view: EventPage) -> tuple[str, str]:
    """(words, tone of the dot): by when what is waited for must be done, and how late it is."""
    due = view.due
    if due is None or due.done is not None:
        return "", "amber"
    said = until(due.at, desk.today)
    late = desk.store.clock() - due.at
    return (joined(said, beyond(late)), "red") if late > 0 else (said, "amber")


def _when(moment: str | None, before: str | None, today: date) -> str:
    """The day only where it is another one than that of the step before."""
    said = moment or ""
    same = before is not None and said[:10] == before[:10] and len(said) > 10
    return said[11:16] if same else short_moment(said, today)


def _small(desk: Desk, view: EventPage, photos: Sequence[Attachment]) -> tuple[Small, ...]:
    return tuple(
        Small(
            photo.sha256,
            view.thumbnails.get(photo.sha256),
            tr("看照片：{what}").format(what=desk.say("attachment_purpose", photo.purpose)),
        )
        for photo in photos
    )
