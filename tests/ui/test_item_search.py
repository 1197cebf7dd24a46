"""What people say finds the item of the catalogue that they mean."""

import pytest

from gridapp.domain.codes import Codes
from gridapp.domain.reference import CatalogueItem
from gridapp.resources import default_reference
from gridapp.store.views.reference import Reference
from gridapp.ui.forms.item_search import everyday_words, find_items

ITEMS = tuple(r for r in default_reference() if isinstance(r, CatalogueItem))
REFERENCE = Reference(Codes(()), ITEMS)


@pytest.mark.parametrize(
    ("typed", "item"),
    [
        ("下水道堵了", "污水管堵塞、冒溢"),
        ("楼上漏水", "房屋漏雨、墙体渗水"),
        ("煤气味", "疑似燃气泄漏"),
        ("井盖没了", "井盖缺失、破损、沉降"),
        ("工资不发", "劳动人事、欠薪争议"),
        ("狗咬人", "不文明养犬"),
        ("着火", "火情火警"),
        ("打架", "打架斗殴、寻衅滋事"),
        ("路灯坏了", "路灯不亮、损坏"),
        ("ludeng", "路灯不亮、损坏"),
        ("zaoyin", "噪声扰民(施工、娱乐、广场)"),
        ("xsd", "污水管堵塞、冒溢"),
        ("street lamp", "路灯不亮、损坏"),
        ("0504", "污水管堵塞、冒溢"),
    ],
)
def test_the_likeliest_stands_first(typed: str, item: str) -> None:
    assert find_items(REFERENCE, typed)[0].item_zh == item


def test_what_merely_looks_alike_is_left_out_where_it_is_clear() -> None:
    assert [i.item_zh for i in find_items(REFERENCE, "下水道堵了")] == ["污水管堵塞、冒溢"]
    assert find_items(REFERENCE, "") == []
    assert find_items(REFERENCE, "!!") == []


def test_everyday_words_lead_somewhere() -> None:
    """In the shipped catalogue; one that a district brings along may lack some."""
    names = "\n".join(item.item_zh for item in ITEMS)
    lost = [(word, said) for word, means in everyday_words() for said in means if said not in names]
    assert lost == []


def test_every_item_is_found_by_its_own_name() -> None:
    for item in ITEMS:
        assert find_items(REFERENCE, item.item_zh)[0] is item
