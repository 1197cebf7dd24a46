"""The one truth about sync, in the words of the design of the screens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gridapp.clock import Instant
from gridapp.i18n import set_language
from gridapp.store import recording, status
from gridapp.store.drafting import Picture, VisitDraft
from gridapp.store.refused import dismiss
from gridapp.store.status import SyncStatus
from gridapp.store.store import Store
from tests.store.realistic import NOON, SetClock, household, jpeg, member, save, uploaded

MINUTE, DAY = 60_000, 86_400_000
YESTERDAY_17_42 = NOON - DAY + (5 * 60 + 42) * MINUTE
TODAY_14_46 = NOON + (2 * 60 + 46) * MINUTE
NOTHING = SyncStatus(0, 0, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("held", "now", "words"),
    [
        (
            replace(NOTHING, waiting=3, last_contact=YESTERDAY_17_42),
            NOON,
            "已存本机 · 3 条待上传 · 上次同步 昨天 17:42",
        ),
        (replace(NOTHING, last_contact=TODAY_14_46), TODAY_14_46, "全部已上传 · 14:46"),
        (
            replace(NOTHING, waiting=2, photos=1, last_contact=NOON - 3 * DAY),
            NOON,
            "已存本机 · 3 条待上传 · 上次同步 2026-11-17 12:00",
        ),
        (NOTHING, NOON, "已存本机 · 上次同步 从未"),
        (replace(NOTHING, waiting=1), NOON, "已存本机 · 1 条待上传 · 上次同步 从未"),
        # what was not accepted is no longer here to send
        (replace(NOTHING, rejected=2, last_contact=NOON), NOON, "全部已上传 · 12:00"),
        # a clock that was set back says the day, never "yesterday"
        (
            replace(NOTHING, waiting=1, last_contact=NOON + 2 * DAY),
            NOON,
            "已存本机 · 1 条待上传 · 上次同步 2026-11-22 12:00",
        ),
        # the day changes at midnight in China, not in Greenwich
        (
            replace(NOTHING, last_contact=NOON + 11 * 3_600_000),
            NOON + 13 * 3_600_000,
            "全部已上传 · 昨天 23:00",
        ),
    ],
)
def test_the_words(held: SyncStatus, now: Instant, words: str) -> None:
    assert status.line(held, now) == words


@pytest.fixture
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("zh_CN")


def test_english_has_all_of_them(english: None) -> None:
    for held in (NOTHING, replace(NOTHING, waiting=1), replace(NOTHING, last_contact=NOON - DAY)):
        assert not any("\u4e00" <= c <= "\u9fff" for c in status.line(held, NOON))


def test_it_counts_saves_as_the_worker_does_and_photos(store: Store, clock: SetClock) -> None:
    assert store.read(status.current).result() == NOTHING
    form = save(store, household("甲", "3号楼", "201", member("甲"), member("乙", "20")))
    pictures = (Picture(jpeg()), Picture(jpeg(color=(1, 1, 1))))
    draft = VisitDraft(form.household.id, "2026-11-20", pictures=pictures)
    store.write(lambda uow: recording.add_visit(uow, draft)).result()
    held = store.read(status.current).result()
    assert (held.waiting, held.photos, held.to_send) == (2, 2, 4)
    uploaded(store)
    assert store.read(status.current).result().to_send == 0


def test_what_waits_and_what_was_not_accepted(store: Store, clock: SetClock) -> None:
    form = save(store, household("甲"))
    person = form.household
    clock.pass_(60)
    store.write(lambda uow: uow.edit(person, replace(person, name="乙"))).result()
    items = store.read(status.waiting).result()
    last = items[-1]
    assert (last.entity, last.record_id, last.fields) == ("household", person.id, ("name",))
    assert (last.created, items[0].created) == (False, True)  # though the server knows neither yet
    assert [i.recorded_at for i in items] == sorted(i.recorded_at for i in items)

    def refuse(uow: object) -> None:
        sql = "UPDATE outbox SET state='rejected', code='not_allowed' WHERE op_id=?"
        uow.connection.execute(sql, (last.op_id,))  # type: ignore[attr-defined]

    store.write(refuse).result()
    (refused,) = store.read(status.not_accepted).result()
    assert (refused.op_id, refused.state, refused.code) == (last.op_id, "rejected", "not_allowed")
    assert store.read(status.current).result().rejected == 1
    store.write(lambda uow: dismiss(uow, refused.save_id)).result()
    assert store.read(status.not_accepted).result() == ()
    assert store.read(status.current).result().rejected == 0
    assert [i.op_id for i in store.read(status.seen).result()] == [last.op_id]
    assert store.read(status.current).result().seen == 1


def test_a_photo_that_cannot_go_up_is_never_all_sent() -> None:
    broken = replace(NOTHING, last_contact=NOON, broken_photos=1)
    assert "全部已上传" in status.line(replace(broken, broken_photos=0), NOON)
    assert status.line(broken, NOON) == "1 张照片传不上去 · 上次同步 12:00"
    waits = replace(broken, waiting=3)
    assert status.wordings(waits, NOON) == (
        "已存本机 · 3 条待上传 · 1 张照片传不上去 · 上次同步 12:00",
        "3 条待上传 · 1 张照片传不上去 · 上次同步 12:00",
        "已存本机 · 3 条待上传 · 1 张照片传不上去",
        "3 条待上传 · 1 张照片传不上去",
    )
