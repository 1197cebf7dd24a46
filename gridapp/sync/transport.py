"""HTTP to the server: the only user of requests. Says offline and refused apart, and nothing else.

requests is imported by the thread that first talks, not where the program starts.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

from gridapp.errors import Problem
from gridapp.sync.protocol import (
    MSGPACK,
    OLDEST,
    PROTOCOL_HEADER,
    SIGNATURE_HEADER,
    VERSION,
    BlobState,
    BucketsReply,
    BucketsRequest,
    Challenge,
    ChallengeRequest,
    EnrolReply,
    EnrolRequest,
    Health,
    HeldReply,
    HeldRequest,
    HistoryReply,
    HistoryRequest,
    Incarnation,
    IncarnationRequest,
    MissingReply,
    MissingRequest,
    PullRequest,
    PushReply,
    QuarantineReply,
    RecordHistoryRequest,
    Refusal,
    RepairReply,
    RepairRequest,
    RowsReply,
    RowsRequest,
    Session,
    SessionRequest,
    SmallReply,
    SmallRequest,
    WaitReply,
    WaitRequest,
    compress,
    decode,
    encode,
    read_frames,
    unpack,
)

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

_HEALTH = "/health"
_UPGRADE = 426
_TOO_MANY = 429
_PIECE = 256 * 1024  # bytes of a streamed answer
_WORTH_PACKING = 1024  # bytes
_TIMEOUT = (10, 60)  # seconds to connect, seconds between bytes


class Offline(Exception):  # noqa: N818 - the usual state of a village, not an error
    """No answer: no signal, server down or busy, connection cut. Try again later.

    ``retry_after``: seconds, where a server or something before it says when.
    """

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Refused(Exception):  # noqa: N818
    """The server answered no. ``code`` is stable; ``retry_after`` in seconds where it says when."""

    def __init__(self, status: int, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Transport:
    """One server as one device sees it. Not shared between threads."""

    def __init__(self, url: str, fingerprint: str = "") -> None:
        self.url = check_url(url)
        self._http = _session(fingerprint)
        self._token = ""
        self._packs = False  # the server of this session takes pushes as zstd
        self._speaks = VERSION  # or what an older server speaks

    def health(self) -> Health:
        """What the server speaks. Raises ``Problem`` where it is not a gridapp server or too new."""
        try:
            with closing(self._request("GET", _HEALTH)) as reply:
                health = msgspec.json.decode(reply.content, type=Health)
        except (Refused, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise _not_a_server(self.url) from error
        if not health.oldest <= VERSION or health.protocol < OLDEST:
            raise newer_server(self.url)
        self._speaks = min(VERSION, health.protocol)
        return health

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        """A one-time code against a device identity."""
        return self._call("/enrol", request, EnrolReply)

    def challenge(self, device_id: bytes) -> Challenge:
        """A nonce to sign."""
        self._speaks = VERSION  # it may have been upgraded since the last session
        return self._call("/session/challenge", ChallengeRequest(device_id), Challenge)

    def open_session(self, request: SessionRequest) -> None:
        """Hold a token for what follows."""
        session = self._call("/session", request, Session)
        self._token, self._packs = session.token, session.packed

    def push(self, body: bytes, signature: bytes) -> PushReply:
        """Operations up; ``body`` is an encoded ``PushRequest``."""
        headers = {SIGNATURE_HEADER: signature.hex()}
        if self._packs and len(body) > _WORTH_PACKING:
            headers["Content-Encoding"], body = "zstd", compress(body)
        with closing(self._request("POST", "/sync/push", data=body, headers=headers)) as reply:
            return _decoded(reply.content, PushReply)

    def quarantine(self, body: bytes, signature: bytes) -> QuarantineReply:
        """What a revoked device still holds; ``body`` is an encoded ``QuarantineRequest``."""
        headers = {SIGNATURE_HEADER: signature.hex()}
        with closing(self._request("POST", "/quarantine", data=body, headers=headers)) as reply:
            return _decoded(reply.content, QuarantineReply)

    def pull(self, request: PullRequest) -> Iterator[bytes]:
        """Plain frames of a pull, the ``PullHead`` first."""
        reply = self._request("POST", "/sync/pull", data=encode(request), stream=True)
        with closing(reply):
            try:
                yield from read_frames(cast("BinaryIO", reply.raw))
            except (EOFError, OSError, ValueError, _urllib3_error()) as error:
                raise Offline(type(error).__name__) from error

    def wait(self, request: WaitRequest) -> Held:
        """Ask to be told when there is something to pull. Returns once the server has heard it."""
        timeout = (_TIMEOUT[0], request.seconds + _TIMEOUT[1])
        body = encode(request)
        return Held(self._request("POST", "/sync/wait", data=body, stream=True, timeout=timeout))

    def rows(self, wanted: list[tuple[str, bytes]]) -> RowsReply:
        """Bodies of single records."""
        return self._call("/sync/rows", RowsRequest(wanted), RowsReply)

    def buckets(self, request: BucketsRequest) -> BucketsReply:
        """What the parts of a channel add up to."""
        return self._call("/sync/buckets", request, BucketsReply)

    def repair(self, request: RepairRequest) -> RepairReply:
        """The rows of some parts of a channel."""
        with closing(self._request("POST", "/sync/repair", data=encode(request))) as reply:
            return _decoded(_unpacked(reply.content), RepairReply)

    def missing(self, request: MissingRequest) -> MissingReply:
        """What became of records that did not come with a channel."""
        return self._call("/sync/missing", request, MissingReply)

    def incarnation(self, request: IncarnationRequest) -> Incarnation:
        """Another number for a database that was copied or set back."""
        return self._call("/session/incarnation", request, Incarnation)

    def held(self, request: HeldRequest) -> HeldReply:
        """What a restored server wants back of what is held here."""
        return self._call("/sync/held", request, HeldReply)

    def history(self, request: HistoryRequest) -> HistoryReply:
        """What changed in a household."""
        return self._call("/history/household", request, HistoryReply)

    def record_history(self, request: RecordHistoryRequest) -> HistoryReply:
        """What changed in one record."""
        return self._call("/history/record", request, HistoryReply)

    def blob_state(self, digest: str) -> BlobState:
        """How much of an attachment the server has."""
        with closing(self._request("GET", f"/blobs/{digest}/state")) as reply:
            return _decoded(reply.content, BlobState)

    def put_blob(self, digest: str, start: int, total: int, data: bytes) -> BlobState:
        """One part up."""
        params = {"start": str(start), "total": str(total)}
        with closing(
            self._request("PUT", f"/blobs/{digest}/parts", data=data, params=params)
        ) as reply:
            return _decoded(reply.content, BlobState)

    def get_blob(self, digest: str, start: int) -> bytes:
        """One part down; b"" at the end."""
        with closing(self._request("GET", f"/blobs/{digest}", params={"start": str(start)})) as r:
            return bytes(r.content)

    def small_pictures(self, request: SmallRequest) -> SmallReply:
        """Small pictures up and down."""
        return self._call("/pictures", request, SmallReply)

    def bundle_state(self, digest: str) -> BlobState:
        """How much of a bundle that is carried has arrived."""
        with closing(self._request("GET", f"/bundles/{digest}/state")) as reply:
            return _decoded(reply.content, BlobState)

    def put_bundle(self, digest: str, start: int, total: int, data: bytes) -> BlobState:
        """One part of a bundle up."""
        params = {"start": str(start), "total": str(total)}
        path = f"/bundles/{digest}/parts"
        with closing(self._request("PUT", path, data=data, params=params)) as reply:
            return _decoded(reply.content, BlobState)

    def bundle_answer(self, digest: str) -> Iterator[bytes]:
        """The answer to a bundle that has arrived, in pieces; one that is cut cannot be opened."""
        reply = self._request("POST", f"/bundles/{digest}/answer", stream=True)
        with closing(reply):
            try:
                yield from reply.iter_content(_PIECE)
            except (OSError, _urllib3_error()) as error:
                raise Offline(type(error).__name__) from error

    def close(self) -> None:
        """Close idle connections."""
        self._http.close()

    def _call(self, path: str, request: object, type_: type[T]) -> T:
        with closing(self._request("POST", path, data=encode(request))) as reply:
            return _decoded(reply.content, type_)

    def _request(self, method: str, path: str, **options: Any) -> requests.Response:
        reply = self._ask(method, path, **options)
        if reply.status_code == _UPGRADE and path != _HEALTH and self._speaks_older():
            reply.close()
            reply = self._ask(method, path, **options)
        if reply.status_code >= 400:
            with closing(reply):
                raise _refused(reply)
        return reply

    def _speaks_older(self) -> bool:
        """Whether a server that does not know our version speaks one that we speak too, and now we do."""
        before = self._speaks
        try:
            self.health()
        except Problem:
            return False
        return self._speaks < before

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {PROTOCOL_HEADER: str(self._speaks), "Content-Type": MSGPACK}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        headers |= options.pop("headers", {})
        options = {"timeout": _TIMEOUT} | options
        try:
            return self._http.request(method, self.url + path, headers=headers, **options)
        except OSError as error:  # every RequestException is one
            raise _no_answer(error, self.url) from error


class Held:
    """An answer that the server holds back until it has something to say."""

    def __init__(self, reply: requests.Response) -> None:
        self._reply = reply

    def result(self) -> WaitReply:
        """Wait for it. Raises ``Offline``, also after ``cut``."""
        with closing(self._reply) as reply:
            try:
                return _decoded(reply.content, WaitReply)
            except OSError as error:
                raise Offline(type(error).__name__) from error

    def cut(self) -> None:
        """Break off, from any thread."""
        line = getattr(self._reply.raw.connection, "sock", None)
        if line is not None:
            # What TLS would say on leaving needs the thread that reads.
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)


def _session(fingerprint: str) -> requests.Session:
    import requests
    from requests.adapters import HTTPAdapter

    class Pinned(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, assert_fingerprint=fingerprint, **options)

    session = requests.Session()
    session.trust_env = False
    if fingerprint:
        session.mount("https://", Pinned())
        # The certificate is checked against the fingerprint of the enrolment slip instead of a CA.
        session.verify = False
    return session


def check_url(url: str) -> str:
    """The server's address without a trailing slash. TLS everywhere but on this machine.

    Raises ``Problem`` ``bad_server_url`` or ``no_tls``.
    """
    parts = urlsplit(url.strip())
    try:
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError as error:
        raise _bad_url(url) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _bad_url(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise Problem(
            "no_tls",
            "这个服务器地址不能用。",
            place=url,
            remedy="请照登记单一字不差地填，开头是 https://；还不行请问区管理员。",
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _no_answer(error: OSError, url: str) -> Exception:
    from requests.exceptions import SSLError

    if not isinstance(error, SSLError):
        return Offline(type(error).__name__)
    return Problem(
        "bad_certificate",
        "连上的可能不是区里的服务器，已停下，什么都没有传。",
        place=url,
        remedy="请告诉区管理员；已记录的内容都在本机。",
    )


def newer_server(url: str) -> Problem:
    """The server speaks a protocol that this program does not."""
    return Problem(
        "newer_server",
        "服务器已升级，这台电脑上的程序太旧，传不上去了。",
        place=url,
        remedy="请区管理员来装新版本；已记录的内容都在本机。",
    )


def _refused(reply: requests.Response) -> Exception:
    wait = _retry_after(reply)
    if reply.status_code == _UPGRADE:
        return newer_server(reply.url)
    try:
        refusal = decode(reply.content, Refusal)
    except (msgspec.DecodeError, OSError):
        # Something between us and the server answered (a proxy, a login page), or it is restarting.
        if reply.status_code in (404, 405):
            return _not_a_server(reply.url)
        return Offline(f"HTTP {reply.status_code}", wait)
    if refusal.code == "protocol":
        return newer_server(reply.url)
    if reply.status_code >= 500 or reply.status_code == _TOO_MANY:
        return Offline(refusal.code, refusal.retry_after or wait)
    return Refused(reply.status_code, refusal.code, refusal.retry_after)


def _retry_after(reply: requests.Response) -> float | None:
    value = reply.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _unpacked(data: bytes) -> bytes:
    try:
        return unpack(data)
    except ValueError as error:
        raise Offline("unreadable answer") from error


def _decoded(data: bytes, type_: type[T]) -> T:
    try:
        return decode(data, type_)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Offline("unreadable answer") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bad_url(url: str) -> Problem:
    return Problem(
        "bad_server_url",
        "服务器地址不对。",
        place=url[:80],
        remedy="请照登记单填写，例如 https://grid.example.cn。",
    )


def _not_a_server(url: str) -> Problem:
    return Problem(
        "not_a_server",
        "这个地址不是网格服务器。",
        place=url[:80],
        remedy="请核对登记单上的地址。",
    )


def _urllib3_error() -> type[Exception]:
    from urllib3.exceptions import HTTPError

    return HTTPError
