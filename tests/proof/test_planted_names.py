"""Two hundred planted names are in no file that a client leaves behind, nor in those of the server but its database.

What is searched, byte by byte, in UTF-8, UTF-16 of both kinds, GB 18030 and as the pinyin of the search index:

- of each client its whole data folder: database, log of the database, photos, small pictures, keys, locks, copies of
  before migrations, and what a killed process left;
- whatever was written to the folders for temporary files, caches and settings, and to the working folder;
- what the program logged;
- of the server all but its database, which is plain by design: the journal first of all;
- after erasing, the client's database once more, opened page by page with its key, free pages included; there the
  access log keeps the reasons that were typed, since it is a chain;
- after a purge, the server's database as well.

A printed file is what the user asked for, and is searched nowhere.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridapp.domain.household import Household
from gridapp.server import purging
from gridapp.store import keys, refused, status
from tests.proof.conftest import Desk
from tests.proof.planted import COUNT, ENCODINGS, leaks, names, plant, print_all, spelled
from tests.proof.straced import Zygote
from tests.store.decrypted import plain_bytes
from tests.sync.late import give_back, waiting
from tests.sync.world import PASSWORD, Client, World

PLANTED = names()
DATABASE = ("server.db",)
REASONS = 7  # of every eight names: typed as the reason for looking behind the mask


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All other places to which a program writes without being asked."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_there_are_two_hundred_and_the_search_finds_them(tmp_path: Path) -> None:
    assert len(PLANTED) == COUNT == 200
    for number, word in enumerate(spelled(PLANTED)):
        (tmp_path / f"{number}").write_bytes(b"\0\1" + word + b"\2")
    assert len(leaks(tmp_path, PLANTED)) >= COUNT * (len(ENCODINGS) + 1)


def test_saving_printing_syncing_and_restarting(
    village: World, elsewhere: Path, logged: pytest.LogCaptureFixture
) -> None:
    one, _, office = village.clients[:3]
    homes = plant(one, PLANTED)
    assert leaks(one.folder, PLANTED) == []  # while it runs, its log not yet written back
    assert print_all(one, homes[:3], PLANTED[-1]) > 10_000
    one.sync()
    office.sync()
    assert office.count("visit") >= len(homes)
    for client in (one, office):
        assert leaks(client.folder, PLANTED) == []
        client.reopen()
        assert leaks(client.folder, PLANTED) == []
    # The village's own folder holds the server, whose database alone may say them.
    assert leaks(village.folder, PLANTED, DATABASE) == []
    assert {found.split(":")[0] for found in leaks(village.folder, PLANTED)} <= {
        "server.db",
        "server.db-wal",
    }
    assert leaks(village.folder, PLANTED)
    assert leaks(elsewhere, PLANTED) == []
    assert not [n for n in PLANTED if n in logged.text]


def test_what_a_killed_process_leaves(zygote: Zygote, village: World, elsewhere: Path) -> None:
    one = village.clients[0]
    homes = plant(one, PLANTED)
    one.store.close()
    desk = Desk(one.folder, village.folder / "copies")
    for number in (3, 9, 20):
        folder = desk.copy()
        ran = zygote.run(
            folder,
            f"planted:{homes[0]}:{PLANTED[0]}",
            ["-e", f"inject=pwrite64:signal=KILL:when={number}"],
        )
        assert ran.killed
        assert leaks(folder, PLANTED) == []
    assert leaks(elsewhere, PLANTED) == []
    one.reopen()


def test_what_is_erased_with_its_scope(village: World) -> None:
    one = village.clients[0]
    plant(one, PLANTED)
    one.sync()
    assert _readable(one)
    village.end_role(one)
    one.sync()
    one.sync()
    assert one.count("household") == 0
    # The log of who looked behind a mask is a chain and keeps its entries, with the reason that was typed.
    assert set(_readable(one)) <= set(PLANTED[REASONS::8])
    assert leaks(one.folder, PLANTED) == []


def test_whose_work_it_was_goes_when_it_is_settled(village: World) -> None:
    """What waits for a decision keeps the name of the household it is about, and nothing else that was planted."""
    one, heads = village.clients[0], village.join("组长", "grid_head")
    planted = [name for at, name in enumerate(PLANTED[:80]) if at % 8 != REASONS]
    homes = plant(one, PLANTED[:80])
    village.settle()
    one.visit(homes[0], "晚到的")
    village.end_role(one)
    one.sync()
    one.sync()
    assert one.count("household") == 0
    assert [n for n in _readable(one) if n in planted] == [PLANTED[0]]
    assert leaks(one.folder, PLANTED) == []
    heads.sync()
    (review,) = waiting(heads)
    give_back(heads, review=review)
    heads.sync()
    one.sync()
    (save,) = {item.save_id for item in one.store.read(status.not_accepted).result()}
    assert PLANTED[0] in _readable(one)
    one.write(lambda uow: refused.dismiss(uow, save))
    one.sync()
    assert [n for n in _readable(one) if n in planted] == []


def test_what_a_revoked_device_leaves(village: World) -> None:
    from gridapp.sync.transport import Refused

    one = village.clients[0]
    plant(one, PLANTED)
    one.sync()
    village.revoke(one)
    with pytest.raises(Refused):
        one.sync()
    one.store.close()
    assert [p for p in one.folder.rglob("*") if p.is_file()] == []


def test_what_is_purged_is_in_no_file_of_the_server(village: World) -> None:
    one, _, office = village.clients[:3]
    homes = plant(one, PLANTED[:16])
    village.settle()
    assert leaks(village.folder / "server", PLANTED[:8])
    key = homes[0]
    purging.purge(village.server, Household.KIND, key.bytes, "本人要求")
    said = PLANTED[:3]  # the person, a note on her, a visit; an event stays, without the household
    assert leaks(village.folder / "server", said) == []
    for client in (one, office):
        client.sync()
        client.sync()
        assert [n for n in _readable(client) if n in said] == []


def _readable(client: Client) -> list[str]:
    """Names that can be read out of a client's files by whoever has the key, free pages included."""
    client.store.empty_log().result()
    key = keys.unwrap(client.store.folder, PASSWORD)
    data = plain_bytes(client.store.folder / "store.db", key)
    return [name for name in PLANTED if name.encode() in data]
