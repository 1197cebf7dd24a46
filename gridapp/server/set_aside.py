"""What an administrator does about the work of a revoked device: carry it out of the server to read, and drop it.

It is read outside, decided by hand, and recorded anew by whoever may. What was dealt with is dropped: its
content goes, its ``op_id`` stays in the operation log, so that the same bundle once more brings nothing back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Connection, delete, func, select, update

from gridapp.clock import Instant, local
from gridapp.domain.exchange import Operation, Outcome, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field
from gridapp.domain.values import loaded
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.server import blobs, purged_photos, purging
from gridapp.server.accounts import DeviceLine
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.joining import Sender
from gridapp.server.journalling import note
from gridapp.server.judge import Judged
from gridapp.server.quarantine import SET_ASIDE, Kept, kept_of
from gridapp.server.quarantine_about import Abouts
from gridapp.server.schema import blob, blob_part, blob_sender, device, quarantine, thumbnail
from gridapp.server.schema import operation as log
from gridapp.server.writing import write_log

EVERYTHING = "all"
_LIST, _PHOTOS = "operations.json", "photos"
_ENDINGS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp"}


@dataclass(frozen=True, slots=True)
class Handled:
    """How many operations and photos were carried out, or dropped."""

    operations: int
    photos: int


def carry_out(server: Server, whose: DeviceLine, folder: Path) -> Handled:
    """Write what is kept of a device into a new or empty folder, readable by its owner alone.

    Raises ``Problem``: ``folder_not_empty``, ``disk_error``; then nothing of it is left there.
    """
    with server.database.snapshot() as connection:
        found = kept_of(connection, whose.id.bytes)
        digests = photos_of(connection, whose.id.bytes)
        abouts = Abouts(connection, [one.operation for one in found])
        about = [abouts.of(one.operation) for one in found]
    made = _make(folder)
    written: list[Path] = []
    try:
        files = _write_photos(server, digests, folder, written)
        said = {
            "device": str(whose.id),
            "person": whose.person,
            "user": whose.user_name,
            "operations": [
                _in_words(one) | {"about": whom} for one, whom in zip(found, about, strict=True)
            ],
            "photos": files,
        }
        text = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
        _write(folder / _LIST, [text.encode()], written)
    except OSError as error:
        _take_back(folder, written, made=made)
        raise Problem(
            "disk_error",
            "写不进这个文件夹。",
            place=str(folder),
            remedy="请检查磁盘空间和权限，或换一个文件夹；服务器上的没有改动。",
        ) from error
    return Handled(len(found), len(files))


def drop(server: Server, whose: DeviceLine, named: Collection[str]) -> Handled:
    """Let go of what was dealt with, by the id of operations or of records, or ``EVERYTHING`` with all photos.

    A photo that is needed elsewhere stays there, and is no longer kept of this device.
    It is noted in the journal: when, whose, how much. Raises ``Problem`` ``not_kept``, and drops nothing then.
    """
    with server.database.write() as connection:
        found = [one.operation for one in kept_of(connection, whose.id.bytes)]
        going = found if EVERYTHING in named else _named(found, named)
        digests = {digest for one in going if (digest := purged_photos.digest_of(one))}
        if EVERYTHING in named:
            digests |= set(photos_of(connection, whose.id.bytes))
        if not going and not digests:
            raise _not_kept(EVERYTHING)
        _log(server, connection, whose, going)
        photos = _drop_photos(connection, whose.id.bytes, digests)
        said = {"device": whose.id.hex, "operations": len(going), "photos": photos}
        note(server, ("set_aside_dropped", said))
    purging.clean(server)
    return Handled(len(going), photos)


def photos_of(connection: Connection, device_id: bytes) -> list[str]:
    """Digests of the photos that a device handed over whole and that are still kept."""
    sent = select(blob_sender.c.sha256).join(blob, blob.c.sha256 == blob_sender.c.sha256)
    return sorted(connection.scalars(sent.where(blob_sender.c.staff_id == device_id)))


def _named(found: Collection[Operation], named: Collection[str]) -> list[Operation]:
    going: dict[bytes, Operation] = {}
    for text in named:
        try:
            key = UUID(text).bytes
        except ValueError:
            raise _not_kept(text) from None
        hits = [one for one in found if key in (one.op_id, one.record_id)]
        if not hits:
            raise _not_kept(text)
        going |= {one.op_id: one for one in hits}
    return sorted(going.values(), key=lambda one: one.counter)


def _not_kept(text: str) -> Problem:
    return Problem(
        "not_kept",
        "这台设备没有另存的“{what}”。",
        remedy="请核对编号（quarantine 列出的，或 --json 里的 op_id），什么都没有改动。",
        what=text[:60],
    )


def _log(
    server: Server, connection: Connection, whose: DeviceLine, going: Collection[Operation]
) -> None:
    """The ids stay, in the log, without a word of content."""
    row = connection.execute(select(device).where(device.c.id == whose.id.bytes)).one()
    for part in chunks([one.op_id for one in going]):
        connection.execute(delete(quarantine).where(quarantine.c.op_id.in_(part)))
    sender = Sender(row.staff_id, row.id, row.incarnation)
    known = _logged(connection, going)
    write_log(
        connection,
        (
            (sender, replace(one, fields={}, beneath=[], decides=None), Judged(_outcome(one)))
            for one in going
            if one.op_id not in known
        ),
        server.clock(),
        server.epoch,
    )


def _logged(connection: Connection, going: Collection[Operation]) -> set[bytes]:
    found: set[bytes] = set()
    for part in chunks([one.op_id for one in going]):
        found |= set(connection.scalars(select(log.c.op_id).where(log.c.op_id.in_(part))))
    return found


def _outcome(one: Operation) -> Outcome:
    return Outcome(one.op_id, Verdict.REJECTED, code=SET_ASIDE)


def _drop_photos(connection: Connection, device_id: bytes, digests: Collection[str]) -> int:
    """How many of them are no longer kept of the device; bytes that nothing else needs go as well.

    Who sends those later sends them anew. That the device had sent them stays known.
    """
    named = {purged_photos.digest_of(one.operation) for one in kept_of(connection, device_id)}
    mine = sorted(set(photos_of(connection, device_id)).intersection(digests) - named)
    sender = blob_sender.c
    for part in chunks(mine):
        own = sender.sha256.in_(part) & (sender.staff_id == device_id)
        connection.execute(update(blob_sender).where(own).values(staff_id=blobs.let_go(device_id)))
    going = set(purged_photos.alone(connection, mine)) - _held(connection, mine)
    for part in chunks(sorted(going)):
        for table in (blob_part, thumbnail, blob):
            connection.execute(delete(table).where(table.c.sha256.in_(part)))
        senders = func.length(sender.staff_id) == len(device_id)  # not those who let go
        connection.execute(delete(blob_sender).where(sender.sha256.in_(part), senders))
    return len(mine)


def _held(connection: Connection, digests: list[str]) -> set[str]:
    """Those of them that are kept of a revoked device, whether or not an operation names them."""
    sender, found = blob_sender.c, set[str]()
    devices = select(device.c.id)
    for part in chunks(digests):
        held = sender.sha256.in_(part) & sender.staff_id.in_(devices)
        found |= set(connection.scalars(select(sender.sha256).where(held)))
    return found


def _in_words(one: Kept) -> dict[str, Any]:
    sent = one.operation
    kind = KINDS.get(sent.entity)
    fields = kind.by_name if kind else {}
    return {
        "op_id": str(UUID(bytes=sent.op_id)),
        "kind": sent.entity,
        "label": str(Label(kind.zh, kind.en)) if kind else sent.entity,
        "id": str(UUID(bytes=sent.record_id)),
        "new": sent.base_version == 0,
        "recorded_at": _moment(min(sent.recorded_at + sent.clock_offset, one.received_at)),
        "received_at": _moment(one.received_at),
        "fields": {
            name: {
                "label": str(Label(fields[name].zh, fields[name].en)) if name in fields else name,
                "before": _plain(fields.get(name), change.before),
                "after": _plain(fields.get(name), change.after),
            }
            for name, change in sent.fields.items()
        },
    }


def _moment(at: Instant) -> str:
    return local(at).isoformat(timespec="seconds")


def _plain(field: Field | None, value: Any) -> Any:
    """A value as JSON takes it: ids as UUIDs, sets and maps as such; what fits nothing as it came."""
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if len(value) == 16 else value.hex()
    try:
        value = loaded(field, value) if field is not None and isinstance(value, str) else value
        json.dumps(value := _listed(value))
    except (Problem, TypeError, ValueError):
        return str(value)
    return value


def _listed(value: Any) -> Any:
    if isinstance(value, frozenset | set | tuple):
        return sorted(value)
    return dict(value) if isinstance(value, Mapping) else value


def _make(folder: Path) -> bool:
    """The folder, empty and for its owner alone. Returns whether it is new."""
    try:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.chmod(0o700)
            return False
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise Problem(
            "folder_not_empty",
            "这个文件夹里已有别的内容。",
            place=str(folder),
            remedy="请给出一个新的或空的文件夹。",
        ) from error
    except OSError as error:
        raise Problem(
            "disk_error",
            "不能在这里建立文件夹。",
            place=str(folder),
            remedy="请检查磁盘空间和权限，或换一个文件夹。",
        ) from error
    return True


def _write_photos(
    server: Server, digests: list[str], folder: Path, written: list[Path]
) -> list[dict[str, Any]]:
    found = []
    if digests:
        (folder / _PHOTOS).mkdir(mode=0o700)
        written.append(folder / _PHOTOS)
    for digest in digests:
        pieces = _pieces(server, digest)
        first = next(pieces, b"")
        ending = next((e for mark, e in _ENDINGS.items() if first.startswith(mark)), ".bin")
        name = f"{_PHOTOS}/{digest}{ending}"
        _write(folder / name, _chained(first, pieces), written)
        found.append({"sha256": digest, "file": name})
    return found


def _pieces(server: Server, digest: str) -> Iterator[bytes]:
    start = 0
    while True:
        with server.database.snapshot() as connection:
            data = blobs.read_part(connection, digest, start)
        if not data:
            return
        yield data
        start += len(data)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _write(path: Path, pieces: Iterable[bytes], written: list[Path]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    written.append(path)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)


def _take_back(folder: Path, written: list[Path], *, made: bool) -> None:
    """Nothing of people stays lying about."""
    for path in [*reversed(written), *([folder] if made else [])]:
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
