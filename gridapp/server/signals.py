"""Who wants to hear at once that channels moved. What was told here is committed."""

from __future__ import annotations

from collections.abc import Callable, Collection

Listener = Callable[[Collection[str]], None]


class Signals:
    """The listeners of one server. ``tell`` is called from any thread; listeners are quick and raise nothing."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with the names of channels after each commit."""
        self._listeners = (*self._listeners, listener)

    def tell(self, channels: Collection[str]) -> None:
        """These channels have new numbers."""
        if channels:
            for listener in self._listeners:
                listener(channels)
