"""First contact with a server that was restored: it gets back what it forgot, before it judges anything.

Killed anywhere it begins again, and nothing happens twice: the new epoch is noted last.
"""

from __future__ import annotations

from functools import partial

from gridapp.store import comparison, recovery
from gridapp.store.store import Store
from gridapp.sync.handing import hand_back
from gridapp.sync.protocol import MOST_HELD, HeldRequest
from gridapp.sync.transport import Transport

NEW_EPOCH = "new_epoch"  # the server's refusal until this was done


def recover(store: Store, transport: Transport) -> None:
    """Say what is held here, hand back what is wanted, offer everything again that was ever answered.

    Raises ``Offline`` or ``Refused``; the next round goes on.
    """
    records = store.read(recovery.held).result()
    photos = store.read(recovery.whole_photos).result()
    lacking: list[str] = []
    epoch = 0
    for start in range(0, max(len(records), len(photos), 1), MOST_HELD):
        part = slice(start, start + MOST_HELD)
        reply = transport.held(HeldRequest(records[part], photos[part]))
        wanted = {key: entity for entity, key in reply.wanted}
        hand_back(store, transport, store.read(partial(comparison.whole, entities=wanted)).result())
        lacking += reply.photos
        epoch = reply.epoch
    store.write(partial(recovery.begin_epoch, epoch=epoch, photos=lacking)).result()
