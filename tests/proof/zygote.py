"""A process that forks a client for each command, so that five hundred of them start in no time.

One command is one line of JSON on standard input: ``{"folder", "act", "url", "trace", "out"}``. The child opens the
store, says in the file ``out`` which thread is to be traced, waits until it is, and acts. What it says of each
save goes into the same file, written by the thread that saved, so that a trace holds it in its place.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any
from uuid import UUID

# Imported now, or every child would read them from the disk in the middle of its save.
import pi_heif.as_plugin
import PIL.Image
import PIL.ImageOps
import pypinyin

from gridapp.domain.household import Household
from gridapp.errors import Problem
from gridapp.store import drafts, pixels, recording
from gridapp.store.database import explained
from gridapp.store.drafting import Picture, VisitDraft
from gridapp.store.opening import open_store
from gridapp.store.store import Store
from gridapp.sync import engine as _engine
from gridapp.sync.transport import Offline, Transport
from tests.sync.world import PASSWORD

JPEG = Path(__file__).with_name("dot.jpg").read_bytes()


def say(handle: int, text: str) -> None:
    # By a call that nothing else here uses, so that no fault meant for the client strikes it.
    os.writev(handle, [f"{text}\n".encode()])


def traced(thread: int) -> bool:
    text = Path(f"/proc/self/task/{thread}/status").read_text(encoding="utf-8")
    return "TracerPid:\t0\n" not in text


def wait_for_tracer(thread: int) -> None:
    while not traced(thread):
        time.sleep(0.001)


def await_strace(store: Store, out: int, trace: str) -> None:
    """Say which thread is to be traced, or (``process``) which there are, and wait on a thread of its own until it is:
    what the waiting calls is not to be counted as anybody's."""
    threads = {
        "main": threading.get_native_id(),
        "writer": store._writer.submit(threading.get_native_id).result(),
        "reader": store._reader.submit(threading.get_native_id).result(),
    }

    def wait() -> None:
        if trace == "process":
            waiting = {"waiting": threading.get_native_id()}
            say(out, f"thread {json.dumps(threads | waiting, separators=(',', ':'))}")
        else:
            say(out, f"thread {threads[trace]}")
        for thread in threads.values() if trace == "process" else [threads[trace]]:
            wait_for_tracer(thread)

    watch = threading.Thread(target=wait)
    watch.start()
    watch.join()


def child(command: dict[str, Any]) -> None:
    out = os.open(command["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    if command["trace"] == "all":
        say(out, f"thread {os.getpid()}")
        wait_for_tracer(os.getpid())
    store = open_store(Path(command["folder"]), PASSWORD)
    if command["trace"] != "all":
        await_strace(store, out, command["trace"])
    act, _, argument = command["act"].partition(":")
    try:
        ACTS[act](store, out, argument, command)
    except Problem as problem:
        say(out, f"problem {problem.code}")
    except Offline:
        say(out, "offline")
    except Exception as error:  # noqa: BLE001 - the parent is told what nobody expected
        say(out, "defect " + " | ".join(traceback.format_exception(error)[-3:]).replace("\n", " "))
    if command.get("close"):
        store.close()
    say(out, "end")


def _told(store: Store, out: int, text: str) -> None:
    """Say it on the writer's thread, after the commit that it speaks of."""
    store._writer.submit(say, out, text).result()


def visits(store: Store, out: int, household: str, _command: dict[str, Any]) -> None:
    """Three visits, the second with a photo."""
    for number in range(3):
        pictures = (Picture(JPEG, "p.jpg"),) if number == 1 else ()
        draft = VisitDraft(
            UUID(household), "2026-11-20", situation=f"第{number}次", pictures=pictures
        )
        try:
            visit = store.write(lambda uow, d=draft: recording.add_visit(uow, d)).result()  # type: ignore[misc]
        except Problem as problem:
            _told(store, out, f"problem {problem.code}")
        else:
            _told(store, out, f"saved {visit.id}")


def restarts(store: Store, out: int, household: str, _command: dict[str, Any]) -> None:
    """Eight visits while the log is written back into the file, and begun again from its start, all the time."""

    def often() -> None:
        store._write_connection.execute("PRAGMA wal_autocheckpoint=12").fetchall()

    store._writer.submit(often).result()
    for number in range(8):
        draft = VisitDraft(UUID(household), "2026-11-20", situation=f"第{number}次" + "长" * 400)
        visit = store.write(lambda uow, d=draft: recording.add_visit(uow, d)).result()  # type: ignore[misc]
        _told(store, out, f"saved {visit.id}")


def edits(store: Store, out: int, household: str, _command: dict[str, Any]) -> None:
    """A form typed in, kept as a draft, saved, and the log written back into the file."""
    import dataclasses

    drafts.keep(store, "household:x", {"own_number": "7"}).result()
    held = store.read(lambda r: r.record(Household, UUID(household))).result()
    assert held is not None
    changed = dataclasses.replace(held, own_number="7")
    try:
        store.write(lambda uow: uow.edit(held, changed)).result()
    except Problem as problem:
        _told(store, out, f"problem {problem.code}")
    else:
        _told(store, out, f"saved {held.id}")
    drafts.drop(store, "household:x").result()
    checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
    with explained(store.folder):
        store._writer.submit(
            lambda: store._write_connection.execute(checkpoint).fetchall()
        ).result()


def planted(store: Store, out: int, argument: str, _command: dict[str, Any]) -> None:
    """A draft and a visit that say a word which no file may show."""
    household, word = argument.split(":")
    drafts.keep(store, f"visit:{household}", {"situation": word}).result()
    draft = VisitDraft(
        UUID(household), "2026-11-20", situation=word, pictures=(Picture(JPEG, f"{word}.jpg"),)
    )
    visit = store.write(lambda uow: recording.add_visit(uow, draft)).result()
    _told(store, out, f"saved {visit.id}")


def sync(store: Store, out: int, _argument: str, command: dict[str, Any]) -> None:
    """One round with a server on a socket."""
    _engine.Engine(store, Transport(command["url"])).run()
    _told(store, out, "synced")


READY = (PIL.ImageOps, pi_heif.as_plugin, pypinyin, pixels)
PIL.Image.preinit()
ACTS = {"visits": visits, "edits": edits, "restarts": restarts, "planted": planted, "sync": sync}


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        process = os.fork()
        if process == 0:
            try:
                child(command)
            finally:
                os._exit(0)
        _, status = os.waitpid(process, 0)
        print(json.dumps({"process": process, "status": status}), flush=True)


if __name__ == "__main__":
    main()
