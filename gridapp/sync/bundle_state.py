"""What a client keeps of bundles: the keys, how often it heard from the server, when it last wrote one.

No clock says which of two answers is the newer one. A bundle carries how often this client had heard from
the server when it was written (``contact``); an answer that carries another number is an old letter.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views.sync_page import WRITTEN
from gridapp.sync.protocol import PullHead

_SERVER_KEY = "bundle_key"
_BOX_KEY = "bundle_box"
_CONTACTS = "contacts"
_LETTERS = "letters"
_MOST_LETTERS = 200  # of which it is known that they were written here


def heard(uow: UnitOfWork, head: PullHead) -> None:
    """The server said which channels are granted: older letters do not say so any more."""
    uow.set_meta(_CONTACTS, str(contacts(uow) + 1))
    if head.bundle_key and head.bundle_key.hex() != uow.meta(_SERVER_KEY):
        uow.set_meta(_SERVER_KEY, head.bundle_key.hex())


def contacts(reader: Reader) -> int:
    """How often the server said which channels are granted."""
    return int(reader.meta(_CONTACTS) or 0)


def learn_key(uow: UnitOfWork, key: bytes) -> None:
    """The key to which bundles are sealed, as the server said at enrolment."""
    if key:
        uow.set_meta(_SERVER_KEY, key.hex())


def server_key(reader: Reader) -> bytes:
    """The server's public key of bundles, b"" where it never said one."""
    return bytes.fromhex(reader.meta(_SERVER_KEY) or "")


def box_key(uow: UnitOfWork) -> X25519PrivateKey:
    """This device's own key of answers, made when it is needed first."""
    held = uow.meta(_BOX_KEY)
    if held is None:
        held = X25519PrivateKey.generate().private_bytes_raw().hex()
        uow.set_meta(_BOX_KEY, held)
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(held))


def note_letter(uow: UnitOfWork, bundle: bytes) -> None:
    """A bundle of this name is about to be written from here."""
    letters = (uow.meta(_LETTERS) or "").split()
    uow.set_meta(_LETTERS, " ".join([*letters, bundle.hex()][-_MOST_LETTERS:]))


def may_be_ours(reader: Reader, bundle: bytes) -> bool:
    """Whether a bundle of this name was written from here. True where nobody kept book of them yet."""
    letters = reader.meta(_LETTERS)
    if letters is None:
        return reader.meta(_BOX_KEY) is not None
    return bundle.hex() in letters.split()


def note_written(uow: UnitOfWork) -> None:
    """A bundle is on a stick."""
    uow.set_meta(WRITTEN, str(uow.now))
    uow.touch_sync()
