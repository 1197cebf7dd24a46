"""Continuation sheets: what is new since the last print from this computer, and what is left out."""

from __future__ import annotations

import io
import re
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest

from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.printing import PrintOptions, plan, print_households, print_to_file
from gridapp.printing.plan import DELETED, MERGED, NEVER_PRINTED, NO_SHEET, NOT_HERE, NOTHING_NEW
from gridapp.store import printed, recording
from gridapp.store.drafting import HouseholdForm, Picture, VisitDraft
from gridapp.store.store import Store
from tests.store.realistic import SetClock, arrive, household, jpeg, member, save

DAY = 86_400
NEW = PrintOptions(new_visits=True)
AGAIN = PrintOptions(new_visits=True, again=True)


def visit(store: Store, form: HouseholdForm, text: str, day: str = "2026-11-18") -> None:
    draft = VisitDraft(household_id=form.household.id, happened_at=day, situation=text)
    store.write(lambda uow: recording.add_visit(uow, draft)).result()


def pages_of(store: Store, *forms: HouseholdForm, how: PrintOptions = NEW) -> list[str]:
    out = io.BytesIO()
    print_households(store, [form.household.id for form in forms], out, how)
    with pypdfium2.PdfDocument(out.getvalue()) as document:
        found = [page.get_textpage().get_text_range() for page in document]
    return [re.sub(r"[\s\u200b]", "", text) for text in found]


def planned(store: Store, *forms: HouseholdForm, **how: Any) -> dict[str, str]:
    """Name -> why it is left out, "" where it is printed."""
    ids = [form.household.id for form in forms]
    found = store.read(partial(plan, ids=ids, **how)).result()
    return {p.name: "" for p in found.todo} | {left.name: left.why for left in found.left_out}


@pytest.fixture
def zhao(store: Store) -> HouseholdForm:
    form = save(store, household("赵桂兰", "3号楼", "201", member("赵桂兰")))
    visit(store, form, "旧的走访")
    return form


def test_only_visits_since_the_last_print_under_a_line_that_says_whose(
    store: Store, zhao: HouseholdForm, clock: SetClock
) -> None:
    pages_of(store, zhao, how=PrintOptions())
    clock.pass_(3 * DAY)
    visit(store, zhao, "新的走访", "2026-11-22")
    text = "".join(pages_of(store, zhao))
    assert "新的走访" in text
    assert "旧的走访" not in text
    assert "续页1" in text
    assert f"户号{zhao.household.temporary}户名赵桂兰续页1现住址3号楼1单元201" in text
    assert "接2026-11-20打印的档案" in text
    assert "公章" not in text


def test_a_late_visit_of_an_earlier_day_is_new_all_the_same(
    store: Store, zhao: HouseholdForm
) -> None:
    pages_of(store, zhao, how=PrintOptions())
    late = Visit(household_id=zhao.household.id, happened_at="2026-11-01", situation="迟到的走访")
    arrive(store, [late])
    assert "迟到的走访" in "".join(pages_of(store, zhao))


def test_sheets_are_counted_until_the_whole_file_is_printed_again(
    store: Store, zhao: HouseholdForm
) -> None:
    pages_of(store, zhao, how=PrintOptions())
    for number in (1, 2, 3):
        visit(store, zhao, f"新{number}次走访")
        text = "".join(pages_of(store, zhao))
        assert f"续页{number}" in text
        assert f"新{number}次走访" in text
        assert f"新{number - 1}次走访" not in text
        assert "旧的走访" not in text
    pages_of(store, zhao, how=PrintOptions())
    visit(store, zhao, "又一次")
    assert "续页1" in "".join(pages_of(store, zhao))


def test_every_page_of_a_long_continuation_says_whose_it_is(
    store: Store, zhao: HouseholdForm
) -> None:
    pages_of(store, zhao, how=PrintOptions())
    for number in range(40):
        visit(store, zhao, f"第{number}次：" + "情况平稳，药已续上。" * 5)
    found = pages_of(store, zhao)
    assert len(found) >= 3
    assert all("户名赵桂兰续页1现住址3号楼1单元201" in page for page in found)


def test_the_account_names_who_is_left_out_and_why(store: Store, zhao: HouseholdForm) -> None:
    quiet = save(store, household("钱二", "1号楼"))
    fresh = save(store, household("孙三", "2号楼"))
    merged = save(store, household("李四", "4号楼"))
    gone = save(store, household("周五", "5号楼"))
    pages_of(store, zhao, quiet, merged, gone, how=PrintOptions())
    visit(store, zhao, "新的走访")
    merge = "UPDATE household SET merged_into=? WHERE id=?"
    keys = (zhao.household.id.bytes, merged.household.id.bytes)
    store.write(lambda uow: uow.connection.execute(merge, keys) and None).result()
    store.write(lambda uow: uow.delete(gone.household)).result()
    assert planned(store, zhao, quiet, fresh, merged, gone, new_visits=True) == {
        "赵桂兰": "",
        "钱二": NOTHING_NEW,
        "孙三": NEVER_PRINTED,
        "李四": MERGED,
        "周五": DELETED,
    }
    unknown = store.read(partial(plan, ids=[uuid4()])).result()
    assert [left.why for left in unknown.left_out] == [NOT_HERE]
    assert planned(store, zhao, quiet, fresh) == {"赵桂兰": "", "钱二": "", "孙三": ""}
    out = io.BytesIO()
    ids = [form.household.id for form in (zhao, quiet, fresh, zhao)]
    account = print_households(store, ids, out, NEW)
    assert account.done == 1
    assert [(left.name, left.reason()) for left in account.left_out] == [
        ("钱二", "上次打印后没有新走访"),
        ("孙三", "还没打过整份档案"),
    ]


def test_nothing_new_at_all_is_said_and_logs_nothing(store: Store, zhao: HouseholdForm) -> None:
    pages_of(store, zhao, how=PrintOptions())
    with pytest.raises(Problem) as caught:
        print_households(store, [zhao.household.id], io.BytesIO(), NEW)
    assert caught.value.code == "nothing_new"
    assert store.read(lambda r: r.value("SELECT count(*) FROM access_log")).result() == 1


def test_the_last_continuation_is_printed_again_as_it_was(
    store: Store, zhao: HouseholdForm, clock: SetClock
) -> None:
    pages_of(store, zhao, how=PrintOptions())
    clock.pass_(3 * DAY)
    visit(store, zhao, "第一张上的", "2026-11-22")
    pages_of(store, zhao)
    clock.pass_(2 * DAY)
    visit(store, zhao, "第二张上的", "2026-11-24")
    before = pages_of(store, zhao)
    clock.pass_(DAY)
    visit(store, zhao, "还没打过的", "2026-11-26")
    for _ in range(2):  # the paper may jam more than once
        text = "".join(pages_of(store, zhao, how=AGAIN))
        assert "续页2" in text
        assert "接2026-11-23打印的档案" in text
        assert "接2026-11-23打印的档案" in "".join(before)
        assert "第二张上的" in text
        assert "第一张上的" not in text
        assert "还没打过的" not in text
    # and what is new stays new, under the next number
    text = "".join(pages_of(store, zhao))
    assert "续页3" in text
    assert "还没打过的" in text
    assert "接2026-11-25打印的档案" in text


def test_only_the_sheets_of_the_last_print_are_printed_again(
    store: Store, zhao: HouseholdForm, clock: SetClock
) -> None:
    qian, sun = (save(store, household(name, "1号楼")) for name in ("钱二", "孙三"))
    pages_of(store, zhao, qian, sun, how=PrintOptions())
    assert planned(store, zhao, qian, new_visits=True, again=True) == {
        "赵桂兰": NO_SHEET,
        "钱二": NO_SHEET,
    }
    clock.pass_(DAY)
    visit(store, zhao, "新的")
    pages_of(store, zhao)
    clock.pass_(DAY)
    visit(store, qian, "新的")
    visit(store, sun, "新的")
    pages_of(store, qian, sun)
    how = {"new_visits": True, "again": True}
    assert planned(store, zhao, qian, sun, **how) == {"赵桂兰": NO_SHEET, "钱二": "", "孙三": ""}
    # one that is asked for by itself has its own last print
    assert planned(store, zhao, **how) == {"赵桂兰": ""}
    ids = [form.household.id for form in (zhao, qian, sun)]
    assert store.read(partial(plan, ids=ids, new_visits=True)).result().sheets == 2
    # the whole file is printed anew: no sheet goes on from it yet
    pages_of(store, qian, how=PrintOptions())
    assert planned(store, qian, **how) == {"钱二": NO_SHEET}
    with pytest.raises(Problem) as caught:
        pages_of(store, qian, how=AGAIN)
    assert caught.value.code == "no_sheet"


def test_a_visit_deleted_since_is_not_on_the_second_copy(store: Store, zhao: HouseholdForm) -> None:
    pages_of(store, zhao, how=PrintOptions())
    visit(store, zhao, "会删的")
    pages_of(store, zhao)
    found = store.read(lambda r: r.where(Visit, "situation='会删的'")).result()
    store.write(lambda uow: uow.delete(found[0])).result()
    assert planned(store, zhao, new_visits=True, again=True) == {"赵桂兰": NO_SHEET}


def test_what_was_cancelled_or_could_not_be_written_is_not_on_paper(
    store: Store, zhao: HouseholdForm, tmp_path: Path
) -> None:
    with pytest.raises(Problem):
        print_to_file(store, [zhao.household.id], tmp_path / "a.pdf", progress=lambda _: False)
    with pytest.raises(Problem):
        print_to_file(store, [zhao.household.id], Path("/nowhere/at/all.pdf"))
    assert planned(store, zhao, new_visits=True) == {"赵桂兰": NEVER_PRINTED}
    print_to_file(store, [zhao.household.id], tmp_path / "a.pdf")
    assert planned(store, zhao, new_visits=True) == {"赵桂兰": NOTHING_NEW}


def test_a_household_that_goes_while_others_are_laid_out_is_in_the_account(store: Store) -> None:
    forms = [save(store, household(f"户{n}", f"{n}号楼")) for n in range(20)]
    last = forms[-1].household

    def leave(_done: int) -> bool:
        store.write(lambda uow: uow.delete(last)).result()
        return True

    ids = [form.household.id for form in forms]
    account = print_households(store, ids, io.BytesIO(), progress=leave)
    assert account.done == 19
    assert [left.id for left in account.left_out] == [last.id]


def test_photos_that_are_not_on_this_computer_are_counted(
    store: Store, zhao: HouseholdForm
) -> None:
    pictures = [Picture(jpeg(color=(n * 40, 2, 250))) for n in range(3)]
    store.write(lambda uow: recording.attach(uow, zhao.household, pictures)).result()
    assert print_households(store, [zhao.household.id], io.BytesIO()).photos == 0
    kept = store.read(lambda r: r.rows("SELECT sha256 FROM blob")).result()
    for (digest,) in kept[:2]:
        store.blobs.remove(digest)
    assert print_households(store, [zhao.household.id], io.BytesIO()).photos == 2


def test_what_left_this_computer_is_forgotten(store: Store, zhao: HouseholdForm) -> None:
    other = save(store, household("钱二", "1号楼"))
    pages_of(store, zhao, other, how=PrintOptions())
    key = zhao.household.id.bytes
    store.write(
        lambda uow: uow.connection.execute("DELETE FROM household WHERE id=?", (key,)) and None
    ).result()
    pages_of(store, other, how=PrintOptions())
    ids = [zhao.household.id, other.household.id]
    held = store.read(partial(printed.on_paper, household_ids=ids)).result()
    assert held.keys() == {other.household.id}


def test_both_sides_each_file_begins_on_a_front(store: Store, zhao: HouseholdForm) -> None:
    other = save(store, household("钱二", "1号楼"))
    for number in range(12):
        visit(store, other, f"第{number}次：" + "情况平稳，药已续上。" * 9)
    empty = save(store, household("空房", "9号楼"))
    both = pages_of(store, empty, other, empty, zhao, how=PrintOptions(duplex=True))
    fronts = [n for n, text in enumerate(both) if "第1/" in text]
    assert len(fronts) == 3  # named twice, printed once
    assert all(n % 2 == 0 for n in fronts)
    # the second file has three pages, and its last back stays blank
    assert [n for n, text in enumerate(both) if not text] == [fronts[2] - 1]
