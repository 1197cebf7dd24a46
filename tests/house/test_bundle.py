"""The client's bundle: what is missing in it is an error, and no part of the server is in it."""

import subprocess
from pathlib import Path

import pytest

from installer import bundle

LOG = """\
20026 WARNING: Hidden import "pysqlite2" not found!
21904 WARNING: Library not found: could not resolve 'libgtk-3.so.0', dependency of '/x/libqgtk3.so'.
21905 WARNING: Library not found: could not resolve 'libcups.so.2', dependency of '/x/libcupsprint.so'.
"""


def put(folder: Path, name: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def test_a_library_counts_as_missing_where_something_in_the_bundle_needs_it(tmp_path: Path) -> None:
    assert bundle.missing(LOG, tmp_path) == []
    put(tmp_path, "_internal/plugins/libcupsprint.so")
    assert bundle.missing(LOG, tmp_path) == ["libcups.so.2, needed by libcupsprint.so"]


@pytest.mark.parametrize(
    "name",
    [
        "_internal/litestar/app.py",
        "_internal/uvicorn-0.35.dist-info/METADATA",
        "_internal/gridapp/server/migrations/versions/0001_records.py",
        "_internal/tests/x.py",
    ],
)
def test_what_is_the_servers_or_the_tests_is_found(name: str, tmp_path: Path) -> None:
    put(tmp_path, "_internal/gridapp/store/migrations/versions/0001_records.py")
    assert bundle.foreign(tmp_path) == []
    put(tmp_path, name)
    assert any(Path(name).is_relative_to(each) for each in bundle.foreign(tmp_path))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_bundle_is_built_and_works_elsewhere() -> None:
    assert bundle.main() == 0
    command = [bundle.DIST / "gridapp", "server", "run", "--data", "x"]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "这里只装了客户端" in done.stderr
