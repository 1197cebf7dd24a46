"""English is complete: every text that the program can show has its English, with the same places to fill."""

import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import gridapp
from gridapp.config import resource_path
from gridapp.domain.kinds import KINDS

PACKAGE = Path(gridapp.__file__).parent
CATALOGUES = sorted(resource_path("translations", "en").glob("*.json"))
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if not {"migrations", ".mypy_cache"} & set(path.parts)
)
CJK = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")

# Packages and modules whose Chinese is not only what they show, and what it is instead.
NOT_SHOWN = {
    "demo": "invented people, places and what they say",
    "bench": "invented people, and what is searched for",
    "domain": "labels with their own English, names, what people write",
    "importing/columns.py": "headings of rosters",
    "importing/header.py": "headings of rosters",
    "importing/reading.py": "what stands in cells",
    "importing/grouping.py": "what stands in cells",
    "importing/people.py": "what stands in cells",
    "importing/roster.py": "what stands in cells",
    "importing/template.py": "headings of rosters",
    "printing/ranges.py": "digits, dashes and commas as people type them",
    "server/staff_cells.py": "what stands in cells",
    "server/staff_plan.py": "headings of staff lists",
    "server/staff_sheets.py": "headings of staff lists",
    "spreadsheets/workbook.py": "kinds of files as they call themselves",
    "store/views/places.py": "what addresses are made of",
    "ui/words/said_date.py": "dates as people say them",
    "ui/tour.py": "an invented visit",
    "cli/checks.py": "rare characters to try a font with",
    "cli/parser.py": "what argparse says in English by itself",
}
# Put to a number, or taken off a word, where Chinese is spoken.
PIECES = {"年", "月", "日", "性", "室"}
CELLS = {"是、否", "中文"}  # as they stand in a cell, or name a language
QUOTED = re.compile("“([^”]*)”")  # what stands in a Chinese file, and in its English too


def english() -> dict[str, str]:
    merged: dict[str, str] = {}
    for path in CATALOGUES:
        merged |= json.loads(path.read_text(encoding="utf-8"))
    return merged


ENGLISH = english()


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def shown(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every literal given to ``tr`` or to a ``Problem``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _says(node.func):
            keywords = [k.value for k in node.keywords if k.arg in ("place", "remedy")]
            for argument in [*node.args, *keywords]:
                for part in _branches(argument):
                    # A text put together of pieces is never found in the catalogue.
                    assert not pieced(part), ast.unparse(part)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.lineno, part.value


def pieced(node: ast.expr) -> bool:
    """Whether a Chinese text is put together here."""
    if not isinstance(node, ast.BinOp | ast.JoinedStr):
        return False
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return any(isinstance(part, str) and CJK.search(part) for part in parts)


def _says(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in ("tr", "Problem")
    # super().__init__ of a Problem of its own, and errors.Problem
    return isinstance(function, ast.Attribute) and function.attr in ("__init__", "Problem", "tr")


def _branches(node: ast.expr) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]


def chinese(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every Chinese literal that is no docstring."""
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, described) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if CJK.search(node.value) and id(node) not in docstrings:
            yield node.lineno, node.value


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_is_shown_has_its_english(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = name_of(path)
    texts = [*shown(tree)]
    if not any(name == place or name.startswith(place + "/") for place in NOT_SHOWN):
        texts += chinese(tree)
    texts = [(n, t) for n, t in texts if CJK.search(t) and t not in PIECES]
    missing = {(n, t) for n, t in texts if t not in ENGLISH}
    assert not missing, f"{name}: {sorted(missing)}"


def test_what_is_excepted_is_there() -> None:
    assert not [place for place in NOT_SHOWN if not (PACKAGE / place).exists()]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_english_is_english_with_the_same_places(path: Path) -> None:
    texts = json.loads(path.read_text(encoding="utf-8"))
    for source, text in texts.items():
        assert text.strip(), source
        own = text
        for quoted in QUOTED.findall(source):
            own = own.replace(quoted, "")
        assert source in CELLS or not CJK.search(own), source
        assert places(text) == places(source), source
        assert ENGLISH[source] == text, f"{source}: said otherwise in another file"


def test_what_is_declared_has_an_english_label() -> None:
    for kind in KINDS.values():
        for label in (kind.en, *(field.en for field in kind.fields)):
            assert label
            assert not CJK.search(label)
