"""What people do, as writes on a unit of work: one function per act.

The window, the command line, the roster import and the demo all come through here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from uuid import UUID

from gridapp.clock import day_of
from gridapp.domain.event import Event, EventAction
from gridapp.domain.household import Household, Residence
from gridapp.domain.identity import check_identity
from gridapp.domain.numbers import device_tag, temporary_number
from gridapp.domain.person import CareEnrolment
from gridapp.domain.record import Record
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.store.acting import courses, standing
from gridapp.store.attaching import attach
from gridapp.store.authority import check_grid
from gridapp.store.drafting import (
    EventDraft,
    HouseholdForm,
    KeptPicture,
    MemberForm,
    Picture,
    VisitDraft,
)
from gridapp.store.unit_of_work import UnitOfWork


def add_visit(uow: UnitOfWork, draft: VisitDraft) -> Visit:
    """Record a visit with its photos."""
    check_grid(uow, "visit", _household(uow, draft.household_id).grid_id, uow.now)
    visit = uow.create(
        Visit(
            household_id=draft.household_id,
            happened_at=draft.happened_at,
            how=draft.how,
            visited_by=draft.visited_by or uow.who.staff_id,
            recorded_by=uow.who.staff_id,
            source=draft.source,
            people_met=draft.people_met,
            situation=draft.situation,
            difficulties=draft.difficulties,
            requests=draft.requests,
            action=draft.action,
            result=draft.result,
            next_date=draft.next_date,
            promise=draft.promise,
            answers=draft.answers,
        )
    )
    attach(uow, visit, draft.pictures)
    return visit


def report_event(uow: UnitOfWork, draft: EventDraft) -> Event:
    """Report an event; with ``on_spot`` it is handled at once by the reporter."""
    if not uow.value(
        "SELECT 1 FROM catalogue_item WHERE item_code=? AND deleted=0", (draft.item_code,)
    ):
        raise Problem(
            "unknown_item",
            "没有代码为“{item}”的事项。",
            remedy="请从事项目录中选择。",
            item=draft.item_code,
        )
    grid_id = draft.grid_id or _grid(uow, draft.household_id)
    check_grid(uow, "event", grid_id, uow.now)
    event = uow.create(
        Event(
            grid_id=grid_id,
            household_id=draft.household_id,
            visit_id=draft.visit_id,
            item_code=draft.item_code,
            title=draft.title,
            text=draft.text,
            place=draft.place,
            happened_at=draft.happened_at,
            reported_by=uow.who.staff_id,
            source=draft.source,
            temporary=next_temporary(uow, "event"),
        )
    )
    attach(uow, event, draft.pictures)
    if draft.on_spot:
        take_step(
            uow, event, "handle_on_spot", draft.on_spot, draft.happened_at, pictures=draft.after
        )
    return event


def take_step(
    uow: UnitOfWork,
    event: Event,
    action: str,
    text: str,
    happened_at: str,
    *,
    target_unit_id: UUID | None = None,
    rating: str = "",
    pictures: Sequence[Picture | KeptPicture] = (),
) -> EventAction:
    """One step of an event, naming the last step that its author saw, for the unit that it is taken for."""
    mine = standing(uow, day_of(uow.now))
    course = courses(uow, mine, [event.id])[event.id]
    seen = uow.value("SELECT max(number) FROM event_action WHERE event_id=?", (event.id.bytes,))
    step = uow.create(
        EventAction(
            event_id=event.id,
            action=action,
            seen=seen or 0,
            actor_id=uow.who.staff_id,
            unit_id=mine.unit_for(course, action),
            target_unit_id=target_unit_id,
            happened_at=happened_at,
            text=text,
            rating=rating,
        )
    )
    attach(uow, step, pictures)
    return step


def save_household(
    uow: UnitOfWork,
    opened: HouseholdForm | None,
    form: HouseholdForm,
    *,
    held: Sequence[Record] = (),
) -> Household:
    """Create a household, or write what its form changed: members may come, change and go.

    ``held``: records of ``form`` that are there already though no part of ``opened``, as they were read
    (a building with other households, a person who lives elsewhere too). They are edited, never left out.
    """
    check_grid(uow, "household", (opened or form).household.grid_id, uow.now)
    form = dataclasses.replace(form, members=tuple(checked_member(m) for m in form.members))
    before = form_records(opened) if opened else {}
    known = {record.id: record for record in held}
    household = form.household
    if opened is None and not household.temporary:
        household = dataclasses.replace(household, temporary=next_temporary(uow, "household"))
        form = dataclasses.replace(form, household=household)
    for key, record in form_records(form).items():
        old = before.pop(key, None) or known.get(key)
        if old is None or not (key in known or is_saved(old)):
            # What a form opened with only to have something to show is made once it says something.
            if old != record:
                uow.create(record)
        else:
            uow.edit(old, record)
    for record in before.values():
        # A member who left the form ends the tie; the person stays for other households.
        if isinstance(record, (Residence, CareEnrolment)):
            uow.delete(record)
    return household


def checked_member(member: MemberForm) -> MemberForm:
    """The member with birth date, sex and birth year as the identity says.

    Raises ``Problem`` for an identity that cannot be right; ``values["person"]`` is the person's id.
    """
    file = member.file
    try:
        read = check_identity(file.id_kind, file.id_number, file.birth_date, file.sex)
    except Problem as problem:
        problem.values["person"] = str(member.person.id)
        problem.values["name"] = member.person.name
        problem.place = problem.place or "{name}"
        raise
    file = dataclasses.replace(file, id_number=read.number, birth_date=read.birth, sex=read.sex)
    person = member.person
    if read.birth is not None:
        person = dataclasses.replace(person, birth_year=read.birth.year)
    return dataclasses.replace(member, file=file, person=person)


def next_temporary(uow: UnitOfWork, entity: str) -> str:
    """The next 临时号 of this device."""
    count = int(uow.meta(f"temporary:{entity}") or 0) + 1
    uow.set_meta(f"temporary:{entity}", str(count))
    return temporary_number(device_tag(uow.who.device_id), count)


def form_records(form: HouseholdForm) -> dict[UUID, Record]:
    """Every record of a form, owners before what they own."""
    places = [form.building, form.dwelling] if form.building else [form.dwelling]
    found: list[Record] = [*places, form.household, form.file]
    for member in form.members:
        found += [member.person, member.residence, member.file, *member.care]
    return {record.id: record for record in found}


def is_saved(record: Record) -> bool:
    """Whether a record was read from the store, and not just made."""
    return record.version > 0 or record.recorded_at > 0


def _household(uow: UnitOfWork, household_id: UUID) -> Household:
    household = uow.record(Household, household_id)
    if household is None or household.deleted:
        raise Problem(
            "no_household",
            "本机没有这一户。",
            place=str(household_id),
            remedy="请核对户号，或先同步。",
        )
    return household


def _grid(uow: UnitOfWork, household_id: UUID | None) -> UUID:
    if household_id is not None:
        grid_id = _household(uow, household_id).grid_id
        if grid_id is not None:
            return grid_id
    grids = uow.rows(
        "SELECT DISTINCT a.unit_id FROM assignment a JOIN unit u ON u.id=a.unit_id "
        "WHERE a.staff_id=? AND a.deleted=0 AND u.kind='grid' AND a.to_date IS NULL",
        (uow.who.staff_id.bytes,),
    )
    if len(grids) == 1:
        return UUID(bytes=grids[0][0])
    raise Problem(
        "which_grid",
        "不知道事件在哪个网格。",
        remedy="请选择网格或住户。",
    )
