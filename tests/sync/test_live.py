"""What others do is here at once: a real server on loopback, real waiting threads, nothing that sleeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gridapp.domain.event import Event
from gridapp.domain.household import Household
from gridapp.domain.visit import Visit
from gridapp.server.live import Live, Waiter
from gridapp.server.running import serving
from gridapp.store.changes import Changes
from gridapp.sync import live as waiting
from gridapp.sync import schedule
from gridapp.sync.asking import pull_request
from gridapp.sync.live import Watch
from gridapp.sync.patience import LONGEST_RETRY
from gridapp.sync.protocol import PullRequest, WaitReply, WaitRequest, encode
from gridapp.sync.schedule import Phase, ServiceState, SyncService
from gridapp.sync.transport import Held, Offline, Refused, Transport
from tests.sync.world import Client, World

PATIENCE = 60  # seconds that a test waits for what takes a few milliseconds


class Line(Transport):
    """A real connection that says when the server holds an answer."""

    def __init__(self, url: str, said: Said) -> None:
        super().__init__(url)
        self._said = said

    def wait(self, request: WaitRequest) -> Held:
        held = super().wait(request)
        self._said.holds()
        return held

    def pull(self, request: PullRequest) -> Iterator[bytes]:
        self._said.pulls += 1
        return super().pull(request)


class Said:
    """What one client's service did."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.held = 0
        self.pulls = 0
        self.states: list[ServiceState] = []
        self.touched: set[str] = set()

    def holds(self) -> None:
        with self.changed:
            self.held += 1
            self.changed.notify_all()

    def state(self, state: ServiceState) -> None:
        with self.changed:
            self.states.append(state)
            self.changed.notify_all()

    def saved(self, changes: Changes) -> None:
        with self.changed:
            self.touched |= changes.kinds
            self.changed.notify_all()

    def until(self, reached: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(reached, PATIENCE), (self.held, self.states, self.touched)


class Computer:
    """A client whose service runs against the server on loopback."""

    def __init__(self, client: Client, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = client
        self.said = Said()
        client.store.listen(self.said.saved)
        monkeypatch.setattr(schedule, "Transport", lambda *_: Line(url, self.said))
        self.service = SyncService(client.store, self.said.state)
        self.service.start()
        self.said.until(lambda: self.said.held == 1)

    def has(self, record: type[Any], key: Any) -> bool:
        return self.client.find(record, key) is not None


@pytest.fixture
def url(world: World) -> Iterator[str]:
    with serving(world.server) as found:
        yield found


@pytest.fixture
def computer(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Computer]:
    made = Computer(world.join("甲"), url, monkeypatch)
    yield made
    made.service.stop()


def test_what_another_saves_is_here_without_a_timer(world: World, computer: Computer) -> None:
    other = world.join("乙")
    home = other.household()
    event = other.event(home.id)
    other.sync()
    computer.said.until(lambda: "event" in computer.said.touched)
    computer.said.until(lambda: computer.has(Event, event))
    visit = other.visit(home.id)
    other.sync()
    computer.said.until(lambda: computer.has(Visit, visit))


def test_what_another_process_writes_is_seen(world: World, computer: Computer) -> None:
    other = world.join("乙")
    home = other.household()
    other.sync()
    computer.said.until(lambda: computer.has(Household, home.id))
    computer.said.until(lambda: computer.said.held >= 2)
    world.restart_server()  # whoever listens on the first hears nothing of what this one commits
    other.change(Household, home.id, own_number="7")
    other.sync()
    computer.said.until(lambda: computer.client.get(Household, home.id).own_number == "7")


def test_ones_own_save_brings_no_second_round(computer: Computer) -> None:
    said = computer.said
    computer.client.household()
    computer.service.sync_now()
    said.until(lambda: said.held == 2)
    assert said.pulls == 2
    assert computer.client.status().to_send == 0


def test_a_revoked_computer_hears_of_it(world: World, computer: Computer) -> None:
    world.revoke(computer.client)
    said = computer.said
    said.until(lambda: any(s.phase is Phase.STOPPED for s in said.states))
    problem = said.states[-1].problem
    assert problem is not None
    assert problem.code == "revoked"


def test_a_role_that_ends_is_heard_of(world: World, computer: Computer) -> None:
    home = computer.client.household()
    computer.service.sync_now()
    computer.said.until(lambda: computer.said.held == 2)
    world.end_role(computer.client)
    computer.said.until(lambda: not computer.has(Household, home.id))


def test_stopping_ends_the_wait_at_once(computer: Computer) -> None:
    watch = computer.service._watch
    assert watch is not None
    computer.service.stop()
    watch._thread.join(PATIENCE)
    assert not watch._thread.is_alive()
    computer.service.stop()


def test_a_server_that_stops_lets_go_of_all(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = small_world.join("甲")
    with serving(small_world.server) as url:
        transport = _open(client, url)
        held = transport.wait(_request(client))
        answers: list[WaitReply] = []
        thread = threading.Thread(target=lambda: answers.append(held.result()))
        thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert answers[0].news is False
    assert answers[0].again >= 5
    transport.close()


def test_it_ends_after_the_time_asked_for(small_world: World) -> None:
    client = small_world.join("甲")
    with serving(small_world.server) as url:
        transport = _open(client, url)
        request = replace_seconds(_request(client), 0.0)
        assert transport.wait(request).result() == WaitReply(False)
        assert transport.wait(WaitRequest({})).result() == WaitReply(True)
        elsewhere = WaitRequest({f"grid:{small_world.grid3}:work": 1} | request.cursors)
        assert transport.wait(elsewhere).result() == WaitReply(True)
        with pytest.raises(Refused, match="bad_request"):
            transport.wait(WaitRequest(request.cursors, -1))
        with pytest.raises(Refused, match="bad_request"):
            transport.wait(WaitRequest(request.cursors, 1 << 63))
        transport._token = "x"
        with pytest.raises(Refused, match="no_session"):
            transport.wait(request)
        small_world.revoke(client)
        with pytest.raises(Refused, match="revoked"):
            _open(client, url)
        transport.close()


def replace_seconds(request: WaitRequest, seconds: float) -> WaitRequest:
    return WaitRequest(request.cursors, request.outcome_cursor, seconds)


def _request(client: Client) -> WaitRequest:
    pull = client.store.read(pull_request).result()
    return WaitRequest(pull.cursors, pull.outcome_cursor)


def _open(client: Client, url: str) -> Transport:
    from gridapp.sync.session import open_session

    transport = Transport(url)
    open_session(client.store, transport)
    return transport


# --- who is woken, on a loop of the test ------------------------------------------------------


class Room:
    """Waiters on the test's own loop."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.loop = asyncio.new_event_loop()
        self.live = Live(world.server)

    def enter(self, client: Client) -> Waiter:
        client.sync()
        waiter = Waiter(self.loop.create_future())
        self.live.enter(waiter, client.transport._token, encode(_request(client)))
        self.settle()
        assert not waiter.done.done()
        return waiter

    def settle(self) -> None:
        """Let the loop do what it was called for."""
        self.loop.run_until_complete(asyncio.sleep(0))

    def woken(self, waiter: Waiter) -> bool:
        self.settle()
        return waiter.done.done() and waiter.done.result().news


@pytest.fixture
def room(world: World) -> Iterator[Room]:
    made = Room(world)
    yield made
    made.loop.close()


def test_only_who_may_read_it_is_woken(world: World, room: Room) -> None:
    here, there = world.join("甲"), world.join("丙", unit=world.grid3)
    colleague = world.join("乙")
    one, other = room.enter(here), room.enter(there)
    colleague.household()
    colleague.sync()
    assert room.woken(one)
    assert not room.woken(other)
    room.live.look()
    assert not room.woken(other)


def test_what_falls_between_asking_and_waiting_is_told(world: World, room: Room) -> None:
    client, colleague = world.join("甲"), world.join("乙")
    client.sync()
    asked = encode(_request(client))
    colleague.household()
    colleague.sync()
    waiter = Waiter(room.loop.create_future())
    room.live.enter(waiter, client.transport._token, asked)
    assert room.woken(waiter)


def test_a_look_wakes_nobody_twice_for_the_same(world: World, room: Room) -> None:
    client, colleague = world.join("甲"), world.join("乙")
    first = room.enter(client)
    colleague.household()
    colleague.sync()
    assert room.woken(first)
    again = room.enter(client)  # has what happened, while the last look has not
    room.live.look()
    assert not room.woken(again)


def test_a_second_program_of_one_device_ends_the_first(world: World, room: Room) -> None:
    client = world.join("甲")
    first = room.enter(client)
    second = room.enter(client)
    room.settle()
    assert first.done.result() == WaitReply(False, first.done.result().again)
    assert first.done.result().again >= 10
    room.live.leave(first)
    assert room.live.count == 1
    assert not second.done.done()
    room.live.leave(second)
    assert room.live.count == 0
    assert room.live._by_channel == {}


def test_what_concerns_everybody_comes_spread_out(world: World, room: Room) -> None:
    clients = [world.join(f"甲{number}") for number in range(4)]
    waiters = [room.enter(client) for client in clients]
    delays: list[float] = []
    room.loop.call_later = lambda delay, *_: delays.append(delay)  # type: ignore[method-assign,assignment]
    world.staff("新人")
    room.settle()
    assert len(delays) == len(waiters)
    assert all(0 <= delay <= len(waiters) / 200 for delay in delays)


def test_nobody_waits_at_a_server_that_stops(world: World, room: Room) -> None:
    client = world.join("甲")
    waiter = room.enter(client)
    room.live.end()
    room.settle()
    assert waiter.done.result().again >= 5
    with pytest.raises(Exception, match="stopping") as refused:
        room.live.enter(Waiter(room.loop.create_future()), client.transport._token, b"")
    assert refused.value.status == 503  # type: ignore[attr-defined]
    assert refused.value.retry_after >= 5  # type: ignore[attr-defined]


def test_a_revised_outcome_wakes_its_author(world: World, room: Room) -> None:
    from sqlalchemy import update

    from gridapp.server.schema import counter, operation

    client, colleague = world.join("甲"), world.join("乙")
    client.household()
    client.sync()
    waiter, other = room.enter(client), room.enter(colleague)
    device = client.store.who.device_id.bytes
    with world.database.write() as connection:
        connection.execute(
            update(operation).where(operation.c.device_id == device).values(revised=5)
        )
        if not connection.execute(
            update(counter).where(counter.c.name == "outcomes").values(value=5)
        ).rowcount:
            connection.execute(counter.insert().values(name="outcomes", value=5))
    room.live.look()
    assert room.woken(waiter)
    assert not room.woken(other)


# --- the client's patience --------------------------------------------------------------------


class Edge(Transport):
    """A server that answers as the test says."""

    def __init__(self, *answers: Exception | WaitReply) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answers = list(answers)
        self.asked: list[WaitRequest] = []

    def challenge(self, device_id: bytes) -> Any:
        from gridapp.sync.protocol import Challenge

        return Challenge(b"n" * 32, 0)

    def open_session(self, request: Any) -> None:
        pass

    def wait(self, request: WaitRequest) -> Any:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer)


class Answer:
    def __init__(self, reply: WaitReply) -> None:
        self.reply = reply

    def result(self) -> WaitReply:
        return self.reply

    def cut(self) -> None:
        raise AssertionError


class Turns:
    """A watch whose turns the test takes itself."""

    def __init__(self, client: Client, *answers: Exception | WaitReply) -> None:
        self.now = 1000.0
        self.rounds = 0
        self.edge = Edge(*answers)
        self.watch = Watch(client.store, lambda: self.edge, self._news, lambda: self.now)
        self.watch._heard = True

    def _news(self) -> None:
        self.rounds += 1

    def turn(self) -> float:
        """Seconds until the next question."""
        self.watch._turn()
        return self.watch._due - self.now


def test_an_older_server_is_not_asked_again(small_world: World) -> None:
    turns = Turns(small_world.join("甲"), Refused(404, "bad_request"))
    assert turns.turn() >= 600
    assert turns.rounds == 0


def test_it_waits_longer_each_time_and_as_long_as_it_is_told(small_world: World) -> None:
    turns = Turns(
        small_world.join("甲"), Offline("x"), Offline("x"), Offline("busy", 77.0), WaitReply(False)
    )
    assert 4 <= turns.turn() <= 6
    turns.now += 100
    assert 8 <= turns.turn() <= 12
    turns.now += 100
    assert turns.turn() >= 77
    turns.now += 1000
    turns.turn()
    assert turns.watch._failures == 0


def test_a_pause_that_the_server_asks_for(small_world: World) -> None:
    assert Turns(small_world.join("甲"), WaitReply(False, 12.5)).turn() == 12.5


def test_news_that_no_round_brings_does_not_turn_in_circles(small_world: World) -> None:
    turns = Turns(small_world.join("甲"), *[WaitReply(True)] * 12)
    pauses = []
    for _ in range(12):
        turns.now = max(turns.now, turns.watch._due)
        pauses.append(turns.turn())
        turns.watch.round_begins()
        turns.watch._heard = True  # the round ended, and brought nothing
    assert turns.rounds == 12
    assert pauses[0] <= 0
    assert pauses[1] >= 4
    assert pauses[-1] >= LONGEST_RETRY * 0.8


def test_news_during_a_round_asks_for_none(small_world: World) -> None:
    turns = Turns(small_world.join("甲"), WaitReply(True))
    turns.watch.round_begins()
    turns.turn()
    assert turns.rounds == 0


def test_news_that_a_round_brought_meanwhile_asks_for_none(small_world: World) -> None:
    client, other = small_world.join("甲"), small_world.join("乙")

    class Slow(Edge):
        def wait(self, request: WaitRequest) -> Any:
            other.household()
            other.sync()
            client.sync()
            return Answer(WaitReply(True))

    turns = Turns(client)
    turns.edge = Slow()
    turns.turn()
    assert turns.rounds == 0


def test_a_line_that_is_cut_early_is_asked_for_less(small_world: World) -> None:
    client = small_world.join("甲")

    class Proxy(Edge):
        def wait(self, request: WaitRequest) -> Any:
            self.asked.append(request)
            turns.now += 60
            raise Offline("HTTP 504")

    turns = Turns(client)
    turns.edge = Proxy()
    turns.watch._connect = lambda: turns.edge
    turns.turn()
    turns.turn()
    assert [request.seconds for request in turns.edge.asked] == [waiting._SECONDS, 48.0]
