"""A restored server and what was purged: nothing that belonged to it comes back, from whoever still holds it."""

from __future__ import annotations

from sqlalchemy import select

from gridapp.domain.exchange import Change, Operation, Outcome, Verdict
from gridapp.domain.household import Residence
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.server import schema
from gridapp.server.purging import purge
from tests.sync.late import give_back, late
from tests.sync.restored import Copy, push
from tests.sync.test_scope import picture
from tests.sync.world import World

WORDS = "只有这一次说过的话"


def kept(world: World, words: str = WORDS) -> set[str]:
    """Tables of the server in which these words stand."""
    said = words.encode()
    found: set[str] = set()
    with world.database.snapshot() as connection:
        for table in schema.metadata.sorted_tables:
            values = [v for row in connection.execute(select(table)) for v in row]
            texts = [v.encode() if isinstance(v, str) else v for v in values]
            if any(isinstance(v, bytes | memoryview) and said in bytes(v) for v in texts):
                found.add(table.name)
    return found


def test_a_visit_that_was_forgotten_before_the_purge(world: World) -> None:
    """The purge of the household could not know of the visit; its photo is offered after it."""
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    world.settle()
    then = Copy(world)
    visit = a.visit(home.id, WORDS, photo=picture())
    a.change(Visit, visit, situation=WORDS + "。")
    a.sync()
    a.network.online = False
    then.put_back()
    b.sync()
    purge(world.server, "household", home.id.bytes, "本人要求")
    a.network.online = True
    world.settle(3)
    assert kept(world) == set()
    assert world.rows("visit") == world.rows("attachment") == []
    assert a.find(Visit, visit) is None


def test_somebody_who_moved_in_before_the_purge(small_world: World) -> None:
    """She lives nowhere else, so she goes with the household of which the server knew nothing more."""
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    world.settle()
    then = Copy(world)
    person = Person(name=WORDS)
    file = PersonFile(person_id=person.id, id_kind="citizen", id_number="11010519491231002X")
    tie = Residence(person_id=person.id, household_id=home.id, kind="living", relation="02")
    a.write(lambda uow: [uow.create(one) for one in (person, file, tie)])
    a.sync()
    a.network.online = False
    then.put_back()
    b.sync()
    purge(world.server, "household", home.id.bytes, "本人要求")
    a.network.online = True
    world.settle(3)
    assert kept(world) == set()
    assert world.rows("person") == world.rows("person_file") == []


def test_what_stays_forgets_the_purged(small_world: World) -> None:
    """An event comes back without the household of which it told."""
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    world.settle()
    then = Copy(world)
    told = a.event(home.id)
    a.sync()
    a.network.online = False
    then.put_back()
    b.sync()
    purge(world.server, "household", home.id.bytes, "本人要求")
    a.network.online = True
    world.settle(3)
    assert world.row("event", told)["household_id"] is None


def test_words_that_were_given_back(small_world: World) -> None:
    """A refusal is remembered after a restore, but not the words of what was purged."""
    world = small_world
    worker, head, home = late(world)
    then = Copy(world)
    with world.offline():
        worker.visit(home.id, WORDS)
    world.end_role(worker)
    worker.sync()
    head.sync()
    give_back(head)
    head.sync()
    worker.sync()
    worker.network.online = False
    purge(world.server, "household", home.id.bytes, "本人要求")
    then.put_back()
    worker.network.online = True
    worker.sync()
    world.restart_server()
    worker.sync()
    head.sync()
    assert kept(world) == set()


def test_an_answer_that_was_made_up_for_the_purged(small_world: World) -> None:
    world = small_world
    a = world.join("甲")
    home = a.household()
    world.settle()
    then = Copy(world)
    a.household(name="钱")
    a.sync()
    then.put_back()
    world.settle()
    purge(world.server, "household", home.id.bytes, "本人要求")
    fields = {"own_number": Change(None, WORDS)}
    sent = Operation(new_id().bytes, 900, "household", home.id.bytes, 0, fields, world.clock(), 0)
    push(a, 2, [sent], answered=[Outcome(sent.op_id, Verdict.APPLIED)])
    assert kept(world) == set()
    (logged,) = [o for o in world.operations() if o["op_id"] == sent.op_id]
    assert (logged["verdict"], logged["code"]) == ("rejected", "purged")
