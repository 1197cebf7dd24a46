"""How personal numbers look until they are revealed: enough to recognise, too little to use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gridapp.domain.identity import tidy_number
from gridapp.domain.record import Field, Sensitivity

_MOBILE = re.compile(r"(?:\+?86)?(1[0-9]{10})")
_CITIZEN = re.compile(r"[0-9]{17}[0-9X]")
_KEPT = 4


def mask(field: Field, value: str) -> str:
    """``value`` as shown for a ``PERSONAL`` field; values of other fields come back unchanged."""
    if field.sensitivity is not Sensitivity.PERSONAL:
        return value
    return mask_phone(value) if "phone" in field.name else mask_id(value)


def mask_phone(number: str) -> str:
    """``138****2210`` for a mobile number, the last four of any other."""
    plain = tidy_number(number)
    mobile = _MOBILE.fullmatch(plain)
    return f"{mobile[1][:3]}****{mobile[1][7:]}" if mobile else _tail(plain)


def mask_id(number: str) -> str:
    """``410702********1234`` for what has the shape of a citizen ID, the last four of any other."""
    plain = tidy_number(number)
    return f"{plain[:6]}********{plain[14:]}" if _CITIZEN.fullmatch(plain) else _tail(plain)


def mask_phones(phones: Mapping[str, object]) -> list[tuple[str, str]]:
    """(masked number, whose) in the order given; two numbers may look alike once masked."""
    return [(mask_phone(number), str(whose or "")) for number, whose in phones.items()]


def _tail(plain: str) -> str:
    """The last four characters, fewer of a short number and none of one of four or less."""
    kept = _KEPT if len(plain) >= 7 else len(plain) // 3 if len(plain) > _KEPT else 0
    return "*" * (len(plain) - kept) + plain[len(plain) - kept :]
