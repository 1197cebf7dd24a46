"""``gridapp bench search``: any kind of query over 200,000 people, from the typed text to the rows.

Measured: ``store.read`` of ``search.find`` as the search box calls it, from another thread, the database
encrypted; and in the real window, off screen, from each keystroke to the rows shown, with the longest
pause of the event loop meanwhile. Floor, in the same run: a bare FTS5 ``MATCH`` with the same tokens in plain SQLite, and the
found rows by id, on the calling thread.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from gridapp.bench.filled import RowPage
from gridapp.bench.rows import Figure, median, p95
from gridapp.domain.exchange import Page, Rows
from gridapp.domain.names import name_tokens, number_tokens, query_tokens
from gridapp.domain.record import new_id
from gridapp.store import inbox, keys, search
from gridapp.store.opening import create_store
from gridapp.store.store import Store
from gridapp.store.who import Who

PEOPLE = 200_000
_ROUNDS = 5
_TRIES = 40
_IN_A_HOME = 3
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = "秀英桂兰建国志强丽敏晓燕海涛玉珍文博淑华明军芳霞平刚娜静伟勇艳杰娟超红梅"


def measure(people: int = PEOPLE, rounds: int = _ROUNDS) -> list[dict[str, Any]]:
    """p95 in ms for each kind of query; medians over the rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = _Names(people)
        store = _filled(folder, names)
        floor = _floor_database(folder / "floor.db", names)
        figures = []
        for what, query in names.queries().items():
            ours, bare = [], []
            for number in range(rounds):
                rng = random.Random(number)
                typed = [query(rng) for _ in range(_TRIES)]
                ours.append(p95([_ask(store, text) for text in typed]))
                bare.append(p95([_ask_floor(floor, text) for text in typed]))
            figures.append(Figure(f"{what}, p95", median(ours), "ms", median(bare)))
        floor.close()
        figures += _typed(store, names)
        store.close()
        return [figure.row() for figure in [*figures, Figure("people", people, "rows")]]


def _typed(store: Store, names: _Names) -> list[Figure]:
    from gridapp.ui.probes.typing_probe import type_in

    rng = random.Random(0)
    typed = type_in(store, [query(rng) for query in names.queries().values() for _ in range(3)])
    return [
        Figure("window: keystroke to rows shown, p95", p95(typed.to_rows), "ms"),
        Figure("window: longest pause while typing", max(typed.pauses), "ms"),
    ]


class _Names:
    """Invented people, found again by their index."""

    def __init__(self, count: int) -> None:
        rng = random.Random(20_261_120)
        self.names = [
            rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=rng.choice((1, 2, 2))))
            for _ in range(count)
        ]
        self.nicknames = [f"老{rng.choice(_GIVEN)}{rng.choice(_GIVEN)}" for _ in range(count)]
        self.phones = [f"1{rng.randrange(30, 99)}{rng.randrange(10**8):08}" for _ in range(count)]
        self.homes = [
            (f"{n // 120 + 1}号楼", str(n // 60 % 2 + 1), f"{n // 2 % 30 + 1}0{n % 2 + 1}")
            for n in range(count // _IN_A_HOME + 1)
        ]

    def queries(self) -> dict[str, Callable[[random.Random], str]]:
        """A maker of typed texts for each kind of query."""
        from pypinyin import lazy_pinyin

        def spelled(rng: random.Random) -> str:
            return "".join(lazy_pinyin(rng.choice(self.names)))

        def initials(rng: random.Random) -> str:
            return "".join(part[0] for part in lazy_pinyin(rng.choice(self.names)))

        return {
            "name": lambda rng: rng.choice(self.names),
            "nickname": lambda rng: rng.choice(self.nicknames),
            "one character": lambda rng: rng.choice(_GIVEN),
            "pinyin": spelled,
            "initials": initials,
            "telephone": lambda rng: rng.choice(self.phones),
            "last four digits": lambda rng: rng.choice(self.phones)[-4:],
            "address": lambda rng: "{}{}单元{}".format(*rng.choice(self.homes)),
        }


def _filled(folder: Path, names: _Names) -> Store:
    who = Who(uuid4(), "李秀英", "lixiuying", uuid4(), "bench", uuid4(), "红旗区", "")
    store = create_store(
        folder / "client",
        "bench-password",
        who,
        device_key=bytes(32),
        strength=keys.Strength(1, 8, 1),
    )
    for number, tables in enumerate(_pages(names)):
        page = Page("grid:bench:work", number, number + 1, more=True, tables=tables)
        store.write(partial(inbox.apply_page, page=page), index=False).result()
    while store.write(search.refresh_stale).result():
        pass
    return store


def _pages(names: _Names) -> Iterator[list[Rows]]:
    grid = new_id().bytes
    size = 3000
    for start in range(0, len(names.homes), size):
        page = _Homes()
        for home in range(start, min(start + size, len(names.homes))):
            page.home(grid, names, home)
        yield page.tables()


class _Homes(RowPage):
    def home(self, grid: bytes, names: _Names, number: int) -> None:
        building, entrance, room = names.homes[number]
        block, flat, home = (new_id().bytes for _ in range(3))
        self.add("building", block, grid_id=grid, name=building)
        self.add("dwelling", flat, grid_id=grid, building_id=block, entrance=entrance, room=room)
        first = number * _IN_A_HOME
        members = range(first, min(first + _IN_A_HOME, len(names.names)))
        name = names.names[first] if first < len(names.names) else "空户"
        self.add("household", home, grid_id=grid, dwelling_id=flat, name=name)
        for index in members:
            person = new_id().bytes
            nickname = f'["{names.nicknames[index]}"]'
            phones = f'{{"{names.phones[index]}":"本人"}}'
            self.add("person", person, name=names.names[index], nicknames=nickname)
            self.add("person_file", new_id().bytes, person_id=person, phones=phones)
            self.add(
                "residence", new_id().bytes, person_id=person, household_id=home, kind="living"
            )


def _ask(store: Store, typed: str) -> float:
    began = time.perf_counter()
    found = store.read(partial(search.find, typed=typed)).result()
    took = (time.perf_counter() - began) * 1000
    assert found, typed
    return took


def _floor_database(path: Path, names: _Names) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE person (n INTEGER PRIMARY KEY, name TEXT, born INTEGER)")
    connection.execute(
        "CREATE VIRTUAL TABLE tokens USING fts5(t, content='', tokenize='ascii', detail='none', prefix='1')"
    )
    from gridapp.domain.address import dwelling_address
    from gridapp.domain.names import text_tokens

    people = len(names.names)
    for n in range(people):
        parts = name_tokens(names.names[n], (names.nicknames[n],)) + number_tokens(names.phones[n])
        connection.execute("INSERT INTO person VALUES (?,?,?)", (n, names.names[n], 1950))
        connection.execute("INSERT INTO tokens (rowid,t) VALUES (?,?)", (n, " ".join(parts)))
    for n, (building, entrance, room) in enumerate(names.homes, start=people):
        parts = text_tokens(dwelling_address(building, entrance, room, ""))
        connection.execute("INSERT INTO person VALUES (?,?,?)", (n, building, 0))
        connection.execute("INSERT INTO tokens (rowid,t) VALUES (?,?)", (n, " ".join(parts)))
    connection.commit()
    return connection


def _ask_floor(connection: sqlite3.Connection, typed: str) -> float:
    query = query_tokens(typed)
    began = time.perf_counter()
    connection.execute(
        "SELECT p.* FROM (SELECT rowid AS n FROM tokens WHERE tokens MATCH ? LIMIT 50) f "
        "JOIN person p ON p.n=f.n",
        (query,),
    ).fetchall()
    return (time.perf_counter() - began) * 1000
