"""When rounds run. The clock is the test's; nothing here sleeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from gridapp.domain.household import Household
from gridapp.store import status
from gridapp.sync import engine, schedule
from gridapp.sync.patience import FIRST_RETRY, LONGEST_RETRY, retry_delay
from gridapp.sync.schedule import Phase, ServiceState, SyncService
from gridapp.sync.transport import Offline
from tests.sync.world import Client, World


class Driver:
    """A service whose clock and network are the test's, and which says every change of state."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.now = 1000.0
        self.states: list[ServiceState] = []
        self.changed = threading.Condition()
        self.service = SyncService(client.store, self._note, lambda: self.now, live=False)

    def _note(self, state: ServiceState) -> None:
        with self.changed:
            self.states.append(state)
            self.changed.notify_all()

    def until(self, phase: Phase, count: int = 1) -> ServiceState:
        """Wait for so many states of a phase since the last call."""

        def reached() -> bool:
            return [s.phase for s in self.states].count(phase) >= count

        with self.changed:
            assert self.changed.wait_for(reached, 20), self.states
            found = next(s for s in self.states if s.phase is phase)
            self.states.clear()
        return found

    def forward(self, seconds: float) -> None:
        with self.service._wake:
            self.now += seconds
            self.service._wake.notify()

    def due(self) -> float:
        with self.service._wake:
            return self.service._due - self.now

    def quiet(self) -> bool:
        """Whether the thread waits and nothing happened."""
        with self.service._wake, self.changed:
            return self.states == []


@pytest.fixture
def driver(small_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    client = small_world.join("甲")
    monkeypatch.setattr(schedule, "Transport", lambda *_: client._transport())
    made = Driver(client)
    yield made
    made.service.stop()


@pytest.mark.parametrize(
    ("failures", "after", "chance", "delay"),
    [
        (1, None, 0.5, 5),
        (2, None, 0.5, 10),
        (5, None, 0.5, 80),
        (9, None, 0.5, 900),
        (10_000, None, 0.5, 900),
        (1, None, 0.0, 4),
        (1, None, 1.0, 6),
        (1, 120.0, 0.5, 120),
        (20, 1.0, 0.0, 720),
    ],
)
def test_patience(failures: int, after: float | None, chance: float, delay: float) -> None:
    assert retry_delay(failures, after, chance) == pytest.approx(delay)


def test_a_round_at_once_and_one_after_a_save(driver: Driver) -> None:
    client = driver.client
    driver.service.start()
    driver.until(Phase.IDLE)
    home = client.household()
    client.change(Household, home.id, own_number="1")
    assert driver.due() == pytest.approx(schedule.AFTER_SAVE)
    assert client.status().waiting == 2
    driver.forward(schedule.AFTER_SAVE - 0.1)
    assert driver.quiet()
    driver.forward(0.2)
    driver.until(Phase.IDLE)
    assert client.status().waiting == 0
    assert schedule.EVERY * 0.8 <= driver.due() <= schedule.EVERY * 1.2
    driver.forward(schedule.EVERY * 1.3)
    driver.until(Phase.IDLE)


def test_offline_then_back_needs_no_hand(driver: Driver) -> None:
    client = driver.client
    client.network.online = False
    driver.service.start()
    driver.until(Phase.OFFLINE)
    for failures in range(2, 6):
        client.household(name=f"户{failures}", id_number="")
        delay = driver.due()
        assert 0.8 <= delay / (FIRST_RETRY * 2 ** (failures - 2)) <= 1.2
        driver.forward(delay + 0.1)
        driver.until(Phase.OFFLINE)
    client.network.online = True
    driver.forward(LONGEST_RETRY * 1.3)
    driver.until(Phase.IDLE)
    assert client.status().to_send == 0
    client.household()
    assert driver.due() <= schedule.AFTER_SAVE


def test_the_button_asks_at_once(driver: Driver) -> None:
    client = driver.client
    client.network.online = False
    driver.service.start()
    driver.until(Phase.OFFLINE)
    client.network.online = True
    driver.service.sync_now()
    driver.until(Phase.IDLE)


def test_a_busy_server_is_left_alone(driver: Driver) -> None:
    driver.client.network.answer_next("/sync/pull", 503, b"", {"Retry-After": "77"})
    driver.service.start()
    driver.until(Phase.OFFLINE)
    assert driver.due() == pytest.approx(77, abs=0.5)


def _during(driver: Driver, act: Callable[[], None]) -> None:
    driver.client.network.before_next("/sync/pull", act)
    driver.service.start()
    driver.until(Phase.IDLE)


def test_what_is_saved_during_a_round_goes_soon(driver: Driver) -> None:
    _during(driver, lambda: driver.client.household() and None)
    assert driver.due() <= schedule.AFTER_SAVE
    driver.forward(schedule.AFTER_SAVE + 0.1)
    driver.until(Phase.IDLE)
    assert driver.client.status().to_send == 0


def test_the_button_during_a_round_is_not_lost(driver: Driver) -> None:
    driver.client.network.before_next("/sync/pull", driver.service.sync_now)
    driver.service.start()
    driver.until(Phase.IDLE, 2)


def test_a_revoked_device_is_told_and_keeps_trying_patiently(driver: Driver) -> None:
    driver.client.world.revoke(driver.client)
    driver.service.start()
    stopped = driver.until(Phase.STOPPED)
    assert stopped.problem is not None
    assert stopped.problem.code == "revoked"
    assert driver.due() > 0
    driver.forward(10)
    driver.until(Phase.STOPPED)


def test_a_defect_is_told_without_values_and_tried_again(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: engine.Engine) -> None:
        raise ZeroDivisionError("周敏 410702196001010011")

    delay = 0.0
    with monkeypatch.context() as patch:
        patch.setattr(engine.Engine, "run", broken)
        driver.service.start()
        for failures in range(2):
            stopped = driver.until(Phase.STOPPED)
            assert stopped.problem is not None
            assert stopped.problem.code == "defect"
            delay = driver.due()
            assert 0.8 <= delay / (FIRST_RETRY * 2**failures) <= 1.2
            if not failures:
                driver.forward(delay + 0.1)
    assert "ZeroDivisionError at test_schedule.py:" in caplog.text
    assert "周敏" not in caplog.text
    driver.forward(delay + 0.1)
    driver.until(Phase.IDLE)
    assert schedule.EVERY * 0.8 <= driver.due() <= schedule.EVERY * 1.2


def test_stop_before_start_and_twice(small_world: World) -> None:
    service = SyncService(small_world.join("甲").store)
    service.stop()
    service.stop()


def test_the_line_is_true(small_world: World) -> None:
    a = small_world.join("甲")
    clock = small_world.clock
    assert status.line(a.status(), clock()) == "全部已上传 · 09:00"
    home = a.household()
    a.change(Household, home.id, own_number="1")
    clock.forward(minutes=10)
    assert status.line(a.status(), clock()) == "已存本机 · 2 条待上传 · 上次同步 09:00"
    with small_world.offline(), pytest.raises(Exception):  # noqa: B017, PT011
        a.sync()
    assert status.line(a.status(), clock()) == "已存本机 · 2 条待上传 · 上次同步 09:00"
    # The reply is lost: the server has it, and she cannot know.
    a.network.lose_next_reply()
    with pytest.raises(Offline):
        a.sync()
    assert a.status().waiting == 2
    # Pushed, but the rest of the round failed: nothing waits, and the contact is the old one.
    a.network.cut_next_reply(lambda _: 0)
    with pytest.raises(Offline):
        a.sync()
    assert a.status().waiting == 0
    assert a.status().last_contact == clock() - 600_000
    a.sync()
    assert status.line(a.status(), clock()) == "全部已上传 · 09:10"
