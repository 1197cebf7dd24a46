"""What pages show, read in one snapshot: functions of a reader that return frozen dataclasses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar
from uuid import UUID

from gridapp.store.reader import Reader

T = TypeVar("T")
View: TypeAlias = Callable[[Reader], T]
Finder: TypeAlias = Callable[[Reader, UUID], T]  # of one record; None where it is gone
