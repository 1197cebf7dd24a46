"""``gridapp client`` as a stranger uses it: what it does, and what it says and leaves alone otherwise."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pypdfium2
import pytest

from gridapp import i18n
from gridapp.cli import main as entry
from gridapp.cli.unlock import PASSWORD_VARIABLE
from gridapp.clock import day_of, system_clock
from gridapp.domain.attachment import Attachment
from gridapp.domain.conflict import Conflict
from gridapp.domain.event import Event, EventAction
from gridapp.domain.household import Household
from gridapp.domain.identity import check_digit
from gridapp.domain.kinds import KINDS
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.visit import Visit
from gridapp.store.opening import choose, open_store
from gridapp.sync.protocol import Refusal, encode
from tests.cli.clients import (
    GRID,
    OTHER_GRID,
    PASSWORD,
    Commands,
    Office,
    Ran,
    answering,
    copy,
    join,
    listening,
    pdf_text,
    photo,
    records,
    rows,
    save,
    some_file,
    some_household,
    state,
)
from tests.importing import rosters

CJK = re.compile("[\u3400-\u9fff]")
HEADINGS = re.compile("姓名|与户主关系|户号|第二网格")  # of rosters and of a grid: Chinese
TODAY = day_of(system_clock())


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("server"))
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    with listening(office.app) as address:
        yield address


@pytest.fixture(scope="module")
def synced(office: Office, url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client that has everything. Never written to: tests take copies."""
    data = join(tmp_path_factory.mktemp("client") / "data", url, office.code())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSWORD_VARIABLE, PASSWORD)
        assert entry.main(["client", "sync", "--data", str(data)]) == 0
    return data


@pytest.fixture
def data(synced: Path, tmp_path: Path) -> Path:
    return copy(synced, tmp_path / "data")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    monkeypatch.delenv(entry.LANGUAGE_VARIABLE, raising=False)
    monkeypatch.delenv(entry.DEBUG_VARIABLE, raising=False)
    before = os.umask(0o022)
    yield
    os.umask(before)
    i18n.set_language("zh_CN")


@pytest.fixture
def gridapp(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def one_line(ran: Ran, said: str = "") -> None:
    """Refused in one line that says ``said``."""
    assert ran.status == 1, ran
    assert ran.err.count("\n") == 1, ran.err
    assert said in ran.err


def refused(gridapp: Commands, data: Path, said: str, *words: object) -> None:
    """Refused in one line, in both languages, with nothing changed."""
    before = state(data)
    line = ["client", *words, "--data", data]
    one_line(gridapp(*line), said)
    english = gridapp(*line, "--lang", "en")
    one_line(english)
    assert not CJK.search(HEADINGS.sub("", english.err)), english.err
    assert english.out == ""
    assert state(data) == before


# --- enrolling


def test_enrolling_and_the_first_sync(
    gridapp: Commands, office: Office, url: str, tmp_path: Path
) -> None:
    data = tmp_path / "new" / "data"
    ran = gridapp(
        "client", "enroll", "--data", data, "--server", url + "/", "--code", office.code()
    )
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "已登记：李秀英（lixiuying）\n"
    ran = gridapp("client", "sync", "--data", data, "--json")
    counts = json.loads(ran.out)
    assert list(counts) == ["pushed", "pulled", "waiting", "conflicts", "rejected", "parked"]
    assert counts.pop("pulled") > 500
    assert set(counts.values()) == {0}
    assert "全部已上传" in gridapp("client", "sync", "--data", data).out


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:9", "连不上服务器"),
        ("http://192.0.2.1:8000", "开头是 https://"),
        ("http://grid.example.cn", "开头是 https://"),
        ("grid.example.cn", "服务器地址不对"),
        ("ftp://127.0.0.1", "服务器地址不对"),
        ("http://127.0.0.1:99999999", "服务器地址不对"),
        ("", "服务器地址不对"),
    ],
)
def test_a_wrong_address(
    address: str, said: str, gridapp: Commands, office: Office, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for language in ("zh_CN", "en"):
        words = ["--server", address, "--code", office.code(), "--lang", language]
        ran = gridapp("client", "enroll", "--data", data, *words)
        one_line(ran, said if language == "zh_CN" else "")
        assert bool(CJK.search(ran.err)) == (language == "zh_CN")
    assert list(tmp_path.iterdir()) == []


NEWER = {"ready": True, "protocol": 99, "oldest": 98, "district": "区", "program": "9.0"}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<html>hello</html>", "不是网格服务器"),
        (200, b"{}", "不是网格服务器"),
        (404, b"not found", "不是网格服务器"),
        (404, encode(Refusal("bad_request")), "不是网格服务器"),
        (200, msgspec.json.encode(NEWER), "服务器已升级"),
        (426, encode(Refusal("protocol")), "服务器已升级"),
        (426, b"Upgrade Required", "服务器已升级"),
        (503, b"", "连不上服务器"),
    ],
)
def test_something_else_answers(
    status: int, body: bytes, said: str, gridapp: Commands, office: Office, tmp_path: Path
) -> None:
    with answering(status, body) as address:
        words = ("--server", address, "--code", office.code())
        ran = gridapp("client", "enroll", "--data", tmp_path / "data", *words)
    one_line(ran, said)
    assert address in ran.err
    assert list(tmp_path.iterdir()) == []


def test_codes_that_are_wrong_used_or_old(
    gridapp: Commands, office: Office, url: str, tmp_path: Path
) -> None:
    used, old = office.code(), office.code()
    join(tmp_path / "first", url, used)
    office.expire(old)
    enrolled = office.devices()
    for code, said in (
        (used, "已经用过了"),
        (old, "已过期"),
        ("AAAA-BBBB-CCCC", "登记码不对"),
        ("", "登记码不对"),
        ("登记码", "登记码不对"),
    ):
        words = ("--server", url, "--code", code)
        one_line(gridapp("client", "enroll", "--data", tmp_path / "data", *words), said)
    assert office.devices() == enrolled
    assert [p.name for p in tmp_path.iterdir()] == ["first"]


def test_a_password_that_is_missing_or_weak_uses_up_no_code(
    gridapp: Commands,
    office: Office,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = office.code()
    words = ("client", "enroll", "--data", tmp_path / "data", "--server", url, "--code", code)
    for held, said in (("short", "至少 8 个字符"), ("", "没有密码"), ("\udcff" * 9, "认不出")):
        monkeypatch.setenv(PASSWORD_VARIABLE, held)
        one_line(gridapp(*words), said)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    assert gridapp(*words).status == 0


def test_a_folder_that_takes_nothing_uses_up_no_code(
    gridapp: Commands, office: Office, url: str, tmp_path: Path
) -> None:
    code = office.code()
    (tmp_path / "file").write_text("mine")
    words = ("--server", url, "--code", code)
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none")):
        ran = gridapp("client", "enroll", "--data", folder, *words)
        one_line(ran, "不能在这里建立数据文件夹")
    assert (tmp_path / "file").read_text() == "mine"
    assert gridapp("client", "enroll", "--data", tmp_path / "data", *words).status == 0


def test_the_same_user_a_second_time(
    gridapp: Commands, office: Office, url: str, data: Path
) -> None:
    before = state(data)
    words = ("--server", url, "--code", office.code())
    one_line(gridapp("client", "enroll", "--data", data, *words), "已在这台电脑登记过")
    assert state(data) == before


# --- who opens the data


def test_two_users_of_one_folder_need_to_be_named(
    gridapp: Commands, office: Office, url: str, data: Path
) -> None:
    join(data, url, office.code("zhangjianhua"))
    words = ("client", "list", "grid", "--data", data)
    one_line(gridapp(*words), "有多个用户：zhangjianhua、lixiuying。 请用 --user 指定一个")
    assert gridapp(*words, "--user", "lixiuying").status == 0
    assert gridapp(*words, "--user", "张建华").status == 0
    one_line(gridapp(*words, "--user", "nobody"), "没有用户“nobody”")


def test_wrong_passwords_take_longer_and_longer(
    gridapp: Commands, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("client", "list", "grid", "--data", data)
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrong password")
    for _ in range(4):
        one_line(gridapp(*words), "密码不对")
    one_line(gridapp(*words), "请等 2 秒再试")
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    one_line(gridapp(*words), "密码错误次数过多")


def test_a_password_on_standard_input(data: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin"}
    for given, status, said in ((PASSWORD, 0, ""), ("", 1, "没有密码"), ("no", 1, "密码不对")):
        run = subprocess.run(
            [sys.executable, "-m", "gridapp", "client", "list", "grid", "--data", str(data)],
            input=f"{given}\r\n" if given else "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment,
            check=False,
        )
        assert run.returncode == status
        assert said in run.stderr
        assert run.stderr.count("\n") == status


def test_a_second_program_on_the_same_data(data: Path) -> None:
    before = state(data)
    store = open_store(choose(data).folder, PASSWORD)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "gridapp", "client", "sync", "--data", str(data)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    finally:
        store.close()
    one_line(Ran(run.returncode, run.stdout, run.stderr), "已在另一个窗口打开")
    assert state(data) == before


# --- syncing


def test_without_a_server_nothing_is_lost_and_one_line_says_so(
    gridapp: Commands, office: Office, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with listening(office.app) as address:
        join(data, address, office.code())
        gridapp("client", "sync", "--data", data)
    home = some_household(data)
    assert gridapp("client", "visit", "add", home.id, "--text", "好", "--data", data).status == 0
    before = rows(data, "SELECT * FROM outbox")
    one_line(gridapp("client", "sync", "--data", data, "--json"), "现在连不上服务器")
    assert rows(data, "SELECT * FROM outbox") == before


def test_what_is_recorded_goes_up(
    gridapp: Commands, office: Office, url: str, tmp_path: Path
) -> None:
    data = join(tmp_path / "data", url, office.code())
    gridapp("client", "sync", "--data", data)
    home = some_household(data)
    words = ("--household", home.id, "--photo", photo(tmp_path / "a.jpg"))
    gridapp("client", "event", "report", "--item", "0101", "--text", "堆放", *words, "--data", data)
    event = records(data, Event, "text='堆放'")[0]
    done = json.loads(gridapp("client", "sync", "--data", data, "--json").out)
    assert done["pushed"] == 2
    assert (done["waiting"], done["rejected"], done["parked"]) == (0, 0, 0)
    ran = gridapp("client", "show", "event", event.temporary, "--json", "--data", data)
    shown = json.loads(ran.out)
    assert shown["number"]
    assert gridapp("client", "show", "event", shown["number"], "--data", data).status == 0


# --- recording


def test_a_visit(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    home = some_household(data)
    stated = f"{TODAY - timedelta(days=1)}T09:30"
    ran = gridapp(
        *("client", "visit", "add", home.number, "--text", "药已续上", "--how", "phone"),
        *("--when", stated, "--met", "王小燕", "李大爷", "--met", "邻居"),
        *("--photo", photo(tmp_path / "a.jpg"), "--photo", photo(tmp_path / "b.jpg")),
        *("--data", data),
    )
    assert (ran.status, ran.err) == (0, "")
    visit = records(data, Visit, "situation='药已续上'")[0]
    assert ran.out == f"{visit.id}\n"
    assert (visit.household_id, visit.how, visit.happened_at) == (home.id, "phone", stated)
    assert set(visit.people_met) == {"王小燕", "李大爷", "邻居"}
    taken = records(data, Attachment)
    assert [a.target_id for a in taken] == [visit.id, visit.id]


def test_nobody_home_needs_no_sentence(gridapp: Commands, data: Path) -> None:
    home = some_household(data)
    words = ("client", "visit", "add", home.id, "--text", "", "--how", "absent", "--data", data)
    assert gridapp(*words).status == 0
    visit = records(data, Visit)[-1]
    assert (visit.how, visit.happened_at) == ("absent", day_of(system_clock()).isoformat())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--text", ""), "走访没有写情况"),
        (("--text", " \n "), "走访没有写情况"),
        (("--text", "x" * 4001), "最多 4000 个字"),
        (("--text", "half \udcff"), "不能是"),
        (("--text", "x", "--how", "absent", "--met", "A"), "不能写见到谁"),
        (("--text", "x", "--when", "1970-01-01"), "太早了"),
        (("--text", "x", "--when", (TODAY + timedelta(days=2)).isoformat()), "还没到"),
        (("--text", "x", "--when", "2099-01-01T08:00"), "还没到"),
        (("--text", "x", "--when", "2026-02-30"), "日期“2026-02-30”不对"),
        (("--text", "x", "--when", "yesterday"), "日期“yesterday”不对"),
        (("--text", "x", "--when", ""), "日期“”不对"),
        (("--text", "x", "--when", "2026-01-02 15:30"), "不能是"),
        (("--text", "x", "--when", "2026-01-02T25:30"), "不能是"),
    ],
)
def test_visits_that_cannot_be(
    words: tuple[str, ...], said: str, gridapp: Commands, data: Path
) -> None:
    refused(gridapp, data, said, "visit", "add", some_household(data).id, *words)


def test_photos_that_are_none(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    home, good = some_household(data).id, photo(tmp_path / "good.jpg")
    (tmp_path / "text.jpg").write_text("no photo")
    (tmp_path / "half.jpg").write_bytes(good.read_bytes()[:200])
    (tmp_path / "empty.jpg").touch()
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(50_000_000)
    for name, said in (
        ("text.jpg", "打不开"),
        ("half.jpg", "打不开"),
        ("empty.jpg", "打不开"),
        ("huge.jpg", "文件太大"),
        ("missing.jpg", "读不了照片"),
        ("", "读不了照片"),
    ):
        paths = ("--photo", good, tmp_path / name)
        refused(gridapp, data, said, "visit", "add", home, "--text", "x", *paths)
    one_line(
        gridapp("client", "visit", "add", home, "--text", "x", "--photo", "/dev/zero"), "读不了照片"
    )


def test_an_event(gridapp: Commands, data: Path) -> None:
    words = ("--text", "路灯不亮", "--place", "3号楼", "--on-spot", "已换灯泡")
    ran = gridapp("client", "event", "report", "--item", " 0101", *words, "--data", data)
    assert (ran.status, ran.err) == (0, "")
    event = records(data, Event, "text='路灯不亮'")[0]
    assert ran.out == f"{event.id}\n"
    assert (event.item_code, event.place, event.household_id) == ("0101", "3号楼", None)
    steps = records(data, EventAction, f"event_id=x'{event.id.hex}'")
    assert [(s.action, s.text) for s in steps] == [("handle_on_spot", "已换灯泡")]
    # What it is about is no number of its own.
    assert len(records(data, Event, "item_code='0101'")) == 1
    refused(gridapp, data, "没有编号为“0101”的事件", "set", "event", "0101", "title=x")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--item", "9999", "--text", "x"), "没有代码为“9999”的事项"),
        (("--item", "", "--text", "x"), "没有代码为“”的事项"),
        (("--item", "0101", "--text", " "), "“情况”还没有填"),
        (("--item", "0101", "--text", "x", "--grid", "9"), "没有代码为“9”的网格"),
        (("--item", "0101", "--text", "x", "--household", "9"), "没有编号为“9”的住户"),
        (("--item", "0101", "--text", "x", "--household", str(uuid4())), "的住户"),
        (("--item", "0101", "--text", "x", "--when", "1970-01-01"), "太早了"),
        (("--item", "0101", "--text", "x", "--when", "2099-01-01"), "还没到"),
        (("--item", "0101", "--text", "x", "--place", "x" * 201), "最多 200 个字"),
    ],
)
def test_events_that_cannot_be(
    words: tuple[str, ...], said: str, gridapp: Commands, data: Path
) -> None:
    refused(gridapp, data, said, "event", "report", *words)


def test_a_clock_that_was_never_set_hinders_no_recording(
    gridapp: Commands, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridapp.store.opening.system_clock", lambda: 5_000)
    monkeypatch.setattr("gridapp.store.opening.open_store.__kwdefaults__", {"clock": lambda: 5_000})
    words = ("client", "visit", "add", some_household(data).id, "--text", "钟不对", "--data", data)
    assert gridapp(*words).status == 0
    assert gridapp(*words, "--when", TODAY.isoformat()).status == 0
    found = [v.happened_at for v in records(data, Visit, "situation='钟不对'")]
    assert found == [TODAY.isoformat()] * 2  # the day of the last contact, and what was said


def test_nor_what_lies_behind_the_last_contact(
    gridapp: Commands, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With such a clock nobody here knows what day it is: the day on the wall is believed."""
    monkeypatch.setattr("gridapp.store.opening.system_clock", lambda: 5_000)
    monkeypatch.setattr("gridapp.store.opening.open_store.__kwdefaults__", {"clock": lambda: 5_000})
    later = (TODAY + timedelta(days=20)).isoformat()
    home = some_household(data).id
    words = ("client", "visit", "add", home, "--text", "后来", "--when", later, "--data", data)
    assert gridapp(*words).status == 0
    assert (
        gridapp("client", "set", "household", home, f"opened_on={later}", "--data", data).status
        == 0
    )
    assert [v.happened_at for v in records(data, Visit, "situation='后来'")] == [later]


# --- looking


@pytest.mark.parametrize("kind", [*KINDS, "grid"])
def test_every_kind_can_be_listed(kind: str, gridapp: Commands, synced: Path) -> None:
    ran = gridapp("client", "list", kind, "--json", "--data", synced)
    listed = json.loads(ran.out)
    assert isinstance(listed, list)
    names = ["id", "version", "recorded_at", "received_at"]
    names += [f.name for f in KINDS["unit" if kind == "grid" else kind].fields]
    assert all(list(fields) == names for fields in listed)
    plain = gridapp("client", "list", kind, "--data", synced).out.splitlines()
    assert len(plain) == len(listed)
    if listed:
        shown = gridapp("client", "show", kind, listed[0]["id"], "--json", "--data", synced)
        assert json.loads(shown.out) == listed[0]


def test_lists_of_a_grid(gridapp: Commands, synced: Path) -> None:
    def listed(kind: str, grid: str) -> int:
        words = ("--grid", grid, "--json", "--data", synced)
        return len(json.loads(gridapp("client", "list", kind, *words).out))

    whole = dict(rows(synced, "SELECT 'household', count(*) FROM household"))
    assert listed("household", GRID) == whole["household"] == 8
    for kind in ("person", "residence", "visit", "event", "dwelling", "compound", "household_file"):
        assert listed(kind, GRID) > 0, kind
        assert listed(kind, OTHER_GRID) == 0, kind
    assert [listed(k, GRID) for k in ("grid", "staff", "assignment")] == [1, 1, 1]


def test_numbers_are_masked_until_a_reason_is_given(gridapp: Commands, data: Path) -> None:
    file = some_file(data)
    hidden = [file.id_number, *file.phones]
    for words in (("list", "person_file"), ("show", "person_file", file.id)):
        for form in ((), ("--json",)):
            before = state(data)
            out = gridapp("client", *words, *form, "--data", data).out
            assert not [number for number in hidden if number in out]
            assert f"{file.id_number[:6]}********{file.id_number[14:]}" in out
            assert state(data) == before
            out = gridapp("client", *words, *form, "--reveal", "核对低保", "--data", data).out
            assert all(number in out for number in hidden)
    log = rows(data, "SELECT what, entity, record_id, reason FROM access_log ORDER BY n")
    whole, one = (
        ("reveal", "person_file", None, "核对低保"),
        ("reveal", "person_file", file.id.bytes),
    )
    assert log == [whole, whole, (*one, "核对低保"), (*one, "核对低保")]


def test_numbers_that_look_alike_once_masked_are_all_there(gridapp: Commands, data: Path) -> None:
    file = some_file(data)
    phones = {"13811112222": "本人", "13899992222": "女儿"}
    gridapp("client", "set", "person_file", file.id, f"phones={json.dumps(phones)}", "--data", data)
    ran = gridapp("client", "show", "person_file", file.id, "--json", "--data", data)
    assert json.loads(ran.out)["phones"] == {"138****2222": "本人", "138****2222 (2)": "女儿"}


def test_what_a_conflict_keeps_is_masked_too(gridapp: Commands, data: Path) -> None:
    file = some_file(data)
    kept = json.dumps({"id_kind": "citizen", "id_number": file.id_number})
    phones = json.dumps({"phones": '{"13811112222":"本人"}'})
    about: dict[str, Any] = {"target_kind": "person_file", "target_id": file.id}
    save(
        data,
        Conflict(**about, field="identity", standing=kept, other=kept, state="open"),
        Conflict(**about, field="phones", standing=phones, other=phones, state="open"),
    )
    out = gridapp("client", "list", "conflict", "--data", data).out
    assert file.id_number not in out
    assert "13811112222" not in out
    assert "138****2222" in out
    out = gridapp("client", "list", "conflict", "--reveal", "核对", "--data", data).out
    assert file.id_number in out
    assert "13811112222" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "nonsense"), "没有名为“nonsense”的记录类型"),
        (("list", ""), "没有名为“”的记录类型"),
        (("list", "household", "--grid", "9"), "没有代码为“9”的网格"),
        (("list", "household", "--grid", "9", "--reveal", "x"), "没有代码为“9”的网格"),
        (("list", "household", "--grid", ""), "没有代码为“”的网格"),
        (("list", "code", "--grid", GRID), "代码不按网格列出"),
        (("list", "person_file", "--reveal", " "), "请写明理由"),
        (("show", "household", "9"), "没有编号为“9”的住户"),
        (("show", "household", ""), "没有编号为“”的住户"),
        (("show", "household", str(uuid4())), "的住户"),
        (("show", "household", "\udcff"), "的住户"),
        (("show", "household", "9", "--reveal", "x"), "没有编号为“9”的住户"),
        (("show", "event", "0101"), "没有编号为“0101”的事件"),
        (("show", "code", "1"), "请用 UUID 指定"),
        (("show", "nonsense", "1"), "没有名为“nonsense”的记录类型"),
    ],
)
def test_looking_for_what_is_not_there(
    words: tuple[str, ...], said: str, gridapp: Commands, data: Path
) -> None:
    refused(gridapp, data, said, *words)


def test_a_long_list_is_quick_and_its_reader_may_leave(gridapp: Commands, data: Path) -> None:
    home = some_household(data)
    text = "情况正常\n第二行"
    visit: dict[str, Any] = {"household_id": home.id, "happened_at": "2026-01-02", "how": "home"}
    visit |= {"visited_by": uuid4(), "recorded_by": uuid4(), "situation": text}
    save(data, *(Visit(**visit) for _ in range(2000)))
    started = time.perf_counter()
    ran = gridapp("client", "list", "visit", "--grid", GRID, "--data", data)
    took = time.perf_counter() - started
    assert len(ran.out.splitlines()) > 2000  # a paragraph stays on its line
    assert took < 3
    process = subprocess.Popen(
        [sys.executable, "-m", "gridapp", "client", "list", "visit", "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (1, b"")


# --- editing


def test_one_edit_is_one_operation(gridapp: Commands, data: Path) -> None:
    home = some_household(data)
    words = ("client", "set", "household", home.number, "name=新名字", "kind=合租", "--data", data)
    assert gridapp(*words).out == "已保存\n"
    assert gridapp(*words).out == "没有变化\n"
    changed = records(data, Household)[0]
    assert (changed.name, changed.kind) == ("新名字", "shared")
    fields = [msgspec.msgpack.decode(b) for (b,) in rows(data, "SELECT fields FROM outbox")]
    assert fields == [
        {"name": [home.name, "新名字", None], "kind": [home.kind, "shared", None]},
    ]


def test_a_name_is_one_line(gridapp: Commands, data: Path) -> None:
    home = some_household(data)
    words = ("client", "set", "household", home.id, "name=甲\n乙", "--data", data)
    assert gridapp(*words).status == 0
    assert records(data, Household)[0].name == "甲 乙"


def test_values_of_every_type(gridapp: Commands, data: Path) -> None:
    home = some_household(data)
    person = records(data, Person)[0]
    words = ("client", "set", "dwelling", home.dwelling_id, "--data", data)
    assert gridapp(*words, "area=88.5", "floor=3", "gas_alarm=true").status == 0
    assert gridapp(*words, "last_check=2025-03-01", "landmark=").status == 0
    fields = json.loads(
        gridapp("client", "show", "dwelling", home.dwelling_id, "--json", "--data", data).out
    )
    assert (fields["area"], fields["floor"], fields["gas_alarm"]) == (88.5, 3, True)
    assert (fields["last_check"], fields["landmark"]) == ("2025-03-01", "")
    gridapp("client", "set", "person", person.id, "nicknames=老王| |王婆", "--data", data)
    gridapp("client", "set", "household", home.id, f"head_id={person.id}", "--data", data)
    assert set(records(data, Person)[0].nicknames) == {"老王", "王婆"}
    assert records(data, Household)[0].head_id == person.id


def test_a_number_brings_birth_and_sex_with_it(gridapp: Commands, data: Path) -> None:
    file = some_file(data)
    number = "00000019510203001"
    number += check_digit(number)
    gridapp("client", "set", "person_file", file.id, f"id_number={number}", "--data", data)
    changed = next(f for f in records(data, PersonFile) if f.id == file.id)
    assert (str(changed.birth_date), changed.sex) == ("1951-02-03", "1")
    person = next(p for p in records(data, Person) if p.id == file.person_id)
    assert person.birth_year == 1951


def test_deleting(gridapp: Commands, data: Path) -> None:
    visit = records(data, Visit)[0]
    assert gridapp("client", "set", "visit", visit.id, "deleted=true", "--data", data).status == 0
    one_line(gridapp("client", "show", "visit", visit.id, "--data", data), "没有编号为")
    assert visit.id not in {v.id for v in records(data, Visit)}


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("household", ("nosuch=1",), "没有可修改的字段“nosuch”"),
        ("household", ("number=1",), "没有可修改的字段“number”"),
        ("household", ("address=x",), "没有可修改的字段“address”"),
        ("household", ("name=",), "“户名”还没有填"),
        ("household", ("name= ",), "“户名”还没有填"),
        ("household", ("name=" + "x" * 41,), "最多 40 个字"),
        ("household", ("kind=castle",), "没有“castle”这一项"),
        ("household", ("opened_on=2020-02-30",), "不能是“2020-02-30”"),
        ("household", ("grid_id=9",), "没有编号为“9”的单位"),
        ("household", (f"grid_id={GRID[:-3]}",), "“网格”不能是"),
        ("household", (f"head_id={uuid4()}",), "的居民"),
        ("household", ("deleted=true", "name=x"), "没有可修改的字段“deleted”"),
        ("household", ("deleted=maybe",), "没有可修改的字段“deleted”"),
        ("person", ("birth_year=old",), "不能是“old”"),
        ("dwelling", ("area=wide",), "不能是“wide”"),
        ("dwelling", ("area=1e999",), "不能是“1e999”"),
        ("dwelling", ("gas_alarm=yes",), "不能是“yes”"),
        ("person_file", ("id_number=41070219800101123",), "应为 18 位"),
        ("person_file", ("id_number=410702198001011234",), "校验码不对"),
        ("person_file", ("id_number=410702209901011234",), "出生日期"),
        ("person_file", ("birth_date=1911-01-01",), "不一致"),
        ("person_file", ("id_kind=none",), "暂无证件"),
        ("person_file", ("phones=138",), "不能是“138”"),
        ("person_file", ('phones={"138',), "不能是"),
        ("visit", ("happened_at=2099-01-01",), "还没到"),
        ("event", ("happened_at=2099-01-01T08:00",), "还没到"),
        ("household", ("opened_on=2099-01-01",), "“建档日期”不能是 2099-01-01，还没到"),
        ("dwelling", ("last_check=2099-01-01",), "还没到"),
        ("person", ("birth_year=2099",), "“出生年”不能是 2099，还没到"),
        ("person_file", ("id_kind=passport", "birth_date=2099-01-01"), "还没到"),
        ("event", ("item_code=9999",), "没有“9999”这一项"),
        ("event", ("item_code=",), "“事项”还没有填"),
    ],
)
def test_edits_that_cannot_be(
    kind: str, values: tuple[str, ...], said: str, gridapp: Commands, data: Path
) -> None:
    record = some_file(data) if kind == "person_file" else records(data, KINDS[kind].record)[0]
    refused(gridapp, data, said, "set", kind, record.id, *values)


def test_what_is_planned_may_lie_ahead(gridapp: Commands, data: Path) -> None:
    visit, person = records(data, Visit)[0], records(data, Person)[0]
    for kind, record, value in (
        ("visit", visit, "next_date=2099-01-01"),
        ("person", person, "away_until=2099-01-01"),
    ):
        assert gridapp("client", "set", kind, record.id, value, "--data", data).status == 0
    assert str(records(data, Visit, "next_date IS NOT NULL")[-1].next_date)
    changed = next(p for p in records(data, Person) if p.id == person.id)
    assert str(changed.away_until) == "2099-01-01"


def test_steps_are_never_edited_nor_deleted(gridapp: Commands, data: Path) -> None:
    words = ("--item", "0101", "--text", "x", "--on-spot", "done", "--data", data)
    gridapp("client", "event", "report", *words)
    step = records(data, EventAction)[-1]
    for value in ("text=x", "deleted=true"):
        refused(gridapp, data, "只能增加，不能修改", "set", "event_action", step.id, value)


@pytest.mark.parametrize(
    "words",
    [
        ("set", "household", "1", "name"),
        ("set", "household", "1"),
        ("set", "household", "1", "name=a", "name=b"),
        ("print", "household", "-o", "x.pdf"),
        ("print", "household", "1", "--grid", GRID, "-o", "x.pdf"),
        ("print", "household", "1"),
        ("import", "households"),
        ("import", "households", "x.xlsx"),
        ("import", "people", "x.xlsx", "--grid", GRID),
        ("visit", "add", "1", "--text", "x", "--how", "bicycle"),
        ("visit", "add", "1"),
        ("event", "report", "--text", "x"),
        ("list",),
        ("show", "household"),
        ("enroll", "--server", "http://127.0.0.1:9"),
        (),
    ],
)
def test_usage(words: tuple[str, ...], gridapp: Commands) -> None:
    ran = gridapp("client", *words)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("用法：gridapp client")
    english = gridapp("client", *words, "--lang", "en")
    assert english.status == 2
    assert not CJK.search(english.err)


# --- printing


def test_printing_one_several_and_a_grid(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    homes = records(data, Household)
    one, two, whole = (tmp_path / f"{name}.pdf" for name in ("one", "two", "whole"))
    ran = gridapp("client", "print", "household", homes[0].number, "-o", one, "--data", data)
    assert (ran.status, ran.out) == (0, f"已写入 {one}，1 户\n")
    if os.name == "posix":  # whatever the umask of the shell
        assert stat.S_IMODE(one.stat().st_mode) == 0o600
    words = (homes[0].id, homes[1].number, homes[0].number)
    assert (
        "，2 户" in gridapp("client", "print", "household", *words, "-o", two, "--data", data).out
    )
    ran = gridapp("client", "print", "household", "--grid", GRID, "-o", whole, "--data", data)
    assert f"，{len(homes)} 户" in ran.out
    assert homes[0].number in pdf_text(one)
    assert homes[1].number not in pdf_text(one)
    assert all(home.number in pdf_text(whole) for home in homes)
    log = rows(data, "SELECT what, entity, reason FROM access_log")
    assert log == [("print", "household", "")] * (1 + 2 + len(homes))
    assert sorted(p.name for p in tmp_path.iterdir() if p != data) == [
        "one.pdf",
        "two.pdf",
        "whole.pdf",
    ]


def test_both_sides_and_new_visits_only(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    homes = records(data, Household)
    out = tmp_path / "out.pdf"
    words = ("client", "print", "household", "--grid", GRID, "-o", out, "--data", data)
    ran = gridapp(*words, "--new-visits")
    assert (ran.status, ran.out) == (1, "")
    assert "没有可打的新走访" in ran.err
    assert gridapp(*words, "--duplex").status == 0
    with pypdfium2.PdfDocument(out) as document:
        texts = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    fronts = [number for number, text in enumerate(texts) if "第1/" in text]
    assert len(fronts) == len(homes)
    assert all(number % 2 == 0 for number in fronts)
    visit = ("client", "visit", "add", homes[0].number, "--text", "药已续上", "--data", data)
    assert gridapp(*visit).status == 0
    ran = gridapp(*words, "--again")
    assert ran.status == 2
    ran = gridapp(*words, "--new-visits", "--single-sided")
    assert "，1 户" in ran.out
    assert ran.err.count("没有打印：") == len(homes) - 1
    assert "药已续上" in pdf_text(out)
    assert "续页1" in "".join(pdf_text(out).split())
    out.unlink()
    assert gridapp(*words, "--new-visits").status == 1
    ran = gridapp(*words, "--new-visits", "--again")
    assert "，1 户" in ran.out
    assert "药已续上" in pdf_text(out)
    assert gridapp(*words, "--duplex", "--single-sided").status == 2


def test_whole_numbers_are_printed_for_a_reason(
    gridapp: Commands, data: Path, tmp_path: Path
) -> None:
    file, out = some_file(data), tmp_path / "x.pdf"
    sql = "SELECT household_id FROM residence WHERE person_id=?"
    home = rows(data, sql, (file.person_id.bytes if file.person_id else b"",))[0][0].hex()
    words = ("client", "print", "household", home, "-o", out, "--data", data)
    assert gridapp(*words).status == 0
    assert file.id_number not in pdf_text(out)
    assert gridapp(*words, "--reveal", "本人要求").status == 0
    assert file.id_number in pdf_text(out)
    assert rows(data, "SELECT reason FROM access_log ORDER BY n") == [("",), ("本人要求",)]


def test_prints_that_cannot_be(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    home = some_household(data).id
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder.pdf").mkdir()
    for target in ("none/x.pdf", "file/x.pdf", "folder.pdf", "x" * 300 + ".pdf"):
        out = ("-o", tmp_path / target)
        refused(gridapp, data, "不能写这个文件", "print", "household", home, *out)
    out = ("-o", tmp_path / "x.pdf")
    refused(gridapp, data, "没有编号为", "print", "household", home, "9", *out)
    refused(gridapp, data, "的网格", "print", "household", "--grid", "9", *out)
    refused(gridapp, data, "没有可打印的住户", "print", "household", "--grid", OTHER_GRID, *out)
    refused(gridapp, data, "写明理由", "print", "household", home, "--reveal", " ", *out)
    assert (tmp_path / "file").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "file", "folder.pdf"]


# --- what is not the user's to write


def test_a_grid_of_others_is_refused_before_anything_is_written(
    gridapp: Commands, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "roster.xlsx"
    file.write_bytes(rosters.workbook(rosters.people(1)))
    said = "“第二网格”不归您管"
    for more in ((), ("--dry-run",)):
        refused(gridapp, data, said, "import", "households", file, "--grid", OTHER_GRID, *more)
    event = ("event", "report", "--item", "0101", "--text", "x", "--grid", OTHER_GRID)
    refused(gridapp, data, said, *event)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("unit", "name=x"), ("staff", "active=false"), ("code", "deleted=true")],
)
def test_kinds_that_no_role_of_the_user_writes(
    kind: str, value: str, gridapp: Commands, data: Path
) -> None:
    record = records(data, KINDS[kind].record)[0]
    refused(gridapp, data, "您的岗位不能修改", "set", kind, record.id, value)


# --- importing


def imported(data: Path, file: Path, *words: str) -> tuple[object, ...]:
    return ("client", "import", "households", file, "--grid", GRID, *words, "--data", data)


def test_the_template_needs_no_data_and_can_be_imported(
    gridapp: Commands, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "template.xlsx"
    ran = gridapp("client", "import", "households", "--template", file)
    assert (ran.status, ran.out) == (0, f"已写入 {file}\n")
    assert json.loads(gridapp(*imported(data, file, "--json")).out)["created"] == 1
    for target in ("none/x.xlsx", ""):
        ran = gridapp("client", "import", "households", "--template", tmp_path / target)
        one_line(ran, "不能写这个文件")


def test_a_roster_once_and_again(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "roster.xlsx"
    file.write_bytes(rosters.workbook(rosters.people(12)))
    before = state(data)
    ran = gridapp(*imported(data, file, "--dry-run", "--json"))
    assert (ran.status, ran.err) == (0, "")
    tried = json.loads(ran.out)
    assert (tried["created"], tried["changed"], tried["problems"]) == (12, 0, [])
    assert state(data) == before
    ran = gridapp(*imported(data, file))
    assert (ran.status, ran.err) == (0, "")
    assert "新建 12 户，修改 0 户，未变 0 户" in ran.out
    there = state(data)
    done = json.loads(gridapp(*imported(data, file, "--json")).out)
    assert (done["created"], done["changed"], done["unchanged"]) == (0, 0, 12)
    assert (done["people_created"], done["people_changed"]) == (0, 0)
    assert state(data) == there


def test_a_dry_run_names_what_would_change(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "roster.xlsx"
    file.write_bytes(rosters.workbook(rosters.family()))
    first = gridapp(*imported(data, file, "--dry-run", "--json"))
    assert json.loads(first.out)["changes"] == []  # all of it is new
    assert "changes" not in json.loads(gridapp(*imported(data, file, "--json")).out)
    changed = rosters.family(_0_手机号="13800002211", _1_文化程度="初中", _1_姓名="王晓燕")
    file.write_bytes(rosters.workbook([*changed, ["H1", "王小明", "子", *[""] * 9]]))
    before = state(data)
    ran = gridapp(*imported(data, file, "--dry-run"))
    assert (ran.status, ran.err) == (0, "")
    assert "第 3 行 王晓燕：姓名 王小燕 → 王晓燕\n" in ran.out
    assert "第 3 行 王晓燕：文化程度 普通高级中学教育 → 初级中学教育\n" in ran.out
    assert "第 2 行 赵桂兰：电话 138****2210 本人 → 138****2210 本人；138****2211 本人\n" in ran.out
    assert "第 4 行 王小明：姓名 - → 王小明\n" in ran.out
    english = gridapp(*imported(data, file, "--dry-run", "--lang", "en"))
    assert "Row 3 王晓燕: Name 王小燕 → 王晓燕\n" in english.out
    found = json.loads(gridapp(*imported(data, file, "--dry-run", "--json")).out)["changes"]
    by_field = {(c["row"], c["kind"], c["field"]): (c["old"], c["new"]) for c in found}
    assert by_field[3, "person", "name"] == ("王小燕", "王晓燕")
    assert by_field[4, "person", "name"] == ("", "王小明")
    assert set(by_field[2, "person_file", "phones"][1]) == {"138****2210", "138****2211"}
    assert "13800002211" not in ran.out + json.dumps(found)
    assert {c["row"] for c in found} == {2, 3, 4}
    assert state(data) == before


def test_a_roster_with_problems(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "roster.xlsx"
    bad = rosters.family(r_0_身份证号="410702198001011234", r_1_姓名="=HYPERLINK(1)")
    file.write_bytes(rosters.workbook(bad))
    before = state(data)
    ran = gridapp(*imported(data, file, "--dry-run"))
    one_line(ran, "有 2 处问题，这次只是检查，没有改动")
    assert "第 2 行" in ran.out
    assert "第 3 行" in ran.out
    ran = gridapp(*imported(data, file, "--dry-run", "--json"))
    one_line(ran)
    assert [p["row"] for p in json.loads(ran.out)["problems"]] == [2, 3]
    ran = gridapp(*imported(data, file))
    assert (ran.status, ran.out) == (1, "")
    first, second, last = ran.err.splitlines()
    assert "第 2 行" in first
    assert "第 3 行" in second
    assert "没有导入任何内容" in last
    one_line(gridapp(*imported(data, file, "--json")), "没有导入任何内容")
    english = gridapp(*imported(data, file, "--lang", "en"))
    assert english.err.count("\n") == 3
    assert state(data) == before


def test_files_that_are_no_roster(gridapp: Commands, data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.xlsx").touch()
    (tmp_path / "text.xlsx").write_text("户号,姓名")
    (tmp_path / "old.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    (tmp_path / "wrong.xlsx").write_bytes(rosters.workbook([["a", "b"]], headers=("x", "y")))
    (tmp_path / "bare.xlsx").write_bytes(rosters.workbook([]))
    for name in ("empty.xlsx", "text.xlsx", "old.xlsx", "wrong.xlsx", "bare.xlsx", "none.xlsx", ""):
        file = tmp_path / name
        refused(gridapp, data, "", "import", "households", file, "--grid", GRID)
        refused(gridapp, data, "", "import", "households", file, "--grid", GRID, "--json")
    (tmp_path / "good.xlsx").write_bytes(rosters.workbook(rosters.people(1)))
    words = ("import", "households", tmp_path / "good.xlsx", "--grid")
    refused(gridapp, data, "没有代码为“9”的网格", *words, "9")
