"""Every test that ``docs/proof.md`` names exists, all statements and all histories are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`((?:\w+/)+\w+\.py)?::(\w+)`")


def test_every_test_that_is_named_exists() -> None:
    missing, path, seen = [], "", 0
    for line in PAGE.splitlines():
        for file, name in _NAMED.findall(line):
            path = file or path
            seen += 1
            text = (ROOT / "tests" / path).read_text(encoding="utf-8")
            if f"def {name}(" not in text:
                missing.append(f"{path}::{name}")
    assert not missing
    assert seen > 60


def test_all_statements_and_histories_are_told() -> None:
    statements, histories = PAGE.split("## The 23 histories")
    told = [int(n) for n in re.findall(r"^\| (\d+) \|", statements, re.MULTILINE)]
    assert told == list(range(1, 17))
    found = re.findall(r"^\| (\d+) .*$", histories, re.MULTILINE)
    assert [int(number) for number in found] == list(range(1, 24))
    for line in re.findall(r"^\| \d+ .*$", histories, re.MULTILINE):
        number = int(line.split()[1])
        assert re.search(rf"::test_history_{number:02}_", line), line
