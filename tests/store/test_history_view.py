"""The past of a household as this computer knows it: the server's answer with one's own edits on top."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from gridapp.domain.exchange import HistoryEntry
from gridapp.domain.household import Household
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.store import history, recording
from gridapp.store.drafting import HouseholdForm, VisitDraft
from gridapp.store.store import Store
from gridapp.store.views.history import History, HistoryLine, household_history
from tests.store.realistic import NOON, WORKER, SetClock, household, member, save, uploaded

HOUR = 3_600_000


@pytest.fixture
def zhao(store: Store) -> HouseholdForm:
    """A household of one that the server has."""
    form = save(store, household("赵桂兰", "3号楼", "201", member("赵桂兰", birth_year=1946)))
    uploaded(store)
    store.write(
        lambda uow: uow.connection.execute("UPDATE outbox SET answered_at=?", (NOON - HOUR,))
    ).result()
    return form


def entry(
    record: Household | Person | PersonFile | CareEnrolment | Visit,
    at: int = NOON,
    **fields: object,
) -> HistoryEntry:
    changes = {name: value for name, value in fields.items() if isinstance(value, tuple)}
    return HistoryEntry(
        new_id().bytes, record.KIND, record.id.bytes, WORKER.id.bytes, at, at, "changed", changes
    )


def answer(store: Store, household_id: UUID, *entries: HistoryEntry, more: bool = False) -> None:
    store.write(lambda uow: history.keep_newest(uow, household_id, entries, more)).result()


def seen(store: Store, household_id: UUID) -> History:
    return store.read(lambda r: household_history(r, household_id)).result()


def said(lines: tuple[HistoryLine, ...]) -> list[tuple[object, ...]]:
    return [(x.about, x.what, x.field, x.before, x.after, x.unsent) for x in lines]


def test_the_answer_with_names_and_whose_it_is(
    store: Store, clock: SetClock, zhao: HouseholdForm
) -> None:
    person, file = zhao.members[0].person, zhao.members[0].file
    assert person.id
    answer(
        store,
        zhao.household.id,
        entry(file, NOON, phones=(None, '{"13800002210":"本人"}')),
        entry(zhao.household, NOON - HOUR, head_id=(None, person.id.bytes)),
        entry(zhao.household, NOON - 2 * HOUR, name=("赵", "赵桂兰"), number=("1", "1")),
        more=True,
    )
    found = seen(store, zhao.household.id)
    assert said(found.lines) == [
        ("赵桂兰", "changed", "phones", None, '{"13800002210":"本人"}', False),
        ("", "changed", "head_id", None, person.id.bytes, False),
        ("", "changed", "name", "赵", "赵桂兰", False),
    ]
    assert {line.who for line in found.lines} == {"李秀英"}
    assert found.lines[0].declared is not None
    assert found.lines[0].declared.zh == "电话"
    assert found.names[person.id.bytes] == "赵桂兰"
    assert (found.asked_at, found.more) == (clock(), True)


def test_what_waits_stands_on_top_until_the_server_tells_it(
    store: Store, clock: SetClock, zhao: HouseholdForm
) -> None:
    home, file = zhao.household, zhao.members[0].file
    answer(store, home.id, entry(home, NOON, name=("赵", "赵桂兰")))
    clock.pass_(60)
    store.write(lambda uow: uow.edit(file, replace(file, occupation="农民"))).result()
    (waiting, _) = seen(store, home.id).lines
    assert said((waiting,)) == [("赵桂兰", "changed", "occupation", None, "农民", True)]
    assert (waiting.who, waiting.at) == ("李秀英", clock())
    op_id = store.read(lambda r: r.value("SELECT op_id FROM outbox WHERE state='waiting'")).result()

    def take(uow):  # type: ignore[no-untyped-def]
        uow.connection.execute(
            "UPDATE outbox SET state='applied', answered_at=? WHERE op_id=?", (clock(), op_id)
        )

    store.write(take).result()  # uploaded, and the server not asked since
    assert [line.unsent for line in seen(store, home.id).lines] == [False, False]
    clock.pass_(60)
    told = replace_id(entry(file, clock(), occupation=(None, "农民")), op_id)
    answer(store, home.id, told)
    assert said(seen(store, home.id).lines) == [
        ("赵桂兰", "changed", "occupation", None, "农民", False)
    ]
    answer(store, home.id)  # the server says that it made no difference
    assert seen(store, home.id).lines == ()


def replace_id(told: HistoryEntry, op_id: bytes) -> HistoryEntry:
    return HistoryEntry(op_id, *(getattr(told, n) for n in told.__struct_fields__[1:]))


def test_a_new_member_is_one_line_and_a_visit_none(store: Store, zhao: HouseholdForm) -> None:
    home = zhao.household
    answer(store, home.id)
    son = member("赵建军", "20")
    son = replace(son, residence=replace(son.residence, household_id=home.id))
    form = replace(zhao, members=(*zhao.members, son))
    store.write(lambda uow: recording.save_household(uow, zhao, form)).result()
    visit = store.write(
        lambda uow: recording.add_visit(uow, VisitDraft(home.id, "2026-11-20", situation="好"))
    ).result()
    store.write(lambda uow: uow.edit(visit, replace(visit, situation="不好"))).result()
    care = CareEnrolment(person_id=son.person.id, group_code="C01")
    store.write(lambda uow: uow.create(care)).result()
    store.write(lambda uow: uow.delete(care)).result()
    lines = seen(store, home.id).lines
    assert [(x.entity, x.about, x.what, x.field) for x in reversed(lines)] == [
        ("residence", "赵建军", "created", ""),
        ("visit", "2026-11-20", "changed", "situation"),
        ("care_enrolment", "赵建军", "created", ""),
        ("care_enrolment", "赵建军", "deleted", ""),
    ]


def test_an_edit_of_what_is_not_uploaded_yet_is_no_creation(store: Store) -> None:
    form = save(store, household("钱美玲", "1号楼", "102", member("钱美玲")))
    store.write(lambda uow: uow.edit(form.file, replace(form.file, needs="买药"))).result()
    lines = seen(store, form.household.id).lines
    assert {(x.entity, x.what, x.field) for x in lines} == {
        ("household", "created", ""),
        ("residence", "created", ""),
        ("household_file", "changed", "needs"),
    }
    assert all(line.unsent for line in lines)


def test_nothing_is_told_of_others_and_before_any_answer(store: Store, zhao: HouseholdForm) -> None:
    other = save(store, household("钱美玲", "1号楼", "102", member("钱美玲")))
    found = seen(store, zhao.household.id)
    assert other.household.id.bytes not in found.names
    assert {line.entity for line in found.lines} == {"household", "residence"}  # its own creation
    assert (found.asked_at, found.more) == (None, False)
    assert seen(store, new_id()) == History((), None, more=False, names={})
