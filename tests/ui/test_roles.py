"""Each role is shown what it can do and nothing else: a walk through the real window as each of the ten."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from gridapp.domain.roles import RIGHTS, Reach, Role
from gridapp.domain.unit import Assignment, Unit
from gridapp.store import drafts
from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.household import HouseholdEdit
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.pages.every import PAGES
from gridapp.ui.pages.file.every import TABS
from gridapp.ui.tour import close_forms

ROLES = list(Role)
WRITES = {VisitForm: "visit", EventForm: "event", HouseholdEdit: "household"}
FILES = [role for role in ROLES if RIGHTS[role].reach is Reach.GRIDS]
WORDS = {"记走访": "visit", "报事件": "event", "修改": "household", "加成员": "household"}
WORDS |= {"新建住户": "household"}


def become(desktop, role: Role) -> None:
    """The same person with another role in the same grid, as a sync would bring it."""

    def write(uow) -> None:
        uow.connection.execute("UPDATE assignment SET role=?", (role.value,))
        uow.touch("assignment", [])

    desktop.client.desk.store.write(write).result()
    desktop.settle()


def shown_buttons(root: QWidget) -> list[QAbstractButton]:
    return [b for b in root.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()]


def places(desktop) -> Iterator[str]:
    """Each page and tab that the role comes to, one after the other, with its name."""
    shell, desk = desktop.shell, desktop.client.desk
    for spec in PAGES:
        record = {"household": desktop.sample.zhao, "event": desktop.sample.event}.get(spec.key)
        desk.go(spec.key, record)
        desktop.settle()
        if shell.where.page != spec.key:
            continue
        yield spec.key
        if spec.key == "household":
            page = shell.pages["household"]
            for tab in TABS:
                if page.tabs.button(tab.key).isVisible():
                    page.choose(tab.key)
                    desktop.settle()
                    yield f"{spec.key} {tab.key}"


def opened(desktop) -> list[Form]:
    return list(desktop.shell.panel.forms())


@pytest.mark.parametrize("role", ROLES)
def test_what_is_offered_can_be_done(desktop, qtbot, role: Role) -> None:
    become(desktop, role)
    shell, writes = desktop.shell, RIGHTS[role].writes
    seen: set[str] = set()
    for place in places(desktop):
        offered = {b.text().split(" ")[0] for b in shown_buttons(shell.pages[shell.where.page])}
        seen |= offered
        assert {w for w in offered if w in WORDS and WORDS[w] not in writes} == set(), place
        if RIGHTS[role].reach is not Reach.GRIDS:
            assert not offered & {"显示号码（会记录）", "打印", "打印这些", "选几户"}, place
    navigation = [s.key for s in PAGES if s.title and shell.navigation.button(s.key).isVisible()]
    assert navigation == [s.key for s in PAGES if s.title and s.is_for({role.value})]
    if role in FILES:
        assert set(WORDS) <= seen  # nothing is hidden from those who may
        assert {"显示号码（会记录）", "打印", "选几户"} <= seen


@pytest.mark.parametrize("role", ROLES)
def test_every_action_that_stands_there_leads_somewhere(desktop, qtbot, role: Role) -> None:
    """Each button of words is clicked: the form that opens, or the page, is one of this role's."""
    become(desktop, role)
    shell, desk = desktop.shell, desktop.client.desk
    for place in places(desktop):
        for words in (
            "记走访",
            "报事件",
            "修改",
            "加成员",
            "新建住户",
            "打印",
            "打印这些",
            "看住户",
        ):
            where = shell.where
            found = [b for b in shown_buttons(shell.pages[where.page]) if b.text() == words]
            for made in found[:1]:
                made.click()
                desktop.settle()
                for form in opened(desktop):
                    assert WRITES[type(form)] in RIGHTS[role].writes, (place, words)
                assert opened(desktop) or shell.where != where, (place, words)
                assert desk.uses(shell.where.page)
                close_forms(shell)
                desk.go(where.page, where.id, where.tab)
                desktop.settle()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("keys", "kind"), [("1", "visit"), ("2", "event")])
def test_keys_do_what_the_role_does(desktop, qtbot, role: Role, keys: str, kind: str) -> None:
    become(desktop, role)
    desk = desktop.client.desk
    for page, record in (("sync", None), ("household", desktop.sample.zhao), ("events", None)):
        desk.go(page, record)
        desktop.settle()
        key = Qt.Key.Key_1 if keys == "1" else Qt.Key.Key_2
        QTest.keyClick(desktop.client.window, key, Qt.KeyboardModifier.ControlModifier)
        desktop.settle()
        assert {WRITES[type(f)] for f in opened(desktop)} <= {kind} & RIGHTS[role].writes
        close_forms(desktop.shell)


@pytest.mark.parametrize("role", ROLES)
def test_no_way_leads_to_a_page_of_others(desktop, role: Role) -> None:
    become(desktop, role)
    shell, desk = desktop.shell, desktop.client.desk
    desk.go("sync")
    for spec in PAGES:
        desk.go(spec.key, desktop.sample.zhao)
        desktop.settle()
        assert shell.where.page == (spec.key if spec.is_for({role.value}) else "sync")
        desk.go("sync")
    shell.search.line.setText("zhao")
    shell.search.ask()
    desktop.settle()
    assert all(desk.uses(hit.page) for hit in shell.search._hits)


@pytest.mark.parametrize("role", [Role.WORKER, Role.VOLUNTEER, Role.HANDLER, Role.AUDITOR])
def test_what_is_saved_as_that_role_is_taken(desktop, qtbot, role: Role) -> None:
    """What may be reported is saved, by the button that the role sees."""
    become(desktop, role)
    desk = desktop.client.desk
    desk.go("household", desktop.sample.zhao)
    desktop.settle()
    page = desktop.shell.pages[desktop.shell.where.page]
    found = [b for b in shown_buttons(page) if b.text() == "报事件"]
    assert bool(found) == (role in (Role.WORKER, Role.VOLUNTEER))
    for made in found[:1]:
        made.click()
        desktop.settle()
        (form,) = opened(desktop)
        assert isinstance(form, EventForm)
        assert form.on_spot.isVisible() == (role is Role.WORKER)  # a step of its own
        form.item.set_value("0202")
        form.text.setPlainText("软管老化")
        before = desktop.sql("SELECT count(*) FROM event")
        form.save_button.click()
        desktop.settle()
        assert opened(desktop) == []
        assert desktop.sql("SELECT count(*) FROM event") == [(before[0][0] + 1,)]


def test_a_volunteer_has_names_and_addresses(desktop) -> None:
    become(desktop, Role.VOLUNTEER)
    desktop.client.desk.go("household", desktop.sample.zhao, "visits")
    desktop.settle()
    page = desktop.shell.pages["household"]
    tabs = [t.key for t in TABS if page.tabs.button(t.key).isVisible()]
    assert tabs == ["overview", "dwelling", "events"]
    assert page.tabs.value() == "overview"
    become(desktop, Role.WORKER)
    assert all(page.tabs.button(t.key).isVisible() for t in TABS)


def test_drafts_are_offered_to_those_who_may_still_write_them(desktop) -> None:
    shell, store = desktop.shell, desktop.client.desk.store
    zhao: UUID = desktop.sample.zhao
    for key in (f"visit:{zhao}", f"event:{zhao}", f"step-note:{desktop.sample.event}"):
        drafts.keep(store, key, {"situation": "x", "text": "x"}).result()

    def bars(role: Role) -> int:
        become(desktop, role)
        shell.offer()
        desktop.settle()
        return len([b for b in shown_buttons(shell.unfinished) if b.text() == "接着写"])

    assert [bars(r) for r in (Role.WORKER, Role.VOLUNTEER, Role.HANDLER, Role.AUDITOR)] == [
        3,
        1,
        1,
        0,
    ]


def test_who_is_not_in_office_any_more_is_offered_nothing(desktop, qtbot) -> None:
    """Until the server has taken the files away she may look at them."""

    def end(uow) -> None:
        uow.connection.execute("UPDATE assignment SET to_date='2026-11-19'")
        uow.touch("assignment", [])

    desktop.client.desk.store.write(end).result()
    desktop.settle()
    for place in places(desktop):
        page = desktop.shell.pages[desktop.shell.where.page]
        offered = {b.text().split(" ")[0] for b in shown_buttons(page)}
        assert offered & (set(WORDS) | {"显示号码（会记录）"}) == set(), place
    desktop.client.desk.go("today")
    desktop.settle()
    due = desktop.shell.pages["today"].due.list
    assert due.rows.rowCount()
    assert due.button_of(due.rows.index(0)) is None
    due.setCurrentIndex(due.rows.index(0))
    due.setFocus()
    QTest.keyClick(due, Qt.Key.Key_Return)
    desktop.settle()
    assert opened(desktop) == []
    assert desktop.shell.where.page == "household"


@pytest.mark.parametrize(("role", "other"), [("volunteer", "worker"), ("worker", "volunteer")])
def test_two_roles_in_two_grids_are_not_mixed(desktop, role: str, other: str) -> None:
    """She works in one grid and helps in another: each file offers what her role there does."""

    def second(uow) -> None:
        parent = uow.record(Unit, desktop.sample.grid).parent_id
        grid = uow.create(
            Unit(code="990000001001009", name="第九网格", kind="grid", parent_id=parent)
        )
        uow.connection.execute("UPDATE assignment SET role=?", (role,))
        uow.create(Assignment(staff_id=desktop.sample.staff, unit_id=grid.id, role=other))

    desktop.client.desk.store.write(second).result()
    desktop.settle()
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    page = desktop.shell.pages["household"]
    offered = {b.text() for b in shown_buttons(page)}
    for words in ("记走访", "修改", "打印"):
        assert (words in offered) == (role == "worker")
    assert "报事件" in offered
    assert page.tabs.button("visits").isVisible() == (role == "worker")
