"""Starting over: everything that came from the server is let go of here and fetched anew at the next sync.

Who this is, what was sent, and photos stay. Refused while anything is here that the server does not have.
"""

from __future__ import annotations

from gridapp.domain.kinds import KINDS
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store import comparison, status
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork

_FROM_SERVER = (
    "base",
    "membership",
    "braked",
    "leaving",
    "wanted",
    "household_order",
    "search_doc",
    "search_stale",
    "history",
    "history_state",
)
_NOTES = ("differing", "rechecked_at", "unknown_kinds")


def reset(uow: UnitOfWork) -> None:
    """Let go of the server's rows. Raises ``Problem`` ``unsent`` and changes nothing."""
    _check(uow)
    # What does not come again is asked about, as after a restore: what was sent of it goes too, where it left meanwhile.
    comparison.begin(uow)
    for table in (*KINDS, *_FROM_SERVER):
        uow.connection.execute(f"DELETE FROM {table}")
    uow.connection.execute("INSERT INTO search(search) VALUES('delete-all')")
    uow.connection.execute("UPDATE channel SET total=0")
    uow.connection.execute("UPDATE outbox SET live=0")
    uow.connection.executemany("DELETE FROM meta WHERE key=?", [(key,) for key in _NOTES])
    for entity in KINDS:
        uow.touch(entity, ())
    uow.touch_sync()


def _check(reader: Reader) -> None:
    here = status.current(reader)
    drafts = reader.value("SELECT count(*) FROM draft WHERE key NOT LIKE 'thrown:%'")
    open_ = [
        tr(text).format(count=count)
        for count, text in (
            (here.waiting, "{count} 条没有上传"),
            (here.photos, "{count} 张照片没有上传"),
            (here.broken_photos, "{count} 张照片传不上去"),
            (here.not_accepted, "{count} 条没有被接受"),
            (drafts, "{count} 份表单没有保存"),
        )
        if count
    ]
    if open_:
        raise Problem(
            "unsent",
            "这台电脑上还有服务器没有的内容，不能重来：{what}。",
            remedy="请先同步、保存，或在“同步”里处理完，再试一次。",
            what=tr("、").join(open_),
        )
