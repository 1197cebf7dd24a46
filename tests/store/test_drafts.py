"""What is typed in an open form survives the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridapp.store import drafts, recording
from gridapp.store.drafting import VisitDraft
from gridapp.store.opening import open_store, profiles
from gridapp.store.store import Store
from tests.store.realistic import PASSWORD, SetClock, dump, household, make_store, operations, save


def find(store: Store, key: str) -> object:
    return store.read(lambda r: drafts.find(r, key)).result()


def test_a_draft_is_kept_found_replaced_and_dropped(store: Store, clock: SetClock) -> None:
    assert find(store, "visit:1") is None
    drafts.keep(store, "visit:1", {"situation": "㛃𠮷", "met": ["甲"], "n": None}).result()
    clock.pass_(1)
    drafts.keep(store, "event", {"text": "堵"}).result()
    assert find(store, "visit:1") == {"situation": "㛃𠮷", "met": ["甲"], "n": None}
    assert store.read(drafts.keys).result() == ("event", "visit:1")
    clock.pass_(1)
    drafts.keep(store, "visit:1", {"situation": "好"}).result()
    assert find(store, "visit:1") == {"situation": "好"}
    assert store.read(drafts.keys).result() == ("visit:1", "event")
    drafts.drop(store, "visit:1").result()
    drafts.drop(store, "never there").result()
    assert store.read(drafts.keys).result() == ("event",)


def test_a_draft_is_no_save(store: Store) -> None:
    drafts.keep(store, "visit:1", {"situation": "好"}).result()
    assert operations(store) == []


def test_a_draft_is_there_after_the_program_ended(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    drafts.keep(store, "visit:1", {"situation": "好"}).result()
    store.close()
    (profile,) = profiles(tmp_path)
    again = open_store(profile.folder, PASSWORD, clock=SetClock())
    assert find(again, "visit:1") == {"situation": "好"}
    again.close()


def test_a_draft_goes_with_its_save_and_stays_when_the_save_fails(store: Store) -> None:
    form = save(store, household("甲"))
    drafts.keep(store, "visit:1", {"situation": "好"}).result()
    before = dump(store)

    def write(uow: object, *, fail: bool) -> None:
        recording.add_visit(uow, VisitDraft(form.household.id, "2026-11-20"))  # type: ignore[arg-type]
        drafts.discard(uow, "visit:1")  # type: ignore[arg-type]
        if fail:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write(lambda uow: write(uow, fail=True)).result()
    assert dump(store) == before
    store.write(lambda uow: write(uow, fail=False)).result()
    assert find(store, "visit:1") is None
