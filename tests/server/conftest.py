"""A server of a small district."""

from pathlib import Path

import pytest

from gridapp.server.context import Server
from gridapp.server.database import Database
from gridapp.server.setup import initialise

DIVISIONS = """code,name,level,parent_code
410702000000,红旗区,district,
410702001000,西街街道,township,410702000000
410702001001,东关社区居民委员会,village,410702001000
410702001002,西关社区居民委员会,village,410702001000
"""


@pytest.fixture
def divisions(tmp_path: Path) -> Path:
    """A divisions file of four rows."""
    path = tmp_path / "divisions.csv"
    path.write_text(DIVISIONS, encoding="utf-8")
    return path


@pytest.fixture
def server(database: Database, divisions: Path) -> Server:
    """Its server, on SQLite and on PostgreSQL."""
    return initialise(database, divisions, "410702000000")
