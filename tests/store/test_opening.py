"""Opening: several users, a second program, damaged, missing, newer data, a folder that is no place."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gridapp.domain.unit import Staff
from gridapp.errors import Problem
from gridapp.store import recording
from gridapp.store.database import connect
from gridapp.store.drafting import VisitDraft
from gridapp.store.keys import unwrap
from gridapp.store.opening import choose, create_store, open_store, profiles
from tests.store.realistic import (
    PASSWORD,
    WEAK,
    SetClock,
    dump,
    household,
    make_store,
    member,
    save,
    who,
)


def refused(folder: Path, password: str = PASSWORD) -> Problem:
    with pytest.raises(Problem) as caught:
        open_store(folder, password, clock=SetClock()).close()
    return caught.value


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """The folder of a user with some households, closed."""
    store = make_store(tmp_path)
    for number in range(30):
        form = save(
            store, household(f"户{number}", f"{number}号楼", "201", member(f"周{number}敏"))
        )
        draft = VisitDraft(form.household.id, "2026-11-20", situation="平安。" * 100)
        store.write(lambda uow, d=draft: recording.add_visit(uow, d)).result()
    store.close()
    return store.folder


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder, but for the lock and what counts attempts."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name not in ("lock", "attempts.json")
    }


def test_what_was_saved_is_there_after_closing(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    save(store, household("周敏"))
    before = dump(store)
    store.close()
    again = open_store(store.folder, PASSWORD, clock=SetClock())
    assert dump(again) == before
    assert again.who == store.who
    again.close()


def test_several_users_of_one_computer_have_a_database_each(tmp_path: Path) -> None:
    other = Staff(name="王芳", user_name="wangfang", active=True)
    first, second = make_store(tmp_path), make_store(tmp_path, staff=other)
    save(first, household("只在第一个"))
    names = "SELECT name FROM household"
    assert first.read(lambda r: r.rows(names)).result() == [("只在第一个",)]
    assert second.read(lambda r: r.rows(names)).result() == []
    first.close()
    second.close()
    assert [(p.name, p.user_name) for p in profiles(tmp_path)] == [
        ("李秀英", "lixiuying"),
        ("王芳", "wangfang"),
    ]
    assert choose(tmp_path, "wangfang").name == "王芳"
    assert choose(tmp_path, "李秀英").user_name == "lixiuying"
    with pytest.raises(Problem) as caught:
        choose(tmp_path)
    assert caught.value.code == "which_user"
    with pytest.raises(Problem) as caught:
        choose(tmp_path, "nobody")
    assert caught.value.code == "no_user"
    # one's key does not open the other's data
    shutil.copy(second.folder / "store.db", first.folder / "store.db")
    assert refused(first.folder).code == "damaged"


def test_enrolling_twice_is_refused_and_changes_nothing(closed: Path) -> None:
    before = files(closed)
    with pytest.raises(Problem) as caught:
        make_store(closed.parent.parent)
    assert caught.value.code == "already_enrolled"
    assert files(closed) == before


def test_a_lost_profile_is_written_again_and_never_costs_the_data(closed: Path) -> None:
    (closed / "profile.json").unlink()
    data_dir = closed.parent.parent
    before = files(closed)
    with pytest.raises(Problem) as caught:
        make_store(data_dir)
    assert caught.value.code == "already_enrolled"
    assert files(closed) == before
    open_store(choose(data_dir).folder, PASSWORD, clock=SetClock()).close()
    assert choose(data_dir, "lixiuying").name == "李秀英"


def test_an_enrolment_that_fails_or_was_cut_short_leaves_nothing_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridapp.store import opening

    def fail(*_: object) -> None:
        raise RuntimeError("half way")

    with monkeypatch.context() as patched:
        patched.setattr(opening, "_write_profile", fail)
        with pytest.raises(RuntimeError, match="half way"):
            create_store(tmp_path, PASSWORD, who(), device_key=b"", strength=WEAK)
    assert list(tmp_path.rglob("*.db")) == []
    making = tmp_path / "users" / f"{who().staff_id}.new"
    making.mkdir(parents=True)
    (making / "key.json").write_text("{")
    (making / "store.db").write_bytes(b"half")
    assert profiles(tmp_path) == ()
    make_store(tmp_path).close()
    assert len(profiles(tmp_path)) == 1
    assert not making.exists()


def test_a_weak_password_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        create_store(tmp_path, "short", who(), device_key=b"")
    assert caught.value.code == "weak_password"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Problem) as caught:
        create_store(tmp_path / "file", PASSWORD, who(), device_key=b"")
    assert caught.value.code == "disk_error"
    assert "file" in caught.value.text()
    assert refused(tmp_path / "nowhere").code == "disk_error"


SECOND = """
import sys
from pathlib import Path
from gridapp.errors import Problem
from gridapp.store.opening import open_store
try:
    open_store(Path(sys.argv[1]), sys.argv[2]).close()
    print("open")
except Problem as problem:
    print(problem.code)
"""


def second_program(folder: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-c", SECOND, str(folder), PASSWORD],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return run.stdout.strip()


def test_a_second_program_is_kept_out_until_the_first_ends(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    save(store, household("周敏"))
    before = dump(store)
    assert second_program(store.folder) == "in_use"
    assert refused(store.folder).code == "in_use"
    assert dump(store) == before
    store.close()
    assert second_program(store.folder) == "open"


HOLD = SECOND.replace(
    "open_store(Path(sys.argv[1]), sys.argv[2]).close()",
    "s = open_store(Path(sys.argv[1]), sys.argv[2])",
).replace('print("open")', 'print("open", flush=True); sys.stdin.read()')


def test_the_lock_ends_with_a_killed_program(closed: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(closed), PASSWORD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout
        assert other.stdout.readline().strip() == "open"
        assert refused(closed).code == "in_use"
        other.kill()
        other.wait()
    open_store(closed, PASSWORD, clock=SetClock()).close()


def outcome(folder: Path, expected: dict[str, object]) -> str:
    """ "same", or the code of the one problem that opening and reading everything ran into."""
    try:
        store = open_store(folder, PASSWORD, clock=SetClock())
    except Problem as problem:
        return problem.code
    try:
        return "same" if dump(store) == expected else "different"
    except Problem as problem:
        return problem.code
    finally:
        store.close()


def test_bytes_overwritten_anywhere_are_noticed_and_never_read_as_data(
    closed: Path, tmp_path: Path
) -> None:
    store = open_store(closed, PASSWORD, clock=SetClock())
    expected: dict[str, object] = dict(dump(store))
    store.close()
    whole = (closed / "store.db").read_bytes()
    rng = random.Random(20_261_120)
    pages = len(whole) // 4096
    assert pages > 50
    places = [0, 8, 16, 24, 100, 4000, 4096, len(whole) // 2, len(whole) - 1]
    places += [rng.randrange(len(whole)) for _ in range(15)]
    told = set()
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 0x5A
        (closed / "store.db").write_bytes(damaged)
        code = outcome(closed, expected)
        # a byte of a page that nothing is in any more harms nobody
        assert code in ("damaged", "same"), (place, code)
        told.add(code)
        if place < 4096:
            assert code == "damaged"
    assert "damaged" in told
    (closed / "store.db").write_bytes(whole)
    assert outcome(closed, expected) == "same"


@pytest.mark.parametrize("kept", [0, 1, 100, 4095, 4096, 4096 * 20, 4096 * 20 + 17])
def test_a_truncated_file_is_damaged_and_left_as_it_is(closed: Path, kept: int) -> None:
    path = closed / "store.db"
    rest = path.read_bytes()[:kept]
    path.write_bytes(rest)
    assert outcome(closed, {}) == "damaged"
    if kept < 4096:
        assert path.read_bytes() == rest


def test_garbage_is_damaged_and_left_as_it_is(closed: Path) -> None:
    garbage = random.Random(1).randbytes(40_000)
    (closed / "store.db").write_bytes(garbage)
    assert refused(closed).code == "damaged"
    assert (closed / "store.db").read_bytes() == garbage


def test_a_missing_file_is_said_and_no_new_one_is_made(closed: Path) -> None:
    (closed / "store.db").unlink()
    problem = refused(closed)
    assert problem.code == "damaged"
    assert "store.db" in problem.text()
    assert not (closed / "store.db").exists()


def test_a_database_of_a_newer_program_is_refused_byte_for_byte(closed: Path) -> None:
    from gridapp import migrating

    connection = connect(closed / "store.db", unwrap(closed, PASSWORD))
    connection.execute(f"UPDATE {migrating.VERSION_TABLE} SET version_num='9999_from_the_future'")
    connection.close()
    before = files(closed)
    problem = refused(closed)
    assert problem.code == "newer_data"
    assert files(closed) == before


def test_a_wrong_password_and_a_damaged_key_leave_all_as_it_is(closed: Path) -> None:
    before = files(closed)
    assert refused(closed, "wrong one").code == "wrong_password"
    assert files(closed) == before
    (closed / "key.json").write_text("{")
    assert refused(closed).code == "damaged"
    assert files(closed) == before | {"key.json": b"{"}


def test_opening_and_closing_leaves_no_handle_behind(closed: Path) -> None:
    def handles() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    open_store(closed, PASSWORD, clock=SetClock()).close()
    count = handles()
    open_store(closed, PASSWORD, clock=SetClock()).close()
    refused(closed, "wrong one")
    (closed / "store.db").write_bytes(b"x" * 9000)
    refused(closed)
    assert handles() <= count


def test_a_store_may_be_closed_twice(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.close()
    store.close()
