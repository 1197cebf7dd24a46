"""One step of an event, beside its page: only what this step asks for, with photos."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from gridapp.clock import local
from gridapp.domain.event import EventAction
from gridapp.domain.happened import lies_ahead
from gridapp.domain.record import kind_of
from gridapp.domain.workflow import Action, missing
from gridapp.i18n import language, tr
from gridapp.store.drafting import StepDraft
from gridapp.store.views.event_page import EventPage, event_page
from gridapp.store.views.units import target_units
from gridapp.ui.desk import Desk, Where
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.spec import FormSpec, Left
from gridapp.ui.forms.subject import Subject
from gridapp.ui.forms.unit_picker import UnitPicker
from gridapp.ui.operations.events import take_step
from gridapp.ui.tasks import chained
from gridapp.ui.widgets.basic import words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Field, Paragraph
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.photos import Photos
from gridapp.ui.words.event_words import verb, verb_source

_HAPPENED = kind_of(EventAction).by_name["happened_at"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form of one step asks for. ``hint`` stands in the text field; ``lacks``: what to say where it is empty."""

    label: str = "说明"
    hint: str = "要交代的写在这里，可以不写"
    lacks: str = ""
    when: bool = False
    photos: str = ""  # the purpose of its photos, "" where it has none


_ASKED: Mapping[Action, Asked] = MappingProxyType(
    {
        Action.ACCEPT: Asked(),
        Action.DISPATCH: Asked("交代", "要对方做什么、注意什么，可以不写"),
        Action.SIGN: Asked(),
        Action.HANDLE: Asked(
            "怎么处置的", "做了什么、现在怎样", "请写一句怎么处置的。", when=True, photos="after"
        ),
        Action.HANDLE_ON_SPOT: Asked(
            "怎么处置的", "做了什么、现在怎样", "请写一句怎么处置的。", when=True, photos="after"
        ),
        Action.VERIFY: Asked(hint="看到的情况，可以不写", photos="after"),
        Action.SEND_BACK: Asked(
            "哪里没办好", "哪里没办好、要怎么办", "请写一句哪里没办好，对方才知道怎么改。", photos="other"
        ),
        Action.RATE: Asked(hint="群众怎么说，可以不写"),
        Action.CLOSE: Asked(),
        Action.NOT_ACCEPT: Asked(
            "为什么不受理", "例如：不归网格管，已告知找谁", "请写一句为什么不受理。"
        ),
        Action.NOTE: Asked(hint="看到什么、谁说了什么", lacks="请写一句说明。", photos="other"),
    }
)  # fmt: skip


class StepForm(Form):
    """One step of one event."""

    GUIDE = "events"

    def __init__(self, desk: Desk, view: EventPage, action: Action) -> None:
        event = view.event
        subject = Subject(
            view.household.name if view.household else "",
            event.title or desk.item_name(event.item_code),
            where=Where("event", event.id),
            household_id=event.household_id,
        )
        super().__init__(
            desk, verb(action), f"step-{action}:{event.id}", verb(action), subject=subject
        )
        self.about, self.action, self.asked = event, action, _ASKED[action]
        self._build_fields()
        self.watch()
        self.offer_draft()
        if action is Action.DISPATCH:
            desk.read(self, partial(target_units, event_id=event.id), self.unit.set_units)

    def data(self) -> dict[str, Any]:
        """What is filled in."""
        return {
            "text": self.text.toPlainText(),
            "when": self.when.kept(),
            "unit": self.unit.value(),
            "rating": self.rating.value(),
            "photos": self.photos.data(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        self.text.setPlainText(data.get("text", ""))
        self.when.go_on(data.get("when", ""))
        self.unit.set_value(data.get("unit", ""))
        self.rating.set_value(data.get("rating", ""))
        self.photos.restore(data.get("photos", ()))

    def submit(self) -> Future[EventAction] | None:
        """Save, once its photos are taken in."""
        moment = self._moment()
        draft = StepDraft(
            self.about.id,
            self.action.value,
            moment or "",
            self.text.text(),
            UUID(self.unit.value()) if self.unit.value() else None,
            self.rating.value(),
        )
        if not self._complete(draft) or moment is None:
            return None
        store, key = self.desk.store, self.draft_key
        return chained(
            self.photos.ready(),
            lambda pictures: take_step(store, replace(draft, pictures=pictures), key),
        )

    def begin(self) -> None:
        """With what has to be said first."""
        first: Any = self.text
        if self.action is Action.DISPATCH:
            first = self.unit
        elif self.action is Action.RATE:
            first = next(iter(self.rating_buttons), self.text)
        first.setFocus()

    def _build_fields(self) -> None:
        desk, asked = self.desk, self.asked
        self.unit = UnitPicker()
        self.unit.chosen.connect(self.edited)
        choices = desk.reference.choices("satisfaction", language())
        self.rating = Segmented(tr("满意度"), choices)
        self.rating.chosen.connect(lambda _: self.edited())
        self.rating_buttons = [self.rating.button(code) for code, _ in choices]
        self.text = Paragraph("", tr(asked.hint), lines=3)
        self.when = DateField(tr("什么时候办的"), desk.today, with_time=True)
        self.when.line.setText(tr("今天"))
        self.when.chosen.connect(self.edited)
        self.photos = Photos(desk, asked.photos or "other")
        self.photos.drafted(self)
        unit = self.add_field("target_unit_id", Field(tr("派给谁"), self.unit, required=True))
        unit.setVisible(self.action is Action.DISPATCH)
        rating = self.add_field("rating", Field(tr("满意度"), self.rating, required=True))
        rating.setVisible(self.action is Action.RATE)
        self.add_field("text", Field(tr(asked.label), self.text, required=bool(asked.lacks)))
        when = self.add_field("happened_at", Field(tr("什么时候办的"), self.when))
        when.setVisible(asked.when)
        self._build_photos()

    def _build_photos(self) -> None:
        if not self.asked.photos:
            self.photos.hide()
            return
        item = self.desk.reference.item(self.about.item_code)
        if self.asked.photos == "after" and item is not None and item.photo_after:
            self.add(words(tr("这类事要有处置后的照片。"), "hint", wrap=True))
        self.add(Flow(self.photos.add_button()), self.photos)
        self.photos.serve(self)

    def _complete(self, draft: StepDraft) -> bool:
        values = {
            "text": draft.text,
            "rating": draft.rating,
            "target_unit_id": draft.target_unit_id,
        }
        said = {
            "text": self.asked.lacks,
            "rating": "请选一个满意度。",
            "target_unit_id": "请选派给哪个单位。",
        }
        lacking = missing(self.action, values)
        for name in lacking:
            self.fields[name].set_error(tr(said[name]))
        if lacking:
            self.fields[lacking[0]].inner.setFocus()
        return not lacking

    def _moment(self) -> str | None:
        now = local(self.desk.store.clock())
        if not self.asked.when:
            return f"{now:%Y-%m-%dT%H:%M}"
        moment = self.when.moment()
        field = self.fields["happened_at"]
        if moment is None:
            field.set_error(tr("看不懂这个日期。可以写“昨天”“上周二”或“2026-11-03”。"))
        elif lies_ahead(_HAPPENED, moment, self.desk.latest):
            field.set_error(tr("时间还没到，请改成今天或以前。"))
            return None
        elif moment == now.date().isoformat():
            return f"{now:%Y-%m-%dT%H:%M}"
        return moment


def _left(view: EventPage | None, action: Action) -> Left | None:
    if view is None:
        return None
    where = Where("event", view.event.id)
    name = view.event.title or view.event.text[:12]
    return Left(name, where, lambda desk: StepForm(desk, view, action))


FORMS = tuple(
    FormSpec(
        f"step-{action}",
        verb_source(action),
        event_page,
        partial(_left, action=action),
        "event_action",
    )
    for action in Action
)
