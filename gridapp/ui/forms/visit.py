"""Recording a visit: when, how, whom, one sentence; everything else is an offer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridapp.domain.care import visit_every
from gridapp.domain.event import Event
from gridapp.domain.visit import Visit
from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.drafting import VisitDraft
from gridapp.store.views.household_page import HouseholdPage, household_page
from gridapp.ui.desk import Desk, Where
from gridapp.ui.forms.checklist import Checklist
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.spec import FormSpec, Left
from gridapp.ui.operations.visits import record_visit
from gridapp.ui.tasks import chained
from gridapp.ui.widgets.basic import button, words
from gridapp.ui.widgets.choice import Segmented, Toggles
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Field, Line, Paragraph
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.photos import Photos
from gridapp.ui.wording import short_moment

_MORE = (("difficulties", "困难"), ("action", "采取措施"), ("result", "结果"))


class VisitForm(Form):
    """A visit to one household."""

    GUIDE = "visit"

    def __init__(self, desk: Desk, view: HouseholdPage) -> None:
        name = view.household.name
        super().__init__(desk, tr("记走访"), f"visit:{view.household.id}", subject=name)
        self.view = view
        self.events: list[UUID] = []
        self._news: dict[str, str] = {}  # what others did since the form was opened
        self._build_when()
        self._build_met()
        self._build_text()
        self._build_care()
        self._build_more()
        self._build_next()
        self.watch()
        self.photos.serve(self)
        self.offer_draft()

    def data(self) -> dict[str, Any]:
        """What is filled in."""
        return {
            "when": self.when.value(),
            "date": self.date.line.text(),
            "how": self.how.value(),
            "met": list(self.met.values()),
            "situation": self.situation.toPlainText(),
            "answers": dict(self.checklist.answers()),
            "more": {name: p.toPlainText() for name, p in self.more.items()},
            "next": self.next.value(),
            "next_date": self.next_date.line.text(),
            "promise": self.promise.text(),
            "photos": self.photos.data(),
            "events": [str(id_) for id_ in self.events],
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        self.when.set_value(data.get("when", "today"))
        self.date.line.setText(data.get("date", ""))
        self._show_date()
        self.how.set_value(data.get("how", "home"))
        self.met.set_values(data.get("met", ()))
        self.situation.setPlainText(data.get("situation", ""))
        self.checklist.set_answers(data.get("answers", {}))
        for name, text in data.get("more", {}).items():
            if text:
                self.more[name].setPlainText(text)
                self.fields[name].show()
        self.next.set_value(data.get("next", ""))
        self.next_date.line.setText(data.get("next_date", ""))
        self._show_next()
        self.promise.setText(data.get("promise", ""))
        self.photos.restore(data.get("photos", ()))
        self.events = [UUID(text) for text in data.get("events", ())]

    def submit(self) -> Future[Visit] | None:
        """Save, with the photos read on another thread first."""
        happened = self.happened_at()
        next_date = self.next_day()
        if happened is None or (self.next.value() == "pick" and self.next_date.is_wrong()):
            return None
        if not self._enough():
            return None
        draft = VisitDraft(
            household_id=self.view.household.id,
            happened_at=happened,
            how=self.how.value(),
            situation=self.situation.text(),
            people_met=() if self.how.value() == "absent" else self.met.values(),
            difficulties=self.more["difficulties"].text(),
            requests=self.more["requests"].text(),
            action=self.more["action"].text(),
            result=self.more["result"].text(),
            next_date=next_date,
            promise=self.promise.text().strip(),
            answers=self.checklist.answers(),
        )
        return self._with_photos(draft)

    def happened_at(self) -> str | None:
        """When it took place; None, with an error shown, where the date is not one."""
        today = self.desk.today
        if self.when.value() != "pick":
            day = today if self.when.value() == "today" else today - timedelta(days=1)
            return day.isoformat()
        moment = self.date.moment()
        field = self.fields["happened_at"]
        if moment is None:
            field.set_error(tr("看不懂这个日期。可以写“昨天”“上周二”或“2026-11-03”。"))
        elif date.fromisoformat(moment[:10]) > today:
            field.set_error(tr("走访日期还没到，请改成今天或以前。"))
            return None
        return moment

    def next_day(self) -> date | None:
        """The next visit, where one was named."""
        chosen = self.next.value()
        if chosen == "pick":
            if self.next_date.is_wrong():
                self.fields["next_date"].set_error(
                    tr("看不懂这个日期。可以写“下周二”“3天后”或“2026-11-03”。")
                )
            return self.next_date.day()
        return self.desk.today + timedelta(days=int(chosen)) if chosen.isdigit() else None

    def begin(self) -> None:
        """In the sentence: everything above it has a sensible choice already."""
        self.situation.setFocus()

    def noticed(self, changes: Changes) -> None:
        """A change of the file, or a colleague's visit meanwhile, is worth knowing before saving."""
        if self.view.household.id in changes.ids:
            self._news["file"] = tr("这户的资料刚有人改过，档案里已是新的。")
            self._say_news()
        if changes.touches("visit"):
            id_ = self.view.household.id
            self.desk.read(
                self,
                partial(household_page, household_id=id_),
                self._tell_visits,
                only_latest="visits",
            )

    def _tell_visits(self, now: HouseholdPage | None) -> None:
        known = {visit.id for visit in self.view.visits}
        new = next((v for v in now.visits if v.id not in known), None) if now else None
        if now is None or new is None:
            return
        name = now.staff.get(new.visited_by, "") if new.visited_by else ""
        text = tr("{name}刚记了一次走访（{when} {how}）。两次都会留下，接着写就好。").format(
            name=name or tr("有人"),
            when=short_moment(new.happened_at, self.desk.today),
            how=self.desk.say("visit_how", new.how),
        )
        self._news["visit"] = text
        self._say_news()

    def _say_news(self) -> None:
        self.fields["situation"].set_notice(" ".join(self._news.values()))

    def _enough(self) -> bool:
        texts = [self.situation, *self.more.values()]
        said = any(p.text() for p in texts) or bool(self.checklist.answers())
        if not said and self.how.value() != "absent":
            self.fields["situation"].set_error(tr("请写一句情况，或在清单里点一下。"))
            self.situation.setFocus()
        return said or self.how.value() == "absent"

    def _with_photos(self, draft: VisitDraft) -> Future[Visit]:
        store, key, events = self.desk.store, self.draft_key, tuple(self.events)
        return chained(
            self.photos.ready(),
            lambda kept: record_visit(
                store, dataclasses.replace(draft, pictures=kept), key, events
            ),
        )

    def _build_when(self) -> None:
        self.when = Segmented(
            tr("什么时候"),
            (("today", tr("今天")), ("yesterday", tr("昨天")), ("pick", tr("选日期"))),
            "today",
        )
        self.when.chosen.connect(lambda _: self._show_date(focus=True))
        self.when.chosen.connect(lambda _: self.edited())
        self.date = DateField(tr("走访日期"), self.desk.today, with_time=True)
        self.date.chosen.connect(self.edited)
        self.how = Segmented(
            tr("怎么走访"),
            (("home", tr("上门")), ("phone", tr("电话")), ("absent", tr("没见到人"))),
            "home",
        )
        self.how.chosen.connect(lambda _: self._show_met())
        self.how.chosen.connect(lambda _: self.edited())
        self.add(Flow(self.when, self.how, gap=16))
        self.add_field("happened_at", Field("", self.date)).hide()

    def _build_met(self) -> None:
        people = [(str(m.person.id), m.person.name) for m in self.view.members]
        self.met = Toggles(tr("见到"), [*people, (tr("邻居"), tr("邻居"))])
        if len(people) == 1:
            self.met.set_values([people[0][0]])
        self.met.changed.connect(self.edited)
        self._other = Line("", tr("还见到谁，回车加上"), max_length=40)
        self._other.setAccessibleName(tr("还见到谁"))
        self._other.returnPressed.connect(self._add_met)
        self._other.hide()
        plus = button(tr("＋"), self._ask_other)
        plus.setAccessibleName(tr("加一个见到的人"))
        self.met.layout().addWidget(plus)  # type: ignore[union-attr]
        self.met_line = _labelled(tr("见到"), self.met)
        self.add(self.met_line, self._other)

    def _build_text(self) -> None:
        promised = self.view.visits[0].promise if self.view.visits else ""
        if promised:
            text = tr("上次约好：{promise}").format(promise=promised)
            self.add(words(text, "secondary", wrap=True))
        self.situation = Paragraph("", tr("一句话说说情况"), lines=2)
        self.situation.setAccessibleName(tr("情况"))
        self.add_field("situation", Field("", self.situation))

    def _build_care(self) -> None:
        groups = [g for c in self.view.care if (g := self.desk.reference.care_group(c))]
        self.checklist = Checklist(groups)
        self.checklist.changed.connect(self.edited)
        self.checklist.watched.connect(self.report_event)
        self.add(self.checklist)
        self.checklist.setVisible(bool(groups))

    def _build_more(self) -> None:
        self.photos = Photos(self.desk)
        self.photos.drafted(self)
        self._more_button = button(tr("＋ 更多"), self._show_more)
        self.add(
            Flow(
                self.photos.add_button(),
                button(tr("＋ 诉求"), lambda: self._reveal("requests")),
                button(tr("＋ 事件"), lambda: self.report_event("")),
                self._more_button,
            ),
            self.photos,
        )
        self.more: dict[str, Paragraph] = {}
        for name, label in (("requests", "诉求"), *_MORE):
            self.more[name] = Paragraph("", lines=1)
            self.add_field(name, Field(tr(label), self.more[name])).hide()

    def _build_next(self) -> None:
        days = self._rhythm()
        choices = [("", tr("不约"))]
        if days:
            choices.append((str(days), tr("{count} 天后").format(count=days)))
        choices.append(("pick", tr("选日期")))
        self.next = Segmented(tr("下次走访"), choices, str(days or ""))
        self.next.chosen.connect(lambda _: self._show_next(focus=True))
        self.next.chosen.connect(lambda _: self.edited())
        line = _labelled(tr("下次"), self.next)
        self.next_date = DateField(tr("下次走访日期"), self.desk.today)
        self.next_date.chosen.connect(self.edited)
        self.promise = Line("", tr("约好什么，例如：药续上再看一眼"))
        self.promise.setAccessibleName(tr("约好"))
        self.add(line)
        self.add_field("next_date", Field("", self.next_date)).hide()
        self.add_field("promise", Field("", self.promise))

    def _rhythm(self) -> int | None:
        """The shortest rhythm of the care groups of those who live here, in days."""
        found = []
        for member in self.view.members:
            for care in member.care:
                group = self.desk.reference.care_group(care.group_code)
                days = visit_every(group, care.level) if group else None
                if days:
                    found.append(days)
        return min(found, default=None)

    def _show_date(self, *, focus: bool = False) -> None:
        picked = self.when.value() == "pick"
        self.fields["happened_at"].setVisible(picked)
        if picked and focus:
            self.date.setFocus()

    def _show_next(self, *, focus: bool = False) -> None:
        picked = self.next.value() == "pick"
        self.fields["next_date"].setVisible(picked)
        if picked and focus:
            self.next_date.setFocus()

    def _show_met(self) -> None:
        there = self.how.value() != "absent"
        self.met_line.setVisible(there)
        self._other.setVisible(False)
        self.checklist.setVisible(there and self.checklist.has_items)

    def _ask_other(self) -> None:
        self._other.show()
        self._other.setFocus()

    def _add_met(self) -> None:
        name = self._other.text().strip()
        if name:
            self.met.add(name, name, on=True)
            self._other.clear()
            self.edited()

    def _reveal(self, name: str) -> None:
        self.fields[name].show()
        self.more[name].setFocus()

    def _show_more(self) -> None:
        for name, _ in _MORE:
            self.fields[name].show()
        self._more_button.hide()

    def report_event(self, text: str) -> None:
        """Open the event form in front of this one, which waits."""
        from gridapp.ui.forms.event import EventForm

        self.keep_draft()
        form = EventForm(self.desk, self.view.household, text=text, source="visit")
        form.saved.connect(self._take_event)
        self.desk.opening.emit(form)

    def _take_event(self, event: Event) -> None:
        self.events.append(event.id)
        self.edited()
        self.state.setText(tr("已报 {count} 件事").format(count=len(self.events)))


def _left(view: HouseholdPage | None) -> Left | None:
    if view is None:
        return None
    where = Where("household", view.household.id)
    return Left(view.household.name, where, lambda desk: VisitForm(desk, view))


FORM = FormSpec("visit", "记走访", household_page, _left)


def _labelled(text: str, inner: QWidget) -> QWidget:
    """A short label at the left of its choices."""
    line = QWidget()
    box = QHBoxLayout(line)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(10)
    label = words(text, "label")
    box.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
    label.setMinimumHeight(inner.minimumSizeHint().height())
    box.addWidget(inner, 1)
    return line
