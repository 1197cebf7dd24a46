"""Events in the one search box: by number, item and its pinyin, place and what was written."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridapp.domain.event import Event
from gridapp.store import recording, search
from gridapp.store.drafting import EventDraft
from gridapp.store.store import Store
from tests.store.realistic import SetClock, make_store

ITEM = "0104"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = make_store(tmp_path, SetClock())
    yield made
    made.close()


def report(store: Store, text: str, place: str, day: str = "2026-11-03", **more: object) -> Event:
    draft = EventDraft(ITEM, text, day, place=place, **more)
    return store.write(lambda uow: recording.report_event(uow, draft)).result()


def events(store: Store, typed: str) -> list[str]:
    return [hit.address for hit in store.read(lambda r: search.find_events(r, typed)).result()]


def test_found_by_place_words_and_temporary_number(store: Store) -> None:
    event = report(store, "井盖松动，夜里看不见", "小区北门")
    report(store, "路灯坏了", "南门")
    assert events(store, "北门") == ["小区北门"]
    assert events(store, "井盖") == ["小区北门"]
    assert event.temporary
    assert "小区北门" in events(store, event.temporary[-4:])


def test_found_by_the_pinyin_of_its_item(store: Store) -> None:
    report(store, "x", "北门")
    name = store.read(
        lambda r: r.value("SELECT item_zh FROM catalogue_item WHERE item_code=?", (ITEM,))
    ).result()
    assert events(store, name[:2]) == ["北门"]
    from pypinyin import lazy_pinyin

    assert events(store, "".join(lazy_pinyin(name))[:6]) == ["北门"]


def test_an_edit_is_found_anew_and_a_deleted_one_no_more(store: Store) -> None:
    event = report(store, "x", "北门")
    store.write(lambda uow: uow.edit(event, dataclasses.replace(event, place="东街口"))).result()
    assert events(store, "北门") == []
    assert events(store, "东街口") == ["东街口"]
    now = store.read(lambda r: r.record(Event, event.id)).result()
    store.write(lambda uow: uow.delete(now)).result()
    assert events(store, "东街口") == []
