"""``gridapp client import households``: the roster from Excel, and its template."""

from __future__ import annotations

from pathlib import Path

from gridapp.i18n import tr


def template(path: Path) -> int:
    """Write the Excel template."""
    from gridapp.importing.template import write_template

    write_template(path)
    print(tr("已写入 {file}").format(file=path))
    return 0
