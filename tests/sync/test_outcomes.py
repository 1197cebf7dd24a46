"""What becomes of one operation, and of the next one."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from gridapp.domain.event import Event
from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.person import PersonFile
from gridapp.domain.record import new_id
from gridapp.domain.unit import Unit
from gridapp.store import status
from gridapp.sync.transport import Offline
from tests.sync.world import TODAY, Client, World


def operation(
    entity: str, record_id: UUID | None = None, base: int = 0, counter: int = 1, **fields: Any
) -> Operation:
    """A creation, or with ``base`` an edit of what was never set."""
    changes = {n: v if isinstance(v, Change) else Change(None, v) for n, v in fields.items()}
    key = (record_id or new_id()).bytes
    return Operation(new_id().bytes, counter, entity, key, base, changes, 0, 0)


def send(client: Client, *operations: Operation) -> list[Outcome]:
    who = client.store.who
    return client.world.apply_as(who.staff_id.bytes, who.device_id.bytes, *operations)


def said(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(o.verdict.value, o.code) for o in outcomes]


def building(world: World, name: str = "3号楼", **more: Any) -> Operation:
    return operation("building", grid_id=world.grid1.bytes, name=name, **more)


def test_the_same_operation_gets_the_same_outcome(world: World) -> None:
    a = world.join("甲")
    one = building(world)
    first = send(a, one)
    renamed = operation("building", UUID(bytes=one.record_id), 1, name=Change("3号楼", "4号楼"))
    send(a, renamed)
    assert send(a, one) == first
    assert send(a, one, one, building(world))[:2] == first * 2
    assert world.row("building", UUID(bytes=one.record_id))["name"] == "4号楼"
    refused = operation("building", name="无网格")
    assert send(a, refused) == send(a, refused)
    assert said(send(a, refused)) == [("rejected", "required")]


def test_nobody_learns_the_outcome_of_others(world: World) -> None:
    a, b = world.join("甲"), world.join("乙")
    one = building(world)
    send(a, one)
    assert said(send(b, one)) == [("rejected", "bad_operation")]
    assert len(world.rows("building")) == 1


def test_a_bad_operation_does_not_block_the_next(world: World) -> None:
    a = world.join("甲")
    bad = [
        operation("building", grid_id=world.grid1.bytes),
        operation("weather", text="晴"),
        operation("building", grid_id=b"short", name="x"),
        operation("building", grid_id=world.grid1.bytes, name="楼" * 61),
        operation("dwelling", grid_id=world.grid1.bytes, area="nan"),
        operation("household", grid_id=world.grid1.bytes, name="赵", number="1"),
        operation("person", name="甲", nicknames='["\\ud800"]'),
        operation("person", name="甲", nicknames="[" * 5000),
        operation("person", name="甲", birth_year=float(10**300)),
        operation("person", name="甲", version=7),
        operation("person", name="a\x00b"),
        operation("person", name="甲", birth_year=1 << 63),
        operation("conflict", state="closed"),
        operation("unit", name="自立", code="1", kind="grid"),
        operation("visit", household_id=new_id().bytes, happened_at=TODAY, how="home",
                  visited_by=a.staff_id.bytes, recorded_by=a.staff_id.bytes),
        operation("attachment", target_kind=["household"], target_id=b"1"),
        Operation(b"x", 1, "person", b"y", 0, {}, 0, 0),
        Operation(new_id().bytes, 1 << 63, "person", new_id().bytes, 0, {}, 0, 0),
        Operation(new_id().bytes, 1, "Person; --", new_id().bytes, 0, {}, 0, 0),
    ]  # fmt: skip
    good = building(world)
    outcomes = send(a, *bad, good)
    assert said(outcomes)[-1] == ("applied", "")
    assert {o.verdict for o in outcomes[:-1]} == {Verdict.REJECTED}
    assert [o.code for o in outcomes[:-1]] == [
        "required",
        "unknown_kind",
        "bad_value",
        "too_long",
        "bad_value",
        "derived_field",
        "bad_value",
        "bad_value",
        "bad_value",
        "derived_field",
        "bad_operation",
        "bad_operation",
        "derived_field",
        "not_allowed",
        "not_allowed",
        "bad_operation",
        "bad_operation",
        "bad_operation",
        "bad_operation",
    ]


def test_rejected_work_stays_visible_with_its_reason(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.sync()
    with world.offline():
        file = a.get(PersonFile, home.file)
        a.edit(file, id_number="110105194912310021", birth_date=None, sex="")
        kept = a.visit(home.id)
    a.sync()
    assert [(i.entity, i.code) for i in a.store.read(status.not_accepted).result()] == [
        ("person_file", "id_check_digit")
    ] or a.verdicts()[-2][0] == "rejected"
    assert a.get(PersonFile, home.file).id_number == "11010519491231002X"
    assert world.row("visit", kept)["version"] == 1
    assert a.status().rejected == 1
    world.settle()


def test_a_chain_over_refused_operations(world: World) -> None:
    """Two refused edits, then a good one that follows them: no conflict with oneself."""
    a = world.join("甲")
    home = a.household()
    a.sync()
    first = operation("household", home.id, 1, 1, name=Change("赵桂兰", "长" * 41))
    second = operation("household", home.id, 1, 2, name=Change("长" * 41, "更" * 41, first.op_id))
    third = operation("household", home.id, 1, 3, name=Change("更" * 41, "钱", second.op_id))
    assert said(send(a, first)) == [("rejected", "too_long")]
    assert said(send(a, second)) == [("rejected", "too_long")]
    assert said(send(a, third)) == [("applied", "")]
    assert world.row("household", home.id)["name"] == "钱"
    world.settle()


def test_what_hangs_on_a_refused_creation_is_parked(world: World) -> None:
    a = world.join("甲")
    a.sync()
    household = operation("household", grid_id=world.grid1.bytes, name="户" * 41)
    key = UUID(bytes=household.record_id)
    visit = operation(
        "visit",
        household_id=key.bytes,
        happened_at=TODAY,
        how="home",
        visited_by=a.staff_id.bytes,
        recorded_by=a.staff_id.bytes,
    )
    photo = operation(
        "attachment",
        target_kind="visit",
        target_id=visit.record_id,
        sha256="0" * 64,
        media_type="image/jpeg",
        size=1,
    )
    edit = operation("household", key, 0, name=Change("户" * 41, "户", household.op_id))
    waits = ("parked", "waits_for_owner")
    # In one batch, and in the next one.
    assert said(send(a, household, visit, edit)) == [("rejected", "too_long"), waits, waits]
    assert said(send(a, photo)) == [waits]
    whole = operation("household", key, grid_id=world.grid1.bytes, name="户")
    assert said(send(a, whole)) == [("applied", "")]


def test_an_edit_is_never_a_creation(world: World) -> None:
    """A person needs a name alone; an edit of one that is not there must not make one."""
    a = world.join("甲")
    edit = operation("person", None, 3, name=Change("甲", "乙"))
    follows = operation("person", None, 0, name=Change(None, "乙", new_id().bytes))
    gone = operation("person", None, 1, deleted=Change(0, 1))
    assert said(send(a, edit, follows, gone)) == [("rejected", "not_allowed")] * 3
    assert world.rows("person") == []


def test_deletion_says_only_that(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    told = a.event(home.id, on_spot="清走了")
    world.settle()
    step = UUID(bytes=world.rows("event_action", event_id=told.bytes)[0]["id"])
    outcomes = send(
        a,
        operation("household", home.id, 1, deleted=Change(1, 0)),
        operation("household", home.id, 1, deleted=Change(0, 1), name="x"),
        operation("event_action", step, 1, deleted=Change(0, 1)),
        operation("event_action", step, 1, text="改"),
    )
    assert said(outcomes) == [("rejected", "bad_operation")] * 2 + [("rejected", "append_only")] * 2


def test_role_ended(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        a.change(Household, home.id, own_number="7")
        a.visit(home.id)
    world.end_role(a)
    a.sync()
    assert a.verdicts()[-2:] == [("parked", "role_ended")] * 2
    assert a.find(Household, home.id) is None
    assert len(a.store.read(status.not_accepted).result()) == 2
    assert b.count("visit") == 0
    world.settle()


def test_role_taken_back_is_like_ended(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.sync()
    with world.offline():
        a.change(Household, home.id, own_number="7")
    for row in world.rows("assignment", staff_id=a.staff_id.bytes):
        world.district_edit(UUID(bytes=row["id"]), "assignment", deleted=1)
    a.sync()
    assert a.last() == ("parked", "role_ended")
    assert a.find(Household, home.id) is None


def test_a_role_of_a_newer_program_grants_nothing(world: World) -> None:
    a = world.join("甲")
    world.give_role(a, "astronaut", world.grid2)
    a.household()
    a.sync()
    assert {v for v, _ in a.verdicts()} == {"applied"}


def test_different_fields_merge(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        a.change(Household, home.id, own_number="7", status="a")
        b.change(Household, home.id, registered_address="x", status="a")
    world.settle()
    held = a.get(Household, home.id)
    assert (held.own_number, held.registered_address, held.status) == ("7", "x", "a")
    assert a.conflicts() == []
    assert a.get(Household, home.id).version == 3


def test_sets_merge_by_member(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.change(HouseholdFile, home.household_file, benefits=("低保", "老龄"))
    world.settle()
    with world.offline():
        a.change(HouseholdFile, home.household_file, benefits=("低保", "老龄", "残疾"))
        b.change(HouseholdFile, home.household_file, benefits=("低保", "医疗"))
    world.settle()
    assert a.get(HouseholdFile, home.household_file).benefits == tuple(
        sorted(("低保", "医疗", "残疾"))
    )
    assert a.conflicts() == []


def test_a_set_after_a_refused_edit_of_it(world: World) -> None:
    """The server begins where the chain began; the sender must end with the server's row."""
    a = world.join("甲")
    home = a.household()
    a.sync()
    key = home.household_file
    with world.offline():
        first = a.get(HouseholdFile, key)
        second = a.edit(first, benefits=("低保",), needs="长" * 2000)
        a.edit(second, benefits=("低保", "老龄"), needs="短")
    # The first of the two was never valid.
    a.sql("SELECT 1")
    a.write(
        lambda uow: uow.connection.execute(
            "UPDATE outbox SET fields=? WHERE counter=(SELECT max(counter)-1 FROM outbox)",
            (_too_long(uow),),
        )
    )
    world.settle()
    assert [v for v, _ in a.verdicts()[-2:]] == ["rejected", "applied"]
    assert a.get(HouseholdFile, key).needs == "短"


def _too_long(uow: Any) -> bytes:
    import msgspec

    blob = uow.value("SELECT fields FROM outbox ORDER BY counter DESC LIMIT 1 OFFSET 1")
    fields = msgspec.msgpack.decode(blob)
    fields["needs"][1] = "长" * 2001
    return msgspec.msgpack.encode(fields)


def test_maps_merge_by_key(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        a.change(PersonFile, home.file, phones={"13800000001": "女儿", "13800000002": "儿子"})
        b.change(PersonFile, home.file, phones={"13800000001": "邻居", "13800000003": "本人"})
    a.sync()
    b.sync()
    world.settle()
    phones = {"13800000001": "女儿", "13800000002": "儿子", "13800000003": "本人"}
    assert dict(a.get(PersonFile, home.file).phones) == phones
    assert [c[0] for c in b.conflicts()] == ["phones"]
    # The other device goes on with its own value: still one conflict, and no second over its own keys.
    b.change(PersonFile, home.file, phones=phones | {"13800000004": "物业"})
    world.settle()
    assert len(a.conflicts()) == 1
    assert '"邻居"' in a.conflicts()[0][3]


@pytest.mark.parametrize("apart", [False, True])
def test_own_chain_of_a_map(world: World, apart: bool) -> None:
    """Keys of the chain that were taken are no conflict when they change again; undone ones close it."""
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    b.change(PersonFile, home.file, phones={"13800000001": "z"})
    b.sync()
    first = a.get(PersonFile, home.file)
    with world.offline():
        second = a.edit(first, phones={"13800000001": "b", "13800000002": "1"})
    if apart:
        a.network.cut_next_reply(lambda _: 0)
        with pytest.raises(Offline):
            a.sync()
    a.edit(second, phones={"13800000001": "本人", "13800000002": "2"})
    world.settle()
    assert dict(a.get(PersonFile, home.file).phones) == {"13800000001": "z", "13800000002": "2"}
    assert a.conflicts() == []


def test_an_identity_merges_whole(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household(id_number="")
    world.settle()
    born = date(1949, 12, 31)
    with world.offline():
        a.change(
            PersonFile,
            home.file,
            id_kind="citizen",
            id_number="11010519491231002X",
            birth_date=born,
            sex="2",
        )
        b.change(PersonFile, home.file, id_kind="passport", id_number="E1", birth_date=born)
    a.sync()
    b.sync()
    world.settle()
    for client in (a, b):
        held = client.get(PersonFile, home.file)
        assert (held.id_kind, held.id_number) == ("citizen", "11010519491231002X")
        assert [c[0] for c in client.conflicts()] == ["identity"]


def test_numbers_are_given_and_the_temporary_one_is_kept(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    told = a.event(home.id)
    temporary = a.get(Household, home.id).temporary
    assert temporary.startswith("临-")
    world.settle()
    held = a.get(Household, home.id)
    assert (held.number, held.temporary) == ("410702001001010001", temporary)
    assert a.get(Event, told).number == "西街 2026-1120-0001"
    second = a.household(name="二", id_number="")
    a.sync()
    assert a.get(Household, second.id).number == "410702001001010002"


@pytest.mark.parametrize("code", ["4107020010010AB", "X"])
def test_a_grid_without_a_number_of_its_own(world: World, code: str) -> None:
    grid = Unit(parent_id=world.east, code=code, name="专属", kind="grid", grid_kind="dedicated")
    world.write(grid)
    b = world.office()
    home = b.household(grid.id)
    b.sync()
    assert {v for v, _ in b.verdicts()} == {"applied"}
    assert b.get(Household, home.id).number == ""


def test_full_group_keeps_temporary_numbers(world: World) -> None:
    from sqlalchemy import insert

    from gridapp.server.schema import counter

    with world.database.write() as connection:
        connection.execute(insert(counter).values(name="household:410702001001:01", value=9999))
    a = world.join("甲")
    home = a.household()
    a.sync()
    assert {v for v, _ in a.verdicts()} == {"applied"}
    assert a.get(Household, home.id).number == ""


def test_fields_of_a_newer_client_travel_on(world: World) -> None:
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    a.sync()
    send(
        a,
        operation("household", home.id, 1, 9, pets="狗", tag=b"\x01", name=Change("赵桂兰", "赵")),
    )
    send(a, operation("household", home.id, 2, 10, pets=Change("狗", "猫")))
    world.settle()
    assert dict(b.get(Household, home.id).extra) == {"pets": "猫", "tag": "01"}
    b.change(Household, home.id, own_number="1")
    world.settle()
    assert dict(a.get(Household, home.id).extra) == {"pets": "猫", "tag": "01"}


def test_operations_say_what_they_became(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        a.change(Household, home.id, own_number="7", status="s")
        b.change(Household, home.id, own_number="8", registered_address="x")
    a.sync()
    outcome = send(
        b,
        operation(
            "household",
            home.id,
            1,
            77,
            own_number="8",
            status="s",
            registered_address="x",
        ),
    )[0]
    assert outcome.verdict is Verdict.CONFLICT
    assert outcome.fields == {
        "own_number": FieldVerdict.CONFLICT,
        "status": FieldVerdict.SAME,
        "registered_address": FieldVerdict.TAKEN,
    }
    assert (outcome.previous, outcome.version) == (2, 3)


def test_a_rejected_creation_is_corrected_by_editing_it(world: World) -> None:
    a, office = world.join("甲"), world.office()
    home = a.household()
    a.sync()
    person = a.sql("SELECT person_id FROM person_file")[0][0]
    wrong = PersonFile(
        person_id=UUID(bytes=person), id_kind="citizen", id_number="110105194912310021"
    )
    a.write(lambda uow: uow.create(wrong))
    a.sync()
    assert a.verdicts()[-1] == ("rejected", "bad_id_number")
    a.change(PersonFile, wrong.id, id_number="", id_kind="none")
    a.sync()
    assert a.verdicts()[-1] == ("applied", "")
    assert a.status().rejected == 0
    world.settle()
    held = office.get(PersonFile, wrong.id)
    assert (held.id_kind, held.id_number) == ("none", "")
    assert home
