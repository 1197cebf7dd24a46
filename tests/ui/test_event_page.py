"""The event list and page in the real window: verifying, sending back, dispatching, noting, looking at photos."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from event_loop import Loop, become, photo, state_of, with_event
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from gridapp.domain.workflow import Action
from gridapp.ui.forms.step import StepForm
from gridapp.ui.pages.event import EventPage
from gridapp.ui.pages.events import EventsPage
from gridapp.ui.widgets.thumb import Thumb
from gridapp.ui.widgets.viewer import PhotoViewer

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


class Seen:
    """The window with the event opened, as somebody with ``role`` sees it."""

    def __init__(self, desktop, qtbot, role: str, **options: object) -> None:
        self.desktop, self.qtbot = desktop, qtbot
        become(self.store, role)
        self.loop: Loop = with_event(self.store, desktop.sample, **options)  # type: ignore[arg-type]
        desktop.settle()
        self.open()

    @property
    def store(self):
        return self.desktop.client.desk.store

    @property
    def page(self) -> EventPage:
        page = self.desktop.shell.pages.currentWidget()
        assert isinstance(page, EventPage)
        return page

    def open(self, event: UUID | None = None) -> None:
        self.desktop.client.desk.go("event", event or self.loop.event)
        self.desktop.settle()

    def buttons(self) -> list[str]:
        return [made.text() for made in self.page.buttons.values()]

    def press(self, text: str) -> StepForm:
        made = next(m for m in self.page.buttons.values() if m.text() == text)
        self.qtbot.mouseClick(made, LEFT)
        self.desktop.settle()
        return self.form()

    def form(self) -> StepForm:
        form = self.desktop.shell.panel.currentWidget()
        assert isinstance(form, StepForm)
        return form

    def save(self) -> None:
        """Ctrl+Enter, wherever the cursor is."""
        self.qtbot.keyClick(self.form().focusWidget(), Qt.Key.Key_Return, CONTROL)
        self.desktop.settle()

    def words(self, root: QWidget | None = None) -> str:
        labels = (root or self.page).findChildren(QLabel)
        return "\n".join(label.text() for label in labels if label.isVisible())

    def last_step(self) -> tuple:
        return self.desktop.sql(
            "SELECT action, text, target_unit_id, rating, unit_id, happened_at FROM event_action "
            "WHERE number IS NULL ORDER BY id DESC LIMIT 1"
        )[0]

    def state(self) -> str:
        return state_of(self.store, self.loop.event)


@pytest.fixture
def head(desktop, qtbot) -> Seen:
    return Seen(desktop, qtbot, "grid_head")


@pytest.fixture
def look(desktop, qtbot) -> Callable[..., Seen]:
    return lambda role, **options: Seen(desktop, qtbot, role, **options)


def test_a_head_verifies(head: Seen) -> None:
    assert head.buttons() == ["补一条说明", "退回重办", "验收通过"]
    primary = head.page.buttons[Action.VERIFY]
    assert primary.property("role") == "primary"
    assert "等你验收" in head.words(head.page.tags)
    head.press("验收通过")
    assert not primary.isVisible()  # what is being done is not offered once more
    head.save()
    assert head.state() == "verified"
    assert head.last_step()[:2] == ("verify", None)
    assert head.last_step()[4] == head.desktop.sample.grid.bytes
    assert head.last_step()[5] == "2026-11-20T14:20"
    assert not head.desktop.shell.panel.isVisible()
    assert head.buttons() == ["补一条说明", "评价"]
    assert "14:20 验收" in head.words(head.page.timeline)
    assert "待上传" in head.words(head.page.tags)


def test_sending_back_needs_a_reason(head: Seen) -> None:
    form = head.press("退回重办")
    head.save()
    assert form.fields["text"].error
    assert form.text.hasFocus()
    assert head.state() == "handled"
    head.qtbot.keyClicks(form.text, "Still leaks.")
    head.save()
    assert head.state() == "signed"
    assert head.last_step()[:2] == ("send_back", "Still leaks.")
    assert head.buttons() == ["补一条说明"]  # the unit's turn
    assert "等 市政园林 处置" in head.words(head.page.timeline)


def test_by_keyboard_alone_from_the_list(head: Seen) -> None:
    head.desktop.client.desk.go("events", tab="mine")
    head.desktop.settle()
    page = head.desktop.shell.pages.currentWidget()
    assert isinstance(page, EventsPage)
    assert page.which.button("mine").text().startswith("等我办 ")
    page.begin()
    place = page.list.rows.place_of(head.loop.event)
    assert place == 0  # the only one with a deadline stands first
    head.qtbot.keyClick(page.list, Qt.Key.Key_Home)
    head.qtbot.keyClick(page.list, Qt.Key.Key_Return)
    head.desktop.settle()
    made = head.page.buttons[Action.VERIFY]
    made.setFocus(Qt.FocusReason.TabFocusReason)
    head.qtbot.keyClick(made, Qt.Key.Key_Space)
    head.desktop.settle()
    assert head.form().text.hasFocus()
    head.save()
    assert head.state() == "verified"


def test_rating_then_closing(head: Seen) -> None:
    head.press("验收通过")
    head.save()
    form = head.press("评价")
    head.save()
    assert form.fields["rating"].error
    head.qtbot.mouseClick(form.rating.button("4"), LEFT)
    head.save()
    assert head.last_step()[3] == "4"
    assert "满意" in head.words(head.page.timeline)
    head.press("结案")
    head.save()
    assert head.state() == "closed"
    assert head.buttons() == ["补一条说明"]


def test_dispatching_to_a_department(look: Callable[..., Seen]) -> None:
    seen = look("grid_head", until="accept")
    form = seen.press("派单")
    assert form.unit.line.hasFocus()
    seen.save()
    assert form.fields["target_unit_id"].error
    seen.qtbot.keyClicks(form.unit.line, "shizheng")
    seen.qtbot.keyClick(form.unit.line, Qt.Key.Key_Return)
    assert form.unit.value() == str(seen.loop.parks)
    assert form.unit.again.hasFocus()
    seen.qtbot.keyClick(form.unit.again, Qt.Key.Key_Tab)
    assert form.text.hasFocus()
    seen.qtbot.keyClicks(form.text, "Please hurry.")
    seen.save()
    action, text, unit, *_ = seen.last_step()
    assert (action, text, unit) == ("dispatch", "Please hurry.", seen.loop.parks.bytes)
    assert "派 市政园林" in seen.words(seen.page.timeline)
    assert "等 市政园林 签收" in seen.words(seen.page.timeline)


def test_not_accepting(look: Callable[..., Seen]) -> None:
    seen = look("grid_head", until="")
    seen.store.write(lambda u: u.connection.execute("DELETE FROM event_action")).result()
    seen.open(seen.loop.alike)
    assert seen.buttons() == ["补一条说明", "不予受理", "当场处置", "受理"]
    form = seen.press("不予受理")
    seen.qtbot.keyClicks(form.text, "Not ours.")
    seen.save()
    assert state_of(seen.store, seen.loop.alike) == "not_accepted"
    assert "不予受理" in seen.words(seen.page.steps)


def test_a_worker_adds_a_note_with_a_photo(look: Callable[..., Seen], tmp_path: Path) -> None:
    seen = look("worker")
    assert seen.buttons() == ["补一条说明"]
    assert "已处置" in seen.words(seen.page.tags)
    form = seen.press("补一条说明")
    seen.qtbot.keyClicks(form.text, "Water stopped.")
    file = tmp_path / "now.jpg"
    file.write_bytes(photo((40, 90, 160)))
    form.photos.take([file])
    seen.save()
    assert seen.last_step()[:2] == ("note", "Water stopped.")
    assert len(seen.page.timeline.findChildren(Thumb)) == 3
    assert seen.state() == "handled"


def test_what_is_typed_is_kept_and_offered_again(head: Seen) -> None:
    form = head.press("退回重办")
    head.qtbot.keyClicks(form.text, "Half done")
    form.put_aside()
    head.desktop.settle()
    form = head.press("退回重办")
    assert form.text.text() == "Half done"
    other = head.press("补一条说明")
    assert other is not form
    assert other.text.text() == ""


def test_a_step_that_came_too_late_is_said_and_nothing_is_lost(head: Seen) -> None:
    form = head.press("退回重办")
    head.qtbot.keyClicks(form.text, "Still leaks.")
    colleague = head.loop.fitter

    def verified(uow) -> None:
        from gridapp.domain.event import EventAction

        step = uow.create(
            EventAction(
                event_id=head.loop.event,
                action="verify",
                actor_id=colleague,
                happened_at="2026-11-20T14:19",
            )
        )
        uow.connection.execute("UPDATE event_action SET number=5 WHERE id=?", (step.id.bytes,))

    head.store.write(verified).result()
    head.desktop.settle()
    head.save()
    assert "已验收" in head.words(form)
    assert form.text.text() == "Still leaks."
    assert head.state() == "verified"


def test_photos_open_large(head: Seen) -> None:
    small = head.page.timeline.findChildren(Thumb)
    assert len(small) == 2
    head.qtbot.mouseClick(small[1], LEFT)
    head.desktop.settle()
    viewer = head.page.findChild(PhotoViewer)
    assert viewer is not None
    assert viewer.isVisible()
    assert viewer.place == 1
    viewer.close()


def test_before_and_after_stand_side_by_side(head: Seen) -> None:
    before, after = head.page.side.findChildren(Thumb)
    assert before.y() == after.y()
    assert before.x() < after.x()
    assert "处置前" in before.accessibleName()
    assert "处置后" in after.accessibleName()
    head.qtbot.keyClick(after, Qt.Key.Key_Space)
    head.desktop.settle()
    viewer = head.page.findChild(PhotoViewer)
    assert viewer is not None
    assert viewer.place == 1
    viewer.close()


def test_the_ways_on_from_an_event(head: Seen) -> None:
    def press(text: str) -> None:
        made = next(b for b in head.page.side.findChildren(QPushButton) if b.text() == text)
        head.qtbot.mouseClick(made, LEFT)
        head.desktop.settle()

    press("比一比")
    assert head.page.event_id != head.loop.event
    head.open()
    press("看住户")
    shown = head.desktop.shell.pages.currentWidget()
    assert shown.household_id == head.desktop.sample.zhao


@pytest.mark.parametrize(
    ("due", "said"),
    [(70, "周一 12:20 前"), (0.5, "快到时限 今天 14:50 前"), (-6, "超 6 小时"), (-50, "超 2 天")],
)
def test_a_deadline_is_a_date_and_a_time(look: Callable[..., Seen], due: float, said: str) -> None:
    seen = look("worker", until="sign", due=due)
    seen.desktop.client.desk.go("events", tab="open")
    seen.desktop.settle()
    page = seen.desktop.shell.pages.currentWidget()
    index = page.list.rows.index(page.list.rows.place_of(seen.loop.event))
    assert said in [words for words, _ in page.list.rows.row(index).tags]
    seen.open()
    assert said.removeprefix("快到时限 ") in seen.words(seen.page.side)


def test_it_tells_what_the_server_did_not_take(head: Seen) -> None:
    head.press("验收通过")
    head.save()

    def refuse(uow) -> None:
        uow.connection.execute(
            "UPDATE outbox SET state='rejected', code='step_no_longer_fits' WHERE state='waiting'"
        )
        uow.touch("event", [head.loop.event.bytes])
        uow.touch_sync()

    head.store.write(refuse).result()
    head.desktop.settle()
    assert "没有算数" in head.words(head.page.timeline)
    assert head.state() == "handled"


def test_nothing_to_do_shows_what_is_under_way(look: Callable[..., Seen]) -> None:
    seen = look("worker")
    seen.desktop.client.desk.go("events")
    seen.desktop.settle()
    page = seen.desktop.shell.pages.currentWidget()
    assert page.which.value() == "open"
    assert page.list.rows.place_of(seen.loop.event) >= 0
    page.filter.setText("平房院")
    seen.qtbot.waitUntil(lambda: page.list.rows.rowCount() == 1)
    assert page.list.rows.id_at(page.list.rows.index(0)) == seen.loop.event


def test_another_text_size_keeps_everything_in_its_place(head: Seen) -> None:
    page = head.page
    for scale in (2.0, 2.0, 1.0, 1.5, 1.0):
        head.desktop.client.desk.prefer(scale=scale, dark=scale > 1)
        head.desktop.settle()
    page = head.page
    assert page.side.isVisible()
    assert page.side.mapTo(page, page.side.rect().topLeft()).x() > page.width() // 2
    assert head.buttons() == ["补一条说明", "退回重办", "验收通过"]
    head.press("验收通过")  # with the form beside the page there is no room for both columns
    assert page.side.isVisible()
    assert page.side.mapTo(page, page.side.rect().topLeft()).x() < page.width() // 2
