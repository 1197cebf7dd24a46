"""What was not finished is offered while it is neither open nor done; what is thrown away can be taken back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from two_households import front, offers, other, visit

from gridapp.store import drafts
from gridapp.store.views.last_place import Ended

LEFT = Qt.MouseButton.LeftButton


def kept(desktop) -> list[str]:
    return [key for (key,) in desktop.sql("SELECT key FROM draft ORDER BY key")]


def put_aside(desktop, qtbot, text: str = "half"):
    form = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(form.situation, text)
    qtbot.keyClick(form.situation, Qt.Key.Key_Escape)
    desktop.settle()
    assert len(offers(desktop)) == 1
    return form.draft_key


def test_a_draft_that_is_open_is_not_offered_however_it_was_opened(desktop, qtbot) -> None:
    put_aside(desktop, qtbot)
    form = visit(desktop, desktop.sample.zhao)  # from the file, not through the bar
    assert form.situation.text() == "half"
    assert offers(desktop) == []
    qtbot.keyClick(form.situation, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert offers(desktop) == []
    assert kept(desktop) == []


def test_every_draft_is_offered_again_as_its_form_closes(desktop, qtbot) -> None:
    put_aside(desktop, qtbot)
    form = visit(desktop, other(desktop))
    assert len(offers(desktop)) == 1
    qtbot.keyClicks(form.situation, "too")
    qtbot.keyClick(form.situation, Qt.Key.Key_Escape)
    desktop.settle()
    assert len(offers(desktop)) == 2
    qtbot.mouseClick(offers(desktop)[0], LEFT)
    desktop.settle()
    assert len(offers(desktop)) == 1
    front(desktop).cancel()
    desktop.settle()
    assert len(offers(desktop)) == 1


def undo(desktop, qtbot) -> None:
    assert desktop.shell.thrown.isVisible()
    qtbot.mouseClick(desktop.shell.thrown.undo, LEFT)
    desktop.settle()
    assert not desktop.shell.thrown.isVisible()


def test_cancel_can_be_undone_to_the_last_letter(desktop, qtbot) -> None:
    form = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(form.situation, "not kept yet")
    qtbot.mouseClick(form._cancel_button, LEFT)
    desktop.settle()
    assert desktop.shell.panel.forms() == ()
    assert offers(desktop) == []
    assert form.view.household.name in desktop.shell.thrown._text.text()
    desktop.show("households")
    undo(desktop, qtbot)
    assert front(desktop).situation.text() == "not kept yet"
    assert desktop.shell.where.id == desktop.sample.zhao
    assert front(desktop).isAncestorOf(QApplication.focusWidget())
    assert kept(desktop) == [front(desktop).draft_key]


def test_not_wanted_can_be_undone_too(desktop, qtbot) -> None:
    put_aside(desktop, qtbot, "half")
    qtbot.mouseClick(offers(desktop, "不要了")[0], LEFT)
    desktop.settle()
    assert offers(desktop) == []
    undo(desktop, qtbot)
    assert front(desktop).situation.text() == "half"


def test_an_empty_form_is_cancelled_without_a_word(desktop, qtbot) -> None:
    form = visit(desktop, desktop.sample.zhao)
    qtbot.mouseClick(form._cancel_button, LEFT)
    desktop.settle()
    assert not desktop.shell.thrown.isVisible()
    assert kept(desktop) == []


@pytest.mark.parametrize("way", ["time", "another", "saved", "anew"])
def test_it_is_gone_once_something_else_is_done(desktop, qtbot, way: str) -> None:
    form = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(form.situation, "gone")
    form.cancel()
    desktop.settle()
    thrown = desktop.shell.thrown
    assert kept(desktop) == [f"thrown:{form.draft_key}"]
    if way == "time":
        thrown._end.timeout.emit()
    elif way == "anew":
        assert visit(desktop, desktop.sample.zhao).situation.text() == ""
    else:
        again = visit(desktop, other(desktop))
        qtbot.keyClicks(again.situation, "x")
        again.save() if way == "saved" else again.cancel()
    desktop.settle()
    assert f"thrown:{form.draft_key}" not in kept(desktop)
    assert thrown.isVisible() == (way == "another")


def test_after_the_end_of_the_program_nothing_thrown_away_is_left(desktop, qtbot) -> None:
    form = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(form.situation, "gone")
    form.cancel()
    desktop.settle()
    store = desktop.client.desk.store
    store.write(lambda uow: drafts.sweep(uow.connection)).result()
    assert kept(desktop) == []


def test_photos_of_what_was_thrown_away_wait_as_long_as_it_does(desktop, qtbot) -> None:
    form = visit(desktop, desktop.sample.zhao)
    digest = "a" * 64
    store = desktop.client.desk.store
    drafts.keep(store, form.draft_key, {"photos": [{"sha256": digest}]}).result()
    store.write(
        lambda uow: uow.connection.execute(
            "INSERT INTO blob (sha256,size,state) VALUES (?,1,'draft')", (digest,)
        )
    ).result()
    drafts.throw(store, form.draft_key).result()
    assert desktop.sql("SELECT state FROM blob WHERE sha256=?", digest) == [("draft",)]
    drafts.empty_bin(store).result()
    assert desktop.sql("SELECT state FROM blob WHERE sha256=?", digest) == [("gone",)]


def test_what_is_left_to_throw_away_waits_where_the_user_is_gone(desktop, qtbot) -> None:
    thrown = desktop.shell.thrown
    thrown.throw(f"visit:{desktop.sample.zhao}", "记走访")
    desktop.settle()
    place = desktop.client._leave(Ended.CLOSED)
    place.close()
    thrown.settle()  # as its timer would; the database is closed
    assert thrown.isHidden()
