"""``gridapp server``: made, loaded, run and stopped from the command line."""

import datetime as dt
import errno
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gridapp import i18n
from gridapp.cli.main import main
from gridapp.config import resource_path
from gridapp.errors import Problem
from gridapp.server.context import open_server
from gridapp.server.database import open_database
from gridapp.server.running import fingerprint, serving
from gridapp.store import keys
from gridapp.sync import enrolment
from gridapp.sync.protocol import EnrolRequest
from gridapp.sync.transport import Offline, Transport
from gridapp.whole_file import writing
from tests.server.conftest import DIVISIONS
from tests.server.staff_books import DEPARTMENTS, GRIDS, STAFF, changed, staff_book

HONGQI = resource_path("divisions", "hongqi_410702.csv")
KAIFENG = resource_path("divisions", "kaifeng_4102.csv")
GRID = "410702001001001"


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)
    i18n.set_language("zh_CN")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loaded server; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "d.csv").write_text(DIVISIONS, encoding="utf-8")
    book = staff_book(folder / "staff.xlsx")
    data = str(folder / "data")
    divisions = str(folder / "d.csv")
    assert (
        main(
            ["server", "init", "--data", data, "--divisions", divisions, "--district=410702000000"]
        )
        == 0
    )
    assert main(["server", "load", str(book), "--data", data, "--no-codes"]) == 0
    return folder / "data"


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made.with_name("data.journal"), tmp_path / "data.journal")
    return shutil.copytree(made, tmp_path / "data")


def run(*words: object) -> int:
    return main(["server", *map(str, words)])


def dump(data: Path) -> list[str]:
    with sqlite3.connect(data / "server.db") as connection:
        return list(connection.iterdump())


@contextmanager
def running(*words: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``gridapp server run`` as a process; its address."""
    command = [sys.executable, "-m", "gridapp", "server", "run", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            word, address = process.stdout.readline().split()
            assert word == "ready"
            yield process, address
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("file", "district", "units", "name"),
    [
        (HONGQI, "410702000000", 88, "红旗区"),
        (KAIFENG, "410200000000", 2662, "开封市"),
    ],
)
def test_real_divisions_go_in_whole(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: Path,
    district: str,
    units: int,
    name: str,
) -> None:
    data = tmp_path / "data"
    assert run("init", "--data", data, "--divisions", file, "--district", district) == 0
    assert name in capsys.readouterr().out
    if os.name == "posix":  # whatever the umask of the shell
        assert stat.S_IMODE((data / "server.db").stat().st_mode) == 0o600
    with sqlite3.connect(data / "server.db") as connection:
        rows = connection.execute("SELECT code,name FROM unit").fetchall()
        orphans = connection.execute(
            "SELECT count(*) FROM unit WHERE parent_id NOT IN (SELECT id FROM unit)"
        ).fetchone()
        roots = connection.execute("SELECT code FROM unit WHERE parent_id IS NULL").fetchall()
    text = file.read_text(encoding="utf-8-sig")
    assert sorted(rows) == sorted(
        tuple(line.split(",")[:2]) for line in text.split("\n")[1:] if line
    )
    assert (len(rows), orphans, roots) == (units, (0,), [(district,)])


def test_a_district_out_of_a_citys_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run("init", "--data", data, "--divisions", KAIFENG, "--district", "410202000000") == 0
    with sqlite3.connect(data / "server.db") as connection:
        codes = [code for (code,) in connection.execute("SELECT code FROM unit")]
    inside = [c for c in KAIFENG.read_text(encoding="utf-8-sig").split("\n") if c[:6] == "410202"]
    assert len(codes) == len(inside) > 10


@pytest.mark.parametrize(
    ("line", "place", "said"),
    [
        ("41070200100X,坏社区,village,410702001000", "d.csv:6", "12 位数字"),
        ("410702001001,又一个,village,410702001000", "d.csv:6", "代码重复"),
        ("410702002001,没有上级,village,410702002000", "d.csv:6", "上级代码不在文件里"),
        ("410703001001,别处的,village,410702001000", "d.csv:6", "不在上级"),
        ("410702001009,,village,410702001000", "d.csv:6", "名称或级别不对"),
        ("410702001009,屯,hamlet,410702001000", "d.csv:6", "名称或级别不对"),
    ],
)
def test_a_bad_line_of_divisions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, place: str, said: str
) -> None:
    file, data = tmp_path / "d.csv", tmp_path / "data"
    file.write_text(DIVISIONS + line + "\n", encoding="utf-8")
    assert run("init", "--data", data, "--divisions", file, "--district", "410702000000") == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"{place}: ")
    assert said in err
    assert not data.exists()


def test_other_refusals_of_init(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(file: Path, district: str = "410702000000", *more: str) -> str:
        words = ["--data", tmp_path / "data", "--divisions", file, "--district", district]
        assert run("init", *words, *more) == 1
        assert not (tmp_path / "data").exists()
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        return err

    assert "没有代码 999" in said(HONGQI, "999")
    assert "读不了区划文件" in said(tmp_path / "nowhere.csv")
    (tmp_path / "x.csv").write_bytes("区划".encode("gbk") * 9)
    assert "UTF-8" in said(tmp_path / "x.csv")
    (tmp_path / "h.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert "表头应为" in said(tmp_path / "h.csv")
    (tmp_path / "e.csv").write_text("code,name,level,parent_code\n", encoding="utf-8")
    assert "没有区划" in said(tmp_path / "e.csv")
    assert "CSV" in said(HONGQI, "410702000000", "--catalogue", str(tmp_path / "no.csv"))


def test_init_where_one_is(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = dump(data)
    assert run("init", "--data", data, "--divisions", HONGQI, "--district", "410702000000") == 1
    assert "已经有一个服务器" in capsys.readouterr().err
    assert dump(data) == before


def test_load_prints_a_code_for_each_new_person(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = staff_book(tmp_path / "again.xlsx")
    assert run("load", again, "--data", data) == 0
    assert "\t" not in capsys.readouterr().out  # nobody new
    more = [*STAFF, ("赵一", "zhaoyi", "", "志愿者", GRID, "", "", "", "")]
    book = staff_book(tmp_path / "more.xlsx", 网格=GRIDS, 部门=DEPARTMENTS, 人员=more)
    assert run("load", book, "--data", data) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines() if "\t" in line]
    assert [line[:2] for line in lines] == [["赵一", "zhaoyi"]]
    assert run("load", book, "--data", data, "--again", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["staff"] == {"created": 0, "changed": 0}
    assert [each["user_name"] for each in document["codes"]] == [
        "lixiuying", "wangfang", "chentao", "zhangwei", "zhaoyi"
    ]  # fmt: skip


def test_slips(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certificate, _ = self_signed(tmp_path)
    out = tmp_path / "slips.pdf"
    words = ["load", staff_book(tmp_path / "s.xlsx"), "--data", data, "--again", "--slips", out]
    assert run(*words) == 2
    assert "--server" in capsys.readouterr().err
    server = "https://grid.example.cn"
    assert run(*words, "--server", server, "--tls-cert", certificate) == 0
    codes = [line.split("\t") for line in capsys.readouterr().out.splitlines() if "\t" in line]
    with pypdfium2.PdfDocument(out) as document:
        text = "".join(page.get_textpage().get_text_bounded() for page in document)
    assert len(codes) == 4
    for name, user, code in codes:
        assert name in text
        assert user in text
        assert code in text
    assert text.count(server) == 4
    flat = "".join(text.split())
    assert flat.count(fingerprint(certificate)) == 4
    assert "网格员" in text


@pytest.mark.parametrize("slips", ["nowhere/slips.pdf", "."])
def test_slips_that_cannot_be_written(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], slips: str
) -> None:
    before = dump(data)
    book = staff_book(tmp_path / "s.xlsx")
    words = ["--slips", tmp_path / slips, "--server", "https://grid.example.cn"]
    assert run("load", book, "--data", data, "--again", *words) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert dump(data) == before


def test_slips_on_a_disk_that_is_full_by_then(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The codes are seen all the same, for they cannot be read again; and the old slips are whole."""
    out = tmp_path / "slips" / "s.pdf"
    out.parent.mkdir()
    out.write_bytes(b"old")

    @contextmanager
    def full(path: Path) -> Iterator[BinaryIO]:
        with monkeypatch.context() as patched:
            patched.setattr("gridapp.whole_file.os.fsync", no_room)
            with writing(path) as file:
                yield file

    def no_room(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("gridapp.whole_file.writing", full)
    book = staff_book(tmp_path / "s.xlsx")
    words = ["--again", "--slips", out, "--server", "https://grid.example.cn"]
    assert run("load", book, "--data", data, *words) == 1
    said, err = capsys.readouterr()
    assert len([line for line in said.splitlines() if "\t" in line]) == 4
    assert (err.count("\n"), "磁盘满了" in err) == (1, True)
    assert out.read_bytes() == b"old"
    assert [path.name for path in out.parent.iterdir()] == ["s.pdf"]


def test_a_staff_file_with_mistakes(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dump(data)
    bad = changed(changed(STAFF, 2, "角色", "市长"), 4, "单位代码", "1")
    book = staff_book(tmp_path / "bad.xlsx", 网格=GRIDS, 部门=DEPARTMENTS, 人员=bad)
    assert run("load", book, "--data", data) == 1
    out, err = capsys.readouterr()
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "工作表“人员” 第 2 行 D 列（角色）",
        "工作表“人员” 第 4 行 E 列（单位代码）",
    ]
    assert err == "bad.xlsx: 人员表有 2 处问题，没有写入任何内容。 请逐条改正后重新导入。\n"
    assert run("load", book, "--data", data, "--json", "--lang", "en") == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(p["sheet"], p["row"], p["column"]) for p in problems] == [
        ("人员", 2, "D"),
        ("人员", 4, "E"),
    ]
    assert "is not known" in problems[0]["text"]
    assert dump(data) == before


def test_users(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: str, status: int = 0) -> str:
        assert run("user", "add", *words, "--data", data) == status
        out, err = capsys.readouterr()
        assert (err if status else out).count("\n") == 1
        return err if status else out

    assert "已新建用户 赵一（赵一）" in said("赵一", "--role=worker", f"--unit={GRID}")
    assert "已有这个角色" in said("赵一", "--role=worker", f"--unit={GRID}", status=1)
    assert "加了角色" in said("赵一", "--role=mediator", "--unit=410702001001")
    assert "没有代码为 12 的单位" in said("赵二", "--role=worker", "--unit=12", status=1)
    # somebody else of the same name is never given another's roles
    assert "lixiuying" in said("李秀英", "--role=office", "--unit=410702001001", status=1)
    assert "已新建用户 lixy2（李秀英）" in said(
        "李秀英", "--role=office", "--unit=410702001001", "--user-name=lixy2"
    )
    assert "用户名 lixy2 是“李秀英”的" in said(
        "王五", "--role=office", "--unit=410702001001", "--user-name=lixy2", status=1
    )
    assert "用户名" in said("a/b", "--role=office", "--unit=410702001001", status=1)
    assert run("device", "code", "李秀英", "--data", data) == 1
    assert "lixiuying" in capsys.readouterr().err
    assert run("device", "code", "nobody", "--data", data) == 1
    assert "没有用户“nobody”" in capsys.readouterr().err


def test_where_no_server_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["run"], ["device", "list"], ["load", "x.xlsx"], ["device", "code", "x"]):
        assert run(*words, "--data", tmp_path / "none") == 1
        assert "没有服务器的数据" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_damaged_database(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = data / "server.db"
    path.write_bytes(b"no database at all" * 500)
    before = path.read_bytes()
    assert run("device", "list", "--data", data) == 1
    err = capsys.readouterr().err
    assert "已损坏" in err
    assert str(path) in err
    assert path.read_bytes() == before


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://h:port/x", "postgresql:///x?z=1"])
def test_a_bad_database_url(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("device", "list", "--database-url", url) == 1
    assert "数据库地址不对" in capsys.readouterr().err


def test_nobody_answers_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", "--database-url", "postgresql://x:geheim@127.0.0.1:1/x") == 1
    err = capsys.readouterr().err
    assert "连不上数据库" in err
    assert "geheim" not in err


def test_no_tls_but_on_this_machine(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("run", "--data", data, "--host", "0.0.0.0") == 1
    assert "必须用 TLS" in capsys.readouterr().err
    certificate, key = self_signed(tmp_path)
    assert run("run", "--data", data, "--tls-cert", certificate) == 2
    capsys.readouterr()
    assert run("run", "--data", data, "--tls-cert", certificate, "--tls-key", certificate) == 1
    assert "不成对" in capsys.readouterr().err
    assert run("run", "--data", data, "--tls-cert", tmp_path / "x", "--tls-key", key) == 1
    assert "证书" in capsys.readouterr().err
    assert run("run", "--data", data, "--host", "203.0.113.7", *tls(certificate, key)) == 1
    assert "没有地址 203.0.113.7" in capsys.readouterr().err
    assert run("run", "--data", data, "--port", "70000") == 1
    assert "70000" in capsys.readouterr().err


def test_a_port_in_use(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run("run", "--data", data, "--port", port) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"端口 {port} 已被占用" in err


def test_one_server_on_one_sqlite_database(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running("--data", data, "--port", 0):
        assert run("run", "--data", data, "--port", 0) == 1
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert "服务器正在运行" in err


def test_from_code_to_revoked_device(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("device", "code", "lixiuying", "--data", data) == 0
    code = capsys.readouterr().out.splitlines()[-1]
    with running("--data", data, "--port", 0) as (process, address):
        store = enrolment.enrol(
            tmp_path / "client", address, code, "password", strength=keys.Strength(1, 8, 1)
        )
        assert store.who.user_name == "lixiuying"
        device = store.who.device_id
        store.close()
        assert run("device", "list", "lixiuying", "--data", data, "--json") == 0
        (line,) = json.loads(capsys.readouterr().out)
        assert (line["id"], line["person"], line["revoked_at"]) == (str(device), "李秀英", None)
        assert run("device", "revoke", "lixiuying", "--data", data) == 0
        assert run("device", "revoke", "lixiuying", "--data", data) == 1
        assert "没有可吊销的设备" in capsys.readouterr().err
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert run("device", "list", "--data", data) == 0
    assert "已吊销" in capsys.readouterr().out


def test_a_defect_is_written_where_the_server_runs(
    data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The kind, the place and the time; never what the request said."""
    database = open_database(data, None)
    with serving(open_server(database)) as address:
        with database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE enrolment_code RENAME TO gone")
        with pytest.raises(Offline, match="defect"):
            Transport(address).enrol(EnrolRequest("GEHE-IMGE-HEIM", bytes(32), "geheim"))
    database.close()
    said = capfd.readouterr().err
    line = r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ ERROR gridapp\.server\.app: defect OperationalError at /enrol$"
    assert len(re.findall(line, said)) == 1
    assert "geheim" not in said.lower()


def test_tls_with_a_pinned_certificate(data: Path, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    with running("--data", data, "--port", 0, *tls(certificate, key)) as (process, address):
        assert address.startswith("https://")
        client = Transport(address, fingerprint(certificate))
        assert client.health().ready
        client.close()
        stranger = Transport(address, "00" * 32)
        with pytest.raises(Problem) as caught:
            stranger.health()
        assert caught.value.code == "bad_certificate"
        stranger.close()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0


def test_on_postgres(postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--database-url", postgres_url]
    words = ["--divisions", HONGQI, "--district", "410702000000"]
    assert run("device", "list", *where) == 1
    assert "还没有初始化" in capsys.readouterr().err
    assert run("init", *words, *where) == 0
    assert run("init", *words, *where) == 1
    assert "已经有一个服务器" in capsys.readouterr().err
    grid = [GRIDS[0], *((a.replace("1001", "1016"), b.replace("1001001", "1016001"), *c)
                        for a, b, *c in GRIDS[1:2])]  # fmt: skip
    assert run("load", staff_book(tmp_path / "s.xlsx", 网格=grid), *where) == 0
    assert run("user", "add", "赵一", "--role=worker", "--unit=410702001016001", *where) == 0
    capsys.readouterr()
    with running("--port", 0, *where) as (process, address):
        client = Transport(address)
        assert client.health().district == "红旗区"
        client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def tls(certificate: Path, key: Path) -> list[Path | str]:
    return ["--tls-cert", certificate, "--tls-key", key]


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "grid.example.cn")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(encoding))
    (folder / "key.pem").write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"
