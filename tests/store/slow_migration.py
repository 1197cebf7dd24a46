"""Run as a process of its own: opens a database under a set of revisions, and stops in the midst of the last.

Arguments: database, key in hex, folder of revisions. Says "midway" on its output when the last revision has
changed half of what it changes, and then waits for a line that never comes.
"""

import sys
from pathlib import Path

from gridapp.store import migrate
from gridapp.store.database import connect

if __name__ == "__main__":
    path = Path(sys.argv[1])
    connection = connect(path, bytes.fromhex(sys.argv[2]))
    migrate.upgrade(connection, path, folder=Path(sys.argv[3]))
    print("done", flush=True)
