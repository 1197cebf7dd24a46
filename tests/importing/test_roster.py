"""Reading a roster into a plan: columns by any name and order, and every problem by row and column."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridapp.i18n import catalogue, set_language
from gridapp.importing.columns import COLUMNS, find_column
from gridapp.importing.plan import Address, RosterPlan
from tests.importing.rosters import HEADERS, family, id_number, people, plan, planned, workbook

LI = id_number(date(1950, 2, 3), 111)
WANG = id_number(date(1953, 4, 5), 122)


def found(result: RosterPlan) -> list[tuple[int, str, str]]:
    return [(p.row, p.column, p.code) for p in result.problems]


def rows_of(*rows: dict[str, Any]) -> RosterPlan:
    """A roster of exactly the columns that its rows name."""
    headers = list(dict.fromkeys(h for row in rows for h in row))
    return planned([[row.get(h, "") for h in headers] for row in rows], headers)


def test_a_family() -> None:
    result = planned(family())
    assert result.problems == ()
    assert result.notes == ()
    (household,) = result.households
    assert household.number == "H1"
    assert household.name == "赵桂兰"
    assert household.address == Address("建南小区", "3号楼", "2", "501")
    head, daughter = household.members
    assert head.head
    assert not daughter.head
    assert head.file["birth_date"] == date(1946, 3, 1)
    assert head.file["sex"] == "2"
    assert head.file["id_kind"] == "citizen"
    assert head.person == {"name": "赵桂兰", "birth_year": 1946}
    assert head.phones == {"13800002210": ""}
    assert head.care == ("C01",)
    assert head.residence == {"relation": "02"}
    assert daughter.residence == {"relation": "30"}
    assert daughter.file["education"] == "60"


SYNONYMS = {column.header: [column.header, *column.synonyms] for column in COLUMNS}


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(len(HEADERS))), st.data())
def test_columns_stand_in_any_order_under_any_of_their_names(
    order: list[int], data: st.DataObject
) -> None:
    names = [data.draw(st.sampled_from(SYNONYMS[HEADERS[i]])) for i in order]
    dressed = [
        data.draw(st.sampled_from(["{}", " {} ", "{}（必填）", "*{}：", "{}\n"])) for _ in names
    ]
    headers = [form.format(name) for form, name in zip(dressed, names, strict=True)]
    rows = [[row[i] for i in order] for row in people(6)]
    assert planned(rows, headers).households == planned(people(6)).households


def test_every_name_means_one_column() -> None:
    for column in COLUMNS:
        for name in (column.header, *column.synonyms):
            assert find_column(name) is column


def test_a_title_above_the_header_and_repeated_headers() -> None:
    rows = family()
    result = plan(workbook([rows[0], list(HEADERS), rows[1]], title="示例社区居民花名册"))
    assert result.problems == ()
    assert [m.row for m in result.households[0].members] == [3, 5]


def test_unknown_columns_are_named_and_others_are_not_kept() -> None:
    result = planned([[*row, "x", "汉族"] for row in family()], [*HEADERS, "车牌", "民族"])
    assert result.problems == ()
    assert [(n.row, n.column, n.header) for n in result.notes] == [
        (1, "M", "车牌"),
        (1, "N", "民族"),
    ]
    assert "不属于要收集" in result.notes[1].text()


def test_wrong_columns() -> None:
    result = planned([["1", "2"]], ["甲", "乙"])
    assert found(result) == [(0, "", "no_header")]
    result = planned([["张三", "男"]], ["姓名", "性别"])
    assert found(result) == [(1, "", "missing_column"), (1, "", "missing_column")]
    text = " ".join(p.text() for p in result.problems)
    assert "与户主关系" in text
    assert "户号" in text
    result = planned([["户主", "1"]], ["与户主关系", "户号"])
    assert "“姓名”" in result.problems[0].text()


def test_the_same_column_twice() -> None:
    result = planned([["1", "2", "张三", "户主"]], ["户号", "户编号", "姓名", "关系"])
    assert found(result) == [(1, "B", "column_twice")]
    both = rows_of({"户号": "1", "姓名": "张三", "关系": "户主", "手机号": "13800001111"})
    more = planned(
        [["1", "张三", "户主", "13800001111", "3051234"]],
        ["户号", "姓名", "关系", "手机号", "联系电话"],
    )
    assert both.households[0].members[0].phones == {"13800001111": ""}
    assert more.households[0].members[0].phones == {"13800001111": "", "3051234": ""}


def test_a_header_with_nothing_below() -> None:
    assert found(planned([])) == [(1, "", "no_rows")]


def test_without_numbers_rows_come_together_by_the_heads_id() -> None:
    rows = [
        {
            "姓名": "李明",
            "关系": "户主",
            "身份证号": LI,
            "户主身份证号": "",
            "楼栋": "1",
            "室": "101",
        },
        {"姓名": "王芳", "关系": "妻", "身份证号": WANG, "户主身份证号": LI, "楼栋": "", "室": ""},
        {
            "姓名": "陈强",
            "关系": "户主",
            "身份证号": "",
            "户主身份证号": "",
            "楼栋": "1",
            "室": "101",
        },
    ]
    result = rows_of(*rows)
    assert result.problems == ()
    assert [[m.name for m in h.members] for h in result.households] == [["李明", "王芳"], ["陈强"]]


def test_without_numbers_and_ids_rows_come_together_by_address() -> None:
    result = rows_of(
        {"姓名": "李明", "关系": "户主", "住址": "3号楼2单元501"},
        {"姓名": "王芳", "关系": "妻", "住址": "三号楼二单元501室"},
        {"姓名": "陈强", "关系": "户主", "住址": "老槐树东第二家"},
        {"姓名": "陈文", "关系": "子", "住址": "老槐树东第二家"},
    )
    assert result.problems == ()
    assert [[m.name for m in h.members] for h in result.households] == [
        ["李明", "王芳"],
        ["陈强", "陈文"],
    ]
    assert result.households[0].address == Address("", "3号楼", "2", "501")
    assert result.households[1].address == Address(landmark="老槐树东第二家")


def test_a_merged_number_holds_for_its_rows() -> None:
    def more(_book: Any, sheet: Any) -> None:
        sheet.merge_range("A2:A3", "H7")

    rows = [[None, "李明", "户主"], [None, "王芳", "妻"]]
    result = plan(workbook(rows, ["户号", "姓名", "关系"], more))
    assert result.problems == ()
    assert [(h.number, len(h.members)) for h in result.households] == [("H7", 2)]


def wrong_check_digit(number: str) -> str:
    return number[:17] + ("0" if number[17] != "0" else "1")


BAD_CELLS: list[tuple[str, Any, str]] = [
    ("身份证号", wrong_check_digit(LI), "bad_id_number"),
    ("身份证号", LI[:17], "bad_id_number"),
    ("身份证号", 410702194603011234, "digits_lost"),
    ("身份证号", "4.10702E+17", "digits_lost"),
    ("姓名", '=HYPERLINK("http://x","点")', "live_cell"),
    ("姓名", "张" * 41, "too_long"),
    ("备注", "+86", "live_cell"),
    ("备注", "长" * 81, "too_long"),
    ("备注", "#REF!", "error_cell"),
    ("手机号", "1380000221", "bad_phone"),
    ("手机号", "13800002210、12", "bad_phone"),
    ("与户主关系", "亲家公", "unknown_word"),
    ("文化程度", "很高", "unknown_word"),
    ("关爱群体", "独居老人、留守人员", "unknown_word"),
    ("室", date(2026, 3, 2), "became_a_day"),
    ("户号", date(2026, 3, 2), "became_a_day"),
    ("户号", "@1", "live_cell"),
]


@pytest.mark.parametrize(("header", "value", "code"), BAD_CELLS)
def test_one_bad_cell_is_one_problem_at_its_place(header: str, value: Any, code: str) -> None:
    rows = family(**{f"_1_{header}": value})
    result = planned(rows)
    column = "ABCDEFGHIJKL"[HEADERS.index(header)]
    assert found(result) == [(3, column, code)]
    problem = result.problems[0]
    assert problem.header == header
    assert problem.remedy
    assert problem.text().startswith(f"第 3 行 {column} 列（{header}）: ")
    assert "{" not in problem.text()


def test_a_formula_is_a_problem_in_our_columns_only() -> None:
    def more(_book: Any, sheet: Any) -> None:
        sheet.write_formula("B3", '=HYPERLINK("http://x","王小燕")', None, "王小燕")
        sheet.write_formula("M3", "=1+1", None, 2)

    result = plan(workbook([[*row, ""] for row in family()], [*HEADERS, "车牌"], more))
    assert found(result) == [(3, "B", "live_cell")]


def test_all_problems_are_listed_at_once() -> None:
    rows = family(_0_身份证号=wrong_check_digit(LI), _0_手机号="12", _1_文化程度="?")
    assert found(planned(rows)) == [
        (2, "D", "bad_id_number"),
        (2, "E", "bad_phone"),
        (3, "J", "unknown_word"),
    ]


def test_identity_that_disagrees() -> None:
    base = {"户号": "1", "姓名": "李明", "关系": "户主", "身份证号": LI}
    result = rows_of({**base, "出生日期": date(1951, 2, 3)})
    assert found(result) == [(2, "E", "id_disagrees")]
    assert found(rows_of({**base, "出生年月": "1951-02"})) == [(2, "E", "id_disagrees")]
    assert found(rows_of({**base, "性别": "女"})) == [(2, "E", "id_disagrees")]
    assert found(rows_of({**base, "性别": "男", "出生年月": "1950年2月"})) == []
    assert found(rows_of({**base, "证件类型": "没有证件"})) == [(2, "E", "id_without_kind")]
    passport = {**base, "身份证号": "e1234 5678", "证件类型": "护照"}
    assert rows_of(passport).households[0].members[0].id_number == "E12345678"


@pytest.mark.parametrize(
    ("value", "birth", "year"),
    [
        (date(1946, 3, 1), date(1946, 3, 1), 1946),
        ("1946.3.1", date(1946, 3, 1), 1946),
        ("1946年3月1日", date(1946, 3, 1), 1946),
        (19460301, date(1946, 3, 1), 1946),
        ("1946/03/01", date(1946, 3, 1), 1946),
        ("1946年3月", None, 1946),
        (194603, None, 1946),
        (1946, None, 1946),
    ],
)
def test_days_of_birth(value: Any, birth: date | None, year: int) -> None:
    result = rows_of({"户号": "1", "姓名": "李明", "关系": "户主", "出生日期": value})
    assert result.problems == ()
    person = result.households[0].members[0]
    assert person.file.get("birth_date") == birth
    assert person.birth_year == year


@pytest.mark.parametrize("value", ["1946-02-30", "春天", 1946.1, 16862, "46-3-1", date(2031, 1, 1)])
def test_what_is_no_day_of_birth(value: Any) -> None:
    result = rows_of({"户号": "1", "姓名": "李明", "关系": "户主", "出生日期": value})
    assert [p.code for p in result.problems] in (["bad_day"], ["birth_in_future"])


def test_a_file_was_not_opened_on_a_day_to_come() -> None:
    row = {"户号": "1", "姓名": "李明", "关系": "户主"}
    assert found(rows_of({**row, "建档日期": date(2031, 1, 1)})) == [(2, "D", "future_date")]
    assert found(rows_of({**row, "建档日期": date(2020, 1, 1)})) == []


def test_heads() -> None:
    one = {"户号": "1", "姓名": "李明", "关系": "子"}
    two = {"户号": "1", "姓名": "王芳", "关系": "妻"}
    assert found(rows_of(one, two)) == [(2, "C", "no_head")]
    assert found(rows_of({**one, "关系": "户主"}, {**two, "关系": "户主"})) == [
        (3, "C", "two_heads")
    ]
    alone = rows_of({**one, "关系": ""})
    assert alone.problems == ()
    assert alone.households[0].head is not None
    named = rows_of({**one, "关系": "", "户主": "李明"}, {**two, "户主": "李明"})
    assert named.problems == ()
    assert named.households[0].name == "李明"
    rented = rows_of({**one, "关系": "", "户类型": "合租"}, {**two, "关系": "", "户类型": "合租"})
    assert rented.problems == ()
    assert rented.households[0].household == {"kind": "shared"}


def test_a_number_on_two_addresses() -> None:
    rows = [
        {"户号": "1", "姓名": "李明", "关系": "户主", "楼栋": "3", "室": "501"},
        {"户号": "1", "姓名": "王芳", "关系": "妻", "楼栋": "三号楼", "室": "501室"},
        {"户号": "1", "姓名": "陈强", "关系": "子", "楼栋": "4", "室": "501"},
    ]
    assert found(rows_of(*rows[:2])) == []
    result = rows_of(*rows)
    assert found(result) == [(4, "A", "number_twice")]
    assert "第 2 行" in result.problems[0].text()


def test_rows_of_a_household_that_disagree() -> None:
    rows = [
        {"户号": "1", "姓名": "李明", "关系": "户主", "户类型": "家庭户"},
        {"户号": "1", "姓名": "王芳", "关系": "妻", "户类型": "集体户"},
    ]
    assert found(rows_of(*rows)) == [(3, "D", "household_differs")]


def test_a_person_twice() -> None:
    base = {"户号": "1", "姓名": "李明", "关系": "户主", "身份证号": LI}
    other = {"户号": "2", "姓名": "李小明", "关系": "户主", "身份证号": f" {LI[:6]} {LI[6:]} "}
    assert found(rows_of(base, other)) == [(3, "D", "person_twice")]
    again = {"户号": "1", "姓名": "李 明", "关系": "子", "身份证号": ""}
    unborn = {**base, "身份证号": ""}
    assert found(rows_of(unborn, again)) == [(3, "B", "person_twice")]


def test_rows_that_belong_nowhere() -> None:
    result = rows_of(
        {"户号": "1", "姓名": "李明", "关系": "户主", "手机号": ""},
        {"户号": "", "姓名": "王芳", "关系": "妻", "手机号": ""},
        {"户号": "1", "姓名": "", "关系": "子", "手机号": "13800001111"},
    )
    assert found(result) == [(3, "", "which_household"), (4, "B", "no_name")]


def test_a_vacant_dwelling_needs_no_name() -> None:
    result = rows_of(
        {"户号": "1", "姓名": "", "关系": "", "户类型": "空置", "楼栋": "3", "室": "1"},
    )
    assert result.problems == ()
    assert result.households[0].members == ()
    assert result.households[0].household == {"kind": "vacant"}


def test_telephones_and_whose_they_are() -> None:
    row = {"户号": "1", "姓名": "李明", "关系": "户主", "电话归属": "女儿 李芳"}
    result = rows_of({**row, "联系电话": "138 0000 2210、0373-3051234;8613900001111"})
    assert result.households[0].members[0].phones == dict.fromkeys(
        ["13800002210", "0373-3051234", "13900001111"], "女儿 李芳"
    )


def test_care_groups_whose_names_hold_a_separator() -> None:
    row = {"户号": "1", "姓名": "李明", "关系": "户主"}
    result = rows_of({**row, "关爱群体": "退役军人、军属和优抚对象、低保，独居老人"})
    assert result.problems == ()
    assert result.households[0].members[0].care == ("C01", "C08", "C12")


def test_registered_addresses_of_members_who_are_registered_elsewhere() -> None:
    base = {"户号": "1", "姓名": "李明", "关系": "户主", "户籍地址": "甲路1号"}
    result = rows_of(
        base,
        {**base, "姓名": "王芳", "关系": "妻"},
        {**base, "姓名": "李小", "关系": "子", "户籍地址": "乙路2号"},
    )
    assert result.problems == ()
    (household,) = result.households
    assert household.household == {"registered_address": "甲路1号"}
    assert [m.file.get("registered_place") for m in household.members] == [None, None, "乙路2号"]


def test_names_and_groups_of_a_village() -> None:
    result = rows_of(
        {"户号": "1", "姓名": "李　明", "关系": "户主", "村民组": "2", "门牌": "12"},
        {"户号": "2", "姓名": "阿依•古丽", "关系": "户主", "村民组": "二组", "门牌": "13"},
    )
    assert [h.name for h in result.households] == ["李明", "阿依·古丽"]
    assert [h.address.building for h in result.households] == ["2组", "二组"]


def test_a_large_roster() -> None:
    result = planned(people(2000))
    assert result.problems == ()
    assert len(result.households) == 2000
    assert result.people > 4000


@pytest.mark.parametrize(("header", "value", "code"), BAD_CELLS)
def test_problems_are_said_in_english_too(header: str, value: Any, code: str) -> None:
    (problem,) = planned(family(**{f"_1_{header}": value})).problems
    english = catalogue("en")
    assert problem.message in english
    assert problem.remedy in english
    set_language("en")
    try:
        assert problem.text().startswith("Row 3, column ")
    finally:
        set_language("zh_CN")


def test_the_heads_id_must_be_the_heads() -> None:
    result = rows_of(
        {"户号": "1", "姓名": "李明", "关系": "户主", "身份证号": LI, "户主身份证号": ""},
        {"户号": "1", "姓名": "王芳", "关系": "妻", "身份证号": "", "户主身份证号": WANG},
    )
    assert found(result) == [(3, "E", "head_differs")]


def test_a_merged_cell_of_a_person_is_not_everybodys() -> None:
    def more(_book: Any, sheet: Any) -> None:
        sheet.merge_range("D2:D3", "13800002210")

    rows = [["1", "李明", "户主"], ["1", "王芳", "妻"]]
    result = plan(workbook(rows, ["户号", "姓名", "关系", "手机号"], more))
    assert result.problems == ()
    assert [len(m.phones) for m in result.households[0].members] == [1, 0]


CELLS = st.one_of(
    st.sampled_from(["", "户主", "女", "1", "3号楼", "=1", LI, "李明", "护照", "独居老人", "2.5"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.integers(-10, 10**19),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e20, max_value=1e20),
    st.dates(date(1900, 3, 1), date(2100, 1, 1)),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([c.header for c in COLUMNS]), min_size=3, max_size=12, unique=True),
    st.data(),
)
def test_whatever_stands_in_cells_is_a_plan(headers: list[str], data: st.DataObject) -> None:
    names = list(dict.fromkeys(["户号", "姓名", "与户主关系", *headers]))
    row = st.lists(CELLS, min_size=len(names), max_size=len(names))
    rows = data.draw(st.lists(row, min_size=1, max_size=4))
    result = planned(rows, names)
    for problem in (*result.problems, *result.notes):
        assert problem.text()
        assert problem.row <= len(rows) + 1
