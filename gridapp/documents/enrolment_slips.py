"""Enrolment slips: six on an A4 page with cut lines, each handed to one person in a closed hand.

A slip holds what a computer needs to be enrolled, in words and as a QR code. The code works once.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import segno

from gridapp.documents.typst_pdf import PdfCompiler
from gridapp.domain.enrolment_slip import EnrolmentSlip, make
from gridapp.i18n import catalogue, language

TEMPLATE = "enrolment_slips.typ"

_TEXTS = (
    "登记单",
    "姓名",
    "用户名",
    "任职",
    "登记码",
    "服务器",
    "证书指纹",
    "有效期至",
    "只能用一次。请当面交给本人，不要拍照转发；用后销毁。",
)


@dataclass(frozen=True, slots=True)
class Slip:
    """One person's slip. ``fingerprint``: SHA-256 in hex, "" where the certificate is public or there is none."""

    name: str
    user_name: str
    posts: str
    code: str
    server: str
    fingerprint: str
    valid_until: str
    district: str

    def link(self) -> str:
        """What the QR code says; the enrolment screen takes it as pasted text too."""
        return make(EnrolmentSlip(self.server, self.code, self.user_name, self.fingerprint))


def render_slips(slips: Sequence[Slip], compiler: PdfCompiler | None = None) -> bytes:
    """One PDF of all slips in the language in use."""
    compiler = compiler or PdfCompiler()
    files = {f"qr-{n}.svg": _qr(slip.link()) for n, slip in enumerate(slips)}
    words = catalogue("en") if language() == "en" else {}
    data: dict[str, Any] = {
        "language": language(),
        "texts": {text: words.get(text, text) for text in _TEXTS},
        "slips": [
            {**asdict(slip), "fingerprint": _in_fours(slip.fingerprint), "qr": f"qr-{n}.svg"}
            for n, slip in enumerate(slips)
        ],
    }
    return compiler.compile(TEMPLATE, data, files)


def _qr(text: str) -> bytes:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue()


def _in_fours(digits: str) -> str:
    return " ".join(digits[n : n + 4] for n in range(0, len(digits), 4))
