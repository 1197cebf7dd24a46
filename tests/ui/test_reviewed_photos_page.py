"""The head sees the photos of late work beside it: as far as they have come, small first, large when one is opened."""

import dataclasses
import hashlib
from uuid import UUID

import pytest
from PySide6.QtWidgets import QLabel
from states import late_photo

from gridapp.domain.record import new_id
from gridapp.domain.review import Review
from gridapp.store import photo_rows
from gridapp.sync import photos
from gridapp.ui.widgets.basic import inside
from gridapp.ui.widgets.thumb import Thumb
from gridapp.ui.widgets.viewer import PhotoViewer


@pytest.fixture
def head(start):
    desktop = start(state="head")
    desktop.show("reviews")
    return desktop


def cards(desktop):
    return desktop.shell.pages["reviews"].cases


def thumbs(card) -> list[Thumb]:
    return [made for made in inside(card, Thumb) if made.isVisible()]


def texts(card) -> str:
    return "\n".join(label.text() for label in card.findChildren(QLabel) if label.isVisible())


def missing(desktop) -> photo_rows.Missing:
    (one,) = [m for m in wanted(desktop) if not held(desktop, m.digest)]
    return one


def wanted(desktop) -> list[photo_rows.Missing]:
    return desktop.client.desk.store.read(photo_rows.missing).result()


def held(desktop, digest: str) -> bool:
    return bool(desktop.sql("SELECT 1 FROM blob WHERE sha256=?", digest))


def keep_small(desktop, digest: str, data: bytes) -> None:
    desktop.client.desk.store.write(
        lambda uow: photo_rows.keep_small(uow, {digest: data}, {digest: 900})
    ).result()
    desktop.settle()


def small_one(desktop) -> bytes:
    return bytes(desktop.sql("SELECT thumbnail FROM blob WHERE thumbnail IS NOT NULL")[0][0])


def test_the_photos_of_a_case_stand_beside_it(head) -> None:
    first, second = cards(head)
    said = texts(first)
    assert "照片 2 张，1 张还没传到" in said
    assert len(thumbs(first)) == 2
    # A photo is seen; what it is called, how large and of what kind says nothing to anybody.
    assert not any(word in said for word in ("附件", "image/jpeg", missing(head).digest))
    assert "照片" not in texts(second)
    assert thumbs(second) == []


def test_a_photo_that_comes_is_shown_at_once(head) -> None:
    """And what was opened to be read stays so: nothing else of the page is made anew."""
    before = cards(head)
    keep_small(head, missing(head).digest, small_one(head))
    assert cards(head) is before
    assert "照片 2 张" in texts(before[0])
    assert "还没传到" not in texts(before[0])
    assert all(not made._pixmap.isNull() for made in thumbs(before[0]))


def test_opened_it_says_whose_it_is_and_comes_whole(head) -> None:
    thumbs(cards(head)[0])[0].click()
    head.settle()
    viewer = head.shell.findChild(PhotoViewer)
    assert viewer.caption.text() == "11月11日 · 孙海燕 · 走访 · 赵桂兰"
    assert "先看小图" in viewer.notice.text()
    data = small_one(head)  # the sample's photo is as small as that
    assert hashlib.sha256(data).hexdigest() == viewer.photos[0]
    assert photos.take(head.client.desk.store, viewer.photos[0], data)
    head.settle()
    assert viewer.page.data == data
    assert viewer.notice.isHidden()
    viewer.close()


def test_the_arrows_lead_to_the_one_that_has_not_come(head) -> None:
    thumbs(cards(head)[0])[1].click()
    head.settle()
    viewer = head.shell.findChild(PhotoViewer)
    assert viewer.count.text() == "2 / 2"
    assert "还没传下来" in viewer.notice.text()
    viewer.close()


def test_small_photos_grow_with_the_text(head) -> None:
    client = head.client
    width = thumbs(cards(head)[0])[0].width()
    client.choose(dataclasses.replace(client.preferences, scale=1.5))
    head.settle()
    assert thumbs(cards(head)[0])[0].width() == round(width * 1.5)


def test_a_photo_by_itself_is_a_case_that_is_taken_or_given_back(head) -> None:
    """It was added to a visit that is registered; there is nothing about it to write otherwise."""

    def alone(uow) -> None:
        author = uow.value("SELECT author_id FROM review LIMIT 1")
        of = UUID(bytes=author), new_id()
        late_photo(uow, head.sample, *of, None, "#8f6a7a", arrived=True, purpose="after")

    head.client.desk.store.write(alone).result()
    head.settle()
    (card,) = [c for c in cards(head) if len(c.case.records) == 1 and c.case.records[0].photo]
    assert "照片 1 张" in texts(card)
    assert "加了照片 · 走访" in texts(card)
    assert [made.text() for made in card.buttons] == ["收下", "退回"]
    assert thumbs(card)[0]._caption == "处置后"
    card.buttons[0].click()
    head.settle()
    found = head.sql(
        "SELECT r.target_kind, o.fields FROM review r JOIN outbox o ON o.record_id=r.id "
        "WHERE o.state='waiting'"
    )
    assert [kind for kind, _ in found] == ["attachment"]
    assert (
        head.client.desk.store.read(lambda r: r.where(Review, "state='accepted'"))
        .result()[0]
        .hangs_on
        is None
    )


def test_decided_they_are_looked_at_no_more(head) -> None:
    """The case leaves the page with its photos, and what is told of it names the visit alone."""
    cards(head)[0].buttons[0].click()
    head.settle()
    page = head.shell.pages["reviews"]
    assert len(page.cases) == 1
    page.decided.fold.click()
    assert "照片" not in texts(page.decided)
    assert "附件" not in texts(page.decided)
    # Until the server has the decision it may be refused: the photos are not let go.
    assert len(wanted(head)) == 2
