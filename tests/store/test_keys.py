"""The key of the database: wrong passwords, damaged files, recovery, and the delay that grows."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gridapp.errors import Problem
from gridapp.store import attempts, keys
from gridapp.store.opening import open_store, profiles
from tests.store.realistic import PASSWORD, WEAK, SetClock, make_store

KEY = bytes(range(32))


@pytest.fixture
def wrapped(tmp_path: Path) -> Path:
    keys.wrap(tmp_path, KEY, PASSWORD, b"", WEAK)
    return tmp_path


def code(folder: Path, password: str = PASSWORD) -> str:
    with pytest.raises(Problem) as caught:
        keys.unwrap(folder, password)
    return caught.value.code


def test_the_password_opens_it_and_no_other_does(wrapped: Path) -> None:
    assert keys.unwrap(wrapped, PASSWORD) == KEY
    for wrong in ("", "correct hors", PASSWORD + " ", PASSWORD.upper(), "密" * 40):
        assert code(wrapped, wrong) == "wrong_password"


def test_a_password_may_be_of_any_characters(tmp_path: Path) -> None:
    keys.wrap(tmp_path, KEY, "㛃䶮𠮷𬭊 密码!", b"", WEAK)
    assert keys.unwrap(tmp_path, "㛃䶮𠮷𬭊 密码!") == KEY


def test_neither_file_holds_the_key_or_the_password(wrapped: Path) -> None:
    for path in wrapped.iterdir():
        data = path.read_bytes()
        assert KEY not in data
        assert b64encode(KEY) not in data
        assert KEY.hex().encode() not in data
        assert PASSWORD.encode() not in data
        assert path.stat().st_mode & 0o077 == 0


def test_the_key_file_alone_is_not_enough(wrapped: Path) -> None:
    """A copy of ``key.json`` cannot be tried with passwords without the secret of the device."""
    (wrapped / "device.secret").write_bytes(bytes(32))
    assert code(wrapped) == "damaged"


def test_a_short_password_is_refused() -> None:
    with pytest.raises(Problem) as caught:
        keys.check_password("1234567")
    assert caught.value.code == "weak_password"
    assert "8" in caught.value.text()
    keys.check_password("12345678")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"format":1}',
        b'{"check":1,"strength":{"passes":0},"salt":"","nonce":"","wrapped":""}',
    ],
)
def test_a_damaged_key_file_is_said_to_be_damaged(wrapped: Path, content: bytes) -> None:
    (wrapped / "key.json").write_bytes(content)
    assert code(wrapped) == "damaged"


def test_any_changed_character_is_damage_not_a_wrong_password(wrapped: Path) -> None:
    path = wrapped / "key.json"
    document = json.loads(path.read_bytes())
    for name in ("salt", "nonce", "wrapped", "check"):
        text = document[name]
        for place in range(0, len(text), 7):
            changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
            path.write_text(json.dumps(document | {name: changed}))
            assert code(wrapped) == "damaged"
    path.write_text(json.dumps(document | {"strength": {"passes": 10**9, "memory": 8, "lanes": 1}}))
    assert code(wrapped) == "damaged"  # and is not worked at for hours
    path.write_text(json.dumps(document))
    assert keys.unwrap(wrapped, PASSWORD) == KEY


def test_a_missing_file_is_damage(wrapped: Path) -> None:
    (wrapped / "device.secret").unlink()
    assert code(wrapped) == "damaged"


def test_the_recovery_wrap_opens_with_the_districts_key_and_no_other(tmp_path: Path) -> None:
    district = X25519PrivateKey.generate()
    keys.wrap(tmp_path, KEY, PASSWORD, district.public_key().public_bytes_raw(), WEAK)
    sealed = json.loads((tmp_path / "key.json").read_bytes())["recovery"]
    assert keys.open_recovery(sealed, district.private_bytes_raw()) == KEY
    with pytest.raises(InvalidTag):
        keys.open_recovery(sealed, X25519PrivateKey.generate().private_bytes_raw())
    assert keys.unwrap(tmp_path, PASSWORD) == KEY


def test_a_new_password_wraps_the_same_key(wrapped: Path) -> None:
    keys.wrap(wrapped, KEY, "another one", b"", WEAK)
    assert keys.unwrap(wrapped, "another one") == KEY
    assert code(wrapped) == "wrong_password"


# the delay


def wait(folder: Path, clock: SetClock) -> int:
    """Seconds that are asked for, 0 for none."""
    try:
        attempts.check(folder, clock)
    except Problem as problem:
        return int(problem.values["seconds"])
    return 0


def test_three_are_free_then_the_delay_doubles_to_five_minutes(
    tmp_path: Path, clock: SetClock
) -> None:
    waits = []
    for _ in range(14):
        attempts.failed(tmp_path, clock)
        waits.append(wait(tmp_path, clock))
        clock.pass_(waits[-1])
        assert wait(tmp_path, clock) == 0
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_the_delay_runs_down_and_a_success_ends_it(tmp_path: Path, clock: SetClock) -> None:
    for _ in range(6):
        attempts.failed(tmp_path, clock)
    assert wait(tmp_path, clock) == 8
    clock.pass_(5.5)
    assert wait(tmp_path, clock) == 3
    attempts.succeeded(tmp_path)
    assert wait(tmp_path, clock) == 0
    attempts.failed(tmp_path, clock)
    assert wait(tmp_path, clock) == 0


@pytest.mark.parametrize("back", [1, 60, 86_400, 40 * 365 * 86_400])
def test_a_clock_set_back_neither_ends_the_delay_nor_makes_it_longer(
    tmp_path: Path, clock: SetClock, back: int
) -> None:
    for _ in range(7):
        attempts.failed(tmp_path, clock)
    clock.pass_(-back)
    assert wait(tmp_path, clock) == 16
    clock.pass_(10)
    assert wait(tmp_path, clock) == 6
    clock.pass_(6)
    assert wait(tmp_path, clock) == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"count":"x"}', b'{"count":1e999,"at":0}', b'{"count":100000000000,"at":0}'],
)
def test_a_damaged_count_locks_nobody_out(tmp_path: Path, clock: SetClock, content: bytes) -> None:
    (tmp_path / "attempts.json").write_bytes(content)
    assert wait(tmp_path, clock) == 0


def test_opening_waits_and_does_not_even_try_the_right_password(
    tmp_path: Path, clock: SetClock
) -> None:
    make_store(tmp_path, clock).close()
    (profile,) = profiles(tmp_path)

    def attempt(password: str) -> str:
        try:
            open_store(profile.folder, password, clock=clock).close()
        except Problem as problem:
            return problem.code
        return "open"

    assert [attempt("wrong one") for _ in range(5)] == ["wrong_password"] * 4 + ["wait"]
    assert attempt(PASSWORD) == "wait"
    clock.pass_(2)
    assert attempt(PASSWORD) == "open"
    assert [attempt("wrong one") for _ in range(4)] == ["wrong_password"] * 4


@pytest.mark.parametrize("now", [-204_782_353_000, 0, 4_102_444_800_000])
def test_without_a_wrong_password_nobody_waits(tmp_path: Path, clock: SetClock, now: int) -> None:
    clock.now = now
    assert wait(tmp_path, clock) == 0
    attempts.failed(tmp_path, clock)
    assert wait(tmp_path, clock) == 0


@pytest.mark.parametrize("years", [-100, -57, 40, 200])
def test_a_clock_that_jumps_there_and_back_makes_nobody_wait_longer(
    tmp_path: Path, clock: SetClock, years: int
) -> None:
    """Wrong passwords under a wrong clock, then the right one, and the other way round."""
    for _ in range(30):
        attempts.failed(tmp_path, clock)
    for jump in (years, -years, -years, years):
        clock.pass_(jump * 365 * 86_400)
        assert wait(tmp_path, clock) <= 300
        attempts.failed(tmp_path, clock)
        assert wait(tmp_path, clock) == 300
        clock.pass_(300)
        assert wait(tmp_path, clock) == 0
