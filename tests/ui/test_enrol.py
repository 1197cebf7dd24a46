"""Enrolling at the real window against a real server, one with a certificate that nobody signed."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sample import PASSWORD, end

from gridapp.app import Client
from gridapp.bench import district
from gridapp.domain.enrolment_slip import EnrolmentSlip, make
from gridapp.server import auth
from gridapp.server.context import open_server
from gridapp.server.database import open_database
from gridapp.server.running import Tls, fingerprint, serving
from gridapp.ui.entering.enrol import Enrol
from gridapp.ui.shell import Shell
from gridapp.ui.tour import settle


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[district.District]:
    """A server's data with one worker and three codes, of which the first is used up elsewhere."""
    hasher, auth._hasher = auth._hasher, PasswordHasher(1, 8, 1)
    folder = tmp_path_factory.mktemp("district")
    yield district.build(folder, 3, households=4, people=9, per_household=1, events=1)
    auth._hasher = hasher


@pytest.fixture
def private_tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate as an intranet makes it for itself."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "grid.intranet")])
    begin = datetime(2020, 1, 1)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin.replace(year=2090))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return Tls(folder / "cert.pem", folder / "key.pem")


@pytest.fixture
def serve(built: district.District) -> Iterator[Callable[..., str]]:
    """``serve(tls)`` starts the server; its address."""
    running = []

    def start(tls: Tls | None = None) -> str:
        database = open_database(built.folder, None)
        context = serving(open_server(database), tls=tls)
        running.append((context, database))
        return context.__enter__()

    yield start
    for context, database in running:
        context.__exit__(None, None, None)
        database.close()


@pytest.fixture
def client(tmp_path: Path, qapp: QApplication) -> Iterator[Client]:
    """A computer where nobody is enrolled."""
    made = Client(tmp_path)
    made.start()
    made.window.activateWindow()
    assert QTest.qWaitForWindowActive(made.window)
    yield made
    end(made)


def screen(client: Client) -> Enrol:
    found = client.window.currentWidget()
    assert isinstance(found, Enrol)
    return found


def paste(line, text: str) -> None:
    QApplication.clipboard().setText(text)
    line.setFocus()
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def set_password(enrol: Enrol) -> None:
    for field in (enrol.password, enrol.again):
        field.inner.setText(PASSWORD)


def go(client: Client) -> None:
    last = screen(client).again.inner
    last.setFocus()
    QTest.keyClick(last, Qt.Key.Key_Return)
    settle(client.tasks)


def test_a_pasted_slip_enrols_with_a_private_certificate_and_the_grid_arrives(
    client, built, serve, private_tls, qtbot
) -> None:
    slip = EnrolmentSlip(
        serve(private_tls), built.codes[0], "lixiuying", fingerprint(private_tls.certificate)
    )
    enrol = screen(client)
    paste(enrol.code.inner, f"登记单 {make(slip)}")
    assert enrol.server.inner.text() == slip.server
    assert enrol.code.inner.text() == slip.code
    assert not enrol.fingerprint.isVisible()
    assert "lixiuying" in enrol.server.notice
    assert enrol.password.inner.hasFocus()
    set_password(enrol)
    go(client)
    qtbot.waitUntil(lambda: isinstance(client.window.currentWidget(), Shell), timeout=20_000)
    client.desk.go("households")
    page = client.shell.pages["households"]
    qtbot.waitUntil(lambda: page.list.rows.rowCount() == 4, timeout=20_000)
    assert client.desk.store.who.fingerprint == slip.fingerprint


def test_a_private_certificate_asks_for_the_fingerprint_and_takes_it_typed(
    client, built, serve, private_tls, qtbot
) -> None:
    enrol = screen(client)
    assert not enrol.fingerprint.isVisible()
    QTest.keyClicks(enrol.server.inner, serve(private_tls))
    QTest.keyClicks(enrol.code.inner, built.codes[1])
    assert enrol.fingerprint.isVisible()
    set_password(enrol)
    go(client)
    assert "认不出" in enrol.fingerprint.error
    enrol.fingerprint.inner.setText("ab cd")
    go(client)
    assert "64" in enrol.fingerprint.error
    enrol.fingerprint.inner.setText("ab" * 32)
    go(client)
    assert "可能不是区里的服务器" in enrol.fingerprint.error
    digits = fingerprint(private_tls.certificate)
    enrol.fingerprint.inner.setText(" ".join(digits[n : n + 4] for n in range(0, 64, 4)))
    go(client)
    qtbot.waitUntil(lambda: isinstance(client.window.currentWidget(), Shell), timeout=20_000)


def test_what_is_wrong_is_said_beside_its_field(client, built, serve, qtbot) -> None:
    enrol, url = screen(client), serve()
    QTest.keyClicks(enrol.server.inner, url)
    QTest.keyClicks(enrol.code.inner, "AAAA-AAAA-AAAA")
    set_password(enrol)
    go(client)
    assert "登记码不对" in enrol.code.error
    assert enrol.code.inner.hasFocus()
    enrol.code.inner.setText(built.codes[2])
    for address, said in (
        (url.replace("127.0.0.1", "grid.example.cn"), "https"),
        ("grid", "例如"),
        (f"{url}/other", "不是网格服务器"),
        ("http://127.0.0.1:9", "登记要有网络"),
    ):
        enrol.server.inner.setText(address)
        go(client)
        assert said in enrol.server.error, address
        assert not enrol.code.error
    enrol.server.inner.setText(url)
    go(client)
    assert not isinstance(client.window.currentWidget(), Enrol)
    other = client.data_dir / "other"
    client.lock()
    settle(client.tasks)
    client.data_dir = other
    again = client.show_enrol()
    again.server.inner.setText(url)
    again.code.inner.setText(built.codes[2])
    set_password(again)
    go(client)
    assert "已经用过" in again.code.error


def test_a_slip_that_is_not_whole_is_told(client, qtbot) -> None:
    enrol = screen(client)
    slip = make(EnrolmentSlip("https://grid.example.cn", "A-B", "", "ab" * 32))
    paste(enrol.server.inner, slip[:-3])
    enrol.submit()
    assert "没有贴全" in enrol.server.error
    paste(enrol.server.inner, slip)
    assert enrol.server.inner.text() == "https://grid.example.cn"
    assert not enrol.fingerprint.isVisible()
    enrol.server.inner.end(False)
    QTest.keyClicks(enrol.server.inner, "x")
    assert enrol.fingerprint.isVisible()


def test_a_scanner_types_the_line_and_enter(client, qtbot) -> None:
    enrol = screen(client)
    QTest.keyClicks(enrol.server.inner, make(EnrolmentSlip("https://grid.example.cn", "CODE-1234")))
    QTest.keyClick(enrol.server.inner, Qt.Key.Key_Return)
    assert enrol.code.inner.text() == "CODE-1234"
    assert enrol.server.inner.text() == "https://grid.example.cn"
