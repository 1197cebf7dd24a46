"""Data of a lost scope is erased whole: proven on the bytes that lie in the files once the key is known."""

from __future__ import annotations

from uuid import UUID

import pytest

from gridapp.domain.household import Household
from gridapp.domain.visit import Visit
from gridapp.store import drafts, forgetting, keys, printed, search
from tests.store.decrypted import plain_bytes
from tests.sync.test_scope import picture
from tests.sync.world import PASSWORD, Client, World

NAME, NUMBER, PHONE = "欧阳霏霏霁", "11010519491231002X", "13800000001"
VISIT, EVENT, DRAFT, THROWN = "鸑鷟说腿疼", "饕餮楼道堵了", "翡翠鹦鹉草稿", "琥珀蟋蟀草稿"
PLANTED = (NAME, NUMBER, PHONE, VISIT, EVENT, DRAFT, THROWN)


def held(client: Client) -> bytes:
    """Everything that can be read out of the client's files by whoever has the key."""
    key = keys.unwrap(client.store.folder, PASSWORD)
    paths = [p for p in client.store.folder.glob("store.db*") if "wal" not in p.name]
    return b"".join(plain_bytes(path, key) for path in paths if "shm" not in path.name)


def leaks(client: Client, planted: tuple[str, ...] = PLANTED) -> list[str]:
    data = held(client)
    return [word for word in planted if word.encode() in data]


def terms(client: Client) -> set[str]:
    """What the search index spells, in old parts too."""

    def read(uow: object) -> set[str]:
        connection = uow.connection  # type: ignore[attr-defined]
        connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, 'row')")
        found = {term for (term,) in connection.execute("SELECT term FROM temp.words")}
        connection.execute("DROP TABLE temp.words")
        return found

    return client.store.write(read).result()


def spelt(client: Client) -> list[bytes]:
    """What lies in the files of the pinyin of the name, of which the index keeps whole words or their ends."""
    data = held(client)
    word = b"ouyangfeifeiji"
    ends = [word[start:end] for end in range(6, len(word) + 1) for start in range(end - 4)]
    return [end for end in ends if end in data]


def everything(client: Client) -> UUID:
    """A household with all that may be kept of one; all of it acknowledged but the drafts."""
    home = client.household(name=NAME)
    client.visit(home.id, VISIT, photo=picture())
    client.event(home.id, EVENT, title=EVENT)
    drafts.keep(client.store, f"visit:{home.id}", {"situation": DRAFT}).result()
    client.sync()
    client.change(Household, home.id, own_number="7")  # the row was written more than once
    client.sync()
    return home.id


@pytest.fixture
def lost(small_world: World) -> Client:
    """Somebody whose role has ended, and who does not know it yet."""
    worker = small_world.join("甲")
    home = everything(worker)
    drafts.keep(worker.store, f"event:{home}", {"text": THROWN}).result()
    drafts.throw(worker.store, f"event:{home}").result()
    copy = worker.store.folder / "store.db.before-0011"
    worker.store.empty_log().result()
    copy.write_bytes((worker.store.folder / "store.db").read_bytes())
    assert leaks(worker) == list(PLANTED)
    assert any("ouyang" in term for term in terms(worker))
    assert spelt(worker)
    small_world.end_role(worker)
    return worker


def test_nothing_of_a_lost_scope_is_left_in_any_file(lost: Client) -> None:
    before = terms(lost)
    lost.sync()
    assert leaks(lost) == []
    assert spelt(lost) == []
    assert not {t for t in terms(lost) if t in before and ("ouyang" in t or t.startswith("鸑"))}
    assert sorted(p.name for p in lost.store.folder.glob("store.db.before-*")) == []
    assert [p for p in (lost.store.folder / "blobs").rglob("*") if p.is_file()] == []
    assert lost.store.read(drafts.keys).result() == ()
    assert lost.verdicts() == []
    lost.world.settle()


def test_killed_anywhere_it_is_erased_all_the_same(lost: Client) -> None:
    number = 0
    while lost.killed_at_write(number, lost.sync):
        number += 1
    assert number > 4
    lost.sync()
    assert leaks(lost) == []
    assert list(lost.store.folder.glob("store.db.before-*")) == []


def test_a_reader_in_the_way_only_puts_it_off(
    lost: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(lost.store, "_empty_log", lambda: False)
        for _ in range(3):
            lost.sync()
    assert lost.store.read(forgetting.is_due).result()
    lost.sync()  # nothing is new at the server, and this is still to be done
    assert not lost.store.read(forgetting.is_due).result()
    assert leaks(lost) == []


def test_one_household_moves_and_the_others_stay_whole(small_world: World) -> None:
    world = small_world
    worker, head = world.join("甲"), world.office()
    gone = everything(worker)
    stays = worker.household(name="留下的人家", id_number="")
    worker.visit(stays.id, "留下的走访")
    drafts.keep(worker.store, f"visit:{stays.id}", {"situation": "留下的草稿"}).result()
    world.settle()
    head.change(Household, gone, grid_id=world.grid2)
    world.settle()
    # The event took place here; what it says of itself stays, and nothing of the household.
    assert leaks(worker, (NAME, NUMBER, VISIT, DRAFT)) == []
    assert leaks(worker, ("留下的人家", "留下的走访", "留下的草稿")) == [
        "留下的人家",
        "留下的走访",
        "留下的草稿",
    ]
    assert len(worker.store.read(lambda r: search.find(r, "留下的")).result()) > 0
    assert leaks(head, (NAME, NUMBER, VISIT)) == [NAME, NUMBER, VISIT]


def test_a_draft_about_a_lost_grid_goes_with_it(small_world: World) -> None:
    world = small_world
    worker = world.join("甲")
    world.give_role(worker, "worker", world.grid2)
    worker.household()
    worker.sync()
    for grid, text in ((world.grid1, DRAFT), (world.grid2, THROWN)):
        drafts.keep(worker.store, f"event:{grid}", {"grid": grid.hex, "text": text}).result()
    row = next(r for r in world.rows("assignment") if r["unit_id"] == world.grid1.bytes)
    world.district_edit(UUID(bytes=row["id"]), "assignment", to_date="2026-11-19")
    worker.sync()
    assert leaks(worker, (DRAFT, THROWN)) == [THROWN]


def test_pending_work_is_handed_in_before_anything_goes(small_world: World) -> None:
    """It is parked; what she wrote and whose it is stay with its author while it is not settled, nothing else."""
    world = small_world
    worker = world.join("甲")
    home = everything(worker)
    with world.offline():
        late = worker.visit(home, "貔貅晚来一步")
    world.end_role(worker)
    worker.sync()
    assert worker.last() == ("parked", "role_ended")
    assert worker.get(Visit, late).situation == "貔貅晚来一步"
    assert leaks(worker, (NUMBER, PHONE, VISIT, EVENT, DRAFT)) == []
    assert worker.sql("SELECT count(*) FROM household") == [(0,)]
    assert [r["target_id"] for r in world.rows("review")] == [late.bytes]


def test_what_was_printed_is_forgotten_too(small_world: World) -> None:
    world = small_world
    worker = world.join("甲")
    home = everything(worker)
    worker.write(lambda uow: printed.mark(uow, home, (), 0, home))
    assert worker.sql("SELECT count(*) FROM printed") == [(1,)]
    world.end_role(worker)
    worker.sync()
    assert worker.sql("SELECT count(*) FROM printed") == [(0,)]
