"""Writes the next schema revision of the store or the server: what the declarations say and the last one lacks.

    python installer/new_migration.py store add_visit_weather
    python installer/new_migration.py store --first        before the first release only: 0001 and 0002 anew

What comes out is read and finished by a person (moved data, for one); after a release it is never changed.
"""

import argparse
import importlib
import re
import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine
from sqlcipher3 import dbapi2

from gridapp import migrating
from gridapp.domain.kinds import KINDS

ROOT = Path(__file__).resolve().parents[1]
HEADER_COLUMNS = 9
SEARCH = re.compile(r"search(_data|_idx|_docsize|_config|_content)?")  # of FTS5
HELPERS = {
    "store": '''

def _header() -> list[sa.Column[Any]]:
    """What every record has, before its fields."""
    return [
{header}
    ]
''',
    "server": '''

def _header() -> list[sa.Column[Any]]:
    """What every record has, before its fields."""
    return [
{header}
    ]


def _own() -> list[sa.Column[Any]]:
    """What the server keeps beside a record, after its fields."""
    return [
        sa.Column("last_device", sa.LargeBinary()),
        sa.Column("run_from", sa.BigInteger()),
    ]
''',
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=["store", "server"])
    parser.add_argument("slug", nargs="?", default="")
    parser.add_argument("--first", action="store_true")
    args = parser.parse_args()
    if args.first == bool(args.slug):
        parser.error("give a name, or --first")
    folder = ROOT / "gridapp" / args.side / "migrations"
    written = write_first(folder, args.side) if args.first else [write_next(folder, args)]
    for path in written:
        for command in (["check", "--quiet", "--fix"], ["format", "--quiet"]):
            subprocess.run([sys.executable, "-m", "ruff", *command, str(path)], check=False)
        print(path.relative_to(ROOT))
    return 0


def write_first(folder: Path, side: str) -> list[Path]:
    metadata = declared(side)
    groups = by_table(difference(metadata, None))
    records = {name: code for name, code in groups.items() if name in KINDS}
    own = {name: code for name, code in groups.items() if name not in KINDS}
    some = next(iter(records.values()))
    columns = some.splitlines()[1 : HEADER_COLUMNS + 1]
    columns[0] = columns[0].replace("nullable=False", "primary_key=True")
    header = "\n".join(f"        {line}" for line in columns)
    helpers = HELPERS[side].format(header=header)
    short = {name: shortened(code, side) for name, code in records.items()}
    first = write(folder, "0001_records", None, "the declared records", short, helpers)
    ddl = "\n    op.execute(SEARCH_DDL)\n" if side == "store" else ""
    before = search_ddl() if side == "store" else ""
    about = f"what the {side} keeps for itself"
    return [first, write(folder, "0002_bookkeeping", "0001", about, own, before, ddl)]


def write_next(folder: Path, args: argparse.Namespace) -> Path:
    done = migrating.revisions(folder)
    code = by_table(difference(declared(args.side), folder))
    number = f"{int(done[-1]) + 1:04}"
    about = args.slug.replace("_", " ")
    return write(folder, f"{number}_{args.slug}", done[-1], about, code)


def declared(side: str) -> MetaData:
    found: MetaData = importlib.import_module(f"gridapp.{side}.schema").metadata
    return found


def difference(metadata: MetaData, folder: Path | None) -> ops.UpgradeOps:
    """What is missing in a database at the newest revision (or an empty one) of the declared tables."""
    with create_engine("sqlite://", module=dbapi2).connect() as connection:
        connection.exec_driver_sql("BEGIN")
        if folder:
            migrating.run(connection, folder)

        def wanted(
            _object: object, name: str | None, kind: str, reflected: bool, _: object
        ) -> bool:
            return not (kind == "table" and reflected and SEARCH.fullmatch(name or ""))

        context = MigrationContext.configure(connection, opts={"include_object": wanted})
        found = produce_migrations(context, metadata).upgrade_ops
    assert found is not None
    return found


def by_table(found: ops.UpgradeOps) -> dict[str, str]:
    """Table to the code that makes it (or changes it), its indexes included."""
    groups: dict[str, list[ops.MigrateOperation]] = {}
    for each in found.ops:
        groups.setdefault(str(getattr(each, "table_name", "")), []).append(each)
    return {
        name: tidied(render_python_code(ops.UpgradeOps(group)))
        for name, group in sorted(groups.items(), key=lambda g: (order(g[0]), g[0]))
    }


def order(table: str) -> int:
    return list(KINDS).index(table) if table in KINDS else len(KINDS)


def tidied(code: str) -> str:
    lines = [line.strip() for line in code.splitlines() if not line.lstrip().startswith("#")]
    plain = "\n".join(lines).replace(", nullable=True", "").replace(", unique=False", "")
    return plain.replace("sa.LargeBinary(length=16)", "sa.LargeBinary(16)")


def shortened(code: str, side: str) -> str:
    lines = code.splitlines()
    end = next(n for n, line in enumerate(lines) if line.startswith("sa.PrimaryKey"))
    last = end - 2 if side == "server" else end
    own = ["*_own(),"] if side == "server" else []
    return "\n".join(
        [lines[0], "*_header(),", *lines[HEADER_COLUMNS + 1 : last], *own, *lines[end + 1 :]]
    )


def search_ddl() -> str:
    ddl = importlib.import_module("gridapp.store.schema").SEARCH_DDL.replace("IF NOT EXISTS ", "")
    head, arguments = ddl.split("(", 1)
    return f'\nSEARCH_DDL = (\n    "{head}("\n    "{arguments}"\n)\n'


def write(
    folder: Path,
    name: str,
    after: str | None,
    about: str,
    code: dict[str, str],
    helpers: str = "",
    last: str = "",
) -> Path:
    parts = [indented(table, body) for table, body in code.items()]
    calls = "\n".join(f"    _{table or 'rest'}()" for table in code)
    path = folder / "versions" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join(
            (
                f'"""Revision {name[:4]}: {about}."""\n',
                "from __future__ import annotations\n",
                *(["from typing import Any\n"] if "Any" in helpers else []),
                "import sqlalchemy as sa",
                "from alembic import op\n",
                f'revision = "{name[:4]}"',
                _down(after),
                helpers,
                f"\ndef upgrade() -> None:\n{calls}\n{last}",
                *parts,
            )
        ),
        encoding="utf-8",
    )
    return path


def _down(after: str | None) -> str:
    return f'down_revision = "{after}"' if after else "down_revision = None"


def indented(table: str, body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"\ndef _{table or 'rest'}() -> None:\n{lines}\n"


if __name__ == "__main__":
    sys.exit(main())
