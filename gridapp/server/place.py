"""Where a record stands: the grids, micro grids and units whose channels it is filed under."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from gridapp.domain.channels import (
    district_channel,
    grid_channel,
    micro_channel,
    unit_channel,
)
from gridapp.domain.record import Filing

# Names and addresses: what volunteers and ten-household leaders receive.
_MICRO_KINDS = frozenset({"micro_grid", "building", "dwelling", "household", "person", "residence"})

# Fields on which it depends where a record, or what hangs on it, stands.
PLACING = frozenset(
    {
        "grid_id",
        "dwelling_id",
        "building_id",
        "micro_grid_id",
        "household_id",
        "person_id",
        "to_date",
        "target_unit_id",
        "target_kind",
        "target_id",
        "successor_id",
        "merged_into",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """``open``: tied to no place yet (a person without a residence); anybody who writes the kind may."""

    grids: frozenset[bytes] = frozenset()
    micros: frozenset[bytes] = frozenset()
    units: frozenset[bytes] = frozenset()
    district: bool = False
    open: bool = False

    def __or__(self, other: Place) -> Place:
        """Both together."""
        return Place(
            self.grids | other.grids,
            self.micros | other.micros,
            self.units | other.units,
            self.district or other.district,
            self.open and other.open,
        )


NOWHERE = Place()


def channels_of(place: Place, entity: str, filing: Filing, district_id: bytes) -> frozenset[str]:
    """The channels of a record that stands at ``place``; none where it stands nowhere yet."""
    if place.district:
        return frozenset({district_channel(UUID(bytes=district_id))})
    names = {_grid(g, filing) for g in place.grids}
    names |= {_unit(u) for u in place.units}
    if entity in _MICRO_KINDS:
        names |= {_micro(m) for m in place.micros}
    return frozenset(names)


# Names are made once: there are some thousand, and every record asks for two.
@lru_cache(20_000)
def _grid(grid: bytes, filing: Filing) -> str:
    return grid_channel(UUID(bytes=grid), filing)


@lru_cache(20_000)
def _unit(unit: bytes) -> str:
    return unit_channel(UUID(bytes=unit))


@lru_cache(20_000)
def _micro(micro: bytes) -> str:
    return micro_channel(UUID(bytes=micro))
