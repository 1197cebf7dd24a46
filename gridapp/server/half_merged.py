"""Grids that were merged away and stand again: half, for what is recorded there goes to the one that they went into.

Staff lists that still named such a grid brought it back, before they were refused. That is certain where a living unit
names a successor and no plan for it is open. Mended by merging it once more, which nobody can do by themselves: whether
who serves there keeps that role is for the district to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from gridapp.domain.unit import Unit
from gridapp.errors import Problem
from gridapp.server.context import Server
from gridapp.server.directory import living
from gridapp.server.regrouping import all_of
from gridapp.server.schema import tables


def half_merged(server: Server) -> list[Problem]:
    """One ``half_merged`` for each such grid, with the commands that mend it; nothing is changed."""
    with server.database.snapshot() as connection:
        there = {unit.id: unit for unit in living(connection, Unit)}
        unit = tables["unit"].c
        named = select(unit.id, unit.successor_id).where(unit.successor_id.is_not(None))
        into = {UUID(bytes=key): UUID(bytes=heir) for key, heir in connection.execute(named)}
    changing = {key for held in all_of(server, open_only=True) for key in held.grids}
    found = [
        (there[key], there[heir])
        for key in into
        if key in there and key not in changing and (heir := _heir(into, key)) in there
    ]
    return [_said(*pair) for pair in sorted(found, key=lambda pair: pair[0].code)]


def _heir(into: Mapping[UUID, UUID], key: UUID) -> UUID | None:
    """What it went into at last; None where that goes round."""
    seen: set[UUID] = set()
    while key in into:
        if key in seen:
            return None
        seen.add(key)
        key = into[key]
    return key


def _said(unit: Unit, heir: Unit) -> Problem:
    return Problem(
        "half_merged",
        "网格“{name}”（{grid}）已并入“{into}”（{stands}），后来又恢复了一半（多半是旧的人员表还写着它）。",
        remedy=(
            "请再并一次：gridapp server grid merge {grid} --into {stands}（人员也过去请加 --keep-staff），"
            "再 gridapp server grid transfer {grid} --now。"
        ),
        name=unit.name,
        grid=unit.code,
        into=heir.name,
        stands=heir.code,
    )
