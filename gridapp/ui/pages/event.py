"""One event: the loop as steps, the timeline, what may be done now, and beside it where, by when, and what is like it."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from gridapp.domain.workflow import Action, State
from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.views.event_page import EventPage as View
from gridapp.store.views.event_page import event_page
from gridapp.ui.desk import Desk, Where
from gridapp.ui.pages.event_moments import moments
from gridapp.ui.pages.event_side import EventSide
from gridapp.ui.pages.events import REACH
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Card, Elided, button, columns, empty, rows, tag, words
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.states import Switch, scrolling
from gridapp.ui.widgets.timeline import Timeline
from gridapp.ui.widgets.viewer import PhotoViewer
from gridapp.ui.words.event_words import box_text, turn_tag, verb

_BESIDE = 56  # characters across that two columns need
_LEFT, _RIGHT = 8, 5  # how both share the room
_GAPS = 60  # px between and around the parts of the head
# Least likely first: the step that the event waits for stands at the right end.
_ORDER = (
    Action.NOTE,
    Action.NOT_ACCEPT,
    Action.SEND_BACK,
    Action.HANDLE_ON_SPOT,
)


class EventPage(Page):
    """One event."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.event_id: UUID | None = None
        self.view: View | None = None
        self._beside: bool | None = None
        self._build()
        desk.look.changed.connect(self._again)
        desk.day_changed.connect(self._again)

    def arrive(self, where: Where) -> None:
        """Another event."""
        if where.id != self.event_id:
            self.event_id, self.view = where.id, None
        super().arrive(where)

    def concerns(self, changes: Changes) -> bool:
        """Commits that touched this event, and what may be a step or photo of it."""
        mine = self.event_id in changes.ids
        new = changes.touches("event_action", "attachment", "assignment", "catalogue_item")
        return mine or new or changes.sync

    def refresh(self) -> None:
        """Ask for the event."""
        wanted = self.event_id
        if wanted is not None:
            view = partial(event_page, event_id=wanted, today=self.desk.today)
            self.desk.read(self, view, self._show, only_latest="event")

    def take(self, action: Action) -> None:
        """Open the form of a step beside the page."""
        from gridapp.ui.forms.step import StepForm

        if self.view:
            self.desk.opening.emit(StepForm(self.desk, self.view, action))

    def show_forms(self, draft_keys: Collection[str]) -> None:
        """A step whose form is open is not offered once more."""
        for action, made in self.buttons.items():
            made.setVisible(f"step-{action}:{self.event_id}" not in draft_keys)
        self._arrange()

    def _build(self) -> None:
        back = button("‹", lambda: self.desk.go("events"), "back")
        for say in (back.setAccessibleName, back.setToolTip):
            say(tr("返回事件列表"))
        self._back = back
        self.title = Elided("", "title")
        self.tags = Flow(gap=8, line_gap=4)
        self.offered = Flow(gap=10)
        self.buttons: dict[Action, QWidget] = {}
        names = QHBoxLayout()
        names.setSpacing(10)
        for part in (back, self.title):
            names.addWidget(part)
        names.addWidget(self.tags, 1, Qt.AlignmentFlag.AlignVCenter)
        self._head = QHBoxLayout()
        self._head.setSpacing(10)
        self._head.addLayout(names, 1)
        self._head.addWidget(self.offered)
        self.steps = Flow(gap=-1, line_gap=4)
        self.steps.setAccessibleName(tr("办到哪一步"))
        self.timeline = Timeline(self.desk.look, tr("经过"))
        self.timeline.opened.connect(self._look_at)
        self.side = EventSide(self.desk)
        self.side.opened.connect(self._look_at)
        content = QWidget()
        content.setLayout(self._columns())
        self.switch = Switch(content, tr("这件事已不在本机"), tr("可能已划到别的网格。"))
        self.setLayout(columns(self.switch))

    def _columns(self) -> QHBoxLayout:
        card = Card()
        card.body.addWidget(self.timeline)
        self._under = QVBoxLayout()
        self._under.setContentsMargins(0, 0, 0, 0)
        self._under.setSpacing(12)
        self._under.addWidget(card, 1)
        host = QWidget()
        host.setLayout(self._under)
        left = rows(self._head, self.steps, scrolling(host), gap=12)
        left.setStretch(2, 1)
        self._right = scrolling(QWidget())
        whole = QHBoxLayout()
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setSpacing(16)
        whole.addLayout(left, _LEFT)
        whole.addWidget(self._right, _RIGHT)
        return whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: one beneath the other where there is no room beside."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        beside = self.width() >= self.desk.look.theme.size("base") * _BESIDE
        if beside != self._beside:
            self._beside = beside
            if beside:
                self._right.setWidget(self.side)
            else:
                self._right.takeWidget()
                self._under.addWidget(self.side)
            self.side.show()
            self._right.setVisible(beside)
        room = self.width() * _LEFT // (_LEFT + _RIGHT) if beside else self.width()
        parts = (self._back, self.title, self.tags, self.offered)
        needed = sum(part.sizeHint().width() for part in parts) + _GAPS
        direction = QBoxLayout.Direction
        self._head.setDirection(direction.TopToBottom if room < needed else direction.LeftToRight)

    def _show(self, view: View | None) -> None:
        self.switch.show_content(empty=view is None)
        self.view = view
        if view is None:
            return
        event = view.event
        self.title.setText(event.title or self.desk.item_name(event.item_code))
        self._show_tags(view)
        self._show_actions(view)
        self._show_steps(view)
        self.timeline.show_moments(moments(self.desk, view))
        self.side.show_view(view)
        self._arrange()

    def _show_tags(self, view: View) -> None:
        empty(self.tags.flow)
        number = view.event.number or view.event.temporary
        if number:
            self.tags.flow.addWidget(tag(number))
        self.tags.flow.addWidget(tag(*turn_tag(view)))
        if view.waiting:
            self.tags.flow.addWidget(tag(tr("待上传")))

    def _show_actions(self, view: View) -> None:
        focused = next((a for a, made in self.buttons.items() if made.hasFocus()), None)
        empty(self.offered.flow)
        self.buttons = {}
        first = view.awaited if view.awaited in view.allowed else None
        for action in sorted(view.allowed, key=lambda a: (a is first, _rank(a))):
            role = "primary" if action is first else ""
            made = button(verb(action), partial(self.take, action), role)
            self.buttons[action] = made
            self.offered.flow.addWidget(made)
            if action is focused:
                made.setFocus()

    def _show_steps(self, view: View) -> None:
        empty(self.steps.flow)
        reached = view.path.index(view.state) if view.state in view.path else 0
        done = view.awaited is None
        now = reached if done else reached + 1
        for number, step in enumerate(view.path):
            past = number <= reached
            label = words(box_text(step) + (" ✓" if past else ""), "step")
            tone = "now" if number == now else "done" if past else "open"
            label.setProperty("tone", "done" if done and step is State.CLOSED else tone)
            self.steps.flow.addWidget(label)

    def _look_at(self, sha256: str) -> None:
        if self.view is None:
            return
        photos = self.view.all_photos
        start = next((n for n, photo in enumerate(photos) if photo.sha256 == sha256), 0)
        PhotoViewer(self.desk, photos, start, parent=self).open()

    def _again(self) -> None:
        """Other sizes, colours or days: the same event once more."""
        if self.view:
            self._show(self.view)


def _rank(action: Action) -> int:
    return _ORDER.index(action) if action in _ORDER else len(_ORDER)


PAGE = PageSpec("event", EventPage, section="events", reach=REACH, guide="events")
