"""How long to leave a server alone that does not answer: longer each time, not all at once, never less than it asks."""

from __future__ import annotations

FIRST_RETRY = 5.0  # seconds
LONGEST_RETRY = 900.0
JITTER = 0.2


def retry_delay(failures: int, retry_after: float | None, chance: float) -> float:
    """Seconds until the next try after so many failures; ``chance`` in [0, 1) spreads clients out."""
    delay: float = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(failures - 1, 10))
    delay *= 1 - JITTER + 2 * JITTER * chance
    return max(delay, retry_after or 0.0)
