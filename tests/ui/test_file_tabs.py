"""The tabs of a household file: what a worker reads before, at and after a visit."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from gridapp.domain.person import Person
from gridapp.domain.record import new_id
from gridapp.domain.unit import Staff
from gridapp.domain.visit import Visit
from gridapp.store import recording
from gridapp.store.drafting import Picture, VisitDraft
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views.household_page import HouseholdPage, household_page
from gridapp.ui.forms.household import HouseholdEdit
from gridapp.ui.pages.file.part import Part
from gridapp.ui.widgets.basic import inside
from gridapp.ui.widgets.beside import Beside
from gridapp.ui.widgets.row_list import RowList
from gridapp.ui.widgets.viewer import PhotoViewer


def view_of(desktop) -> HouseholdPage:
    found = desktop.client.desk.store.read(
        lambda r: household_page(r, desktop.sample.zhao)
    ).result()
    assert found is not None
    return found


def change(desktop, act: Callable[[UnitOfWork], object]) -> None:
    desktop.client.desk.store.write(act).result()
    desktop.settle()


def tab(desktop, name: str, household: UUID | None = None) -> Part:
    desktop.client.desk.go("household", household or desktop.sample.zhao, tab=name)
    desktop.settle()
    part: Part = desktop.shell.pages["household"].part(name)
    return part


def said(part: QWidget) -> str:
    texts = [
        w.text() for w in inside(part, QLabel) + inside(part, QAbstractButton) if w.isVisible()
    ]
    return " ".join(texts)


def rows_of(desktop, listed: RowList) -> list[str]:
    """All rows, those that are not in sight too."""
    model = listed.rows
    for number in range(model.rowCount()):
        model.row(model.index(number))
    desktop.settle()
    found = [model.row(model.index(n)) for n in range(model.rowCount())]
    return [row.spoken() for row in found if row]


def link(part: QWidget, name: str) -> QAbstractButton:
    return next(b for b in inside(part, QAbstractButton) if name in (b.text(), b.accessibleName()))


def press(desktop, what: QAbstractButton) -> None:
    QTest.mouseClick(what, Qt.MouseButton.LeftButton)
    desktop.settle()


def form_of(desktop) -> HouseholdEdit:
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, HouseholdEdit)
    return form


# --- overview -----------------------------------------------------------------------------------


def test_the_overview_says_what_to_know_before_one_knocks(desktop) -> None:
    view = view_of(desktop)
    named = replace(
        view.file, emergency_name="王芳", emergency_relation="女儿", emergency_phone="13911118842"
    )
    change(desktop, lambda uow: uow.edit(view.file, named))
    part = tab(desktop, "overview")
    text = said(part)
    assert "逾期 3 天" in text
    assert "药续上再看一眼" in text
    assert "11月10日 上门" in text  # when somebody was last met
    assert "独居老人" in text
    assert "王芳 · 女儿 · 139****8842" in text
    [event] = rows_of(desktop, part.events.list)
    assert "今天 10:02" in event
    assert event.endswith("等物业来换。，已上报")
    assert len(rows_of(desktop, part.visits)) == 4
    press(desktop, part.every)
    assert desktop.shell.pages["household"].tabs.value() == "visits"


def test_a_gap_leads_to_its_field(desktop) -> None:
    view = view_of(desktop)
    someone = view.members[1]
    change(desktop, lambda uow: uow.edit(someone.file, replace(someone.file, phones={})))
    part = tab(desktop, "overview")
    assert "赵建军的电话" in said(part.gaps)
    assert "紧急联系人" in said(part.gaps)
    press(desktop, link(part.gaps, "紧急联系人"))
    assert form_of(desktop).fields["emergency_name"].inner.hasFocus()
    form_of(desktop).cancel()
    press(desktop, link(part.gaps, "赵建军的电话"))
    focused = desktop.client.window.focusWidget()
    card = next(c for c in form_of(desktop).cards if c.person_id == someone.person.id)
    assert card.isAncestorOf(focused)


def test_a_file_that_says_everything_has_no_gaps_and_no_events_no_card(desktop) -> None:
    view = view_of(desktop)
    assert view.dwelling

    def fill(uow: UnitOfWork) -> None:
        uow.edit(
            view.file,
            replace(
                view.file,
                emergency_name="王芳",
                emergency_phone="13911118842",
                notice_given=True,
            ),
        )
        for event in view.events:
            uow.delete(event)

    change(desktop, fill)
    part = tab(desktop, "overview")
    assert not part.gaps.isVisible()
    assert not part.events.isVisible()


def test_a_household_of_which_nothing_is_known(desktop) -> None:
    from gridapp.domain.household import Household

    bare = Household(grid_id=desktop.sample.grid, name="空户", kind="vacant")
    change(desktop, lambda uow: uow.create(bare))
    assert "还没有登记成员。" in said(tab(desktop, "overview", bare.id))
    assert "还没走访过" in said(tab(desktop, "overview", bare.id))
    assert "没有安全检查的记录" in said(tab(desktop, "dwelling", bare.id))
    assert "还没有登记成员。" in said(tab(desktop, "members", bare.id))
    assert "这户没有事件" in said(tab(desktop, "events", bare.id))
    assert "还没走访过" in said(tab(desktop, "visits", bare.id))


# --- members ------------------------------------------------------------------------------------


def test_members_say_who_is_away_or_gone_and_hide_numbers_until_asked(desktop) -> None:
    view = view_of(desktop)
    third = view.members[2]
    change(desktop, lambda uow: uow.edit(third.person, replace(third.person, status="died")))
    daughter = replace(third.file, phones={"13911118842": "女儿 王芳"})
    change(desktop, lambda uow: uow.edit(third.file, daughter))
    part = tab(desktop, "members")
    text = said(part)
    assert "外出，预计 2027年2月6日 回" in text
    assert "已故" in text
    assert "女儿 王芳 139****8842" in text
    assert "13911118842" not in text
    press(desktop, part.reveal)
    assert "女儿 王芳 13911118842" in said(part)
    [(what,)] = desktop.sql("SELECT what FROM access_log ORDER BY n DESC LIMIT 1")
    assert what


def test_a_member_is_edited_where_she_stands(desktop) -> None:
    view = view_of(desktop)
    part = tab(desktop, "members")
    press(desktop, link(part, "修改赵建军"))
    card = next(c for c in form_of(desktop).cards if c.person_id == view.members[1].person.id)
    assert card.fields["name"].inner.hasFocus()


def test_former_members_stay_behind_a_link(desktop) -> None:
    part = tab(desktop, "members")
    assert not part.former.isVisible()
    gone = view_of(desktop).members[4]
    left = replace(gone.residence, to_date=date(2026, 9, 1))
    change(desktop, lambda uow: uow.edit(gone.residence, left))
    assert part.former.text() == "以前的成员 1"
    assert not part.left.isVisible()
    press(desktop, part.former)
    [row] = rows_of(desktop, part.left)
    assert row.startswith(f"{gone.person.name}，{gone.person.birth_year}年生 · 子")
    assert "到9月1日" in row


def test_somebody_who_is_back_is_no_former_member(desktop) -> None:
    someone = view_of(desktop).members[4]

    def again(uow: UnitOfWork) -> None:
        uow.edit(someone.residence, replace(someone.residence, to_date=date(2026, 9, 1)))
        uow.create(replace(someone.residence, id=new_id(), version=0, to_date=None))

    change(desktop, again)
    assert not tab(desktop, "members").former.isVisible()


# --- dwelling and safety ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "tags"),
    [
        ({"smoke_alarm": True, "last_check": date(2026, 5, 1)}, "报警器齐全，一年内检查过"),
        ({"smoke_alarm": False}, "没有烟感报警器"),
        ({"gas_alarm": False}, "没有燃气报警器"),
        ({"last_check": date(2025, 1, 1)}, "一年没做安全检查了"),
        ({"last_check": None}, "没有安全检查的记录"),
    ],
)
def test_safety_is_said_in_words(desktop, changes: dict[str, object], tags: str) -> None:
    home = view_of(desktop).dwelling
    assert home
    change(desktop, lambda uow: uow.edit(home, replace(home, **changes)))
    part = tab(desktop, "dwelling")
    assert tags in said(part.checks)


def test_the_dwelling_shows_every_field_and_what_visits_noticed(desktop) -> None:
    view = view_of(desktop)
    watched = {"C01/精神状态与言谈是否正常": "watch"}
    change(desktop, lambda uow: uow.edit(view.visits[0], replace(view.visits[0], answers=watched)))
    text = said(tab(desktop, "dwelling"))
    for label in ("产权", "结构", "楼层", "层数", "位置", "户类型", "建档日期", "已告知", "燃气"):
        assert label in text, label
    assert "11月10日 精神状态与言谈是否正常" in text


# --- visits -------------------------------------------------------------------------------------


def test_a_visit_in_full(desktop) -> None:
    colleague = Staff(name="王芳", active=True)
    draft = VisitDraft(
        desktop.sample.zhao,
        "2026-11-19T15:30",
        situation="精神好，药已续上。" * 20,
        people_met=(str(view_of(desktop).members[0].person.id), "邻居", str(new_id())),
        requests="想装扶手",
        answers={
            "C01/精神状态与言谈是否正常": "good",
            "C01/跌倒隐患": "watch",
            "C01/用电用气用火": "rest",
        },
        source="paper",
        visited_by=colleague.id,
        promise="周一带扶手来",
    )

    def record(uow: UnitOfWork) -> None:
        uow.create(colleague)
        recording.add_visit(uow, draft)

    change(desktop, record)
    part = tab(desktop, "visits")
    part.choose(view_of(desktop).visits[0].id)
    desktop.settle()
    text = said(part.detail)
    assert "昨天 15:30" in text
    assert "王芳 · 李秀英 代记 · 纸质补录" in text
    assert "赵桂兰、邻居" in text
    assert "留意：跌倒隐患" in text
    assert "好：精神状态与言谈是否正常" in text
    assert "其余正常：用电用气用火" in text
    assert "精神好，药已续上。" * 20 in text
    assert not part.detail.to_event.isVisible()


def test_photos_of_a_visit_open_large_and_its_event_is_one_click_away(desktop) -> None:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "red").save(out, "JPEG")
    made: list[Visit] = []

    def record(uow: UnitOfWork) -> None:
        pictures = (Picture(out.getvalue(), "p.jpg"),)
        draft = VisitDraft(desktop.sample.zhao, "2026-11-20", situation="好", pictures=pictures)
        made.append(recording.add_visit(uow, draft))
        event = view_of_event(uow, desktop.sample.event)
        uow.edit(event, replace(event, visit_id=made[0].id))

    change(desktop, record)
    part = tab(desktop, "visits")
    part.choose(made[0].id)
    desktop.settle()
    press(desktop, link(part.detail.photos, "看照片 1/1"))
    [viewer] = inside(part.detail, PhotoViewer)
    viewer.reject()
    desktop.settle()
    press(desktop, part.detail.to_event)
    assert desktop.shell.pages["event"].isVisible()


def view_of_event(uow: UnitOfWork, event_id: UUID):  # type: ignore[no-untyped-def]
    from gridapp.domain.event import Event

    found = uow.record(Event, event_id)
    assert found
    return found


def test_the_list_and_the_visit_share_what_room_there_is(desktop) -> None:
    part = tab(desktop, "visits")
    [beside] = inside(part, Beside)
    desktop.client.window.resize(1366, 768)
    desktop.settle()
    assert beside.is_wide
    desktop.shell.pages["household"].record_visit()
    desktop.settle()
    assert not beside.is_wide
    for half in beside._parts:
        assert half.height() >= 8 * half.fontMetrics().height()


# --- events -------------------------------------------------------------------------------------


def test_events_that_go_on_stand_first(desktop) -> None:
    from gridapp.store.drafting import EventDraft

    def report(uow: UnitOfWork) -> None:
        draft = EventDraft(
            "0101", "楼道堵了", "2026-11-20T13:00", household_id=desktop.sample.zhao, on_spot="清走"
        )
        recording.report_event(uow, draft)

    change(desktop, report)
    part = tab(desktop, "events")
    first, second = rows_of(desktop, part.list)
    assert "厨房燃气软管老化" in first
    assert "楼道堵了" in second
    part.list.setFocus()
    QTest.keyClick(part.list, Qt.Key.Key_Down)
    part.list.setCurrentIndex(part.list.rows.index(0))
    QTest.keyClick(part.list, Qt.Key.Key_Return)
    desktop.settle()
    assert desktop.shell.pages["event"].isVisible()


def test_long_names_are_told_whole_somewhere(desktop) -> None:
    long = "阿卜杜热合曼·买买提吐尔逊阿吉木江·艾则孜"
    someone: Person = view_of(desktop).members[3].person
    change(desktop, lambda uow: uow.edit(someone, replace(someone, name=long)))
    part = tab(desktop, "overview")
    cell = next(w for w in inside(part, QLabel) if w.text() == long)
    # in its column, or where that has no room for it by its tooltip
    assert cell.width() >= cell.sizeHint().width() or cell.toolTip() == long
    heads = [w for w in inside(tab(desktop, "members"), QLabel) if w.text().startswith(long)]
    assert heads
