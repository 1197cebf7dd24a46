"""Check a lock file: every requirement pinned and hashed, and not one address in it.

usage: check_lock.py FILE
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

REQUIREMENT = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,._-]+\])?==[^\s;]+( ; .+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def problems(text: str) -> list[str]:
    """One line for each thing that is wrong with the text of a lock file."""
    found = []
    requirements = 0
    for line in text.replace("\\\n", "").splitlines():
        if not line.strip():
            continue
        if "://" in line or "file:" in line or " @ " in line:
            found.append(f"holds an address: {line[:80]}")
            continue
        name, *hashes = re.split(r"\s+(?=--hash)", line.strip())
        if not REQUIREMENT.fullmatch(name):
            found.append(f"is no pinned requirement: {line[:80]}")
            continue
        requirements += 1
        if not hashes or not all(HASH.fullmatch(each.strip()) for each in hashes):
            found.append(f"has no proper hashes: {name}")
    if not requirements and not found:
        found.append("holds no requirement at all")
    return found


def main(arguments: list[str]) -> int:
    (file,) = arguments
    found = problems(Path(file).read_text(encoding="utf-8"))
    for problem in found:
        print(f"{file}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
