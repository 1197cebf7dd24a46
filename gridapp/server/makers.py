"""Who made a record: whose photo it names, and whose small picture stands for it, hangs on nobody else.

An operation of the log makes nobody an author by itself: anybody may send a refused one about any record.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from gridapp.domain.exchange import Verdict
from gridapp.server.schema import operation

_TAKEN = (Verdict.APPLIED.value, Verdict.MERGED.value, Verdict.CONFLICT.value)


def created() -> ColumnElement[bool]:
    """Of a row of the operation log: it is the creation of its record, and was taken."""
    log = operation.c
    return and_(log.base_version == 0, log.version > 0, log.verdict.in_(_TAKEN))
