"""Recording a visit: when, how, whom, one sentence; everything else is an offer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer

from gridapp.domain.event import Event
from gridapp.domain.visit import Visit
from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.drafting import VisitDraft
from gridapp.store.views.household_page import HouseholdPage, household_page
from gridapp.store.views.visitors import visitors
from gridapp.ui.desk import Desk
from gridapp.ui.forms.checklist import Checklist
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.spec import FormSpec, Left
from gridapp.ui.forms.subject import household_subject
from gridapp.ui.forms.visiting import known
from gridapp.ui.forms.visiting.following import Following
from gridapp.ui.forms.visiting.met import Met
from gridapp.ui.forms.visiting.more import More
from gridapp.ui.forms.visiting.sentence import Sentence
from gridapp.ui.forms.visiting.when import When
from gridapp.ui.operations.visits import record_visit
from gridapp.ui.tasks import chained
from gridapp.ui.widgets.basic import button, words
from gridapp.ui.widgets.field import Field
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.photos import Photos


class VisitForm(Form):
    """A visit to one household."""

    GUIDE = "visit"

    def __init__(self, desk: Desk, view: HouseholdPage) -> None:
        about = household_subject(view.household)
        super().__init__(desk, tr("记走访"), f"visit:{view.household.id}", subject=about)
        self.view = view
        self.events: list[UUID] = []
        self._reported: list[str] = []  # items of the checklist that an event was reported of
        self._news: dict[str, str] = {}  # what others did since the form was opened
        self._build_first()
        self._build_offers()
        self.watch()
        self.photos.serve(self)
        self._arrange()
        self.offer_draft()
        if view.household.grid_id:
            read = partial(visitors, grid_id=view.household.grid_id)
            desk.read(self, read, self.more.set_visitors)

    def data(self) -> dict[str, Any]:
        """What is filled in."""
        return {
            **self._when.data(),
            **self.met.data(),
            "situation": self.situation.toPlainText(),
            "answers": dict(self.checklist.answers()),
            **self.more.data(),
            **self.following.data(),
            "photos": self.photos.data(),
            "events": [str(id_) for id_ in self.events],
            "reported": list(self._reported),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        self._when.restore(data)
        self.met.restore(data)
        self.situation.setPlainText(data.get("situation", ""))
        self.checklist.set_answers(data.get("answers", {}))
        self.more.restore(data)
        self.following.restore(data)
        self.photos.restore(data.get("photos", ()))
        self.events = [UUID(text) for text in data.get("events", ())]
        self._reported = list(data.get("reported", ()))
        self._tell_events()
        self._arrange()

    def submit(self) -> Future[Visit] | None:
        """Save, once the photos are taken in."""
        happened = self._when.moment(self.desk.latest)
        if happened is None or self.following.is_wrong() or not self._enough():
            return None
        absent = self._when.absent
        texts = self.more.texts
        draft = VisitDraft(
            household_id=self.view.household.id,
            happened_at=happened,
            how=self._when.how,
            situation=self.situation.text(),
            people_met=() if absent else self.met.values(),
            next_date=self.following.day(),
            promise=self.following.promise.text().strip(),
            answers={} if absent else self.checklist.answers(),
            source=self.more.source.value(),
            visited_by=self.more.visited_by(),
            requests=texts["requests"].text(),
            difficulties=texts["difficulties"].text(),
            action=texts["action"].text(),
            result=texts["result"].text(),
        )
        store, key, events = self.desk.store, self.draft_key, tuple(self.events)
        if self.photos.busy:
            self.state.setText(tr("照片加好就保存…"))
        return chained(
            self.photos.ready(),
            lambda kept: record_visit(
                store, dataclasses.replace(draft, pictures=kept), key, events
            ),
        )

    def begin(self) -> None:
        """In the sentence: everything above it has a sensible choice already."""
        self.situation.setFocus()
        # in large text it may lie below the fold; where it lies is known after the layout
        QTimer.singleShot(0, self, lambda: self._area.ensureWidgetVisible(self.situation))

    def noticed(self, changes: Changes) -> None:
        """A change of the file, or a colleague's visit meanwhile, is worth knowing before saving."""
        if self.view.household.id in changes.ids:
            self._news["file"] = tr("这户的资料刚有人改过，档案里已是新的。")
            self._say_news()
        if changes.touches("visit"):
            read = partial(household_page, household_id=self.view.household.id)
            self.desk.read(self, read, self._tell_visits, only_latest="visits")

    def set_today(self, today: date) -> None:
        """The visit keeps its day; an empty form is about the new one."""
        super().set_today(today)
        self._when.set_today(today, stay=self.touched)
        self.following.set_today(today)
        self._arrange()

    def report_event(self, item: str = "") -> None:
        """Open the event form in front of this one, which waits. ``item``: of the checklist, to keep an eye on."""
        from gridapp.ui.forms.event import EventForm

        self.keep_draft()
        text = self.situation.text()
        if item:
            text = " ".join(
                p for p in (tr("走访时发现要留意：{item}。").format(item=item), text) if p
            )
        form = EventForm(self.desk, self.view.household, text=text, source="visit")
        form.saved.connect(partial(self._take_event, item))
        self.desk.opening.emit(form)

    def _build_first(self) -> None:
        """What every visit has."""
        self._when = When(self.desk.today)
        self.when, self.how, self.date = (
            self._when.day_choice,
            self._when.how_choice,
            self._when.date,
        )
        self.met = Met(self.view.members)
        self.situation = Sentence("", tr("一句话说说情况"), lines=2)
        self.situation.setAccessibleName(tr("情况"))
        self.fields["happened_at"] = self._when.field
        self.add(self._when, self.met)
        for text in known.reminders(self.desk, self.view):
            self.add(words(text, "secondary", wrap=True))
        self.add_field("situation", Field("", self.situation))
        self.checklist = Checklist(known.cared(self.desk, self.view))
        self.add(self.checklist)
        self._when.changed.connect(self._arrange)
        for part in (self._when, self.met, self.checklist):
            part.changed.connect(self.edited)
        self.checklist.watched.connect(self.report_event)

    def _build_offers(self) -> None:
        """What may be added."""
        self.photos = Photos(self.desk, "visit")
        self.photos.drafted(self)
        self.more = More(self.desk)
        self.fields |= self.more.fields
        after = partial(known.after, self.desk, self.view)
        self.following = Following(self.desk.today, known.rhythm(self.desk, self.view), after)
        self.fields["next_date"] = self.following.field
        self.promise, self.next = self.following.promise, self.following.choice
        self._more_button = button(tr("＋ 更多"), self._show_more)
        offers = Flow(
            self.photos.add_button(),
            button(tr("＋ 诉求"), lambda: self.more.reveal("requests")),
            button(tr("＋ 事件"), self.report_event),
            self._more_button,
        )
        self.add(offers, self.photos, self.more, self.following)
        self.more.on_paper.connect(self._on_paper)
        for part in (self.more, self.following):
            part.changed.connect(self.edited)

    def _arrange(self) -> None:
        """At a closed door there is nobody to meet and nothing to check."""
        there = not self._when.absent
        self.met.setVisible(there)
        self.checklist.setVisible(there and self.checklist.has_items)
        self.following.follow(self._when.day(), self._when.how)
        self._more_button.setVisible(not self.more.whole)

    def _show_more(self) -> None:
        self.more.reveal_all()
        self._arrange()

    def _on_paper(self) -> None:
        self._when.pick()
        self._arrange()

    def _enough(self) -> bool:
        said = self.situation.text() or self.more.written or self.checklist.answers()
        if not said and not self._when.absent:
            self.fields["situation"].set_error(tr("请写一句情况，或在清单里点一下。"))
            self.situation.setFocus()
            return False
        return True

    def _tell_visits(self, now: HouseholdPage | None) -> None:
        text = known.news(self.desk, self.view, now)
        if text:
            self._news["visit"] = text
            self._say_news()

    def _say_news(self) -> None:
        self.fields["situation"].set_notice(" ".join(self._news.values()))

    def _take_event(self, item: str, event: Event) -> None:
        self.events.append(event.id)
        if item:
            self._reported.append(item)
        self.edited()
        self._tell_events()

    def _tell_events(self) -> None:
        self.checklist.mark_reported(self._reported)
        if self.events:
            self.state.setText(tr("已报 {count} 件事").format(count=len(self.events)))


def _left(view: HouseholdPage | None) -> Left | None:
    if view is None:
        return None
    about = household_subject(view.household)
    return Left(about.name, about.where, lambda desk: VisitForm(desk, view))


FORM = FormSpec("visit", "记走访", household_page, _left)
