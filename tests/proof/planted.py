"""Two hundred names that nobody bears, put wherever a name can go, and looked for in bytes.

They are looked for in four spellings and, where a name is one of a person, as the search index writes it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from gridapp.domain.household import Household
from gridapp.domain.person import Person
from gridapp.printing import PrintOptions, print_households
from gridapp.store import access_log, drafts, search
from tests.proof.zygote import JPEG
from tests.sync.world import Client

COUNT = 200
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_FAMILY = "鸑鷟"
_RARE = "饕餮麒麟髭髯貔貅霏霁鹮鹡鸰鹪鹩鹧鸪鸬鹚鹈鹕鹦鹉翡翠琥珀玳瑁玛瑙珊瑚蟋蟀螳螂蜻蜓蜈蚣蚯蚓"


def names(seed: int = 200) -> list[str]:
    """Distinct, five rare characters each, the same at each run; all begin alike, so that looking is quick."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < COUNT:
        found[_FAMILY + "".join(chance.sample(_RARE, 3))] = None
    return list(found)


def spelled(planted: Iterable[str]) -> dict[bytes, str]:
    """Bytes -> the name and how it is written."""
    found = {name.encode(e): f"{name} ({e})" for name in planted for e in ENCODINGS}
    from pypinyin import lazy_pinyin

    return found | {"".join(lazy_pinyin(n)).encode(): f"{n} (pinyin)" for n in planted}


def leaks(folder: Path, planted: Iterable[str], skipped: tuple[str, ...] = ()) -> list[str]:
    """What is found where, over every file beneath ``folder`` and its name, but files that begin so."""
    words = spelled(planted)
    first = list(spelled([_FAMILY]))
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if skipped and path.name.startswith(skipped):
            continue
        data = path.read_bytes() + b"\n" + str(path.relative_to(folder)).encode()
        if any(word in data for word in first):
            found += [f"{path.name}: {what}" for word, what in words.items() if word in data]
    return found


def plant(client: Client, planted: list[str]) -> list[UUID]:
    """Everything a worker may do with names: 25 households, and eight names for each."""
    homes = []
    for at in range(0, len(planted), 8):
        person, note, situation, event, title, drafted, thrown, reason = planted[at : at + 8]
        home = client.household(name=person, id_number="")
        homes.append(home.id)
        client.change(Person, home.person, status_note=note, nicknames=(note,))
        client.visit(home.id, situation, photo=JPEG + situation.encode() if at == 0 else b"")
        client.event(home.id, event, title=title)
        drafts.keep(client.store, f"visit:{home.id}", {"situation": drafted}).result()
        drafts.keep(client.store, f"event:{home.id}", {"text": thrown}).result()
        drafts.throw(client.store, f"event:{home.id}").result()
        client.store.read(lambda r, t=person: search.find(r, t)).result()
        client.write(
            lambda u, h=home, why=reason: access_log.note(u, "reveal", "person", h.person, why)
        )
    return homes


def print_all(client: Client, homes: list[UUID], reason: str) -> int:
    """Print whole, into memory; returns how many bytes."""
    import io

    out = io.BytesIO()
    print_households(client.store, homes, out, PrintOptions(reveal=True, reason=reason))
    return len(out.getvalue())


__all__ = ["COUNT", "Household", "leaks", "names", "plant", "print_all", "spelled"]
