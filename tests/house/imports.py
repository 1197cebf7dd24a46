"""Reads which module imports which, and holds that against the rules of the house.

Every import counts, also one inside a function or behind TYPE_CHECKING: it shows what a module
knows of.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "gridapp"
BASE = {"errors", "i18n", "config", "clock", "whole_file"}
LOW = BASE | {"domain", "tables"}
WIRE = {"sync.protocol", "sync.merge", "sync.sealing", "sync.bundle_format"}
ANY = None

# Part of the package -> the parts it may import, besides itself. The longest fitting entry counts.
# "" is gridapp/__init__.py. The server imports what goes over the wire, which runs
# sync/__init__.py too; so these may know no more than the server does.
INSIDE: dict[str, set[str] | None] = {
    "": set(),
    "clock": set(),
    "config": {"clock"},
    "i18n": {"config"},
    "errors": {"i18n"},
    "whole_file": {"errors"},
    "resources": {"config", "errors", "domain"},
    "domain": {"clock", "errors", "i18n"},
    "tables": BASE | {"domain"},
    "migrating": set(),
    "spreadsheets": {"errors"},
    "store": LOW | {"migrating"},
    "sync": LOW | {"store"},
    "sync.__init__": LOW | WIRE,
    "sync.protocol": LOW | WIRE,
    "sync.merge": LOW | WIRE,
    "sync.sealing": LOW | WIRE,
    "sync.bundle_format": LOW | WIRE,
    "server": LOW | WIRE | {"migrating", "resources", "spreadsheets"},
    "documents": BASE | {"domain"},
    "reports": BASE | {"domain"},
    "importing": BASE | {"domain", "store", "spreadsheets"},
    "printing": BASE | {"domain", "store", "documents"},
    "ui": BASE | {"domain", "store", "sync", "documents", "reports", "importing", "printing"},
    "app": ANY,
    "cli": ANY,
    "demo": ANY,
    "bench": ANY,
    "__main__": ANY,
}

# Importable only in these parts.
ONLY_IN = {
    "PySide6": {"ui", "app"},
    "shiboken6": {"ui", "app"},
    "requests": {"sync.transport"},
    "litestar": {"server"},
    "uvicorn": {"server"},
    "psycopg": {"server"},
    "gridapp.server": {"server", "cli", "demo", "bench"},
}

# The database and the network, of which no page, form or widget knows.
BENEATH = {
    "gridapp.store.database",
    "gridapp.store.opening",
    "gridapp.store.reader",
    "gridapp.store.schema",
    "gridapp.store.search",
    "gridapp.store.store",
    "gridapp.store.unit_of_work",
    "gridapp.sync",
    "socket",
    "urllib3",
}

# Not importable in these parts.
NEVER_IN = {
    "domain": {
        "litestar",
        "psycopg",
        "PySide6",
        "requests",
        "socket",
        "sqlalchemy",
        "sqlcipher3",
        "sqlite3",
        "urllib3",
    },
    "documents": {"sqlalchemy", "sqlcipher3", "sqlite3"},
    "ui": {"sqlalchemy", "sqlcipher3", "sqlite3"},
    # What is shown is asked for with a view and done through an operation.
    "ui.pages": BENEATH,
    "ui.forms": BENEATH,
    "ui.widgets": BENEATH,
}


@dataclass(frozen=True)
class Import:
    line: int
    target: str


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def module_name(file: Path, root: Path) -> str:
    """The dotted name; a package's own file keeps its __init__, to be told from the package."""
    return ".".join(file.relative_to(root).with_suffix("").parts)


def is_module(name: str, root: Path) -> bool:
    path = root.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def called_by_name(node: ast.Call) -> str | None:
    """The module that import_module("…") or __import__("…") names."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in {"import_module", "__import__"} or not node.args:
        return None
    first = node.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def imports(file: Path, root: Path) -> Iterator[Import]:
    package = list(file.relative_to(root).parent.parts)
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                longer = f"{start}.{alias.name}"
                deeper = within(start, PACKAGE) and is_module(longer, root)
                yield Import(node.lineno, longer if deeper else start)
        elif isinstance(node, ast.Call) and (name := called_by_name(node)):
            yield Import(node.lineno, name)


def part_of(module: str) -> str:
    """The name inside the package: gridapp.sync.merge -> sync.merge."""
    inside = module.removeprefix(PACKAGE).removeprefix(".")
    return "" if inside == "__init__" else inside


def rule_for(part: str) -> str | None:
    fitting = [rule for rule in INSIDE if rule == part or (rule and within(part, rule))]
    return max(fitting, key=len, default=None)


def complaint(module: str, target: str) -> str | None:
    part = part_of(module)
    for what, where in ONLY_IN.items():
        if within(target, what) and not any(within(part, each) for each in where):
            return f"{what} is only for {', '.join(sorted(where))}"
    for where_not, what_not in NEVER_IN.items():
        if within(part, where_not) and any(within(target, each) for each in what_not):
            return f"not in {where_not}"
    if not within(target, PACKAGE):
        return None
    rule = rule_for(part)
    if rule is None:
        return "this part has no rule yet: give it one in tests/house/imports.py"
    allowed = INSIDE[rule]
    goal = part_of(target)
    home = part.split(".", maxsplit=1)[0]
    own = within(goal, home) and rule == home
    if allowed is ANY or own or goal in {part, ""}:
        return None
    if any(within(goal, each) for each in allowed):
        return None
    return f"{rule or PACKAGE} may import {', '.join(sorted(allowed)) or 'nothing'} of {PACKAGE}"


def broken_rules(root: Path) -> list[str]:
    """One line for each forbidden import below root/gridapp."""
    found = []
    for file in sorted((root / PACKAGE).rglob("*.py")):
        module = module_name(file, root)
        if rule_for(part_of(module)) is None:
            found.append(f"{file.relative_to(root)}: has no rule in tests/house/imports.py")
        for each in imports(file, root):
            why = complaint(module, each.target)
            if why:
                found.append(f"{file.relative_to(root)}:{each.line}: {each.target}: {why}")
    return found
