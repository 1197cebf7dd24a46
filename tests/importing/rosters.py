"""Makes rosters and stores for the tests of the import. People are invented from a seed."""

import io
import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import xlsxwriter

from gridapp.clock import system_clock
from gridapp.domain.codes import Codes
from gridapp.domain.identity import check_digit
from gridapp.domain.reference import CareGroup, Code
from gridapp.domain.unit import Unit
from gridapp.importing.plan import RosterPlan
from gridapp.importing.roster import plan_roster
from gridapp.resources import default_reference
from gridapp.spreadsheets.workbook import read_workbook
from gridapp.store.keys import Strength
from gridapp.store.opening import create_store
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.who import Who

REFERENCE = default_reference()
CODES = Codes(r for r in REFERENCE if isinstance(r, Code))
CARE = [r for r in REFERENCE if isinstance(r, CareGroup)]
TODAY = date(2026, 11, 20)

HEADERS = (
    "户号",
    "姓名",
    "与户主关系",
    "身份证号",
    "手机号",
    "小区",
    "楼栋",
    "单元",
    "室",
    "文化程度",
    "关爱群体",
    "备注",
)
_SURNAMES = "赵钱孙李周吴郑王冯陈"
_GIVEN = "桂兰建国秀英志强小燕海涛丽华文博"

Table = list[list[Any]]


def id_number(born: date, sequence: int) -> str:
    """A number with a right check digit; the area 000000 is nobody's."""
    first = f"000000{born:%Y%m%d}{sequence:03}"
    return first + check_digit(first)


def people(households: int, seed: int = 1) -> Table:
    """Rows under ``HEADERS``: households of one to four, in six buildings."""
    rng = random.Random(seed)
    rows: Table = []
    for number in range(households):
        born = date(1940 + number % 50, 1 + number % 12, 1 + number % 28)
        building, rest = divmod(number, 80)
        place = ["建南小区", f"{building + 1}号楼", str(rest // 40 + 1), str(101 + rest % 40)]
        for member in range(rng.randint(1, 4)):
            name = rng.choice(_SURNAMES) + rng.choice(_GIVEN) + rng.choice(_GIVEN)
            relation = ("户主", "配偶", "子", "女")[member]
            sequence = number % 90 * 10 + member * 2 + 1
            day = born.replace(year=born.year + number // 4500 + (member >= 2) * 25)
            number_text = id_number(day, sequence)
            phone = f"138{number:04}{member:04}"
            rows.append(
                [f"H{number:05}", name, relation, number_text, phone, *place, "初中", "", ""]
            )
    return rows


def family(**changes: Any) -> Table:
    """One household of two under ``HEADERS``; ``changes``: "row_header" -> value, row 0 or 1."""
    rows: Table = [
        [
            "H1",
            "赵桂兰",
            "户主",
            id_number(date(1946, 3, 1), 122),
            "13800002210",
            "建南小区",
            "3号楼",
            "2",
            "501",
            "小学",
            "独居老人",
            "",
        ],
        [
            "H1",
            "王小燕",
            "女",
            id_number(date(1972, 5, 9), 144),
            "13900001111",
            "",
            "",
            "",
            "",
            "高中",
            "",
            "",
        ],
    ]
    for key, value in changes.items():
        _, row, header = key.split("_", 2)
        rows[int(row)][HEADERS.index(header)] = value
    return rows


def workbook(
    rows: Sequence[Sequence[Any]],
    headers: Sequence[str] = HEADERS,
    more: Callable[[Any, Any], None] | None = None,
    title: str = "",
) -> bytes:
    """An ``.xlsx`` file. ``more(book, sheet)`` may add to it; texts are written as texts."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("花名册")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    top = 1 if title else 0
    if title:
        sheet.write_string(0, 0, title)
    for column, header in enumerate(headers):
        sheet.write_string(top, column, header)
    for row, cells in enumerate(rows, top + 1):
        for column, value in enumerate(cells):
            if isinstance(value, date):
                sheet.write_datetime(row, column, value, day)
            elif isinstance(value, str):
                sheet.write_string(row, column, value)
            elif value is not None:
                sheet.write(row, column, value)
    if more:
        more(book, sheet)
    book.close()
    return buffer.getvalue()


def plan(data: bytes, name: str = "花名册.xlsx") -> RosterPlan:
    """A file read into a plan with the shipped code tables."""
    return plan_roster(read_workbook(data, name), CODES, CARE, TODAY)


def planned(rows: Sequence[Sequence[Any]], headers: Sequence[str] = HEADERS) -> RosterPlan:
    """Rows as a plan."""
    return plan(workbook(rows, headers))


def new_store(folder: Path) -> tuple[Store, Unit]:
    """A store with one grid."""
    who = Who(uuid4(), "试一试", "try", uuid4(), "电脑", uuid4(), "示例区", "http://localhost")
    store = create_store(
        folder,
        "long enough 1",
        who,
        device_key=b"k" * 32,
        strength=Strength(1, 8, 1),
        clock=system_clock,
    )
    village = Unit(code="410702001001", name="示例社区", kind="village")
    grid = Unit(code="410702001001001", name="第一网格", kind="grid", parent_id=village.id)
    store.write(lambda uow: [uow.create(village), uow.create(grid)]).result()
    return store, grid


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, the search index among them."""

    def read(reader: Reader) -> dict[str, list[tuple[Any, ...]]]:
        tables = reader.rows("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        found = {}
        for (name,) in tables:
            found[name] = sorted(reader.rows(f'SELECT * FROM "{name}"'), key=repr)
        return found

    return store.read(read).result()
