"""Beside an event's timeline: before and after, where and by whom, by when, and events that may be the same."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gridapp.domain.attachment import Attachment
from gridapp.i18n import language, tr
from gridapp.store.views.event_page import Alike, EventPage
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Card, Elided, button, columns, empty, rows, tag, words
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.thumb import Thumb
from gridapp.ui.words.deadlines import due_hint, due_tag, until
from gridapp.ui.words.event_words import state_text
from gridapp.ui.words.wording import joined, short_instant, short_moment

_PHOTO = (190, 150)  # px at 100%


class EventSide(QWidget):
    """The cards of one event. ``opened`` tells the SHA-256 of a photo that was clicked."""

    opened = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(12)

    def show_view(self, view: EventPage) -> None:
        """The cards that have something to say."""
        empty(self._box)
        before, after = before_and_after(view)
        if before or after:
            self._box.addWidget(self._photos(view, before, after))
        self._box.addWidget(self._place(view))
        if view.alike:
            self._box.addWidget(self._alike(view))
        self._box.addStretch(1)

    def _photos(self, view: EventPage, before: Attachment | None, after: Attachment | None) -> Card:
        card = Card(tr("前后对比"), padded=True)
        line = columns(gap=12)
        for photo, words_, tone in (
            (before, tr("处置前"), "grey"),
            (after, tr("处置后"), "green"),
        ):
            line.addWidget(self._photo(view, photo, words_, tone), 1)
        card.body.addLayout(line)
        return card

    def _photo(self, view: EventPage, photo: Attachment | None, said: str, tone: str) -> QWidget:
        if photo is None:
            return words(tr("还没有{which}照片").format(which=said), "hint", wrap=True)
        caption = f"{said} {_when(self.desk, view, photo)}".strip()
        small = Thumb(
            self.desk.look,
            photo.sha256,
            view.thumbnails.get(photo.sha256),
            tr("看照片：{what}").format(what=caption),
            size=_PHOTO,
            caption=caption,
            tone=tone,
        )
        small.opened.connect(self.opened)
        return small

    def _place(self, view: EventPage) -> Card:
        event, household = view.event, view.household
        card = Card(tr("地点与来源"))
        place = event.place or (household.address if household else "") or tr("没写地点")
        source = joined(view.name(event.reported_by), self.desk.say("event_source", event.source))
        shown = None
        if household and self.desk.uses("household"):
            shown = button(tr("看住户"), partial(self.desk.go, "household", household.id))
        under = joined(household.name if household else "", source)
        card.body.addWidget(_line(place, under, shown))
        card.body.addWidget(self._due(view))
        item = self.desk.reference.item(event.item_code)
        english = language() == "en"
        classes = "" if item is None else (item.class_en if english else "") or item.class_zh
        facts = Facts(
            (
                (tr("事项"), joined(classes, self.desk.item_name(event.item_code))),
                (tr("网格"), view.name(event.grid_id)),
            )
        )
        card.body.addWidget(facts)
        return card

    def _due(self, view: EventPage) -> QWidget:
        due, today = view.due, self.desk.today
        if due is None:
            none = "" if view.awaited else tr("已经办完")
            return _line(tr("办完时限"), none or tr("受理后才有"))
        line = _line(
            tr("办完时限 {until}").format(until=until(due.at, today)),
            due_hint(due),
        )
        shown = due_tag(due, self.desk.store.clock(), today)
        if shown and (due.done is not None or shown[1] != "green"):
            box = line.layout()
            assert box is not None
            box.addWidget(tag(*shown))
        return line

    def _alike(self, view: EventPage) -> Card:
        card = Card(tr("可能重复"), words(tr("30 天内同一地点"), "secondary"))
        for other in view.alike:
            card.body.addWidget(self._other(view, other))
        return card

    def _other(self, view: EventPage, other: Alike) -> QWidget:
        when = short_moment(other.happened_at[:10], self.desk.today)
        look = button(tr("比一比"), partial(self.desk.go, "event", other.id))
        look.setAccessibleName(tr("比一比：{when} 的事件").format(when=when))
        title = other.title or self.desk.item_name(view.event.item_code)
        return _line(f"{when} {title}", state_text(other.state), look)


def before_and_after(view: EventPage) -> tuple[Attachment | None, Attachment | None]:
    """The first photo from before, else the first of the report; and the last from after."""
    every = view.all_photos
    before = next((p for p in every if p.purpose == "before"), None)
    after = next((p for p in reversed(every) if p.purpose == "after"), None)
    reported = next((p for p in view.photos if p.purpose != "after"), None)
    return before or reported, after


def _when(desk: Desk, view: EventPage, photo: Attachment) -> str:
    """When a photo was taken, else when what it hangs on happened."""
    if photo.taken_at:
        return short_instant(photo.taken_at, desk.today)
    step = next((s.action for s in view.steps if s.action.id == photo.target_id), None)
    return short_moment(step.happened_at if step else view.event.happened_at, desk.today)


def _line(text: str, under: str, extra: QWidget | None = None) -> QFrame:
    """Two lines of words, and one thing to do at the right."""
    frame = QFrame()
    frame.setProperty("look", "line")
    said = rows(Elided(text), gap=0)
    if under:
        said.addWidget(words(under, "secondary", wrap=True))
    line = columns(said, gap=12)
    line.setContentsMargins(16, 8, 16, 8)
    line.setStretch(0, 1)
    if extra is not None:
        line.addWidget(extra)
    frame.setLayout(line)
    return frame
