"""The checks of a headless demo: opened databases by plain SQL, the PDF by its text, the pictures by size.

They use nothing of the store or the server but the key, so they would notice what those get wrong.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdfium2
from PIL import Image
from sqlcipher3 import dbapi2

from gridapp.demo.layout import PASSWORD, Layout, load_json, save_json
from gridapp.store.keys import unwrap

_PICTURE = (1366, 768)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    name: str
    ok: bool
    detail: str


def run(layout: Layout, *, pictures: bool) -> bool:
    """Run all checks, write ``report.json``; whether all hold."""
    expected = load_json(layout.expected)
    checks = [
        Check("offline was noticed", expected["offline"], "a sync without a server says so"),
        Check("work waited", expected["waiting"] == 4, f"{expected['waiting']} saves waiting"),
    ]
    with closing(sqlite3.connect(layout.server / "server.db")) as server:
        checks += _database("server", server, expected)
    for part, user in expected["users"].items():
        with closing(_open_client(layout.client(user))) as client:
            # A worker holds her own grid; the office holds both.
            checks += _database(part, client, expected, own=part if part != "office" else "")
            checks.append(_nothing_waits(part, client))
    checks.append(_printed(layout.pdf, expected))
    if pictures:
        checks += _pictures(layout.pictures)
    ok = all(check.ok for check in checks)
    save_json(layout.report, {"ok": ok, "checks": [asdict(c) for c in checks]})
    return ok


def _database(where: str, connection: Any, expected: dict[str, Any], own: str = "") -> list[Check]:
    checks = []
    for table, column in (("visit", "situation"), ("event", "text")):
        wanted = [e for e in expected[f"{table}s"] if not own or _belongs(e["text"], own)]
        counts = []
        for entry in wanted:
            by_text = _one(
                connection, f"SELECT count(*) FROM {table} WHERE {column}=?", entry["text"]
            )
            by_id = _one(
                connection,
                f"SELECT count(*) FROM {table} WHERE id=? AND {column}=?",
                UUID(entry["id"]).bytes,
                entry["text"],
            )
            counts.append((by_text, by_id))
        right = sum(pair == (1, 1) for pair in counts)
        checks.append(
            Check(
                f"{where}: every saved {table} is there once",
                right == len(wanted) > 0,
                f"{right} of {len(wanted)}",
            )
        )
    left = _one(
        connection, "SELECT count(*) FROM visit WHERE situation=?", expected["lost"]["text"]
    )
    checks.append(Check(f"{where}: the uncommitted visit left no trace", left == 0, f"{left} rows"))
    doubled = _one(
        connection,
        "SELECT count(*) FROM (SELECT situation FROM visit WHERE situation LIKE '演示走访%' "
        "GROUP BY situation HAVING count(*)>1)",
    )
    checks.append(Check(f"{where}: nothing is doubled", doubled == 0, f"{doubled} doubled"))
    return checks


def _belongs(text: str, part: str) -> bool:
    marks = {"worker": ("worker-", "编号 worker"), "second": ("second", "killed-after")}
    return any(mark in text for mark in marks[part])


def _nothing_waits(part: str, connection: Any) -> Check:
    waiting = _one(connection, "SELECT count(*) FROM outbox WHERE state='waiting'")
    refused = _one(connection, "SELECT count(*) FROM outbox WHERE state IN ('rejected','parked')")
    return Check(
        f"{part}: all was sent and accepted",
        waiting == refused == 0,
        f"{waiting} wait, {refused} refused",
    )


def _printed(path: Path, expected: dict[str, Any]) -> Check:
    wanted = [expected["household_name"], "worker-1"]
    try:
        with closing(pypdfium2.PdfDocument(path)) as document:
            text = "".join(page.get_textpage().get_text_bounded() for page in document)
            pages = len(document)
    except (pypdfium2.PdfiumError, OSError) as error:
        return Check("the office printed the household file", False, str(error))
    plain = "".join(text.split())
    missing = [part for part in wanted if part not in plain]
    return Check(
        "the office printed the household file",
        not missing,
        f"{pages} pages, {len(plain)} characters" + (f", missing {missing}" if missing else ""),
    )


def _pictures(folder: Path) -> list[Check]:
    found = sorted(folder.glob("*.png"))
    checks = [Check("pictures were taken", len(found) >= 4, f"{len(found)} pictures")]
    for path in found:
        with Image.open(path) as image:
            size, colours = image.size, image.convert("RGB").getcolors(1 << 20)
        busy = colours is None or len(colours) > 50
        checks.append(
            Check(f"picture {path.name}", size == _PICTURE and busy, f"{size[0]} x {size[1]}")
        )
    return checks


def _open_client(folder: Path) -> Any:
    profile = next(folder.glob("users/*/profile.json")).parent
    connection = dbapi2.connect(str(profile / "store.db"))
    connection.execute("PRAGMA cipher_log_level=NONE")
    connection.execute(f"PRAGMA key=\"x'{unwrap(profile, PASSWORD).hex()}'\"")
    return connection


def _one(connection: Any, sql: str, *params: Any) -> int:
    return int(connection.execute(sql, params).fetchone()[0])
