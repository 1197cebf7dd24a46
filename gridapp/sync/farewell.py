"""A revoked device is told by a letter: from that moment nothing can be read here, and what the server has goes.

As after a contact over the network: when nothing waits any more, the computer forgets, its keys first. What was
recorded after the bundle was written, or found no room in it, stays for the next bundle or contact, and the user
is told: it was acknowledged, and nobody else has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from gridapp.errors import Problem
from gridapp.store import erasing
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.sync import bundle_format as form
from gridapp.sync import bundle_state, revoked
from gridapp.sync.bundle_format import Farewell

WAITS = "revoked_waiting"


def heed(store: Store, letter: Farewell, name: str) -> Problem:
    """Let go of all that may be, and say what to tell the user: ``erased``, or ``revoked_waiting``.

    Raises ``Problem`` ``old_farewell`` where the server was heard since the bundle was written: whoever is revoked
    hears nothing any more, so it may not be true now. Then nothing is changed.
    """
    if letter.contact != store.read(bundle_state.contacts).result():
        raise form.refuse("old_farewell", name)
    revoked.hide(store)
    store.write(partial(revoked.handed_over, kept=letter.operations)).result()
    for digest in _gone(store, letter.photos):
        store.write(partial(revoked.photo_gone, digest=digest)).result()
    left = store.read(_left).result()
    if left:
        store.empty_log().result()  # nor does its log keep what was handed over
        return Problem(
            WAITS,
            "这台电脑的登记已被停用，资料已看不到；还有 {count} 项没有交给区里，存在本机。",
            remedy="请再写一次U盘，请同事带去交给区里，再收一次回信；能联网就联网一次。",
            count=left,
        )
    erasing.erase(store)
    return erasing.erased()


def _gone(store: Store, there: Iterable[str]) -> list[str]:
    """Photos that the server has whole, and those that are broken here: nobody's loss any more."""
    waiting = store.read(erasing.pending_photos).result()
    known = set(there)
    return [digest for digest in waiting if digest in known or store.blobs.get(digest) is None]


def _left(reader: Reader) -> int:
    waiting = reader.value("SELECT count(*) FROM outbox WHERE state='waiting'")
    return int(waiting or 0) + len(erasing.pending_photos(reader))
