"""How high the lists of the page of the day are: whole rows, together as many as the page has room for."""

from __future__ import annotations

from collections.abc import Sequence

from gridapp.ui.widgets.row_list import SHORT

FEW = 4  # rows that a list shows at the least, where it has them


def fitting(wanted: Sequence[int], weights: Sequence[int], room: int) -> tuple[int, ...] | None:
    """Rows of each list of ``wanted`` rows, ``room`` together; None where not even a few of each fit.

    Who has more weight gets more; what one does not need is the others'.
    """
    given = [min(count, FEW) for count in wanted]
    left = room - sum(given)
    if left < 0:
        return None
    while left > 0:
        open_ = [n for n, count in enumerate(wanted) if given[n] < count]
        if not open_:
            break
        given[min(open_, key=lambda n: given[n] / weights[n])] += 1
        left -= 1
    return tuple(given)


def grown(wanted: Sequence[int], in_sight: int) -> tuple[int, ...]:
    """Rows of each list on a page that scrolls and shows ``in_sight`` rows at once: short lists all."""
    return tuple(n if n <= SHORT else min(n, max(FEW, in_sight)) for n in wanted)
