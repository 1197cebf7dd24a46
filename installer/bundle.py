"""Build the client's bundle into dist/gridapp, see that nothing is missing in it, and start it once.

usage: bundle.py

PyInstaller only warns of a library that it does not find, and the program then fails at the user's. Here
it is an error where a file that is in the bundle needs it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist" / "gridapp"
NOT_FOUND = re.compile(r"Library not found: could not resolve '([^']+)', dependency of '([^']+)'")
# Not to be found in any bundle: what the server and the tests are made of.
FOREIGN = ("litestar", "uvicorn", "psycopg", "pytest", "hypothesis", "setuptools", "tests")
# Libraries that come with everything a debugger wants. Qt and what its makers patched stay as they are.
FAT = (
    "libpython3*",
    "sqlcipher3/*.so",
    "zstandard/*.so",
    "sqlalchemy/*/*.so",
    "*/lib-dynload/*.so",
)
MEGABYTE = 1e6


def missing(log: str, bundle: Path) -> list[str]:
    """One line for each library that a file of the bundle needs and PyInstaller did not find."""
    held = {path.name for path in bundle.rglob("*") if path.is_file()}
    found = {(library, Path(user).name) for library, user in NOT_FOUND.findall(log)}
    return [f"{library}, needed by {user}" for library, user in sorted(found) if user in held]


def foreign(bundle: Path) -> list[str]:
    """Files of the server or the tests."""
    parts = (path.relative_to(bundle) for path in bundle.rglob("*"))
    return sorted(
        str(path)
        for path in parts
        if any(p.split("-")[0] in FOREIGN for p in path.parts)
        or "gridapp/server" in path.as_posix()
    )


def build() -> str:
    """Run PyInstaller; what it said."""
    needs = {"objdump": "binutils"} if sys.platform == "linux" else {}
    lacking = [package for command, package in needs.items() if shutil.which(command) is None]
    if lacking:
        raise SystemExit(f"bundle: install {' '.join(lacking)} first")
    spec = ROOT / "installer" / "gridapp.spec"
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "INFO"]
    done = subprocess.run(
        [*command, "--distpath", str(DIST.parent), "--workpath", str(ROOT / "build"), str(spec)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout[-4000:], file=sys.stderr)
        raise SystemExit("bundle: PyInstaller failed")
    return done.stdout


def slim(bundle: Path) -> None:
    """Take the symbols out of libraries that carry them: 60 MB."""
    if sys.platform == "linux":
        files = [path for pattern in FAT for path in (bundle / "_internal").glob(pattern)]
        subprocess.run(["strip", "--strip-unneeded", *files], check=True)


def start(bundle: Path) -> float:
    """Run the self-test of a copy elsewhere, with an empty environment; seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "网格 工作台"
        shutil.copytree(bundle, copy, symlinks=True)
        program = copy / ("gridapp-console.exe" if sys.platform == "win32" else "gridapp")
        environment = dict(os.environ) if sys.platform == "win32" else {}
        began = time.perf_counter()
        done = subprocess.run([program, "--selftest"], env=environment, cwd=folder, check=False)
        if done.returncode:
            raise SystemExit(f"bundle: the self-test ended with {done.returncode}")
        return time.perf_counter() - began


def main() -> int:
    log = build()
    problems = missing(log, DIST) + foreign(DIST)
    for problem in problems:
        print(f"bundle: {problem}", file=sys.stderr)
    if problems:
        return 1
    slim(DIST)
    took = start(DIST)
    size = sum(p.stat().st_size for p in DIST.rglob("*") if p.is_file() and not p.is_symlink())
    print(f"bundle: {DIST.relative_to(ROOT)}, {size / MEGABYTE:.0f} MB, self-test in {took:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
