"""Every write leaves its operation, with what was there when the form was opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from gridapp.domain.event import EventAction
from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.store import recording
from gridapp.store.changes import Changes
from gridapp.store.drafting import EventDraft, HouseholdForm, Picture, VisitDraft
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from tests.store.realistic import (
    GRID,
    NOON,
    SetClock,
    arrive,
    born,
    dump,
    household,
    jpeg,
    member,
    operations,
    save,
    uploaded,
)


@pytest.fixture
def person(store: Store) -> Person:
    """Somebody the server knows."""
    arrive(store, [found := Person(name="周敏", nicknames=("敏敏",))], version=5)
    return read(store, found)


def read(store: Store, record: Any) -> Any:
    return store.read(lambda r: r.record(type(record), record.id)).result()


def edit(store: Store, opened: Any, **values: Any) -> bool:
    return store.write(lambda uow: uow.edit(opened, replace(opened, **values))).result()


def test_a_creation_is_one_operation_with_every_field_that_is_stated(store: Store) -> None:
    made = Person(name="  周敏 ", nicknames=("b", "a"))
    store.write(lambda uow: uow.create(made)).result()
    ((entity, key, base, fields, state, _),) = operations(store)
    assert (entity, key, base, state) == ("person", made.id, 0, "waiting")
    assert fields == {"name": [None, "周敏", None], "nicknames": [None, '["a","b"]', None]}


@pytest.mark.parametrize(
    "write",
    [
        lambda uow, form: recording.add_visit(
            uow, VisitDraft(form.household.id, "2026-11-20", pictures=(Picture(jpeg()),))
        ),
        lambda uow, form: recording.report_event(
            uow, EventDraft("0101", "楼道堵了", "2026-11-20", grid_id=GRID.id, on_spot="已清走")
        ),
        lambda uow, form: recording.save_household(
            uow, form, replace(form, household=replace(form.household, name="改名"))
        ),
        lambda uow, form: uow.delete(form.members[0].residence),
    ],
)
def test_every_row_written_has_an_operation_of_the_same_save(
    store: Store, write: Callable[[UnitOfWork, HouseholdForm], object]
) -> None:
    form = save(store, household("周敏", "3号楼", "201", member("周敏")))
    before, old = dump(store), len(operations(store))
    store.write(lambda uow: write(uow, form)).result()
    after, added = dump(store), operations(store)[old:]
    told = {key.bytes for _, key, *_ in added}
    records = ("household", "visit", "event", "event_action", "attachment", "residence", "person")
    changed = {row[0] for name in records for row in set(after[name]) - set(before[name])}
    assert changed
    assert changed == told
    assert len({save_id for *_, save_id in added}) == 1


def test_before_is_what_the_form_opened_with_not_what_the_row_holds_by_now(
    store: Store, person: Person
) -> None:
    edit(store, person, status="away")
    edit(store, person, status="moved")  # a second form, opened before the first was saved
    first, second = (fields["status"] for _, _, _, fields, *_ in operations(store))
    assert first == [None, "away", None]
    assert second == [None, "moved", None]
    assert read(store, person).status == "moved"


def test_an_edit_says_which_version_was_opened(store: Store, person: Person) -> None:
    edit(store, person, name="周敏敏")
    ((_, _, base, *_),) = operations(store)
    assert base == 5


def test_an_edit_of_nothing_is_nothing(store: Store, person: Person) -> None:
    before = dump(store)
    assert not edit(store, person)
    assert not edit(store, person, name=" 周敏 ", nicknames=("敏敏", "敏敏"))
    assert dump(store) == before


def test_only_what_differs_is_told_and_other_fields_keep_what_came_meanwhile(
    store: Store, person: Person
) -> None:
    edit(store, person, status_note="看病去了")
    edit(store, person, name="周敏敏")
    assert [sorted(fields) for _, _, _, fields, *_ in operations(store)] == [
        ["status_note"],
        ["name"],
    ]
    assert read(store, person).status_note == "看病去了"


def test_a_declared_group_goes_whole(store: Store) -> None:
    file = PersonFile(
        person_id=UUID(int=9), id_kind="passport", id_number="E1", birth_date=born(1950), sex="1"
    )
    arrive(store, [file], version=2)
    edit(store, file, id_number="E2")
    ((_, _, _, fields, *_),) = operations(store)
    assert fields == {
        "id_kind": ["passport", "passport", None],
        "id_number": ["E1", "E2", None],
        "birth_date": ["1950-05-06", "1950-05-06", None],
        "sex": ["1", "1", None],
    }


def test_sets_and_maps_keep_what_another_form_did_to_other_members(store: Store) -> None:
    person, file = Person(name="周敏", nicknames=("甲", "乙")), PersonFile(person_id=UUID(int=9))
    file = replace(file, phones={"1": "本人", "2": "女儿"})
    arrive(store, [person, file])
    edit(store, person, nicknames=("甲", "乙", "丙"))
    edit(store, person, nicknames=("乙",))
    edit(store, file, phones={"1": "本人", "2": "儿子"})
    edit(store, file, phones={"2": "女儿", "3": "邻居"})
    assert read(store, person).nicknames == ("丙", "乙")
    assert dict(read(store, file).phones) == {"2": "儿子", "3": "邻居"}


def test_a_field_follows_its_predecessor_only_where_it_goes_on_from_it(
    store: Store, person: Person
) -> None:
    edit(store, person, status="away")
    seen = read(store, person)
    edit(store, seen, status="here", status_note="回来了")
    edit(store, person, status="moved")  # opened before all that
    rows = store.read(lambda r: r.rows("SELECT op_id FROM outbox ORDER BY counter")).result()
    ids = [row[0] for row in rows]
    follows = [{n: c[2] for n, c in fields.items()} for _, _, _, fields, *_ in operations(store)]
    assert follows == [
        {"status": None},
        {"status": ids[0], "status_note": None},
        {"status": None},
    ]


def test_what_was_answered_is_followed_no_more(store: Store, person: Person) -> None:
    edit(store, person, status="away")
    uploaded(store)
    edit(store, read(store, person), status="here")
    assert operations(store)[-1][3]["status"] == ["away", "here", None]


def test_the_servers_row_is_set_aside_once(store: Store, person: Person) -> None:
    edit(store, person, name="一")
    edit(store, read(store, person), name="二")
    import msgspec

    ((blob,),) = store.read(lambda r: r.rows("SELECT row FROM base")).result()
    assert msgspec.msgpack.decode(blob)["name"] == "周敏"


def test_a_delete_names_what_its_author_saw_beneath(store: Store) -> None:
    form = save(store, household("周敏", "3号楼", "201", member("周敏")))
    store.write(lambda uow: uow.delete(form.household)).result()
    beneath = store.read(
        lambda r: r.value("SELECT beneath FROM outbox ORDER BY counter DESC LIMIT 1")
    ).result()
    import msgspec

    expected = sorted([form.file.id.bytes, form.members[0].residence.id.bytes])
    assert msgspec.msgpack.decode(beneath) == expected
    assert read(store, form.household).deleted


def test_when_anything_fails_nothing_is_left(store: Store, person: Person) -> None:
    form = save(store, household("周敏"))
    before, files = dump(store), sorted(store.folder.rglob("*"))

    def write(uow: UnitOfWork) -> None:
        uow.edit(person, replace(person, name="改"))
        draft = VisitDraft(form.household.id, "2026-11-20", pictures=(Picture(jpeg()),))
        recording.add_visit(uow, draft)
        recording.report_event(uow, EventDraft("0101", "x", "2026-11-20", grid_id=GRID.id))
        uow.set_meta("x", "y")
        raise RuntimeError("late")

    heard: list[Changes] = []
    store.listen(heard.append)
    with pytest.raises(RuntimeError, match="late"):
        store.write(write).result()
    assert dump(store) == before
    kept = [p for p in store.folder.rglob("*") if p.is_file()]
    assert kept == [p for p in kept if p in files]
    assert heard == []
    save(store, household("下一户"))  # and it goes on


def test_a_photo_that_was_there_before_stays_when_a_later_save_of_it_fails(store: Store) -> None:
    form = save(store, household("周敏"))
    picture = [Picture(jpeg())]
    store.write(lambda uow: recording.attach(uow, form.household, picture)).result()

    def write(uow: UnitOfWork) -> None:
        recording.attach(uow, form.household, picture)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write(write).result()
    digest = store.read(lambda r: r.value("SELECT sha256 FROM blob")).result()
    assert store.blobs.get(digest)


def test_append_only_records_are_not_edited(store: Store) -> None:
    step = EventAction(
        event_id=UUID(int=1),
        action="note",
        actor_id=UUID(int=2),
        happened_at="2026-11-20",
        text="看过了",
    )
    store.write(lambda uow: uow.create(step)).result()
    before = dump(store)
    with pytest.raises(ValueError, match="append-only"):
        edit(store, step, text="改")
    assert dump(store) == before


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Person(name="  "), "name"),
        (Household(name="甲"), "grid_id"),
        (HouseholdFile(), "household_id"),
    ],
)
def test_required_fields_are_asked_for(store: Store, record: Any, field: str) -> None:
    before = dump(store)
    with pytest.raises(Problem) as caught:
        store.write(lambda uow: uow.create(record)).result()
    assert caught.value.code == "required"
    assert caught.value.values["field"] == field
    assert dump(store) == before


def test_a_required_field_cannot_be_emptied(store: Store, person: Person) -> None:
    with pytest.raises(Problem) as caught:
        edit(store, person, name="")
    assert caught.value.code == "required"
    assert read(store, person).name == "周敏"


def test_too_long_and_impossible_values_are_refused_by_name(store: Store, person: Person) -> None:
    before = dump(store)
    with pytest.raises(Problem) as caught:
        edit(store, person, name="长" * 41)
    assert caught.value.code == "too_long"
    assert "姓名" in caught.value.text()
    assert "41" in caught.value.text()
    with pytest.raises(Problem) as caught:
        edit(store, person, birth_year=1.5)
    assert caught.value.code == "bad_value"
    assert dump(store) == before
    assert edit(store, person, name="买" * 40)


def test_what_is_gone_is_said_to_be_gone(store: Store) -> None:
    with pytest.raises(Problem) as caught:
        edit(store, Person(name="无"), name="有")
    assert caught.value.code == "gone"


def test_listeners_hear_after_the_commit_what_was_touched(store: Store) -> None:
    form = save(store, household("周敏"))
    heard: list[Changes] = []
    remove = store.listen(heard.append)
    visit = store.write(
        lambda uow: recording.add_visit(uow, VisitDraft(form.household.id, "2026-11-20"))
    ).result()
    (changes,) = heard
    assert changes.kinds == {"visit"}
    assert changes.ids == {visit.id}
    assert changes.sync
    remove()
    save(store, household("另一户"))
    assert len(heard) == 1


def test_a_listener_that_fails_does_not_make_a_save_look_lost(store: Store) -> None:
    heard: list[Changes] = []

    def fail(_changes: Changes) -> None:
        raise RuntimeError("its window is closed")

    store.listen(fail)
    store.listen(heard.append)
    form = save(store, household("周敏"))
    assert form.household.name == "周敏"
    assert len(heard) == 1


@pytest.mark.parametrize("now", [0, 4_070_908_800_000, NOON - 3_600_000])
def test_a_wrong_clock_blocks_no_recording(store: Store, clock: SetClock, now: int) -> None:
    form = save(store, household("周敏"))
    clock.now = now
    visit = store.write(
        lambda uow: recording.add_visit(uow, VisitDraft(form.household.id, "2026-11-20"))
    ).result()
    assert read(store, visit).recorded_at == now
    assert read(store, visit).happened_at == "2026-11-20"


def test_temporary_numbers_count_up_and_a_failed_save_takes_none(store: Store) -> None:
    first = save(store, household("一")).household.temporary
    with pytest.raises(Problem):
        save(store, household(""))
    second = save(store, household("二")).household.temporary
    assert first != second
    assert first[:-4] == second[:-4]
    assert int(second[-4:]) == int(first[-4:]) + 1


def test_derived_fields_are_kept_and_never_told(store: Store) -> None:
    form = save(store, household("周敏", "3号楼", "201"))
    assert form.household.address == "3号楼1单元201"
    assert form.building
    edit(store, form.building, name="5号楼")
    assert read(store, form.household).address == "5号楼1单元201"
    event = store.write(
        lambda uow: recording.report_event(
            uow, EventDraft("0101", "x", "2026-11-20", grid_id=GRID.id)
        )
    ).result()
    assert read(store, event).state == "reported"
    store.write(
        lambda uow: recording.take_step(uow, event, "handle_on_spot", "好了", "2026-11-20")
    ).result()
    assert read(store, event).state == "handled_on_spot"
    told = [name for _, _, _, fields, *_ in operations(store) for name in fields]
    assert "address" not in told
    assert "state" not in told


def test_a_visit_needs_its_household_and_an_event_its_item(store: Store) -> None:
    with pytest.raises(Problem) as caught:
        store.write(
            lambda uow: recording.add_visit(uow, VisitDraft(UUID(int=4), "2026-11-20"))
        ).result()
    assert caught.value.code == "no_household"
    with pytest.raises(Problem) as caught:
        store.write(
            lambda uow: recording.report_event(uow, EventDraft("nope", "x", "2026-11-20"))
        ).result()
    assert caught.value.code == "unknown_item"
    assert store.read(lambda r: r.where(Visit, "1")).result() == []


def test_an_identity_that_cannot_be_right_names_the_person_and_saves_nothing(store: Store) -> None:
    before = dump(store)
    wrong = member("周敏", id_kind="citizen", id_number="110105194912310021")
    with pytest.raises(Problem) as caught:
        save(store, household("周敏", "3号楼", "201", wrong))
    assert caught.value.code == "bad_id_number"
    assert "周敏" in caught.value.text()
    assert dump(store) == before


def test_a_member_who_leaves_the_form_ends_the_tie_and_stays_a_person(store: Store) -> None:
    form = save(store, household("周敏", "3号楼", "201", member("周敏"), member("小周", "20")))
    less = replace(form, members=form.members[:1])
    store.write(lambda uow: recording.save_household(uow, form, less)).result()
    gone = form.members[1]
    assert read(store, gone.residence).deleted
    assert not read(store, gone.person).deleted
