"""Papers and templates where the disk is full: one line says so, and what was there before is whole."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gridapp import whole_file
from gridapp.documents.pdf_pages import JoinedPdf
from gridapp.errors import Problem
from gridapp.printing import print_to_file
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from tests.store.realistic import household, member, save

OLD = b"what was printed last week"

# A limit of the operating system is met as a full disk is: by the write that no longer fits.
_LIMITED = """
import resource, sys
from gridapp.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), -1))
sys.exit(main(sys.argv[2:]))
"""


class Full(io.BytesIO):
    """Takes the first writes, and then there is no room."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self._room:
            raise OSError(errno.ENOSPC, "no space left")
        return super().write(data)


def pdf() -> bytes:
    """A PDF of some pages."""
    import pypdfium2

    document, out = pypdfium2.PdfDocument.new(), io.BytesIO()
    for _ in range(5):
        document.new_page(100, 100).close()
    document.save(out)
    document.close()
    return out.getvalue()


def files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_file())


@pytest.mark.parametrize("room", [0, 10, 400])
def test_a_pdf_that_finds_no_room_is_no_success(room: int) -> None:
    joined = JoinedPdf()
    joined.add(pdf())
    try:
        with pytest.raises(OSError, match="no space left"):
            joined.save(Full(room))
        whole = io.BytesIO()
        joined.save(whole)
    finally:
        joined.close()
    assert whole.getvalue().startswith(b"%PDF")


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a matter of POSIX")
def test_a_print_without_room_leaves_the_old_paper(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file alone is limited: what the database writes is not."""
    key = save(store, household("周敏", "3号楼", "201", member("周敏"))).household.id
    out = tmp_path / "out.pdf"
    out.write_bytes(OLD)
    out.chmod(0o644)

    class Limited(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell() + len(data) > 20_000:
                raise OSError(errno.ENOSPC, "no space left")
            return super().write(data)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", lambda handle, _: io.BufferedWriter(Limited(handle, "w")))
        with pytest.raises(Problem) as caught:
            print_to_file(store, [key], out)
    assert caught.value.code == "disk_full"
    assert "磁盘满了" in caught.value.text()
    assert out.read_bytes() == OLD
    assert files(tmp_path) == ["out.pdf"]
    assert store.read(_on_paper).result() == 0
    print_to_file(store, [key], out)
    assert out.read_bytes().startswith(b"%PDF")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert files(tmp_path) == ["out.pdf"]


def _on_paper(reader: Reader) -> int:
    return int(reader.value("SELECT count(*) FROM printed"))


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a matter of POSIX")
def test_a_template_without_room_leaves_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "t.xlsx"
    out.write_bytes(OLD)
    words = ["client", "import", "households", "--template", str(out)]
    ran = subprocess.run(
        [sys.executable, "-c", _LIMITED, "2000", *words],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.count("\n") == 1
    for said in (str(out), "磁盘满了", "请腾出磁盘空间"):
        assert said in ran.stderr
    assert "Excel" not in ran.stderr
    assert out.read_bytes() == OLD
    assert files(tmp_path) == ["t.xlsx"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    there, link = tmp_path / "there.txt", tmp_path / "link.txt"
    there.write_bytes(OLD)
    link.symlink_to(there)
    with whole_file.writing(link) as out:
        out.write(b"new")
    assert link.is_symlink()
    assert there.read_bytes() == b"new"


def test_what_is_no_ordinary_file_is_left_alone(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, tmp_path / "none" / "x.pdf", tmp_path / ("x" * 300)):
        with pytest.raises(Problem) as caught, whole_file.writing(path):
            pytest.fail("it was opened")
        assert caught.value.code == "cannot_write"
        with pytest.raises(Problem) as caught:
            whole_file.try_place(path)
        assert caught.value.code == "cannot_write"
    assert pipe.is_fifo()
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_place_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(OLD)
    for name in ("paper.pdf", "new.pdf"):
        whole_file.try_place(tmp_path / name)
    assert path.read_bytes() == OLD
    assert files(tmp_path) == ["paper.pdf"]


def test_what_fails_halfway_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(OLD)

    def stop() -> None:
        with whole_file.writing(path) as out:
            out.write(b"half")
            raise Problem("cancelled", "x")

    with pytest.raises(Problem, match="x"):
        stop()
    assert path.read_bytes() == OLD
    assert files(tmp_path) == ["paper.pdf"]
