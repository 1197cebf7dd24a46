"""What a revoked computer handed over is carried out to be read, and dropped once it was dealt with."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gridapp.domain.household import Household
from gridapp.domain.person import Person
from gridapp.errors import Problem
from gridapp.server import accounts, quarantine, schema, set_aside
from gridapp.server.accounts import DeviceLine
from tests.sync.stick import Stick
from tests.sync.test_farewell import heeded, kept
from tests.sync.test_scope import picture
from tests.sync.world import Client, World

LATE = "貔貅还没上传"


def handed_over(world: World) -> tuple[Client, Path, Stick, DeviceLine]:
    """A worker's edit, and a visit with its photo, in a bundle that came from a revoked computer."""
    worker, stick = world.join("甲"), Stick(world)
    home = worker.household()
    worker.sync()
    worker.network.online = False
    worker.change(Household, home.id, own_number="7")
    worker.visit(home.id, LATE, photo=picture())
    world.revoke(worker)
    path = stick.write(worker)
    stick.to_server(path)
    return worker, path, stick, line_of(world, worker)


def line_of(world: World, client: Client) -> DeviceLine:
    return accounts.find_device(world.server, str(client.store.who.device_id))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def logged(world: World) -> list[Any]:
    log = schema.operation
    with world.database.snapshot() as connection:
        found = select(log).where(log.c.code == quarantine.SET_ASIDE).order_by(log.c.counter)
        return list(connection.execute(found))


def photo_rows(world: World) -> int:
    with world.database.snapshot() as connection:
        return len(connection.execute(select(schema.blob_part)).all())


def test_it_can_be_read_outside(world: World) -> None:
    worker, _, _, line = handed_over(world)
    assert (line.kept, quarantine.photos(world.server, line.id)) == (3, 1)
    folder = world.folder / "out" / "甲"
    done = set_aside.carry_out(world.server, line, folder)
    assert (done.operations, done.photos) == (3, 1)
    said = json.loads((folder / "operations.json").read_text(encoding="utf-8"))
    assert (said["device"], said["person"]) == (str(line.id), "甲")
    edit, visit, named = said["operations"]
    assert (edit["kind"], edit["new"]) == ("household", False)
    assert edit["fields"]["own_number"]["before"] is None
    assert edit["fields"]["own_number"]["after"] == "7"
    assert (visit["label"], visit["new"]) == ("走访", True)
    assert visit["fields"]["situation"]["after"] == LATE
    assert visit["fields"]["household_id"]["after"] == edit["id"]
    assert visit["recorded_at"] == "2026-11-20T09:00:00+08:00"
    digest = named["fields"]["sha256"]["after"]
    assert said["photos"] == [{"sha256": digest, "file": f"photos/{digest}.jpg"}]
    file = folder / said["photos"][0]["file"]
    assert file.read_bytes() == worker.store.blobs.get(digest)
    assert [mode(p) for p in (folder, file.parent)] == [0o700, 0o700]
    assert [mode(p) for p in (folder / "operations.json", file)] == [0o600, 0o600]
    # And it is still kept.
    assert line_of(world, worker).kept == 3


def test_it_says_whom_it_is_about(world: World) -> None:
    """By the server's own rows; what only the device knew, by what it said."""
    worker = world.join("甲")
    home = worker.household()
    worker.sync()
    number = world.row("household", home.id)["number"]
    worker.network.online = False
    worker.visit(home.id, LATE, photo=picture())
    worker.change(Person, home.person, status="away")
    worker.event(home.id)
    worker.event(None, grid_id=world.grid1, place="东门口")
    fresh = worker.household(name="新来的", id_number="")
    worker.visit(fresh.id)
    world.revoke(worker)
    stick = Stick(world)
    stick.to_server(stick.write(worker))
    told = quarantine.in_words(world.server, line_of(world, worker).id)
    known = {
        "kind": "household",
        "id": str(home.id),
        "name": "赵桂兰",
        "address": "3号楼1单元201",
        "number": number,
    }
    new = {"kind": "household", "id": str(fresh.id), "name": "新来的", "address": "3号楼1单元201"}
    for one in told:
        about = one["about"]
        if one["kind"] == "event":
            assert about["name"] in ("赵桂兰", "东门口")
        elif one["kind"] == "building":
            assert about is None
        elif about["id"] == str(home.id):
            assert about == known
        else:
            assert {name: about[name] for name in new} == new
    assert [one["about"] for one in told if one["kind"] in ("visit", "attachment")][:2] == [
        known
    ] * 2
    assert [one["about"] == known for one in told if one["id"] == str(home.person)] == [True]
    of_events = [one["about"]["name"] for one in told if one["kind"] == "event"]
    assert of_events == ["赵桂兰", "东门口"]


def test_only_into_a_folder_of_its_own(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world
    _, _, _, line = handed_over(world)
    open_one, full, file = (world.folder / name for name in ("open", "full", "file"))
    open_one.mkdir(mode=0o755)
    set_aside.carry_out(world.server, line, open_one)
    assert mode(open_one) == 0o700
    full.mkdir()
    (full / "mine.txt").write_text("x", encoding="utf-8")
    file.write_text("x", encoding="utf-8")
    wrong = ((full, "folder_not_empty"), (open_one, "folder_not_empty"), (file / "x", "disk_error"))
    for folder, code in (*wrong, (file, "folder_not_empty")):
        with pytest.raises(Problem) as caught:
            set_aside.carry_out(world.server, line, folder)
        assert caught.value.code == code
    assert [p.name for p in full.iterdir()] == ["mine.txt"]

    def no_room(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    # A full disk leaves nothing of people behind.
    monkeypatch.setattr(set_aside.json, "dumps", no_room)
    with pytest.raises(Problem) as caught:
        set_aside.carry_out(world.server, line, world.folder / "new")
    assert caught.value.code == "disk_error"
    assert not (world.folder / "new").exists()


def test_what_was_dealt_with_is_dropped(world: World) -> None:
    worker, path, stick, line = handed_over(world)
    edit, visit, named = kept(world, worker)
    entries = len(world.server.journal.entries)
    for wrong in ("x", "0" * 32, str(line.id)):
        with pytest.raises(Problem) as caught:
            set_aside.drop(world.server, line, [edit.op_id.hex(), wrong])
        assert caught.value.code == "not_kept"
    assert len(kept(world, worker)) == 3
    done = set_aside.drop(world.server, line, [edit.op_id.hex(), visit.record_id.hex()])
    assert (done.operations, done.photos) == (2, 0)
    assert [o.op_id for o in kept(world, worker)] == [named.op_id]
    # What stays says that there was something, and nothing of what it was.
    assert [row.op_id for row in logged(world)] == [edit.op_id, visit.op_id]
    assert all(LATE.encode() not in bytes(row.fields) for row in logged(world))
    said = world.server.journal.entries[entries:]
    assert [(e.what, e.fields["operations"]) for e in said] == [("set_aside_dropped", 2)]
    done = set_aside.drop(world.server, line, ["all"])
    assert (done.operations, done.photos) == (1, 1)
    assert (kept(world, worker), photo_rows(world)) == ([], 0)
    assert quarantine.photos(world.server, line.id) == 0
    with pytest.raises(Problem):
        set_aside.drop(world.server, line, ["all"])
    # The same bundle once more brings nothing back, and its computer learns that it need not keep it.
    taken = stick.to_server(path)
    assert (kept(world, worker), photo_rows(world)) == ([], 0)
    assert heeded(stick, worker, stick.answer(taken.asked)) == "erased"
    assert len(logged(world)) == 3
    world.clients.remove(worker)
    worker.store.close()
    world.settle()


def test_a_photo_that_two_handed_over(small_world: World) -> None:
    """It goes with the last that names it; who has it too can send it anew."""
    world = small_world
    _, _, stick, line = handed_over(world)
    second, other = world.join("丙"), world.join("乙")
    home = second.household(name="孙六", id_number="")
    other.sync()
    second.visit(home.id, photo=picture())
    world.revoke(second)
    stick.to_server(stick.write(second))
    assert set_aside.drop(world.server, line, ["all"]).photos == 1
    assert photo_rows(world) == 1
    assert quarantine.photos(world.server, line.id) == 0
    assert quarantine.photos(world.server, line_of(world, second).id) == 1
    assert set_aside.drop(world.server, line_of(world, second), ["all"]).photos == 1
    assert photo_rows(world) == 0
    new = other.household(name="李四", id_number="")
    other.visit(new.id, photo=picture())
    other.sync()
    other.sync()
    assert photo_rows(world) == 1
    assert other.status().photos == 0


@pytest.mark.parametrize("named", ["all", "its operation"])
def test_a_photo_that_somebody_else_has_stays(small_world: World, named: str) -> None:
    """The device's hold on it ends, and comes back neither with the bundle nor with the records of others."""
    world = small_world
    worker, path, stick, line = handed_over(world)
    photo = kept(world, worker)[-1]
    other = world.join("乙")
    home = other.household(name="李四", id_number="")
    other.visit(home.id, "同一张", photo=picture())
    other.sync()
    what = "all" if named == "all" else photo.op_id.hex()
    assert set_aside.drop(world.server, line, [what]).photos == 1
    taken = stick.to_server(path)
    assert quarantine.photos(world.server, line.id) == 0
    folder = world.folder / "out"
    assert set_aside.carry_out(world.server, line, folder).photos == 0
    assert json.loads((folder / "operations.json").read_text(encoding="utf-8"))["photos"] == []
    digest = other.sql("SELECT sha256 FROM blob")[0][0]
    other.sync()
    assert other.transport.get_blob(digest, 0) == other.store.blobs.get(digest)
    # And its computer learns that it need not keep it.
    assert heeded(stick, worker, stick.answer(taken.asked)) == "erased"


def test_a_photo_that_came_back_with_others_is_not_kept_of_the_device(small_world: World) -> None:
    """Its bytes had gone; a record of somebody else brings them for itself."""
    world = small_world
    _, path, stick, line = handed_over(world)
    assert set_aside.drop(world.server, line, ["all"]).photos == 1
    other = world.join("乙")
    home = other.household(name="李四", id_number="")
    other.visit(home.id, "同一张", photo=picture())
    other.sync()
    stick.to_server(path)
    assert photo_rows(world) == 1
    assert quarantine.photos(world.server, line.id) == 0


def test_a_photo_that_another_operation_of_it_names_is_still_kept(small_world: World) -> None:
    world = small_world
    worker, stick = world.join("甲"), Stick(world)
    home = worker.household()
    worker.sync()
    worker.visit(home.id, "一", photo=picture())
    worker.visit(home.id, "二", photo=picture())
    world.revoke(worker)
    stick.to_server(stick.write(worker))
    line = line_of(world, worker)
    first, second = [o for o in kept(world, worker) if o.entity == "attachment"]
    assert set_aside.drop(world.server, line, [first.op_id.hex()]).photos == 0
    assert quarantine.photos(world.server, line.id) == 1
    assert set_aside.drop(world.server, line, [second.op_id.hex()]).photos == 1
    assert photo_rows(world) == 0


def test_a_photo_that_only_another_revoked_device_holds_stays(small_world: World) -> None:
    """Its operation was judged before; only its photo came late."""
    world = small_world
    _, path, stick, line = handed_over(world)
    second = world.join("丙")
    home = second.household(name="孙六", id_number="")
    second.visit(home.id, photo=picture())
    world.revoke(second)
    stick.to_server(stick.write(second))
    its = line_of(world, second)
    with world.database.write() as connection:
        table = schema.quarantine
        connection.execute(table.delete().where(table.c.device_id == its.id.bytes))
    assert set_aside.drop(world.server, line, ["all"]).photos == 1
    assert set_aside.carry_out(world.server, its, world.folder / "out").photos == 1
    assert set_aside.drop(world.server, its, ["all"]).photos == 1
    assert photo_rows(world) == 0
    stick.to_server(path)
    assert quarantine.photos(world.server, line.id) == 0
