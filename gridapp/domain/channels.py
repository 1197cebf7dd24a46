"""Channels are the only unit of read scope. This module names them."""

from __future__ import annotations

from uuid import UUID

from gridapp.domain.record import Filing


def grid_channel(grid_id: UUID, filing: Filing) -> str:
    """``grid:<id>:work``, ``grid:<id>:file`` or ``grid:<id>:review``."""
    return f"grid:{grid_id}:{filing.value}"


def is_review_channel(name: str) -> bool:
    """Whether a channel holds work that waits for a decision about it."""
    return name.startswith("grid:") and name.endswith(f":{Filing.REVIEW.value}")


def micro_channel(micro_grid_id: UUID) -> str:
    """``micro:<id>``: names and addresses for volunteers and ten-household leaders."""
    return f"micro:{micro_grid_id}"


def unit_channel(unit_id: UUID) -> str:
    """``unit:<id>``: what was dispatched or escalated to a unit."""
    return f"unit:{unit_id}"


def district_channel(district_id: UUID) -> str:
    """``district:<id>``: reference data, units, staff."""
    return f"district:{district_id}"


def user_channel(staff_id: UUID) -> str:
    """``user:<id>``: what is for one member of staff alone, outcomes among it."""
    return f"user:{staff_id}"
