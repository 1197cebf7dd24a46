"""Photos of drafts: encrypted, kept while a draft names them, gone when nobody wants them any more."""

from __future__ import annotations

import io
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from gridapp.domain.attachment import Attachment
from gridapp.domain.household import Household
from gridapp.domain.record import new_id
from gridapp.errors import Problem
from gridapp.store import attaching, drafts
from gridapp.store.drafting import KeptPicture, Picture
from gridapp.store.opening import open_store
from gridapp.store.pictures import prepare
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import photos
from tests.store.realistic import PASSWORD, SetClock


def taken(store: Store, colour: str = "red") -> KeptPicture:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    ready = prepare(Picture(out.getvalue(), f"{colour}.jpg"))
    work = partial(attaching.take_in, name=f"{colour}.jpg", ready=ready)
    return store.write(work).result()


def draft_of(store: Store, key: str, *pictures: KeptPicture) -> None:
    drafts.keep(store, key, {"photos": [asdict(p) for p in pictures]}).result()


def files(store: Store) -> list[Path]:
    return [path for path in (store.folder / "blobs").rglob("*") if path.is_file()]


def states(store: Store) -> dict[str, str]:
    return dict(store.read(lambda r: r.rows("SELECT sha256, state FROM blob")).result())


def household(store: Store) -> Household:
    home = Household(name="Ann", kind="family", grid_id=new_id())
    return store.write(lambda uow: uow.create(home)).result()


def hang(store: Store, home: Household, *pictures: KeptPicture) -> None:
    store.write(lambda uow: attaching.attach(uow, home, pictures)).result()


def test_a_dropped_draft_takes_its_photos_with_it(store: Store) -> None:
    kept = taken(store)
    draft_of(store, "visit:1", kept)
    assert store.blobs.get(kept.sha256)
    assert states(store) == {kept.sha256: "draft"}
    drafts.drop(store, "visit:1").result()
    assert files(store) == []
    photos.erase(store)
    assert states(store) == {}


def test_a_photo_of_two_drafts_stays_for_the_other(store: Store) -> None:
    kept = taken(store)
    draft_of(store, "visit:1", kept)
    draft_of(store, "event:1", kept)
    drafts.drop(store, "visit:1").result()
    assert store.blobs.get(kept.sha256)
    drafts.drop(store, "event:1").result()
    assert files(store) == []


def test_saving_hangs_it_up_and_dropping_the_draft_leaves_it(store: Store) -> None:
    kept, home = taken(store), household(store)
    draft_of(store, "visit:1", kept)

    def save(uow: UnitOfWork) -> None:
        attaching.attach(uow, home, [kept])
        drafts.discard(uow, "visit:1")

    store.write(save).result()
    assert states(store) == {kept.sha256: "waiting"}
    assert store.blobs.get(kept.sha256)
    [attachment] = store.read(lambda r: r.where(Attachment, "1")).result()
    assert (attachment.width, attachment.height, attachment.size) == (60, 40, kept.size)


def test_a_failed_save_loses_no_photo_of_the_draft(store: Store) -> None:
    kept, home = taken(store), household(store)
    draft_of(store, "visit:1", kept)

    def save(uow: UnitOfWork) -> None:
        attaching.attach(uow, home, [kept])
        drafts.discard(uow, "visit:1")
        raise Problem("disk_full", "磁盘已满，这次没有保存。")

    with pytest.raises(Problem):
        store.write(save).result()
    assert states(store) == {kept.sha256: "draft"}
    assert store.blobs.get(kept.sha256)
    assert store.read(lambda r: drafts.find(r, "visit:1")).result()


def test_a_photo_that_is_gone_is_named_and_nothing_is_saved(store: Store) -> None:
    kept, home = taken(store), household(store)
    store.blobs.remove(kept.sha256)
    with pytest.raises(Problem) as caught:
        hang(store, home, kept)
    assert caught.value.code == "photo_gone"
    assert "red.jpg" in caught.value.text()
    assert store.read(lambda r: r.where(Attachment, "1")).result() == []


def test_what_was_let_go_of_may_be_taken_in_again(store: Store) -> None:
    kept, home = taken(store), household(store)
    draft_of(store, "visit:1", kept)
    drafts.drop(store, "visit:1").result()
    again = taken(store)
    assert again == kept
    photos.erase(store)
    hang(store, home, again)
    assert store.blobs.get(kept.sha256)
    assert states(store) == {kept.sha256: "waiting"}


def test_the_photo_of_a_record_stays_when_a_draft_of_the_same_goes(store: Store) -> None:
    kept, home = taken(store), household(store)
    hang(store, home, kept)
    draft_of(store, "visit:1", taken(store))
    drafts.drop(store, "visit:1").result()
    assert store.blobs.get(kept.sha256)
    assert states(store) == {kept.sha256: "waiting"}


def test_the_same_photo_that_came_from_the_server_meanwhile_stays(store: Store) -> None:
    kept, home = taken(store), household(store)
    draft_of(store, "visit:1", kept)
    fields = {"sha256": kept.sha256, "media_type": "image/jpeg", "size": kept.size}
    attachment = Attachment(target_kind="household", target_id=home.id, **fields)
    store.write(lambda uow: uow.create(attachment)).result()
    drafts.drop(store, "visit:1").result()
    assert store.blobs.get(kept.sha256)
    assert states(store) == {kept.sha256: "done"}


def test_after_a_crash_only_what_a_draft_names_is_kept(store: Store) -> None:
    kept, orphan = taken(store), taken(store, "blue")
    draft_of(store, "visit:1", kept)
    store.close()
    again = open_store(store.folder, PASSWORD, clock=SetClock())
    try:
        assert states(again) == {kept.sha256: "draft", orphan.sha256: "gone"}
        assert again.blobs.get(kept.sha256)
        photos.erase(again)
        assert len(files(again)) == 1
    finally:
        again.close()
