"""Deciding about late work with words: given back with a reason, or taken with other values."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any
from uuid import UUID

from gridapp.domain.record import Sensitivity
from gridapp.domain.values import Stored, loaded, stored
from gridapp.errors import Problem
from gridapp.i18n import language, tr
from gridapp.store.views.reviews import ReviewCase, ReviewedField, ReviewedRecord, review_case
from gridapp.ui.desk import Desk, Where
from gridapp.ui.forms.declared import Input, WrongValueError
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.item_picker import ItemPicker
from gridapp.ui.forms.reviewed import changeable, input_for, shown_field
from gridapp.ui.forms.spec import FormSpec, Left
from gridapp.ui.forms.subject import Subject
from gridapp.ui.operations import reviewing as operations
from gridapp.ui.widgets.basic import button, words
from gridapp.ui.widgets.field import Field, Paragraph
from gridapp.ui.widgets.flow import Flow


class ReviewForm(Form):
    """One case. ``give_back``: not taken, with a reason; otherwise taken with what stands in the inputs."""

    GUIDE = "reviews"

    def __init__(self, desk: Desk, case: ReviewCase, *, give_back: bool) -> None:
        title = tr("退回") if give_back else tr("改了再收")
        kind = "review-back" if give_back else "review-change"
        where = Where("reviews")
        super().__init__(
            desk,
            title,
            f"{kind}:{case.records[0].review.id}",
            tr("退回") if give_back else tr("收下"),
            subject=Subject(case.about.name if case.about else "", case.author, where=where),
        )
        self.case, self.giving_back = case, give_back
        self.inputs: dict[tuple[UUID, str], tuple[ReviewedField, Input]] = {}
        self._opened: dict[tuple[UUID, str], Any] = {}  # what stood in them at first
        if not give_back:
            for record in case.records:
                self._build_inputs(record)
            self._build_reveal()
        self.note = Paragraph("", tr("记录的人会看到这句话"), lines=3)
        label = tr("为什么退回") if give_back else tr("写给记录人的话")
        self.add_field("note", Field(label, self.note, required=give_back))
        self.watch()
        self.offer_draft()

    def data(self) -> dict[str, Any]:
        """What is filled in."""
        typed = {f"{key.hex}:{n}": made.typed() for (key, n), (_, made) in self.inputs.items()}
        return {"note": self.note.toPlainText(), "typed": typed}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        self.note.setPlainText(data.get("note", ""))
        for name, typed in data.get("typed", {}).items():
            key, _, field = name.partition(":")
            found = self.inputs.get((UUID(hex=key), field))
            if found:
                found[1].retype(typed)

    def submit(self) -> Future[None] | None:
        """Decide."""
        store, note = self.desk.store, self.note.text()
        if self.giving_back:
            return operations.give_back(store, self.case.records, note)
        changed = self._changed()
        if changed is None:
            return None
        return operations.accept(store, self.case.records, note, changed)

    def begin(self) -> None:
        """With what has to be said."""
        seen = (made.widget for _, made in self.inputs.values() if not made.field.isHidden())
        next(seen, self.note).setFocus()

    def _build_inputs(self, record: ReviewedRecord) -> None:
        if record.photo:
            return
        fields = changeable(record)
        if len(self.case.records) > 1:
            kind = record.kind
            self.add(words(kind.en.capitalize() if language() == "en" else kind.zh, "strong"))
        for field in record.fields:
            if field in fields:
                self._build_input(field, record)
            elif (made := self._shown(field)) is not None:
                self.add(made)

    def _build_input(self, field: ReviewedField, record: ReviewedRecord) -> None:
        declared = field.declared
        made = input_for(self.desk, field, record, self.case.names)
        if field.meanwhile and record.what == "changed":
            now = made.shown(loaded(declared, field.held))
            made.field.set_notice(tr("现在登记的是：{value}").format(value=now))
        key = record.review.id, declared.name
        self.inputs[key], self._opened[key] = (field, made), made.typed()
        self.add_field(declared.name, made.field)
        made.field.setHidden(declared.sensitivity is Sensitivity.PERSONAL)
        if isinstance(made.widget, ItemPicker):
            self.desk.tasks.start(self.desk.reference.warm_up)
        for name in ("chosen", "changed"):
            if hasattr(made.widget, name):
                getattr(made.widget, name).connect(lambda *_: self.edited())

    def _shown(self, field: ReviewedField) -> Field | None:
        """In words what nobody can set otherwise, numbers of people masked."""
        return shown_field(self.desk, field, self.case.names, revealed=False)

    def _build_reveal(self) -> None:
        """Numbers of people are whole in inputs: they are seen only once that is logged."""
        self.whole = button(tr("显示号码（会记录）"), self._reveal, "link")
        self.whole.setVisible(bool(self._hidden()) and self.desk.post.holds_file())
        self.add(Flow(self.whole))

    def _hidden(self) -> list[Input]:
        return [made for _, made in self.inputs.values() if made.field.isHidden()]

    def _reveal(self) -> None:
        logged = operations.reveal(self.desk.store, self.case.records)
        self.desk.run(self, logged, lambda _: self._show_whole())

    def _show_whole(self) -> None:
        self.whole.hide()
        for made in self._hidden():
            made.field.show()

    def _changed(self) -> dict[UUID, dict[str, Stored]] | None:
        """What the head set to something else, of groups all of it; None where an input is wrong and says so."""
        values: dict[UUID, dict[str, Stored]] = {}
        fits = True
        for (review, name), (field, made) in self.inputs.items():
            held = values.setdefault(review, {})
            if made.typed() == self._opened[review, name]:
                held[name] = field.sent  # nobody typed it here: it stays to the letter
                continue
            try:
                held[name] = _stored(made)
            except WrongValueError as error:
                made.field.set_error(str(error))
                fits = False
        return _differing(self.case, values) if fits else None


def _stored(made: Input) -> Stored:
    """What stands in an input. Raises ``WrongValueError``."""
    value = made.value()
    if made.declared.required and value in (None, "", ()):
        raise WrongValueError(tr("还没有填。"))
    try:
        return stored(made.declared, value)
    except Problem as problem:
        raise WrongValueError(problem.said()) from problem


def can_change(case: ReviewCase) -> bool:
    """Whether any field of a case can be given another value."""
    return any(changeable(record) for record in case.records)


def _differing(
    case: ReviewCase, values: Mapping[UUID, Mapping[str, Stored]]
) -> dict[UUID, dict[str, Stored]]:
    found: dict[UUID, dict[str, Stored]] = {}
    for record in case.records:
        typed = values.get(record.review.id, {})
        sent = {f.declared.name: f.sent for f in record.fields}
        groups = {f.declared.name: f.declared.group for f in record.fields}
        other = {name for name, value in typed.items() if value != sent[name]}
        whole = {groups[name] for name in other if groups[name]}
        wanted = other | {name for name, group in groups.items() if group in whole}
        if wanted:
            found[record.review.id] = {n: typed.get(n, sent[n]) for n in wanted}
    return found


def _left(case: ReviewCase | None, *, give_back: bool) -> Left | None:
    if case is None:
        return None
    name = case.about.name if case.about else case.author

    def open_(desk: Desk) -> Form:
        return ReviewForm(desk, case, give_back=give_back)

    return Left(name, Where("reviews"), open_)


def _left_back(case: ReviewCase | None) -> Left | None:
    return _left(case, give_back=True)


def _left_change(case: ReviewCase | None) -> Left | None:
    return _left(case, give_back=False)


FORMS = (
    FormSpec("review-back", "退回", review_case, _left_back, "review"),
    FormSpec("review-change", "改了再收", review_case, _left_change, "review"),
)
