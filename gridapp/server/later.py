"""What a batch brings along: parked work that its operations decide, and what waits for what they create."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from gridapp.domain.exchange import Operation
from gridapp.server import parked, sent_again
from gridapp.server.locks import Moved
from gridapp.server.parked import Parked
from gridapp.server.sent import creates


class Later:
    """What operations bring along: the work that they decide, and what waits for what they create."""

    def __init__(self, connection: Connection, operations: Sequence[Operation]) -> None:
        decisions = [o.record_id for o in operations if o.entity == "review"]
        self.reviewed = parked.of_reviews(connection, decisions)
        made = [o.record_id for o in operations if creates(o) or tells_of_photo(o)]
        made += [p.operation.record_id for p in self.reviewed.values() if creates(p.operation)]
        self.waiting: dict[bytes, list[Parked]] = defaultdict(list)
        for each in parked.waiting_for(connection, made):
            self.waiting[each.waits_for or b""].append(each)
        # What waits for a head, and may be sent once more with these.
        self.earlier = sent_again.earlier_on(connection, operations)

    def check(self, connection: Connection, operations: Sequence[Operation]) -> None:
        """With the locks held: what is decided brings along what was read. Raises ``Moved``.

        What hangs on it may have been parked in between; once the review is locked no more can come.
        """
        if self.reviewed or self.earlier:
            now = {o.op_id for o in Later(connection, operations).operations}
            if now != {o.op_id for o in self.operations}:
                raise Moved

    @property
    def operations(self) -> list[Operation]:
        """Operations whose records are needed, and locked, as if they had come with the batch."""
        found = [p.operation for p in self.reviewed.values()]
        found += [p.operation for each in self.waiting.values() for p in each]
        every = (p for each in self.earlier.values() for p in each)
        return found + [sent_again.touching(p.operation.op_id) for p in every]


def tells_of_photo(operation: Operation) -> bool:
    """Whether it is the server's word that the photo of a record is here (``photo_arrivals``): it changes nothing."""
    return operation.entity == "attachment" and not operation.fields and not creates(operation)
