"""Carrying other people's bundles: from a stick to the server, and the answers back onto the stick.

What is carried is sealed to the server and to the device that wrote it. The courier's own program, which has
signal, only hands it over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridapp.errors import Problem
from gridapp.store.store import Store
from gridapp.sync import bundle_files
from gridapp.sync import bundle_format as form
from gridapp.sync.protocol import BLOB_PART, LARGEST_CARRIED
from gridapp.sync.schedule import refusal
from gridapp.sync.sealing import DOWN, Damaged, NotSealed, read_header
from gridapp.sync.session import open_session
from gridapp.sync.transport import Offline, Refused, Transport

_PIECE = 1024 * 1024
_OF_THE_FILE = 422  # the status of what is wrong with a bundle, and not with the courier


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of an errand: how many bundles were handed over, and what was wrong with the others."""

    done: int
    problems: tuple[Problem, ...]


def carry(
    store: Store, files: Sequence[Path], connect: Callable[[], Transport] | None = None
) -> Carried:
    """Hand over each bundle and write its answer beside it; the bundle then goes from the stick.

    Takes a while: call it off the GUI thread. Raises ``Problem`` ``offline`` where there is no server (what was
    handed over stays so), or what it says of this computer.
    """
    transport = connect() if connect else Transport(store.who.server_url, store.who.fingerprint)
    done, problems = 0, []
    try:
        open_session(store, transport)
        for path in files:
            try:
                _carry(transport, path)
                done += 1
            except Problem as problem:
                problems.append(problem)
    except Offline as offline:
        raise Problem(
            "offline",
            "现在连不上服务器，U盘上的资料还在。",
            remedy="请等有网络了再传。",
        ) from offline
    except Refused as refused:
        raise refusal(refused) from refused
    finally:
        transport.close()
    return Carried(done, tuple(problems))


def _carry(transport: Transport, path: Path) -> None:
    with bundle_files.reading(path) as file:
        try:
            header = read_header(file)
        except (NotSealed, Damaged) as error:
            raise form.explain(error, path.name) from error
        size = file.seek(0, 2)
        if size > LARGEST_CARRIED:
            raise form.refuse("bundle_too_large", path.name)
        digest = _digest(path)
        answer = bundle_files.name_down(path.parent, header.device, header.bundle)
        bundle_files.check_replaceable(answer, DOWN, header.device)
        try:
            here = transport.bundle_state(digest).received
            while here < size:
                file.seek(here)
                part = file.read(BLOB_PART)
                if not part:
                    break
                here = transport.put_bundle(digest, here, size, part).received
            with bundle_files.writing(answer) as out:
                for piece in transport.bundle_answer(digest):
                    out.write(piece)
        except Refused as refused:
            if refused.status != _OF_THE_FILE:
                raise
            raise form.said(refused.code, path.name) from refused
    path.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    whole = hashlib.sha256()
    with bundle_files.reading(path) as file:
        while piece := file.read(_PIECE):
            whole.update(piece)
    return whole.hexdigest()
