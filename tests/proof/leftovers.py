"""What a client may leave behind when it ends anywhere: all that it acknowledged, at most one save more, never half of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from gridapp.store import recording
from gridapp.store.drafting import VisitDraft
from gridapp.store.opening import open_store
from gridapp.store.store import Store
from tests.proof.straced import Ran
from tests.sync.world import PASSWORD


def check_visits(folder: Path, household: UUID, ran: Ran, *, more: int = 1) -> None:
    """After the act ``visits``. ``more``: saves that may be there without having been acknowledged."""
    with_store(folder, lambda store: _check_visits(store, household, ran, more))


def _check_visits(store: Store, household: UUID, ran: Ran, more: int) -> None:
    held = _rows(store, "SELECT lower(hex(id)) FROM visit WHERE situation LIKE '第%' ORDER BY id")
    saved = [UUID(text).hex for text in ran.saved]
    assert held[: len(saved)] == saved or set(saved) <= set(held), (saved, held)
    assert len(held) <= len(saved) + more, (saved, held)
    sent = _rows(
        store,
        "SELECT lower(hex(record_id)) FROM outbox WHERE entity='visit' AND record_id IN "
        "(SELECT id FROM visit WHERE situation LIKE '第%') ORDER BY record_id",
    )
    assert sent == sorted(held)
    for target, digest in store.read(_photos).result():
        assert target in held
        assert store.blobs.get(digest) is not None, "a photo that was saved is gone"
    second = _rows(store, "SELECT lower(hex(id)) FROM visit WHERE situation='第1次'")
    assert len(store.read(_photos).result()) == len(second)
    _check_goes_on(store, household)


def check_edits(folder: Path, household: UUID, ran: Ran) -> None:
    """After the act ``edits``."""

    def check(store: Store) -> None:
        key = household.bytes
        value = store.read(
            lambda r: r.value("SELECT own_number FROM household WHERE id=?", (key,))
        ).result()
        count = store.read(
            lambda r: r.value(
                "SELECT count(*) FROM outbox WHERE record_id=? AND state='waiting'", (key,)
            )
        ).result()
        assert (value == "7") == (count == 1)
        assert count == 1 or not ran.saved
        _check_goes_on(store, household)

    with_store(folder, check)


def with_store(folder: Path, check: Callable[[Store], None]) -> None:
    """Open what was left, as the next start of the program does, and look at it."""
    store = open_store(folder, PASSWORD)
    try:
        assert _rows(store, "PRAGMA integrity_check") == ["ok"]
        assert _rows(store, "PRAGMA cipher_integrity_check") == []
        check(store)
    finally:
        store.close()


def _check_goes_on(store: Store, household: UUID) -> None:
    before = store.read(lambda r: r.value("SELECT count(*) FROM visit")).result()
    draft = VisitDraft(household, "2026-11-20", situation="接着记")
    store.write(lambda uow: recording.add_visit(uow, draft)).result()
    assert store.read(lambda r: r.value("SELECT count(*) FROM visit")).result() == before + 1


def _photos(reader: object) -> list[tuple[str, str]]:
    return reader.rows(  # type: ignore[attr-defined, no-any-return]
        "SELECT lower(hex(target_id)), sha256 FROM attachment WHERE target_id IN "
        "(SELECT id FROM visit WHERE situation LIKE '第%')"
    )


def _rows(store: Store, sql: str) -> list[str]:
    return [row[0] for row in store.read(lambda r: r.rows(sql)).result()]
