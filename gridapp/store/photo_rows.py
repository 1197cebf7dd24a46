"""What the database knows of photos on their way: which go up, which are missing, what became of each."""

from __future__ import annotations

from dataclasses import dataclass

from gridapp.store import reviewed_photos
from gridapp.store.reader import Reader, marks
from gridapp.store.unit_of_work import UnitOfWork

IN_ONE_ROUND = 500
MOST_TRIES = 5  # of one photo, before it is said that it cannot go

# A photo goes after the record that names it: the server takes it only then. What waits for the head is
# known there too, and its photo must be there when this computer may not keep it any more.
_STATES = "o.state IN ('applied','merged','conflict','parked')"
# Started over (``resetting``), a computer has no record of a photo that it sent: what it sent names it, in ``fields``.
_BARE = "NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256=b.sha256)"
_SENT = (
    "EXISTS (SELECT 1 FROM outbox o WHERE o.entity='attachment' "
    "AND instr(o.fields, CAST(b.sha256 AS BLOB)) AND {})"
)
_NOT_REJECTED = "o.state<>'rejected'"
_KNOWN = (
    "(EXISTS (SELECT 1 FROM attachment a JOIN outbox o ON o.record_id=a.id "
    f"WHERE a.sha256=b.sha256 AND {_STATES}) OR ({_BARE} AND {_SENT.format(_STATES)}))"
)
_TAKEN = _KNOWN.replace(",'parked'", "")

# What the server says of the bytes, and not of the work that names them: tried so often, and no more.
_OF_BYTES = ("bad_part", "bad_blob")
_GAVE_UP = f"b.state='broken' AND b.code IN {_OF_BYTES}"
# While its work waited for the head: it is tried anew once that is taken, and stays until then.
GIVEN_UP_EARLY = f"{_GAVE_UP} AND b.tries=0"


@dataclass(frozen=True, slots=True)
class Missing:
    """A photo that a record here names, or work that waits for a decision, and whose bytes are not here."""

    digest: str
    size: int


def to_upload(reader: Reader) -> list[str]:
    """Digests of photos that the server may have now, the smallest first."""
    return [
        row[0]
        for row in reader.rows(
            f"SELECT b.sha256 FROM blob b WHERE b.state IN ('waiting','held') AND {_KNOWN} "
            "ORDER BY b.size LIMIT ?",
            (IN_ONE_ROUND,),
        )
    ]


def to_carry(reader: Reader) -> list[str]:
    """Digests of all photos that wait, the smallest first: in a bundle they stand behind their records."""
    return [
        row[0]
        for row in reader.rows(
            f"SELECT sha256 FROM blob b WHERE state='waiting' AND (NOT {_BARE} OR {_SENT.format(1)}) "
            "ORDER BY size, sha256"
        )
    ]


def small_of(reader: Reader, digest: str) -> bytes | None:
    """The small picture of a photo."""
    found: bytes | None = reader.value("SELECT thumbnail FROM blob WHERE sha256=?", (digest,))
    return found


def small_to_upload(reader: Reader, most: int) -> dict[str, bytes]:
    """Digest -> small picture, of photos that wait and whose small picture the server does not have."""
    return dict(
        reader.rows(
            f"SELECT b.sha256, b.thumbnail FROM blob b WHERE b.state IN ('waiting','held') "
            f"AND b.small_done=0 AND b.thumbnail IS NOT NULL AND {_KNOWN} LIMIT ?",
            (most,),
        )
    )


def refused(reader: Reader) -> list[str]:
    """Photos whose records were rejected: they wait for that, not for the network."""
    return [
        row[0]
        for row in reader.rows(
            "SELECT b.sha256 FROM blob b JOIN attachment a ON a.sha256=b.sha256 "
            f"JOIN outbox o ON o.record_id=a.id WHERE (b.state='waiting' OR {_GAVE_UP}) GROUP BY b.sha256 "
            f"HAVING sum(o.state<>'rejected')=0 UNION SELECT sha256 FROM blob b WHERE (b.state='waiting' "
            f"OR {_GAVE_UP}) AND {_BARE} AND {_SENT.format(1)} "
            f"AND NOT {_SENT.format(_NOT_REJECTED)}"
        )
    ]


def hold(uow: UnitOfWork, digests: list[str]) -> None:
    """Photos of rejected records are not counted as waiting."""
    uow.connection.executemany(
        "UPDATE blob SET state='held', code=NULL, tries=0 WHERE sha256=?", [(d,) for d in digests]
    )
    uow.touch_sync()


def wanted_after_all(reader: Reader) -> list[str]:
    """Photos that were given up while their work waited for the head, who has taken it now."""
    sql = f"SELECT b.sha256 FROM blob b WHERE {GIVEN_UP_EARLY} AND {_TAKEN}"
    return [row[0] for row in reader.rows(sql)]


def missing(reader: Reader) -> list[Missing]:
    """Photos to fetch: those of work that waits for a decision, then those of the newest records."""
    # Of neither kind so many that never come keep the others waiting.
    found = dict(list(_lacking(reader, reviewed_photos.named(reader)).items())[: IN_ONE_ROUND // 2])
    for digest, size in reader.rows(
        "SELECT DISTINCT a.sha256, a.size FROM attachment a LEFT JOIN blob b ON b.sha256=a.sha256 "
        "WHERE a.deleted=0 AND (b.sha256 IS NULL OR b.state IN ('gone','wanted')) "
        "ORDER BY a.id DESC LIMIT ?",
        (IN_ONE_ROUND,),
    ):
        found.setdefault(digest, size)
    return [Missing(digest, size) for digest, size in found.items()][:IN_ONE_ROUND]


def _lacking(reader: Reader, named: dict[str, int]) -> dict[str, int]:
    """Those whose bytes are not here."""
    sql = f"SELECT sha256 FROM blob WHERE state NOT IN ('gone','wanted') AND sha256 IN ({marks(list(named))})"
    here = {digest for (digest,) in reader.rows(sql, list(named))} if named else set()
    return {digest: size for digest, size in named.items() if digest not in here}


def without_small(reader: Reader, wanted: list[str]) -> list[str]:
    """Those of which not even a small picture is here."""
    held = {
        row[0]
        for row in reader.rows(
            f"SELECT sha256 FROM blob WHERE thumbnail IS NOT NULL AND sha256 IN ({marks(wanted)})",
            wanted,
        )
    }
    return [digest for digest in wanted if digest not in held]


def small_sent(uow: UnitOfWork, digests: list[str]) -> None:
    """The server has these small pictures, or does not want them."""
    uow.connection.executemany(
        "UPDATE blob SET small_done=1 WHERE sha256=?", [(d,) for d in digests]
    )


def keep_small(uow: UnitOfWork, pictures: dict[str, bytes], sizes: dict[str, int]) -> None:
    """Small pictures that came before their photos. ``sizes``: bytes of the photos."""
    uow.connection.executemany(
        "INSERT INTO blob (sha256,size,state,thumbnail,small_done) VALUES (?,?,'wanted',?,1) "
        "ON CONFLICT(sha256) DO UPDATE SET state='wanted', thumbnail=excluded.thumbnail "
        "WHERE state IN ('gone','wanted')",
        [(digest, sizes[digest], data) for digest, data in pictures.items()],
    )
    for digest in pictures:
        _drop_unnamed(uow, digest)
    uow.touch("attachment", ())


def keep(uow: UnitOfWork, digest: str, size: int, thumbnail: bytes | None) -> None:
    """A photo has come whole."""
    uow.connection.execute(
        "INSERT INTO blob (sha256,size,state,thumbnail,small_done) VALUES (?,?,'done',?,1) "
        "ON CONFLICT(sha256) DO UPDATE SET state='done', code=NULL, small_done=1, "
        "thumbnail=COALESCE(excluded.thumbnail,thumbnail) WHERE state IN ('gone','wanted')",
        (digest, size, thumbnail),
    )
    _drop_unnamed(uow, digest)
    uow.touch("attachment", ())


def _drop_unnamed(uow: UnitOfWork, digest: str) -> None:
    """What named it may have left while it was on its way."""
    if not reviewed_photos.is_named(uow, digest):
        uow.connection.execute(
            "UPDATE blob SET state='gone', thumbnail=NULL WHERE sha256=? AND state IN ('done','wanted')",
            (digest,),
        )


def mark(uow: UnitOfWork, digest: str, state: str, code: str = "") -> None:
    """What became of a photo that was to go up."""
    uow.connection.execute(
        "UPDATE blob SET state=?, code=?, tries=0 WHERE sha256=?", (state, code, digest)
    )
    uow.touch_sync()


def arrived(uow: UnitOfWork, digest: str) -> None:
    """The server says that it has this photo from here."""
    uow.connection.execute(
        "UPDATE blob SET state='done', code=NULL, tries=0, small_done=1 "
        "WHERE sha256=? AND state IN ('waiting','held')",
        (digest,),
    )
    uow.touch_sync()


def failed(uow: UnitOfWork, digest: str, code: str) -> None:
    """Once more another time, and not for ever.

    That the server does not know of it counts only of work that it took: until then what becomes of a photo follows
    from what becomes of the work. What was given up so early (0 tries) is tried anew once the work is taken.
    """
    taken = uow.value(f"SELECT 1 FROM blob b WHERE b.sha256=? AND {_TAKEN}", (digest,))
    if not taken and code not in _OF_BYTES:
        return
    uow.connection.execute(
        "UPDATE blob SET tries=CASE WHEN tries+1>=?1 THEN ?4 ELSE tries+1 END, "
        "state=CASE WHEN tries+1>=?1 THEN 'broken' ELSE state END, "
        "code=CASE WHEN tries+1>=?1 THEN ?2 ELSE code END WHERE sha256=?3",
        (MOST_TRIES, code, digest, MOST_TRIES if taken else 0),
    )
    uow.touch_sync()


def gone(reader: Reader) -> list[str]:
    """Photos whose records left this computer."""
    return [row[0] for row in reader.rows("SELECT sha256 FROM blob WHERE state='gone'")]


def forget(uow: UnitOfWork, digest: str) -> None:
    """Forget the bytes of one whose records left, unless something took it in again."""
    # on the writer's thread, so that a form that takes the same photo in comes before or after
    if not uow.value("SELECT 1 FROM blob WHERE sha256=? AND state='gone'", (digest,)):
        return
    uow.blobs.remove(digest)
    uow.connection.execute("DELETE FROM blob WHERE sha256=? AND state='gone'", (digest,))
