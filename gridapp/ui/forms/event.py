"""Reporting an event: what, where, in which words; and what was done at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from gridapp.clock import local
from gridapp.domain.event import Event
from gridapp.domain.happened import lies_ahead
from gridapp.domain.household import Household
from gridapp.domain.record import kind_of
from gridapp.i18n import tr
from gridapp.store.drafting import EventDraft, KeptPicture
from gridapp.store.views.events import recent_items
from gridapp.store.views.household_page import HouseholdPage, household_page
from gridapp.store.views.places import GridPlaces, grid_places
from gridapp.ui.desk import Desk, Where
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.item_picker import ItemPicker
from gridapp.ui.forms.item_search import warm_up
from gridapp.ui.forms.spec import FormSpec, Left
from gridapp.ui.forms.subject import NOBODY, household_subject
from gridapp.ui.operations.events import report_event
from gridapp.ui.tasks import chained
from gridapp.ui.widgets.basic import words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.date_field import DateField
from gridapp.ui.widgets.field import Choice, Field, Line, Paragraph
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.photos import Photos

Kept: TypeAlias = tuple[KeptPicture, ...]
_HAPPENED = kind_of(Event).by_name["happened_at"]


class EventForm(Form):
    """An event, of a household or of a place."""

    GUIDE = "events"

    def __init__(
        self, desk: Desk, household: Household | None, *, text: str = "", source: str = "patrol"
    ) -> None:
        owner = household.id if household else "new"
        about = household_subject(household) if household else NOBODY
        super().__init__(desk, tr("报事件"), f"event:{owner}", tr("上报"), subject=about)
        self.household, self._source = household, source
        self._grids: tuple[GridPlaces, ...] = ()
        self._build_fields(text)
        self.watch()
        self.photos.serve(self)
        self.offer_draft()
        desk.read(self, recent_items, self.item.set_recent)
        if household is None:
            desk.read(self, grid_places, self._take_grids)

    def data(self) -> dict[str, Any]:
        """What is filled in."""
        return {
            "item": self.item.value(),
            "text": self.text.toPlainText(),
            "place": self.place.text(),
            "when": self.when.kept(),
            "grid": self.grid.value(),
            "on_spot": self.on_spot.value() == "yes",
            "done": self.done.toPlainText(),
            "photos": self.photos.data(),
            "after": self.after.data(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        self.item.set_value(data.get("item", ""))
        self.text.setPlainText(data.get("text", ""))
        self.place.setText(data.get("place", ""))
        self.when.go_on(data.get("when", ""))
        self.grid.set_value(data.get("grid", ""))
        self.on_spot.set_value("yes" if data.get("on_spot") else "no")
        self.done.setPlainText(data.get("done", ""))
        self.photos.restore(data.get("photos", ()))
        self.after.restore(data.get("after", ()))
        self._show_call()
        self._show_done()

    def submit(self) -> Future[Event] | None:
        """Save, once the photos are taken in."""
        moment = self._moment()
        if not self._complete() or moment is None:
            return None
        grid = UUID(self.grid.value()) if self.grid.value() else None
        draft = EventDraft(
            item_code=self.item.value(),
            text=self.text.text(),
            happened_at=moment,
            grid_id=self.household.grid_id if self.household else grid,
            household_id=self.household.id if self.household else None,
            place=self.place.text().strip(),
            source=self._source,
            on_spot=self.done.text() if self.on_spot.value() == "yes" else "",
        )
        store, key = self.desk.store, self.draft_key

        def save(pictures: Kept, after: Kept) -> Future[Event]:
            kept = dataclasses.replace(draft, pictures=pictures, after=after)
            return report_event(store, kept, key)

        if self.photos.busy or self.after.busy:
            self.state.setText(tr("照片加好就保存…"))
        if not draft.on_spot:
            return chained(self.photos.ready(), lambda before: save(before, ()))
        done = self.after.ready()
        return chained(
            self.photos.ready(), lambda before: chained(done, lambda after: save(before, after))
        )

    def begin(self) -> None:
        """With the item."""
        self.item.setFocus()

    def _build_fields(self, text: str) -> None:
        self.item = ItemPicker(self.desk.reference)
        self.desk.tasks.start(partial(warm_up, self.desk.reference))
        self.item.chosen.connect(self._chose_item)
        self.call = words("", "urgent", wrap=True)
        self.call.hide()
        self.text = Paragraph(text, tr("什么情况、影响到谁"), lines=3)
        self.place = Line(
            self.household.address if self.household else "", tr("哪里：楼栋、路口、门口")
        )
        self.grid = Choice((), empty=tr("选网格"))
        self.when = DateField(tr("发生时间"), self.desk.today, with_time=True)
        self.when.line.setText(tr("今天"))
        self.when.chosen.connect(self.edited)
        self.on_spot = Segmented(
            tr("当场处置了吗"), (("no", tr("要上报处理")), ("yes", tr("当场处置了"))), "no"
        )
        self.on_spot.chosen.connect(lambda _: self._show_done(focus=True))
        self.on_spot.chosen.connect(lambda _: self.edited())
        self.done = Paragraph("", tr("怎么处置的"), lines=2)
        self.photos, self.after = Photos(self.desk, "before"), Photos(self.desk, "after")
        for photos in (self.photos, self.after):
            photos.drafted(self)
        self.add_field("item_code", Field(tr("事项"), self.item))
        self.add(self.call)
        self.add_field("text", Field(tr("情况"), self.text))
        self.add_field("place", Field(tr("地点"), self.place))
        self.add_field("grid_id", Field(tr("网格"), self.grid)).hide()
        self.add_field("happened_at", Field(tr("发生时间"), self.when))
        self.wanted = words("", "hint")
        self.wanted.hide()
        self.add(Flow(self.photos.add_button(), self.wanted), self.photos)
        self.add(self.on_spot)
        self.add_field("on_spot", Field(tr("当场处置"), self.done)).hide()
        add_after = self.after.add_button()
        add_after.setText(tr("＋ 处置后的照片"))
        self._after_line = Flow(add_after)
        self.add(self._after_line, self.after)
        self._show_done()

    def _complete(self) -> bool:
        wrong = []
        if not self.item.value():
            wrong.append(("item_code", tr("请选一个事项。")))
        if not self.text.text():
            wrong.append(("text", tr("请写一句情况。")))
        if self.on_spot.value() == "yes" and not self.done.text():
            wrong.append(("on_spot", tr("请写一句怎么处置的。")))
        if self.household is None and len(self._grids) > 1 and not self.grid.value():
            wrong.append(("grid_id", tr("请选在哪个网格。")))
        for name, message in wrong:
            self.fields[name].set_error(message)
        if wrong:
            self.fields[wrong[0][0]].inner.setFocus()
        return not wrong

    def _moment(self) -> str | None:
        moment = self.when.moment()
        if moment is None:
            self.fields["happened_at"].set_error(
                tr("看不懂这个日期。可以写“昨天”“上周二”或“2026-11-03”。")
            )
        elif lies_ahead(_HAPPENED, moment, self.desk.latest):
            self.fields["happened_at"].set_error(tr("时间还没到，请改成今天或以前。"))
            return None
        now = local(self.desk.store.clock())
        # seen and reported at once: then the hour is known
        same = moment == now.date().isoformat() and self.when.line.text() == tr("今天")
        return f"{now:%Y-%m-%dT%H:%M}" if same else moment

    def _chose_item(self, _code: str) -> None:
        self._show_call()
        self.edited()
        self.text.setFocus()

    def _show_call(self) -> None:
        item = self.desk.reference.item(self.item.value())
        number = item.call_first if item else ""
        self.call.setText(tr("请先拨打 {number}，人安全了再上报。").format(number=number))
        self.call.setVisible(bool(number))
        wants = item is not None and bool(item.photo_before)
        self.wanted.setText(tr("这类事要有照片。"))
        self.wanted.setVisible(wants)

    def _show_done(self, *, focus: bool = False) -> None:
        grid = self.household.grid_id if self.household else None
        may_handle = self.desk.may("event_action", grid)  # else it is for others to handle
        self.on_spot.setVisible(may_handle)
        if not may_handle:
            self.on_spot.set_value("no")
        yes = self.on_spot.value() == "yes"
        self.fields["on_spot"].setVisible(yes)
        self._after_line.setVisible(yes)
        # what was taken in stays with the draft, should she change her mind again
        self.after.setVisible(yes and bool(self.after.kept()))
        if yes and focus:
            self.done.setFocus()

    def _take_grids(self, grids: tuple[GridPlaces, ...]) -> None:
        self._grids = grids
        kept = self.grid.value()
        for grid in grids:
            name = f"{grid.community} · {grid.name}" if grid.community else grid.name
            self.grid.addItem(name, str(grid.id))
        if len(grids) == 1:
            kept = str(grids[0].id)
        self.grid.set_value(kept)
        self.fields["grid_id"].setVisible(len(grids) > 1)


def _left(view: HouseholdPage | None) -> Left:
    if view is None:
        return Left("", None, lambda desk: EventForm(desk, None))
    household = view.household
    where = Where("household", household.id)
    return Left(household.name, where, lambda desk: EventForm(desk, household))


FORM = FormSpec("event", "报事件", household_page, _left)
