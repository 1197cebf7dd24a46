"""The changes of a file: who, when, from what to what; what waits on top; offline the last answer with its time."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from sample import NOW

from gridapp.domain.exchange import HistoryEntry
from gridapp.domain.record import Record, new_id
from gridapp.store import history
from gridapp.store.views.household_page import HouseholdPage, household_page
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.pages.file.changes import ChangesPart
from gridapp.ui.widgets.basic import inside

DAY = 86_400_000


class Line:
    """Stands where the sync service would: answers with what it was given, or does not answer."""

    def __init__(self, desktop) -> None:
        self.desk = desktop.client.desk
        self.state = ServiceState(Phase.IDLE)
        self.entries: list[HistoryEntry] = []
        self.older: list[HistoryEntry] = []
        self.online = True
        self.asked: list[tuple[UUID, bool]] = []
        self.desk.sync = self

    def sync_now(self) -> None:
        """Nothing."""

    def fetch_history(self, household_id: UUID, *, older: bool = False) -> Future[bool]:
        self.asked.append((household_id, older))
        if not self.online:
            future: Future[bool] = Future()
            future.set_result(False)
            return future

        def keep(uow) -> bool:
            if older:
                history.keep_older(uow, household_id, self.older, more=False)
            else:
                history.keep_newest(uow, household_id, self.entries, more=bool(self.older))
            return True

        return self.desk.store.write(keep)


def told(record: Record, days: int, what: str = "changed", **fields) -> HistoryEntry:
    at = NOW - days * DAY
    return HistoryEntry(
        new_id().bytes, record.KIND, record.id.bytes, b"x" * 16, at, at, what, fields
    )


def file_of(desktop) -> HouseholdPage:
    zhao = desktop.sample.zhao
    found = desktop.client.desk.store.read(lambda r: household_page(r, zhao)).result()
    assert found is not None
    return found


def by_me(desktop, entry: HistoryEntry) -> HistoryEntry:
    names = entry.__struct_fields__
    values = {n: getattr(entry, n) for n in names} | {"staff_id": desktop.sample.staff.bytes}
    return HistoryEntry(**values)


def changes(desktop) -> ChangesPart:
    desktop.client.desk.go("household", desktop.sample.zhao, tab="changes")
    desktop.settle()
    part = desktop.shell.pages["household"].part("changes")
    assert isinstance(part, ChangesPart)
    return part


def lines(part: ChangesPart) -> list[tuple[str, str, str]]:
    model = part.list.rows
    found = [model.row(model.index(n)) for n in range(model.rowCount())]
    return [(row.title, row.aside, row.detail) for row in found if row]


def shown(part: ChangesPart) -> str:
    return " ".join(label.text() for label in inside(part, QLabel) if label.isVisible())


def test_changes_are_said_in_words_and_numbers_stay_masked(desktop) -> None:
    line, page = Line(desktop), file_of(desktop)
    son, home = page.members[1], page.dwelling
    assert home
    phones = '{"13800002210":"本人"}', '{"13800002210":"本人","13911118842":"女儿 王芳"}'
    line.entries = [
        by_me(desktop, told(son.file, 0, phones=phones)),
        told(home, 1, gas=("bottled", "piped"), gas_alarm=(None, 1)),
        told(page.household, 2, head_id=(None, son.person.id.bytes)),
        told(son.residence, 3, "created"),
    ]
    part = changes(desktop)
    desktop.settle()
    assert lines(part) == [
        (
            "赵建军 · 电话",
            "李秀英 · 14:20",
            "本人 138****2210 → 本人 138****2210、女儿 王芳 139****8842",
        ),
        ("住房 · 燃气", "昨天 14:20", "瓶装液化气 → 管道天然气"),
        ("住房 · 燃气报警器", "昨天 14:20", "空白 → 有"),
        ("户主", "11月18日 14:20", "空白 → 赵建军"),
        ("赵建军", "11月17日 14:20", "加为成员"),
    ]
    assert part.note.text() == "截至 14:20 的变更。"
    assert line.asked == [(desktop.sample.zhao, False)]


def test_one_change_in_full_by_keyboard_and_whole_numbers_once_revealed(desktop) -> None:
    line, page = Line(desktop), file_of(desktop)
    text = "精神好，血压药剩 5 天，已告知女儿。" * 8
    line.entries = [
        told(page.members[0].file, 0, phones=(None, '{"13800002210":"本人"}')),
        told(page.visits[0], 1, situation=("好", text)),
    ]
    part = changes(desktop)
    desktop.settle()
    part.list.setFocus()
    QTest.keyClick(part.list, Qt.Key.Key_Down)
    QTest.keyClick(part.list, Qt.Key.Key_Down)
    desktop.settle()
    assert "11月10日的走访 · 情况" in shown(part)
    assert text in shown(part)
    assert "不在名册上的人" in shown(part)
    QTest.keyClick(part.list, Qt.Key.Key_Up)
    desktop.settle()
    assert "13800002210" not in shown(part)
    desktop.shell.pages["household"].reveal()
    desktop.settle()
    assert "本人 13800002210" in shown(part)


def test_what_is_not_uploaded_stands_on_top_and_says_so(desktop) -> None:
    line, page = Line(desktop), file_of(desktop)
    line.entries = [told(page.household, 0, name=("赵", "赵桂兰"))]
    part = changes(desktop)
    desktop.settle()
    edited = replace(page.file, needs="想装扶手")
    desktop.client.desk.store.write(lambda uow: uow.edit(page.file, edited)).result()
    desktop.settle()
    first = part.list.rows.row(part.list.rows.index(0))
    assert first is not None
    assert (first.title, first.detail) == ("困难与需求", "腿脚不便 → 想装扶手")
    assert first.tags == (("还没上传", "grey"),)


def test_without_signal_the_last_answer_stands_with_its_time(desktop) -> None:
    line, page = Line(desktop), file_of(desktop)
    line.online = False
    part = changes(desktop)
    desktop.settle()
    assert part.switch.is_empty
    assert "还没取到这户的变更" in shown(part)
    assert part.again.isVisible()
    line.online, line.entries = True, [told(page.household, 0, name=("赵", "赵桂兰"))]
    QTest.mouseClick(part.again, Qt.MouseButton.LeftButton)
    desktop.settle()
    assert not part.again.isVisible()
    assert len(lines(part)) == 1
    line.online = False
    desktop.client.desk.tell_sync(ServiceState(Phase.IDLE))  # a round ended while it is looked at
    desktop.settle()
    assert part.note.text() == "现在没有信号。这是截至 14:20 的变更。"
    assert len(lines(part)) == 1


def test_older_ones_come_on_demand(desktop) -> None:
    line, page = Line(desktop), file_of(desktop)
    line.entries = [told(page.household, 0, name=("赵", "赵桂兰"))]
    line.older = [told(page.household, 400, "created")]
    part = changes(desktop)
    desktop.settle()
    assert part.older.isVisible()
    QTest.mouseClick(part.older, Qt.MouseButton.LeftButton)
    desktop.settle()
    assert line.asked[-1] == (desktop.sample.zhao, True)
    assert lines(part)[-1] == ("住户", "2025年10月16日 14:20", "建立了档案")
    assert not part.older.isVisible()


def test_another_household_shows_nothing_of_the_first(desktop) -> None:
    line, page = Line(desktop), file_of(desktop)
    line.entries = [told(page.household, 0, name=("赵", "赵桂兰"))]
    part = changes(desktop)
    desktop.settle()
    assert len(lines(part)) == 1
    line.entries = []
    [(other,)] = desktop.sql(
        "SELECT id FROM household WHERE id!=? LIMIT 1", desktop.sample.zhao.bytes
    )
    desktop.client.desk.go("household", UUID(bytes=other), tab="changes")
    desktop.settle()
    assert lines(part) == []
    assert "还没有人改过" in shown(part)
    assert line.asked[-1] == (UUID(bytes=other), False)


def test_it_is_asked_only_while_somebody_looks(desktop) -> None:
    line = Line(desktop)
    part = changes(desktop)
    desktop.settle()
    count = len(line.asked)
    desktop.shell.pages["household"].choose("overview")
    desktop.client.desk.tell_sync(ServiceState(Phase.IDLE))
    desktop.settle()
    assert len(line.asked) == count
    desktop.shell.pages["household"].choose("changes")
    desktop.settle()
    assert len(line.asked) == count + 1
    assert part.isVisible()
