"""What an enrolment slip says in one line: made for its QR code, read back where it is pasted or scanned.

``gridapp-enrol:?server=…&code=…&user=…&fingerprint=…``. An intranet server has a certificate of its own;
its fingerprint travels with the address, so that nobody is asked to trust what they cannot check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

SCHEME = "gridapp-enrol"
LONGEST = 500  # characters of each part

_LINK = re.compile(rf"{SCHEME}:\??(\S+)", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9a-f]{64}")
_BETWEEN = re.compile(r"[\s:：-]+")
_SERVER = re.compile(r"https?://[^\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EnrolmentSlip:
    """``fingerprint``: SHA-256 of the certificate in 64 hex digits, "" where it is public or there is none."""

    server: str
    code: str
    user: str = ""
    fingerprint: str = ""


def make(slip: EnrolmentSlip) -> str:
    """The line of a slip; empty parts are left out."""
    parts = {
        "server": slip.server,
        "code": slip.code,
        "user": slip.user,
        "fingerprint": slip.fingerprint,
    }
    return f"{SCHEME}:?{urlencode({name: value for name, value in parts.items() if value})}"


def is_slip(text: str) -> bool:
    """Whether a text means to be the line of a slip, complete or not."""
    return f"{SCHEME}:" in text.lower()


def parse(text: str) -> EnrolmentSlip | None:
    """The slip in a pasted text; None where there is none, or not all of it.

    A damaged fingerprint makes the whole slip unreadable: without it nothing would be checked.
    """
    found = _LINK.search(text)
    if found is None:
        return None
    parts = parse_qs(found[1], keep_blank_values=True)
    if any(len(values) > 1 for values in parts.values()):
        return None
    said = {name: values[0].strip() for name, values in parts.items()}
    server, code, user = said.get("server", ""), said.get("code", ""), said.get("user", "")
    digits = fingerprint(said.get("fingerprint", ""))
    if digits is None or not code or not _SERVER.fullmatch(server):
        return None
    if not all(part.isprintable() and len(part) <= LONGEST for part in (server, code, user)):
        return None
    return EnrolmentSlip(server, code, user, digits)


def fingerprint(typed: str) -> str | None:
    """64 hex digits of what was typed in fours or with colons; "" where nothing was; None where it is not one."""
    digits = _BETWEEN.sub("", typed).lower()
    return digits if not digits or _DIGITS.fullmatch(digits) else None
