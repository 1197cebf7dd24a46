"""Where a demo keeps what: the server's data, one data folder per client, what it shows at the end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSWORD = "gridapp-demo"  # noqa: S105 - invented people in a folder that anybody may delete
WORKERS = ("zhangjianhua01", "lixiuying01")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one demo folder."""

    root: Path

    @property
    def server(self) -> Path:
        """The server's data folder."""
        return self.root / "server"

    def client(self, user: str) -> Path:
        """The data folder of one client."""
        return self.root / "clients" / user

    @property
    def staff(self) -> Path:
        """The workbook that ``server load`` read."""
        return self.root / "staff.xlsx"

    @property
    def cast(self) -> Path:
        """Who plays: user names, grids, codes."""
        return self.root / "cast.json"

    @property
    def expected(self) -> Path:
        """What the checks look for."""
        return self.root / "expected.json"

    @property
    def report(self) -> Path:
        """The checks and how they ended."""
        return self.root / "report.json"

    @property
    def pdf(self) -> Path:
        """The printed household file."""
        return self.root / "household.pdf"

    @property
    def pictures(self) -> Path:
        """Pictures of the running window."""
        return self.root / "pictures"


def save_json(path: Path, document: Any) -> None:
    """Write a document for people and programs."""
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def load_json(path: Path) -> Any:
    """Read one back."""
    return json.loads(path.read_text(encoding="utf-8"))
