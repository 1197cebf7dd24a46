"""Checklists of care groups and the answers of a visit."""

from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.care import (
    answer_key,
    checklist,
    checklist_labels,
    is_visited,
    split_key,
    to_watch,
    visit_every,
    with_rest,
)
from gridapp.domain.reference import CareGroup

ALONE = CareGroup(
    group_code="C01",
    name_zh="独居老人",
    checklist_zh="精神状态| 服药按时 |跌倒隐患||",
    checklist_en="Mood|Medicine|Falls",
    visit_every_days=30,
    high_need_every_days=7,
)


def test_items() -> None:
    assert checklist(ALONE) == ["精神状态", "服药按时", "跌倒隐患"]
    assert checklist_labels(ALONE, "en") == ["Mood", "Medicine", "Falls"]
    assert checklist_labels(ALONE, "zh_CN") == checklist(ALONE)
    uneven = CareGroup(group_code="C02", name_zh="x", checklist_zh="a|b", checklist_en="A")
    assert checklist_labels(uneven, "en") == ["a", "b"]
    assert checklist(CareGroup(group_code="C03", name_zh="x")) == []


def test_the_rest_is_filled_and_nothing_else() -> None:
    answers = {"C01/跌倒隐患": "watch", "C09/别的": "good"}
    filled = with_rest([ALONE], answers)
    assert filled == {
        "C01/跌倒隐患": "watch",
        "C09/别的": "good",
        "C01/精神状态": "rest",
        "C01/服药按时": "rest",
    }
    assert answers == {"C01/跌倒隐患": "watch", "C09/别的": "good"}
    assert with_rest([ALONE], filled) == filled
    assert to_watch(filled) == [("C01", "跌倒隐患")]


@given(st.text(alphabet="C0123"), st.text())
def test_keys_come_apart_again(code: str, item: str) -> None:
    assert split_key(answer_key(code, item)) == (code, item)


def test_nobody_home_never_counts() -> None:
    assert is_visited("home")
    assert is_visited("phone")
    assert not is_visited("absent")
    assert not is_visited("")


def test_how_often() -> None:
    assert visit_every(ALONE, "high") == 7
    assert visit_every(ALONE, "normal") == visit_every(ALONE, "") == 30
    assert visit_every(CareGroup(group_code="C", name_zh="x"), "high") is None
