"""No file under the data folder holds anything of a resident in a form that can be read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridapp.errors import Problem
from gridapp.printing import PrintOptions, print_households
from gridapp.store import access_log, drafts, recording, search
from gridapp.store.drafting import EventDraft, HouseholdForm, Picture, VisitDraft
from gridapp.store.opening import open_store
from gridapp.store.store import Store
from tests.store.realistic import (
    GRID,
    PASSWORD,
    SetClock,
    household,
    jpeg,
    make_store,
    member,
    save,
)

NAME, RARE, NICKNAME = "欧阳霏霏霁", "㛃䶮𠮷𬭊", "鹮鹮婶"
MOBILE, CITIZEN = "19987654321", "11010519491231002X"
DRAFTED, REMARK, QUERY, REASON = "翡翠鹦鹉草稿", "琥珀蟋蟀相片", "麒麟髭髯", "貔貅核对身份"
SITUATION, EVENT = "鸑鷟说腿疼", "饕餮楼道堵了"
PLANTED = (
    *(NAME, RARE, NICKNAME, MOBILE, CITIZEN, DRAFTED, REMARK, QUERY, REASON, SITUATION, EVENT),
    "ouyangfeifeiji",  # what the search index makes of it
    MOBILE[-8:],
)
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")


def spelled() -> dict[bytes, str]:
    return {text.encode(e): f"{text} ({e})" for text in PLANTED for e in ENCODINGS}


def leaks(folder: Path) -> list[str]:
    """What is found where, over every file and every file's name."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes() + b"\n" + str(path.relative_to(folder)).encode()
        found += [f"{path.name}: {what}" for word, what in spelled().items() if word in data]
    return found


def photo() -> Picture:
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(jpeg())).save(out, "JPEG", comment=REMARK.encode())
    return Picture(out.getvalue(), f"{REMARK}.jpg")


def work(store: Store) -> HouseholdForm:
    """A day's work with everything planted."""
    head = member(
        NAME,
        nicknames=(NICKNAME,),
        id_kind="citizen",
        id_number=CITIZEN,
        phones={MOBILE: NAME},
    )
    form = save(store, household(NAME, "3号楼", "201", head, member(RARE, "20")))
    draft = VisitDraft(form.household.id, "2026-11-20", situation=SITUATION, pictures=(photo(),))
    store.write(lambda uow: recording.add_visit(uow, draft)).result()
    event = EventDraft("0101", EVENT, "2026-11-20", grid_id=GRID.id, title=EVENT)
    store.write(lambda uow: recording.report_event(uow, event)).result()
    person = form.members[0].person
    store.write(lambda uow: uow.edit(person, replace(person, status_note=SITUATION))).result()
    drafts.keep(store, "visit:1", {"situation": DRAFTED}).result()
    for typed in (NAME, QUERY, MOBILE, "ouyangfeifeiji"):
        store.read(lambda r, t=typed: search.find(r, t)).result()
    store.write(lambda u: access_log.note(u, "reveal", "person", person.id, REASON)).result()
    out = io.BytesIO()
    whole = PrintOptions(reveal=True, reason=REASON)
    print_households(store, [form.household.id], out, whole)
    assert out.getvalue()[:4] == b"%PDF"
    return form


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = make_store(tmp_path / "data")
    yield opened
    opened.close()


def test_the_search_of_these_tests_finds_what_is_there(tmp_path: Path) -> None:
    for number, word in enumerate(spelled()):
        (tmp_path / f"{number}").write_bytes(b"\0\1" + word + b"\2")
    assert len(leaks(tmp_path)) >= len(spelled())


def test_nothing_can_be_read_while_it_runs_nor_after(store: Store, tmp_path: Path) -> None:
    form = work(store)
    names = {p.name for p in (tmp_path / "data").rglob("*")}
    assert {"store.db", "store.db-wal", "key.json"} <= names
    assert (store.folder / "store.db-wal").stat().st_size > 0
    digest, small = store.read(lambda r: r.rows("SELECT sha256, thumbnail FROM blob")).result()[0]
    picture = store.blobs.get(digest)
    assert picture
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        data = path.read_bytes()
        assert not any(part in data for part in (picture[:400], picture[-400:], small[-400:]))
    assert leaks(tmp_path) == []
    store.write(lambda uow: uow.delete(form.household)).result()
    drafts.drop(store, "visit:1").result()
    assert leaks(tmp_path) == []
    store.close()
    assert leaks(tmp_path) == []
    again = open_store(store.folder, PASSWORD, clock=SetClock())
    assert again.read(lambda r: search.find(r, RARE)).result()
    assert leaks(tmp_path) == []
    again.close()


def test_nothing_can_be_read_after_refusals_and_failures(store: Store, tmp_path: Path) -> None:
    form = work(store)

    def fail(uow: object) -> None:
        draft = VisitDraft(form.household.id, "2026-11-20", situation=SITUATION)
        recording.add_visit(uow, replace(draft, pictures=(photo(),)))  # type: ignore[arg-type]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write(fail).result()
    with pytest.raises(Problem):
        save(store, household(NAME, "3号楼", "201", member(NAME * 20)))
    assert leaks(tmp_path) == []


def test_the_files_are_not_for_other_users_of_the_computer(store: Store) -> None:
    assert store.folder.stat().st_mode & 0o077 == 0


def test_nothing_is_written_outside_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(elsewhere))
    monkeypatch.chdir(elsewhere)
    store = make_store(tmp_path / "data")
    work(store)
    store.close()
    assert list(elsewhere.rglob("*")) == []
