"""The lock file: everything pinned and hashed, no address, and all that pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest

from installer.check_lock import problems

ROOT = Path(__file__).resolve().parents[2]
HASH = "--hash=sha256:" + "0" * 64


def lock_text() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_lock_is_pinned_hashed_and_without_addresses() -> None:
    text = lock_text()
    assert problems(text) == []
    assert "://" not in text
    assert "--index-url" not in text
    assert "--extra-index-url" not in text
    assert "--find-links" not in text


def test_the_lock_holds_everything_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    names = {plain(re.match(r"[\w.-]+", each)[0]) for each in wanted}
    locked = set(re.findall(r"^([a-z0-9.-]+)==", lock_text(), flags=re.MULTILINE))
    assert names - locked == set()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (f"--index-url https://example.org/simple\na==1 {HASH}\n", "address"),
        (f"--extra-index-url=mirror\na==1 {HASH}\n", "pinned"),
        (f"a @ file:a.whl {HASH}\n", "address"),
        (f"a>=1 {HASH}\n", "pinned"),
        ("a==1\n", "hashes"),
        ("a==1 \\\n    --hash=md5:00\n", "hashes"),
        ("", "no requirement"),
    ],
)
def test_a_bad_lock_is_reported(line: str, complaint: str) -> None:
    found = problems(line)
    assert len(found) == 1
    assert complaint in found[0]


def test_a_good_line_is_not_reported() -> None:
    assert problems(f"a-b==1.2 ; sys_platform == 'win32' \\\n    {HASH} \\\n    {HASH}\n") == []
