"""The shipped reference data is whole, bilingual, and the same at every load."""

import ast
import re
from pathlib import Path

import pytest

import gridapp
from gridapp.config import resource_path
from gridapp.domain.care import checklist, checklist_labels
from gridapp.domain.codes import Codes
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import kind_of
from gridapp.domain.reference import CareGroup, CatalogueItem, ChecklistItem, Code
from gridapp.domain.roles import Role
from gridapp.domain.values import row_of, stored
from gridapp.domain.workflow import ACTION_LABELS, STATE_LABELS
from gridapp.errors import Problem
from gridapp.i18n import catalogue, set_language
from gridapp.resources import default_reference

RECORDS = default_reference()
CODES = Codes(record for record in RECORDS if isinstance(record, Code))
PACKAGE = Path(gridapp.__file__).parent


def test_how_many() -> None:
    kinds = [type(record) for record in RECORDS]
    assert kinds.count(CatalogueItem) == 173
    assert kinds.count(CareGroup) == 16
    assert kinds.count(ChecklistItem) == 94
    assert len({(r.class_code) for r in RECORDS if isinstance(r, CatalogueItem)}) == 16


def test_two_loads_name_the_same_records() -> None:
    assert default_reference() == RECORDS
    assert len({record.id for record in RECORDS}) == len(RECORDS)


def test_every_declared_code_table_is_there() -> None:
    elsewhere = {"care_group", "catalogue_item"}
    named = {f.codes for kind in KINDS.values() for f in kind.fields if f.codes} - elsewhere
    assert {table for table in named if not CODES.entries(table)} == set()


def test_every_entry_is_in_both_languages() -> None:
    assert [r for r in RECORDS if isinstance(r, Code) and not (r.zh and r.en)] == []
    items = [r for r in RECORDS if isinstance(r, CatalogueItem)]
    assert all(item.item_en and item.class_en for item in items)
    for group in RECORDS:
        if isinstance(group, CareGroup):
            assert checklist_labels(group, "en") != checklist(group), group.group_code


def test_every_record_can_be_stored() -> None:
    for record in RECORDS:
        row_of(kind_of(type(record)), record)


def test_references_between_tables_hold() -> None:
    items = {r.item_code: r for r in RECORDS if isinstance(r, CatalogueItem)}
    for item in items.values():
        assert CODES.has("dept_type", item.dept_type), item
        assert CODES.has("limit_unit", item.limit_unit), item
        assert CODES.has("urgency", item.urgency), item
        assert CODES.has("event_level", item.level), item
        assert CODES.has("privacy", item.privacy), item
        assert all(CODES.has("dispute_type", c) for c in item.dispute_code.split(";") if c), item
    for check in RECORDS:
        if isinstance(check, ChecklistItem):
            assert check.event_item_code in items, check
            assert CODES.has("severity", check.severity)
            assert CODES.has("on_fail", check.on_fail)


def test_tables_agree_with_the_program() -> None:
    assert {e.code for e in CODES.entries("role")} == set(Role)
    for table, labels in (("event_state", STATE_LABELS), ("event_action", ACTION_LABELS)):
        shipped = {e.code: (e.zh, e.en) for e in CODES.entries(table)}
        assert shipped == {str(code): both for code, both in labels.items()}


HEADER = "class_code,class_zh,item_code,item_zh,dept_type,limit_value,photo_before"


def test_a_district_brings_its_own_catalogue(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(f"\ufeff{HEADER}\n01,消防,0101,堵塞,PROP,1.5,y\n\n", encoding="utf-8")
    items = [r for r in default_reference(file) if isinstance(r, CatalogueItem)]
    assert [(i.item_zh, i.limit_value, i.photo_before) for i in items] == [("堵塞", 1.5, True)]
    assert items[0].id == next(
        r.id for r in RECORDS if isinstance(r, CatalogueItem) and r.item_code == "0101"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "第 1 行"),
        (b"a,b\n1,2\n", "item_code"),
        (f"{HEADER}\n01,x,0101,y,PROP,soon,Y\n".encode(), "soon"),
        (f"{HEADER}\n01,x,0101,y,PROP,1,maybe\n".encode(), "maybe"),
        (f"{HEADER}\n01,x,0101,,PROP,1,Y\n".encode(), "item_zh"),
        (f"{HEADER}\n01,x,0101,y,P,1,Y\n01,x,0101,y,P,1,Y\n".encode(), "第 3 行"),
        (HEADER.encode() + "\n01,消防".encode("gbk"), "UTF-8"),
    ],
)
def test_a_bad_catalogue_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    with pytest.raises(Problem) as caught:
        default_reference(file)
    assert caught.value.code == "bad_catalogue"
    assert says in caught.value.text()


def test_a_missing_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="读不了"):
        default_reference(tmp_path / "none.csv")


def _said(path: Path) -> set[str]:
    """The Chinese texts inside calls that make a Problem."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call))
    made = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in {"Problem", "_bad"}]
    texts = {n.value for call in made for n in ast.walk(call) if isinstance(n, ast.Constant)}
    return {t for t in texts if isinstance(t, str) and re.search("[\u4e00-\u9fff]", t)}


def test_every_refusal_here_has_its_english() -> None:
    files = [PACKAGE / "resources.py", *(PACKAGE / "domain").glob("*.py")]
    said = set().union(*map(_said, files))
    assert len(said) > 20
    english = catalogue("en")
    assert {text for text in said if text not in english} == set()
    for text in said:
        holes = set(re.findall(r"{(\w+)}", text))
        assert set(re.findall(r"{(\w+)}", english[text])) == holes, text


def test_labels_in_refusals_are_in_the_language_too() -> None:
    try:
        set_language("en")
        with pytest.raises(Problem) as caught:
            stored(KINDS["person"].by_name["name"], "长" * 41)
        assert caught.value.text().startswith("“Name” holds at most 40")
    finally:
        set_language("zh_CN")
    assert caught.value.text().startswith("“姓名”最多 40")


def test_the_divisions_are_shipped_whole() -> None:
    names = {path.name for path in resource_path("divisions").glob("*.csv")}
    assert names == {"hongqi_410702.csv", "kaifeng_4102.csv"}
