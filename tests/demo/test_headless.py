"""The headless demo as a stranger runs it, and that its checks would notice what goes wrong."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pypdfium2
import pytest
from sqlcipher3 import dbapi2

from gridapp.demo.layout import PASSWORD, Layout, load_json
from gridapp.store.keys import unwrap


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gridapp", "demo", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "played"
    done = run("--headless", "--small", "--no-pictures", "--dir", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def copy(played: Path, tmp_path: Path) -> Layout:
    shutil.copytree(played, tmp_path / "copy")
    return Layout(tmp_path / "copy")


def check(layout: Layout) -> tuple[int, list[str]]:
    """Exit status, and the names of the checks that failed."""
    done = run("--check", "--no-pictures", "--dir", str(layout.root))
    report = json.loads(layout.report.read_text(encoding="utf-8"))
    assert report["ok"] is (done.returncode == 0)
    assert "Traceback" not in done.stderr
    return done.returncode, [c["name"] for c in report["checks"] if not c["ok"]]


def test_an_untouched_copy_passes(copy: Layout) -> None:
    assert check(copy) == (0, [])


def test_a_removed_row_is_noticed(copy: Layout) -> None:
    text = load_json(copy.expected)["visits"][0]["text"]
    with closing(sqlite3.connect(copy.server / "server.db")) as server, server:
        assert server.execute("DELETE FROM visit WHERE situation=?", (text,)).rowcount == 1
    assert check(copy) == (1, ["server: every saved visit is there once"])


def test_a_doubled_row_is_noticed(copy: Layout) -> None:
    expected = load_json(copy.expected)
    user, text = expected["users"]["office"], expected["visits"][0]["text"]
    profile = next(copy.client(user).glob("users/*/profile.json")).parent
    with closing(dbapi2.connect(str(profile / "store.db"))) as client, client:
        client.execute(f"PRAGMA key=\"x'{unwrap(profile, PASSWORD).hex()}'\"")
        client.execute("CREATE TEMP TABLE twin AS SELECT * FROM visit WHERE situation=?", (text,))
        client.execute("UPDATE twin SET id=randomblob(16)")
        assert client.execute("INSERT INTO visit SELECT * FROM twin").rowcount == 1
    status, failed = check(copy)
    assert status == 1
    assert failed == ["office: every saved visit is there once", "office: nothing is doubled"]


def test_a_blank_pdf_is_noticed(copy: Layout) -> None:
    with closing(pypdfium2.PdfDocument.new()) as blank:
        blank.new_page(595, 842)
        blank.save(copy.pdf)
    assert check(copy) == (1, ["the office printed the household file"])


def test_a_broken_pdf_is_noticed(copy: Layout) -> None:
    copy.pdf.write_bytes(b"")
    assert check(copy) == (1, ["the office printed the household file"])


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    done = run("--headless", "--small", "--dir", str(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
