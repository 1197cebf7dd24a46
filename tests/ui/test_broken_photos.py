"""A photo that cannot go up is called by what it is of, with the reason and a way to it."""

from PySide6.QtWidgets import QLabel, QPushButton

from gridapp.store import recording
from gridapp.store.drafting import Picture, VisitDraft
from tests.store.realistic import jpeg


def break_two(desktop) -> None:
    def write(uow) -> None:
        for colour in ((200, 0, 0), (0, 0, 200)):
            photo = Picture(jpeg(color=colour), "p.jpg")
            draft = VisitDraft(desktop.sample.zhao, "2026-11-20", situation="x", pictures=(photo,))
            recording.add_visit(uow, draft)
        uow.connection.execute("UPDATE blob SET state='broken', code='lost'")
        uow.connection.execute(
            "UPDATE blob SET code='too_large' WHERE sha256=(SELECT max(sha256) FROM blob)"
        )
        uow.touch_sync()

    desktop.client.desk.store.write(write).result()
    desktop.settle()


def test_the_line_and_the_page_say_that_photos_are_stuck(desktop) -> None:
    """Nothing waits any more, and still not all is with the server: no green dot, nowhere."""
    page, line = desktop.show("sync"), desktop.shell.sync_line
    page.stick.watch(on=False)
    assert page.state.dot.property("tone") == line.dot.property("tone") == "green"
    break_two(desktop)

    def take(uow) -> None:
        uow.connection.execute("UPDATE outbox SET state='done', live=0")
        uow.touch_sync()

    desktop.client.desk.store.write(take).result()
    desktop.settle()
    assert page.state.title.text() == "有 2 张照片传不上去"
    assert line.text.text() == "2 张照片传不上去 · 上次同步 昨天 18:20"
    assert page.state.dot.property("tone") == line.dot.property("tone") == "amber"


def test_beside_what_waits_photos_are_said_too(desktop) -> None:
    break_two(desktop)
    page = desktop.show("sync")
    page.stick.watch(on=False)
    assert page.state.title.text() == "还有 1 条没传上去，都存在本机"
    assert page.state.last.text() == "有 2 张照片传不上去 · 上次通上：昨天 18:20"
    assert page.state.dot.property("tone") == "amber"


def test_broken_photos_are_named(desktop) -> None:
    break_two(desktop)
    page = desktop.show("sync")
    page.stick.watch(on=False)
    said = [label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page)]
    assert said.count("照片 · 赵桂兰") == 2
    assert len([text for text in said if "在本机坏了或丢了" in text]) == 1
    assert len([text for text in said if "太大" in text]) == 1
    look = [b for b in page.findChildren(QPushButton) if b.accessibleName() == "看看 照片 · 赵桂兰"]
    assert len(look) == 2
    look[0].click()
    desktop.settle()
    assert desktop.shell.where.page == "household"
