"""What the documents promise: links and pictures that are there, commands that parse, codes and fields that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from litestar.routes import ASGIRoute, HTTPRoute

from gridapp.cli.main import SELF_TEST, _language, _parser
from gridapp.config import resource_path
from gridapp.server.app import make_app
from gridapp.server.context import open_server
from gridapp.server.database import open_database
from gridapp.server.setup import initialise
from tests.house import record_tables
from tests.house.test_tree import tracked_files

ROOT = Path(__file__).resolve().parents[2]

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(gridapp [^`\n]+)`")
END_OF_COMMAND = {"|", ";", "&", "&&", "||", "<", ">", ">>", "<<<"}
PLACEHOLDERS = re.compile(r"…|\bNAME\b")
DIVISIONS = resource_path("divisions", "hongqi_410702.csv")
LARGEST_PICTURE = 200_000


def documents() -> list[Path]:
    return [f for f in tracked_files() if f.suffix == ".md" and f.is_file()]


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = set()
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", LINK.sub("", title).lower().strip())
        found.add(plain.replace(" ", "-"))
    return found


def broken_links(page: Path) -> list[str]:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    return broken


def commands(text: str) -> list[list[str]]:
    """The words of every complete ``gridapp`` command line of a page."""
    lines = [line for block in FENCE.findall(text) for line in block.splitlines()]
    found = [re.sub(r"^\$ ", "", line) for line in lines] + INLINE.findall(FENCE.sub("", text))
    result = []
    for line in found:
        if not line.startswith("gridapp ") or PLACEHOLDERS.search(line):
            continue
        words = shlex.split(line, comments=True)[1:]
        end = next((n for n, word in enumerate(words) if word in END_OF_COMMAND), len(words))
        result.append(words[:end])
    return result


def test_every_link_and_picture_is_there() -> None:
    assert {str(p.relative_to(ROOT)): b for p in documents() if (b := broken_links(p))} == {}


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text(
        "# 甲 · One\n[x](b.md) [y](#nowhere) [z](#甲--one) ![](p.png)", encoding="utf-8"
    )
    assert broken_links(page) == ["b.md", "#nowhere", "p.png"]


def test_pictures_are_shown_and_small() -> None:
    folders = (ROOT / "docs" / "pictures", ROOT / "resources" / "guide" / "pictures")
    pictures = [picture for folder in folders for picture in folder.glob("*.png")]
    assert len(pictures) > 5
    texts = "".join(page.read_text(encoding="utf-8") for page in documents())
    assert [p.name for p in pictures if f"pictures/{p.name})" not in texts] == []
    assert [p.name for p in pictures if p.stat().st_size > LARGEST_PICTURE] == []


PAGES = ("README.md", "README.zh-CN.md", "docs/operations.md", "docs/guide/README.md")


@pytest.mark.parametrize("name", PAGES)
def test_every_command_line_parses(name: str) -> None:
    found = commands((ROOT / name).read_text(encoding="utf-8"))
    assert found
    for words in found:
        _, rest = _language(words)
        if rest == [SELF_TEST]:
            continue  # stands alone, before any command
        try:
            _parser(rest).parse_args(rest)
        except SystemExit as ended:
            pytest.fail(f"gridapp {' '.join(words)}: {ended.code}")


def test_a_wrong_command_line_is_noticed() -> None:
    [words] = commands("```\n$ gridapp client sync --nonsense --data me | tail\n```")
    assert words == ["client", "sync", "--nonsense", "--data", "me"]
    with pytest.raises(SystemExit):
        _parser(words).parse_args(words)


def test_both_readmes_show_the_same_commands_and_figures() -> None:
    english, chinese = ((ROOT / n).read_text(encoding="utf-8") for n in PAGES[:2])
    code = re.compile(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}")
    plain = [[[code.sub("", w) for w in c] for c in commands(t)] for t in (english, chinese)]
    assert plain[0] == plain[1]
    numbers = [re.findall(r"[0-9][0-9.,]*", t.split("figures -->")[1]) for t in (english, chinese)]
    assert [n for n in numbers[0] if "." in n] == [n for n in numbers[1] if "." in n]


def test_every_code_of_the_server_is_explained() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    refused = re.compile(r"(?:Rejection\(\d+|(?:REJECTED|PARKED)), (?:code=)?\"([a-z_]+)\"")
    said = {
        code
        for file in (ROOT / "gridapp" / "server").glob("*.py")
        for code in refused.findall(file.read_text(encoding="utf-8"))
    }
    assert len(said) > 15
    assert {code for code in said if f"`{code}`" not in page} == set()


def test_the_endpoints_are_those_of_the_server(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(GET|POST|PUT|DELETE|PATCH) (/[^`?]*)[^`]*` \|", page, re.MULTILINE)
    database = open_database(tmp_path, None)
    try:
        initialise(database, DIVISIONS, "410702000000")
        routes = make_app(open_server(database)).routes
    finally:
        database.close()
    served = {
        (method, re.sub(r"\{[^}]*\}", "{}", route.path_format))
        for route in routes
        if isinstance(route, HTTPRoute) and not route.path.startswith("/schema")
        for method in route.methods - {"OPTIONS", "HEAD"}
    }
    # a plain route names no methods: those of ours take what is posted
    served |= {("POST", route.path_format) for route in routes if isinstance(route, ASGIRoute)}
    assert len(rows) == len(set(rows))
    assert {(method, re.sub(r"\{[^}]*\}", "{}", path)) for method, path in rows} == served


def test_the_tables_of_records_are_those_of_the_program() -> None:
    held = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    assert held == record_tables.page()
