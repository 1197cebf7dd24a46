"""The answer on a stick says that this computer was revoked: its window closes, or says what still waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_stick import KEY, act, card, know_the_server, record, shown

from gridapp.sync import bundle_files
from gridapp.sync import bundle_format as form
from gridapp.sync.bundle_format import Asking, Farewell, Writer, read_items, unpack
from gridapp.sync.protocol import VERSION, encode
from gridapp.sync.sealing import DOWN, Opener, Sealer
from gridapp.ui.entering.enrol import Enrol
from gridapp.ui.pages.syncing import stick as module


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stick that is plugged in."""
    folder = tmp_path / "KINGSTON"
    folder.mkdir()
    monkeypatch.setattr(module, "sticks", lambda: (("U盘 KINGSTON", folder),))
    return folder


def farewell(desktop, root: Path) -> Path:
    """What the server answers to the bundle of a revoked computer, whose operations and photos it has."""
    who = desktop.client.desk.store.who
    (up,) = bundle_files.find(root / "gridapp")
    with up.path.open("rb") as file:
        asking = unpack(next(read_items(Opener(file, KEY), lambda *_: True))[1], Asking)
    sent = [op for (op,) in desktop.sql("SELECT op_id FROM outbox WHERE state='waiting'")]
    photos = [d for (d,) in desktop.sql("SELECT sha256 FROM blob")]
    path = bundle_files.name_down(up.path.parent, who.device_id.bytes, up.header.bundle)
    ids = (who.district_id.bytes, who.device_id.bytes, up.header.bundle)
    with bundle_files.writing(path) as file:
        out = Writer(Sealer(file, DOWN, ids, asking.box_key, KEY))
        out.put(form.FAREWELL, encode(Farewell(VERSION, asking.contact, sent, photos)))
        out.finish(lambda _: b"")
    return path


def written(desktop) -> module.StickCard:
    record(desktop)
    know_the_server(desktop)
    found = card(desktop)
    act(desktop, found, "写进U盘")
    return found


def test_the_window_closes_and_says_why(desktop, root: Path) -> None:
    found = written(desktop)
    folder = desktop.client.desk.store.folder
    farewell(desktop, root)
    found.look_around()
    desktop.settle()
    act(desktop, found, "收下回信")
    screen = desktop.client.window.currentWidget()
    assert isinstance(screen, Enrol)
    assert "已被停用" in screen.trouble.text()
    assert not folder.exists()


def test_what_still_waits_is_said(desktop, root: Path) -> None:
    found = written(desktop)
    farewell(desktop, root)
    record(desktop)  # after the bundle
    found.look_around()
    desktop.settle()
    act(desktop, found, "收下回信")
    assert "还有 1 项没有交给区里" in shown(found)
    assert desktop.sql("SELECT count(*) FROM household") == [(0,)]
    assert desktop.sql("SELECT count(*) FROM outbox") == [(1,)]
    # The letter was heeded and is gone; what waits can be written once more.
    assert [one.header.way for one in bundle_files.find(root / "gridapp")] == []
    act(desktop, found, "写进U盘")
    assert [one.header.way for one in bundle_files.find(root / "gridapp")] == ["up"]
