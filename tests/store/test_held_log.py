"""Much that is pulled stands in the log, safe, until it can be found; then it is written back at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gridapp.domain.exchange import Page, Rows
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import new_id
from gridapp.store import search
from gridapp.store.opening import open_store
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import intake
from gridapp.tables import wire_columns
from tests.store.realistic import PASSWORD, SetClock

_BIG = "x" * 3_000_000  # some 740 pages: two of them are more than SQLite leaves in the log


def size(store: Store) -> int:
    for _ in range(2):  # after what was given to the writer, and what that gave to it
        store.write(lambda _uow: None).result()
    return (store.folder / "store.db").stat().st_size


def keep(store: Store, name: str) -> None:
    store.write(lambda uow: uow.set_meta(name, _BIG)).result()


def limit(store: Store) -> int:
    sql = "PRAGMA wal_autocheckpoint"
    return int(store.write(lambda uow: uow.value(sql)).result())


def people(count: int) -> Page:
    names = wire_columns(KINDS["person"])
    given = {"version": 1, "epoch": 1, "mac": bytes(32), "deleted": 0}
    rows = [{"id": new_id().bytes, "name": f"周{n}"} | given for n in range(count)]
    bodies = [[row.get(name) for name in names] for row in rows]
    return Page("grid:x:file", 0, 1, False, [Rows("person", list(names), bodies)], [], [])


def test_a_held_log_is_written_back_when_what_goes_on_has_ended(store: Store) -> None:
    keep(store, "before")
    before, usual = size(store), limit(store)
    store.hold_log()
    for name in ("one", "two", "three"):
        keep(store, name)
    assert size(store) == before
    parts: list[int] = []

    def part(uow: UnitOfWork) -> bool:
        parts.append(int(uow.value("PRAGMA wal_autocheckpoint")))
        return len(parts) < 3

    store.go_on(part)
    while len(parts) < 3:
        store.write(lambda _uow: None).result()
    assert min(parts) > usual
    assert size(store) >= before + 3 * len(_BIG)
    assert limit(store) == usual


def test_what_stands_in_a_held_log_is_safe(store: Store, tmp_path: Path) -> None:
    store.hold_log()
    for name in ("one", "two", "three"):
        keep(store, name)
    copy = tmp_path / "copy"  # as the disk is when the power goes
    shutil.copytree(store.folder, copy, ignore=shutil.ignore_patterns("*-shm", "lock"))
    again = open_store(copy, PASSWORD, clock=SetClock())
    try:
        held = again.read(lambda reader: [reader.meta(name) for name in ("one", "three")]).result()
    finally:
        again.close()
    assert held == [_BIG, _BIG]


def test_a_held_log_does_not_grow_for_ever(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridapp.store.held_log.LONGEST", 1500)
    store.hold_log()
    before = size(store)
    for name in ("one", "two", "three"):
        keep(store, name)
    assert size(store) > before


def test_a_large_pull_holds_the_log_and_a_small_one_does_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_MANY_ROWS", 20)
    usual = limit(store)
    intake.take_pages(store, [people(20)])
    assert limit(store) == usual
    intake.take_pages(store, [people(30)])
    assert limit(store) > usual
    search.resume(store)
    store.write(lambda _uow: None).result()
    assert limit(store) == usual
