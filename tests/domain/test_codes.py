"""Code tables: labels, order, and codes for what a roster says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.codes import Codes
from gridapp.domain.reference import Code
from gridapp.resources import default_reference

SHIPPED = Codes(record for record in default_reference() if isinstance(record, Code))


def test_labels() -> None:
    assert SHIPPED.label("gas", "piped") == "管道天然气"
    assert SHIPPED.label("gas", "piped", "en") == "Piped natural gas"
    assert SHIPPED.label("gas", "steam") == "steam"
    assert SHIPPED.label("no_such_table", "1", "en") == "1"
    only_chinese = Codes([Code(table_name="t", code="a", zh="甲")])
    assert only_chinese.label("t", "a", "en") == "甲"


def test_entries_keep_their_order_and_leave_out_the_deleted() -> None:
    codes = Codes(
        [
            Code(table_name="t", code="b", zh="乙", sort=2),
            Code(table_name="t", code="z", zh="末"),
            Code(table_name="t", code="a", zh="甲", sort=2),
            Code(table_name="t", code="c", zh="先", sort=1),
            Code(table_name="t", code="d", zh="删", sort=0, deleted=True),
        ]
    )
    assert [entry.code for entry in codes.entries("t")] == ["c", "a", "b", "z"]
    assert codes.entries("u") == ()
    assert codes.find("t", "删") is None
    assert not codes.has("t", "d")


@pytest.mark.parametrize(
    ("table", "text", "code"),
    [
        ("sex", "1", "1"),
        ("sex", "男性", "1"),
        ("sex", " 女 ", "2"),
        ("sex", "Male", "1"),
        ("family_relation", "儿子", "20"),
        ("family_relation", "长子", "22"),
        ("family_relation", "妻子", "12"),
        ("family_relation", "０２", "02"),
        ("education", "初中", "70"),
        ("id_kind", "身份证", "citizen"),
        ("dept_type", "FIRE", "FIRE"),
        ("gas", "瓶装液化气", "bottled"),
        ("sex", "不知道", None),
        ("sex", "", None),
    ],
)
def test_found_by_what_people_write(table: str, text: str, code: str | None) -> None:
    assert SHIPPED.find(table, text) == code


@given(st.sampled_from([(t, e) for t in SHIPPED.tables for e in SHIPPED.entries(t)]))
def test_every_code_finds_itself(entry: tuple[str, Code]) -> None:
    table, code = entry
    assert SHIPPED.find(table, code.code) == code.code
    found = SHIPPED.find(table, code.zh)
    assert found is not None
    assert SHIPPED.label(table, found) == code.zh
