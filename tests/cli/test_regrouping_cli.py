"""``gridapp server grid``, ``cover``, ``user end`` and ``device``, as somebody who never saw them uses them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gridapp import i18n
from gridapp.cli.main import main
from gridapp.clock import day_of, system_clock
from gridapp.server.context import open_server
from gridapp.server.database import open_database
from gridapp.server.schema import device, tables
from tests.server.conftest import DIVISIONS
from tests.server.staff_books import GRIDS, STAFF, staff_book

G1, G2, G3 = "410702001001001", "410702001001002", "410702001001003"
NEW, VILLAGE = "410702001001009", "410702001001"
VILLAGES = (VILLAGE, "410702001002", "410702002001")
TODAY = day_of(system_clock())
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
SOON = TODAY + timedelta(days=2)  # ahead, whatever the hour at which the tests run


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)
    i18n.set_language("zh_CN")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "d.csv").write_text(DIVISIONS, encoding="utf-8")
    data, book = str(folder / "data"), staff_book(folder / "staff.xlsx")
    words = ["server", "init", "--data", data, "--divisions", str(folder / "d.csv")]
    assert main([*words, "--district=410702000000"]) == 0
    assert main(["server", "load", str(book), "--data", data, "--no-codes"]) == 0
    return folder / "data"


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    journal = made.parent.glob("*journal*")
    for path in journal:
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, tmp_path / path.name)
    return shutil.copytree(made, tmp_path / "data")


def run(data: Path, words: str) -> int:
    return main(["server", *words.split(), "--data", str(data)])


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out = capsys.readouterr().out
    assert out.count("\n") >= 1
    return out


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert "Traceback" not in captured.err
    return captured.err


def test_a_handover_from_the_first_word_to_the_last(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, f"grid handover {G1} --from lixiuying --to zhangwei") == 0
    assert "待公布" in said(capsys)
    assert run(data, f"grid transfer {G1}") == 1
    assert "还没有公布交接日期" in refused(capsys)
    assert run(data, f"grid freeze {G1} --on {TOMORROW}") == 0
    assert f"交接日期 {TOMORROW}" in said(capsys)
    assert run(data, f"grid transfer {G1}") == 1
    assert "还没到" in refused(capsys)
    assert run(data, f"grid freeze {G1} --on {TODAY}") == 0
    assert "要等 0 台电脑" in said(capsys)
    assert run(data, "grid status --json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(t["what"], t["state"], t["on"], t["grids"]) for t in told] == [
        ("handover", "frozen", TODAY.isoformat(), [G1])
    ]
    assert run(data, f"grid transfer {G1}") == 0
    assert "已移交" in said(capsys)
    assert run(data, f"grid transfer {G1}") == 1
    assert "没有待办" in refused(capsys)
    assert run(data, "grid status --all") == 0
    assert "已移交" in said(capsys)


def test_a_merger_and_a_plan_that_is_taken_back(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, f"grid merge {G1} {G3} --into {G2}") == 0
    capsys.readouterr()
    for words in (
        f"grid merge {G3} --into {G1}",
        f"grid handover {G2} --from lixiuying --to zhangwei",
    ):
        assert run(data, words) == 1
        assert "没做完的方案" in refused(capsys)
    assert run(data, f"grid cancel {G3}") == 0
    assert "已撤回" in said(capsys)
    assert run(data, "grid status") == 0
    assert "没有待办的方案" in said(capsys)
    assert run(data, f"grid merge {G3} --into {G2} --keep-staff") == 0
    assert run(data, f"grid transfer {G3} --now") == 0
    assert "单位" in said(capsys)
    assert run(data, f"grid merge {G3} --into {G2}") == 1
    assert "没有编码为" in refused(capsys)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (f"grid split 9 --new {NEW} --name 新 --building 1号楼", "没有编码为 9 的网格"),
        (f"grid split {VILLAGE} --new {NEW} --name 新 --building 1号楼", "没有编码为"),
        (f"grid split {G1} --new 12 --name 新 --building 1号楼", "15 位数字"),
        (f"grid split {G1} --new 410702001002001 --name 新 --building 1号楼", "前 12 位"),
        (f"grid split {G1} --new {G2} --name 新 --building 1号楼", "已经有了"),
        (f"grid split {G1} --new {NEW} --name 新", "没有写哪些住户"),
        (f"grid split {G1} --new {NEW} --name 新 --building 没有的楼", "里没有“没有的楼”"),
        (f"grid split {G1} --new {NEW} --name 新 --micro 没有", "里没有“没有”"),
        (f"grid split {G1} --new {NEW} --name 新 --household 123", "没有编号为 123"),
        (f"grid split {G1} --new {NEW} --name 新 --household 1 --worker 没有人", "没有编号为 1"),
        (f"grid split {G1} --new {NEW} --name {'长' * 90} --building 1", "最多 80 个字"),
        (f"grid merge {G1} --into {G1}", "不能并入自己"),
        (f"grid merge {G1} --into 0", "没有编码为 0"),
        (f"grid handover {G1} --from lixiuying --to lixiuying", "同一个人"),
        (f"grid handover {G1} --from nobody --to lixiuying", "没有用户"),
        (f"grid handover {G1} --from wangfang --to lixiuying", "没有任职"),
        (f"grid freeze {G1} --on {TODAY}", "没有待办"),
        (f"grid freeze {G1} --on {YESTERDAY}", "已经过去"),
        (f"grid transfer {G1} --now", "没有待办"),
        (f"grid status {G1}", "没有待办"),
        ("grid cancel 77", "没有编码为 77"),
        (f"cover add lixiuying --by lixiuying --from {SOON} --to {SOON}", "同一个人"),
        (f"cover add lixiuying --by wangfang --from {SOON} --to {TODAY}", "早于"),
        (f"cover add lixiuying --by wangfang --from 2020-01-01 --to {YESTERDAY}", "已经过去"),
        (f"cover add nobody --by wangfang --from {SOON} --to {SOON}", "没有用户"),
        (f"cover add lixiuying --by wangfang --from {SOON} --to {SOON} --unit 5", "没有代码为"),
        (
            f"cover add lixiuying --by wangfang --from {SOON} --to {SOON} --unit {G3}",
            "没有这样的任职",
        ),
        ("cover end lixiuying", "没有代别人的班"),
        ("user end nobody", "没有用户"),
        ("user end lixiuying --role office", "没有这样的任职"),
        ("device quarantine 没有", "没有设备"),
        ("device revoke 没有", "没有用户"),
    ],
)
def test_bad_input_is_one_clear_line(
    data: Path, capsys: pytest.CaptureFixture[str], words: str, text: str
) -> None:
    assert run(data, words) == 1
    assert text in refused(capsys)


@pytest.mark.parametrize(
    "words",
    [
        "grid",
        "grid split",
        f"grid split {G1} --new {NEW}",
        f"grid merge --into {G1}",
        f"grid freeze {G1} --on 昨天",
        f"grid freeze {G1} --on 2026-02-30",
        f"grid freeze {G1}",
        "cover",
        f"cover add lixiuying --from {SOON} --to {SOON}",
        f"cover add lixiuying --by wangfang --from x --to {SOON}",
        "user end",
        "user end lixiuying --last-day 明天",
        "device quarantine",
    ],
)
def test_wrong_usage(data: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    assert run(data, words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "用法" in captured.err


def test_cover_is_added_listed_and_ended(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = f"cover add lixiuying --by zhangwei --from {TODAY} --to {TOMORROW}"
    assert run(data, words) == 0
    assert "代 李秀英" in said(capsys)
    assert run(data, words) == 1
    assert "已经有同样的任职" in refused(capsys)
    assert run(data, "cover list --json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {t["covers"] for t in told if t["person"] == told[-1]["person"]} == {"李秀英"}
    assert run(data, "cover end zhangwei --for lixiuying") == 0
    capsys.readouterr()
    assert run(data, "cover end zhangwei --for lixiuying") == 1
    refused(capsys)


def test_roles_end(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, f"user end lixiuying --unit {G1}") == 0
    assert said(capsys).count("\n") == 1
    assert run(data, f"user end lixiuying --last-day {TOMORROW}") == 0
    assert TOMORROW.isoformat() in said(capsys)
    assert run(data, "user end lixiuying") == 0
    assert run(data, "user end lixiuying") == 1


def test_a_cover_that_ends_on_its_first_day_has_no_days(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"cover add lixiuying --by zhangwei --from {TODAY} --to {TOMORROW} --unit {G1}"
    assert run(data, words) == 0
    capsys.readouterr()
    assert run(data, "cover end zhangwei") == 0
    out = said(capsys)
    assert "已取消" in out
    assert YESTERDAY.isoformat() not in out
    assert TODAY.isoformat() not in out
    assert run(data, "cover list") == 0
    assert "李秀英" not in said(capsys)
    assert run(data, words) == 0


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """Two townships; two communities in the first one; a grid in each, and two computers of one worker."""
    (tmp_path / "d.csv").write_text(
        DIVISIONS
        + "410702002000,东街街道,township,410702000000\n410702002001,南关社区,village,410702002000\n",
        encoding="utf-8",
    )
    grids = [GRIDS[0]] + [(v, f"{v}001", f"{v}网格", "基础", "") for v in VILLAGES]
    staff = [STAFF[0], ("李秀英", "lixiuying", "", "网格员", f"{VILLAGE}001", "是", "", "", "")]
    book, where = staff_book(tmp_path / "s.xlsx", 网格=grids, 人员=staff), tmp_path / "wide"
    words = ["server", "init", "--data", str(where), "--divisions", str(tmp_path / "d.csv")]
    assert main([*words, "--district=410702000000"]) == 0
    assert main(["server", "load", str(book), "--data", str(where), "--no-codes"]) == 0
    return where


def test_grids_merge_within_a_community_or_on_purpose(
    wide: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, far = (f"{village}001" for village in VILLAGES)
    capsys.readouterr()
    for words in (f"grid merge {far} --into {first}", f"grid merge {far} --into {first} --across"):
        assert run(wide, words) == 1
        assert "不在同一个街道" in refused(capsys)
    assert run(wide, f"grid merge {second} --into {first}") == 1
    assert "--across" in refused(capsys)
    assert run(wide, f"grid merge {second} {far} --into {first} --across") == 1
    refused(capsys)
    assert run(wide, "grid status") == 0
    assert "没有待办的方案" in said(capsys)
    assert run(wide, f"grid merge {second} --into {first} --across") == 0


def test_everybody_who_is_awaited_is_named_once(
    wide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, _ = (f"{village}001" for village in VILLAGES)
    database = open_database(wide, None)
    server = open_server(database)
    with database.write() as connection:
        staff = tables["staff"]
        key = connection.scalar(select(staff.c.id).where(staff.c.user_name == "lixiuying"))
        for number in range(7):
            connection.execute(
                device.insert().values(
                    id=bytes([9, number] * 8),
                    staff_id=key,
                    name=f"电脑{number}",
                    public_key=b"x" * 32,
                    incarnation=1,
                    enrolled_at=server.clock(),
                )
            )
    database.close()
    assert run(wide, f"grid merge {first} --into {second} --across") == 0
    capsys.readouterr()
    assert run(wide, "grid status") == 0
    assert said(capsys).count("\n") == 1  # not announced: nobody is late
    assert run(wide, f"grid freeze {first} --on {TODAY}") == 0
    capsys.readouterr()
    assert run(wide, f"grid transfer {first}") == 1
    assert "还有 7 台电脑公布后没有联系过：李秀英（7 台）。" in refused(capsys)
    assert main(["--lang", "en", "server", "grid", "status", "--data", str(wide)]) == 0
    out = said(capsys)
    assert out.count("\n") == 8
    assert not set("（）、，：") & set(out)
