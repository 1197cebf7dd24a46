"""A photo that cannot go up is called by what it is of, with the reason and a way to it."""

from PySide6.QtWidgets import QLabel, QPushButton

from gridapp.store import recording
from gridapp.store.drafting import Picture, VisitDraft
from tests.store.realistic import jpeg


def test_broken_photos_are_named(desktop) -> None:
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
