"""One event: the loop as steps, the timeline, where it is and who reported it."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gridapp.domain.event import EventAction
from gridapp.domain.workflow import (
    ACTION_LABELS,
    PATH,
    PATH_ON_SPOT,
    Action,
    State,
)
from gridapp.i18n import language, tr
from gridapp.store.changes import Changes
from gridapp.store.views.event_page import EventPage as View
from gridapp.store.views.event_page import event_page
from gridapp.ui.desk import Desk, Where
from gridapp.ui.pages.events import state_tag
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Card, Elided, button, columns, empty, mark, rows, tag, words
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.states import Switch, scrolling
from gridapp.ui.wording import joined, short_instant, short_moment

_BESIDE = 40  # characters across that two columns need

_STEPS = {
    State.REPORTED: "上报",
    State.ACCEPTED: "受理",
    State.DISPATCHED: "派单",
    State.SIGNED: "签收",
    State.HANDLED: "处置",
    State.HANDLED_ON_SPOT: "当场处置",
    State.VERIFIED: "验收",
    State.RATED: "评价",
    State.CLOSED: "结案",
}


class EventPage(Page):
    """One event."""

    KINDS = ("event_action",)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.event_id: UUID | None = None
        self.view: View | None = None
        self._build()

    def arrive(self, where: Where) -> None:
        """Another event."""
        self.event_id = where.id
        super().arrive(where)

    def concerns(self, changes: Changes) -> bool:
        """Only commits that touched this event."""
        mine = self.event_id in changes.ids
        return mine or changes.sync or changes.touches("event_action", "attachment")

    def refresh(self) -> None:
        """Ask for the event."""
        wanted = self.event_id
        if wanted is not None:
            view = partial(event_page, event_id=wanted)
            self.desk.read(self, view, self._show, only_latest="event")

    def _build(self) -> None:
        back = button("‹", lambda: self.desk.go("events"), "back")
        back.setAccessibleName(tr("返回事件列表"))
        back.setToolTip(tr("返回事件列表"))
        self.title = Elided("", "title")
        self.tags = Flow(gap=8, line_gap=4)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(back)
        head.addWidget(self.title)
        head.addWidget(self.tags, 1, Qt.AlignmentFlag.AlignVCenter)
        self.steps = Flow(gap=-1, line_gap=4)
        self.steps.setAccessibleName(tr("办到哪一步"))
        self._line = QVBoxLayout()
        self._line.setContentsMargins(16, 12, 16, 12)
        self._line.setSpacing(14)
        inner = QWidget()
        inner.setLayout(self._line)
        timeline = Card()
        timeline.body.addWidget(scrolling(inner))
        self.facts = Facts()
        self.household = button(tr("看住户"), self._open_household, "link")
        side = Card(tr("地点与来源"), self.household)
        side.body.addWidget(scrolling(self.facts))
        self._body = QHBoxLayout()
        self._body.setSpacing(12)
        self._body.addWidget(timeline, 3)
        self._body.addWidget(side, 2)
        whole = rows(head, self.steps, self._body, gap=12)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(2, 1)
        content = QWidget()
        content.setLayout(whole)
        self.switch = Switch(content, tr("这件事已不在本机"))
        self.setLayout(columns(self.switch))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: one beneath the other where there is no room beside."""
        super().resizeEvent(event)
        narrow = self.width() < self.desk.look.theme.size("base") * _BESIDE
        direction = QBoxLayout.Direction
        self._body.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)

    def _show(self, view: View | None) -> None:
        self.switch.show_content(empty=view is None)
        self.view = view
        if view is None:
            return
        event = view.event
        self.title.setText(event.title or self.desk.item_name(event.item_code))
        empty(self.tags.flow)
        number = event.number or event.temporary
        if number:
            self.tags.flow.addWidget(tag(number))
        self.tags.flow.addWidget(tag(*state_tag(event.state)))
        if view.waiting:
            self.tags.flow.addWidget(tag(tr("待上传")))
        self._show_steps(view)
        self._show_timeline(view)
        self._show_facts(view)

    def _show_steps(self, view: View) -> None:
        empty(self.steps.flow)
        on_spot = any(a.action == Action.HANDLE_ON_SPOT for a in view.actions)
        path = PATH_ON_SPOT if on_spot else PATH
        state = State(view.event.state) if view.event.state in set(State) else State.REPORTED
        reached = path.index(state) if state in path else 0
        for number, step in enumerate(path):
            done = number <= reached
            text = tr(_STEPS[step]) + (" ✓" if done else "")
            label = words(text, "step")
            label.setProperty("tone", "now" if number == reached else "done" if done else "open")
            self.steps.flow.addWidget(label)

    def _show_timeline(self, view: View) -> None:
        empty(self._line)
        event = view.event
        photos = sum(1 for a in view.all_photos if a.target_id == event.id)
        who = joined(_name(view, event.reported_by), _name(view, event.grid_id))
        when = short_moment(event.happened_at, self.desk.today)
        self._line.addWidget(
            _moment(f"{when} {tr('上报')}", who, event.text, photos, self._lower())
        )
        for action in view.actions:
            self._line.addWidget(self._action(view, action))
        self._line.addStretch(1)

    def _action(self, view: View, action: EventAction) -> QWidget:
        when = short_moment(action.happened_at, self.desk.today)
        photos = sum(1 for a in view.all_photos if a.target_id == action.id)
        who = joined(_name(view, action.actor_id), _name(view, action.unit_id))
        text = action.text
        if action.target_unit_id:
            to = tr("派往 {unit}").format(unit=_name(view, action.target_unit_id))
            text = joined(to, text)
        if action.deadline:
            before = short_instant(action.deadline, self.desk.today)
            text = joined(text, tr("{time} 前办完").format(time=before))
        return _moment(f"{when} {action_text(action.action)}", who, text, photos, self._lower())

    def _show_facts(self, view: View) -> None:
        event, household = view.event, view.household
        self.household.setVisible(household is not None)
        item = self.desk.reference.item(event.item_code)
        classes = ""
        if item:
            classes = item.class_en if language() == "en" and item.class_en else item.class_zh
        self.facts.show_pairs(
            (
                (tr("地点"), event.place or (household.address if household else "")),
                (tr("哪一户"), household.name if household else ""),
                (tr("事项"), joined(classes, self.desk.item_name(event.item_code))),
                (tr("来源"), self.desk.say("event_source", event.source)),
                (tr("上报人"), _name(view, event.reported_by)),
                (tr("网格"), _name(view, event.grid_id)),
            )
        )

    def _lower(self) -> int:
        """Px from the top of a line to its dot."""
        return round(self.desk.look.theme.size("base") * 0.5)

    def _open_household(self) -> None:
        if self.view and self.view.household:
            self.desk.go("household", self.view.household.id)


PAGE = PageSpec("event", EventPage, section="events", guide="events")


def action_text(action: str) -> str:
    """A step in words."""
    if action not in set(Action):
        return action
    zh, en = ACTION_LABELS[Action(action)]
    return en if language() == "en" else zh


def _moment(title: str, who: str, text: str, photos: int, lower: int) -> QWidget:
    """One point of the timeline: a dot, when and what, who, and the words."""
    dot = QLabel()
    mark(dot, look="dot", tone="green")
    left = QVBoxLayout()
    left.setContentsMargins(0, lower, 0, 0)
    left.addWidget(dot)
    left.addStretch(1)
    head = Flow(words(title, "strong"), words(who, "aside"), gap=16, line_gap=0)
    right = rows(head, gap=2)
    if photos:
        text = joined(text, tr("{count} 张照片").format(count=photos))
    if text:
        right.addWidget(words(text, "aside", wrap=True))
    frame = QFrame()
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    frame.setSizePolicy(policy)
    whole = QHBoxLayout(frame)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.setSpacing(14)
    whole.addLayout(left)
    whole.addLayout(right, 1)
    whole.setAlignment(left, Qt.AlignmentFlag.AlignTop)
    return frame


def _name(view: View, id_: UUID | None) -> str:
    return view.names.get(id_, "") if id_ else ""
