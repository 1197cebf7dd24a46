"""Refusals of requests: an HTTP status and a stable code."""

from __future__ import annotations


class Rejection(Exception):  # noqa: N818 - a refusal, not a defect
    """Answered as ``protocol.Refusal``."""

    def __init__(self, status: int, code: str, *, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after
