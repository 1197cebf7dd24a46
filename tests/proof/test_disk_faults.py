"""A full disk and an I/O error at each write of a save: it never says "saved" falsely, and never half-saves.

strace makes one call of the writing thread fail, then lets the next ones through, as a disk does that is short of room
for a moment or has one bad block.
"""

from __future__ import annotations

import pytest

from tests.proof.conftest import Desk
from tests.proof.leftovers import check_edits, check_visits
from tests.proof.straced import Zygote
from tests.sync.sim_world import Template

WRITING = ("pwrite64", "write", "fsync", "fdatasync", "ftruncate", "rename", "openat", "mkdir")
SAMPLE = 10
WORDS = {"disk_full", "disk_error", "damaged"}


@pytest.mark.parametrize("act", ["visits", "edits"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_one_call_fails(
    zygote: Zygote, desk: Desk, template: Template, act: str, error: str, few: bool
) -> None:
    home = template.homes[0].id
    what = f"{act}:{home}"
    calls = [c for c in zygote.calls(desk.copy(), what) if c[0] in WRITING]
    refused = 0
    for name, number in calls[:: max(1, len(calls) // SAMPLE)] if few else calls:
        folder = desk.copy()
        ran = zygote.run(folder, what, ["-e", f"inject={name}:error={error}:when={number}"])
        assert not ran.killed
        assert set(ran.problems) <= WORDS, ran.said
        assert "end" in ran.said, ran.said
        refused += bool(ran.problems)
        if act == "edits":
            check_edits(folder, home, ran)
        else:
            assert len(ran.saved) + len(ran.problems) == 3, ran.said
            # What was refused is not there, not even when the disk recovers.
            check_visits(folder, home, ran, more=0)
    assert refused >= len(calls) // (SAMPLE if few else 1) // 4


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_all_calls_fail_from_one_on(
    zygote: Zygote, desk: Desk, template: Template, error: str, few: bool
) -> None:
    home = template.homes[0].id
    what = f"visits:{home}"
    calls = [c for c in zygote.calls(desk.copy(), what) if c[0] in ("pwrite64", "fsync")]
    for name, number in calls[:: max(1, len(calls) // SAMPLE)] if few else calls:
        folder = desk.copy()
        ran = zygote.run(folder, what, ["-e", f"inject={name}:error={error}:when={number}+"])
        assert set(ran.problems) <= WORDS
        assert len(ran.saved) + len(ran.problems) == 3, ran.said
        # A commit that could not be synced may still be on the disk: it was refused, and is whole or not there.
        check_visits(folder, home, ran, more=3 - len(ran.saved))
