"""Whose database this is: fixed at enrolment."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Who:
    """One enrolment: one user, one device, one database."""

    staff_id: UUID
    name: str
    user_name: str
    device_id: UUID
    device_name: str
    district_id: UUID
    district_name: str
    server_url: str
    fingerprint: str = ""  # SHA-256 of the server's certificate, "" on loopback
