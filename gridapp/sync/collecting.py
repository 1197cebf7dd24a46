"""Rows by the thousand refer to nothing in a circle: looking for that again and again only costs time.

Python looks through all that is young after every 700 things made, and through everything, windows included,
now and then; nothing else runs meanwhile. While a pull is taken it does so seventy times less often.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (50_000, 10, 10)  # some ten megabytes of what is left lying about at most


@contextmanager
def rarely() -> Iterator[None]:
    """Let Python look seldom until this ends. Of two at once, on two threads, the first one says when."""
    otherwise = gc.get_threshold()
    if otherwise == RARELY:
        yield
        return
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*otherwise)
