"""The tables of docs/records.md, made from the declared records, so that the page cannot fall behind.

python -m tests.house.record_tables > docs/records.md
"""

from __future__ import annotations

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Kind
from gridapp.domain.roles import RIGHTS
from gridapp.tables import HEADER

_HEAD = """# Records: every kind and field that travels

Made from the declarations in `gridapp/domain` by `python -m tests.house.record_tables`; a test holds the two
together. How values are written: [protocol.md](protocol.md#values).

A row is the header, then the fields in the order of its table. Marks: **r** required · **g** given by the server,
never accepted from a client · **group** merges as a whole with the other fields of the group · **p** personal (masked
until revealed) · **s** restricted. Derived fields do not travel and are left out.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, "Header: " + ", ".join(f"`{name}`" for name in HEADER) + "\n", _rights()]
    parts += [_kind(kind) for kind in KINDS.values()]
    return "\n".join(parts)


def _rights() -> str:
    lines = [
        "## Who reads and writes what\n",
        "| role | reads the channels of | writes |",
        "|---|---|---|",
    ]
    for role, rights in RIGHTS.items():
        writes = ", ".join(name for name in KINDS if name in rights.writes) or "nothing"
        lines.append(f"| `{role.value}` | {_REACH[rights.reach.value]} | {writes} |")
    lines.append("\nEverybody reads `district:<id>` and their own `user:<id>`.\n")
    return "\n".join(lines)


_REACH = {
    "grids": "the unit's grids, work and file",
    "micro": "the micro grids that they lead",
    "unit": "their unit",
    "district": "the district",
}


def _kind(kind: Kind) -> str:
    facts = [f"filed under *{kind.filing.value}*"]
    if kind.owner:
        facts.append(f"owner `{kind.owner}`")
    if kind.append_only:
        facts.append("append-only")
    lines = [
        f"## {kind.name} ({kind.zh})\n",
        "; ".join(facts).capitalize() + ".\n",
        "| field | type | what | marks |",
        "|---|---|---|---|",
    ]
    lines += [_line(field) for field in kind.stored]
    return "\n".join(lines) + "\n"


def _line(field: Field) -> str:
    kind = field.type.value
    if field.refers_to:
        kind += f" of {field.refers_to}"
    if field.codes:
        kind += f" `{field.codes}`"
    if field.type.value == "text":
        kind += f" ≤ {field.max_length}"
    marks = ["r"] * field.required + ["g"] * field.given
    marks += [f"group {field.group}"] * bool(field.group)
    marks += {"personal": ["p"], "restricted": ["s"]}.get(field.sensitivity.value, [])
    return f"| `{field.name}` | {kind} | {field.zh} · {field.en} | {' '.join(marks)} |"


if __name__ == "__main__":
    print(page(), end="")
