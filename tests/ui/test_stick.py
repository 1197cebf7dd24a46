"""The part of the sync page for a stick: writing what waits, taking an answer in, carrying for colleagues."""

from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from PySide6.QtWidgets import QLabel, QWidget

from gridapp.domain.exchange import Outcome, Verdict
from gridapp.store import recording
from gridapp.store.drafting import VisitDraft
from gridapp.sync import bundle_files
from gridapp.sync import bundle_format as form
from gridapp.sync.bundle_format import Asking, Told, Writer, read_items, unpack
from gridapp.sync.protocol import VERSION, encode
from gridapp.sync.sealing import DOWN, UP, Opener, Sealer
from gridapp.ui.pages.syncing import stick as module

KEY = X25519PrivateKey.generate()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stick that is plugged in."""
    folder = tmp_path / "KINGSTON"
    folder.mkdir()
    monkeypatch.setattr(module, "sticks", lambda: (("U盘 KINGSTON", folder),))
    return folder


@pytest.fixture
def nothing_plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sticks", tuple)


def card(desktop) -> module.StickCard:
    """The card on its page, with what is plugged in now."""
    page = desktop.show("sync")
    page.stick.watch(on=False)  # what is plugged in changes only when a test says so
    page.stick.look_around()
    desktop.settle()
    return page.stick


def shown(widget: QWidget) -> str:
    labels = widget.findChildren(QLabel)
    return " ".join(label.text() for label in labels if label.isVisibleTo(widget))


def act(desktop, found: module.StickCard, text: str) -> None:
    (button,) = [b for b in found.acts if b.text() == text]
    button.click()
    desktop.settle()


def record(desktop) -> None:
    draft = VisitDraft(desktop.sample.zhao, "2026-11-20", situation="seen")
    desktop.client.desk.store.write(lambda uow: recording.add_visit(uow, draft)).result()
    desktop.settle()


def know_the_server(desktop) -> None:
    key = KEY.public_key().public_bytes_raw().hex()
    desktop.client.desk.store.write(lambda uow: uow.set_meta("bundle_key", key)).result()


def letter(desktop, up: Path, verdict: Verdict) -> Path:
    """What the server would answer to a bundle: the same outcome for all of it."""
    who = desktop.client.desk.store.who
    with up.open("rb") as file:
        source = Opener(file, KEY)
        items = list(read_items(source, lambda *_: True))
    asking = unpack(items[0][1], Asking)
    ops = [op for (op,) in desktop.sql("SELECT op_id FROM outbox WHERE state='waiting'")]
    epoch = int(desktop.sql("SELECT value FROM meta WHERE key='epoch'")[0][0])
    path = bundle_files.name_down(up.parent, who.device_id.bytes, source.header.bundle)
    ids = (who.district_id.bytes, who.device_id.bytes, source.header.bundle)
    with bundle_files.writing(path) as file:
        out = Writer(Sealer(file, DOWN, ids, asking.box_key, KEY))
        outcomes = [Outcome(op, verdict, version=1) for op in ops]
        told = Told(VERSION, asking.contact, epoch, 1, outcomes)
        out.put(form.TOLD, encode(told))
        out.finish(lambda _: b"")
    return path


def test_nothing_waits_and_nothing_is_plugged_in(desktop, nothing_plugged_in) -> None:
    assert not card(desktop).isVisible()


def test_what_waits_says_that_a_stick_would_do(desktop, nothing_plugged_in) -> None:
    record(desktop)
    found = card(desktop)
    assert found.isVisible()
    assert "插上U盘" in shown(found)
    assert found.acts == []


def test_writing_and_taking_the_answer_in(desktop, root: Path) -> None:
    record(desktop)
    know_the_server(desktop)
    found = card(desktop)
    assert [b.text() for b in found.acts] == ["写进U盘"]
    assert found.acts[0].accessibleName() == "写进U盘 U盘 KINGSTON"
    act(desktop, found, "写进U盘")
    assert "可以拔下U盘" in shown(found)
    (up,) = bundle_files.find(root / "gridapp")
    assert up.header.way == UP
    act(desktop, found, "写进U盘")
    (newer,) = bundle_files.find(root / "gridapp")  # the one before it is of no use any more
    assert newer.header.bundle != up.header.bundle
    letter(desktop, newer.path, Verdict.APPLIED)
    found.look_around()
    desktop.settle()
    assert [b.text() for b in found.acts] == ["收下回信", "写进U盘"]
    act(desktop, found, "收下回信")
    assert "回信收好了" in shown(found)
    assert list((root / "gridapp").iterdir()) == []
    assert desktop.sql("SELECT count(*) FROM outbox WHERE state='waiting'") == [(0,)]
    assert [b.text() for b in found.acts] == ["写进U盘"]


def test_it_says_that_nothing_was_heard_yet(desktop, root: Path) -> None:
    record(desktop)
    know_the_server(desktop)
    desktop.client.desk.store.write(lambda uow: uow.set_meta("last_contact", "1")).result()
    found = card(desktop)
    act(desktop, found, "写进U盘")
    assert "还没有收到回信" in shown(found)


def test_an_answer_that_is_torn_is_named_and_stays(desktop, root: Path) -> None:
    record(desktop)
    know_the_server(desktop)
    found = card(desktop)
    act(desktop, found, "写进U盘")
    (up,) = bundle_files.find(root / "gridapp")
    path = letter(desktop, up.path, Verdict.APPLIED)
    path.write_bytes(path.read_bytes()[:-3])
    found.look_around()
    desktop.settle()
    act(desktop, found, "收下回信")
    assert path.name in shown(found)
    assert "不完整" in shown(found)
    assert path.exists()
    assert desktop.sql("SELECT count(*) FROM outbox WHERE state='waiting'") != [(0,)]


def test_a_computer_that_never_had_a_network(desktop, root: Path) -> None:
    record(desktop)
    found = card(desktop)
    act(desktop, found, "写进U盘")
    assert "先联网" in shown(found)
    assert bundle_files.find(root / "gridapp") == []


def test_a_colleagues_bundle_is_carried_and_no_other_districts(desktop, root: Path) -> None:
    who = desktop.client.desk.store.who
    folder = root / "gridapp"
    folder.mkdir()
    for district in (who.district_id.bytes, UUID(int=7).bytes):
        device, bundle = UUID(int=5).bytes, district
        with bundle_files.writing(bundle_files.name_up(folder, device, bundle)) as file:
            out = Sealer(file, UP, (district, device, bundle), KEY.public_key().public_bytes_raw())
            out.close()
    found = card(desktop)
    assert "同事的资料 1 份" in shown(found)
    act(desktop, found, "替同事传")  # nobody answers at the sample's address
    assert "现在连不上服务器" in shown(found)
    assert len(bundle_files.find(folder)) == 2


def test_a_stick_that_is_pulled_out_takes_its_words_along(
    desktop, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know_the_server(desktop)
    found = card(desktop)
    act(desktop, found, "写进U盘")
    assert "可以拔下U盘" in shown(found)
    monkeypatch.setattr(module, "sticks", tuple)
    found.look_around()
    desktop.settle()
    assert not found.isVisible()
    monkeypatch.setattr(module, "sticks", lambda: (("U盘 KINGSTON", root),))
    found.look_around()
    desktop.settle()
    assert found.isVisible()
    assert "可以拔下U盘" not in shown(found)


def test_a_stick_that_is_gone_when_it_is_written(
    desktop, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(desktop)
    know_the_server(desktop)
    found = card(desktop)
    root.rmdir()
    act(desktop, found, "写进U盘")
    assert "写不进去" in shown(found)
    assert desktop.sql("SELECT count(*) FROM meta WHERE key='bundle_written'") == [(0,)]
