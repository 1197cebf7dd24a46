"""A household that may be registered twice: one line in its file, and merging asked once more in place."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gridapp.domain.household import Household
from gridapp.domain.place import Dwelling
from gridapp.domain.record import new_id
from gridapp.ui.pages.file.duplicate import DuplicateBar


def twin(desktop) -> UUID:
    """A second household at the address of the first one."""
    store, key = desktop.client.desk.store, new_id()

    def write(uow) -> None:
        home = uow.record(Household, desktop.sample.zhao)
        old = uow.record(Dwelling, home.dwelling_id)
        room = Dwelling(
            grid_id=old.grid_id, building_id=old.building_id, entrance=old.entrance, room=old.room
        )
        uow.create(room)
        uow.create(
            Household(
                id=key, grid_id=home.grid_id, dwelling_id=room.id, name="赵家", temporary="临9"
            )
        )

    store.write(write).result()
    return key


def bar(desktop, household: UUID) -> DuplicateBar:
    desktop.client.desk.go("household", household)
    desktop.settle()
    return desktop.shell.pages["household"].part("overview").duplicate


def press(desktop, what) -> None:
    assert what.isVisible()
    QTest.mouseClick(what, Qt.MouseButton.LeftButton)
    desktop.settle()


def shown(desktop) -> UUID:
    return desktop.shell.pages["household"].view.household.id


def test_nothing_is_said_of_a_household_that_is_there_once(desktop) -> None:
    assert not bar(desktop, desktop.sample.zhao).isVisible()


def test_looking_at_the_other_one(desktop) -> None:
    other = twin(desktop)
    line = bar(desktop, desktop.sample.zhao)
    assert "赵家" in line.text.text()
    assert "临9" in line.text.text()
    press(desktop, line.look)
    assert shown(desktop) == other


def test_merging_is_asked_once_more(desktop) -> None:
    other = twin(desktop)
    line = bar(desktop, other)
    press(desktop, line.merge)
    assert not line.merge.isVisible()
    press(desktop, line.no)
    assert desktop.sql("SELECT merged_into FROM household WHERE id=?", other.bytes) == [(None,)]
    press(desktop, line.merge)
    press(desktop, line.yes)
    zhao = desktop.sample.zhao
    assert desktop.sql("SELECT merged_into FROM household WHERE id=?", other.bytes) == [
        (zhao.bytes,)
    ]
    assert shown(desktop) == zhao
    assert not line.isVisible()
    # Whoever still has the way to the old one comes to the other one.
    bar(desktop, other)
    assert shown(desktop) == zhao
