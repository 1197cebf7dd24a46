"""The client that ``gridapp bench start`` starts: the program itself, watched, then closed.

``python -m gridapp.bench.start_client DIR``, the password on standard input; one line of JSON out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridapp.app import Client


def main(folder: Path) -> int:
    """Run the client on ``folder`` until the key that is typed into it was seen."""
    from gridapp.app import run

    return run(folder, password=sys.stdin.readline().strip(), watch=_watch)


def _watch(client: Client) -> object:
    from gridapp.ui.probes.start_probe import StartProbe

    def told(row: float, key: float) -> None:
        from gridapp.bench.rows import peak_mb

        print(json.dumps({"row": row, "key": key, "peak": peak_mb()}), flush=True)
        client.window.close()

    return StartProbe(lambda: _line(client), told)


def _line(client: Client) -> Any:
    return client.shell.search.line if client.shell else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
