"""The chapters of the user guide: which there are, and their text in the language in use.

One chapter, one file: ``resources/guide/<language>/<chapter>.md``, its first line the title. Pictures stand
beside in ``resources/guide/pictures``. Everything is on this computer; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gridapp.config import resource_path
from gridapp.i18n import language, tr

CHAPTERS = (
    "unlock",
    "today",
    "households",
    "visit",
    "photos",
    "events",
    "print",
    "reviews",
    "sync",
    "settings",
    "keys",
)
CONTENTS = ""  # the page that only lists the chapters


def folder() -> Path:
    """Where the chapters of the language in use are."""
    return resource_path("guide", language())


def text(chapter: str) -> str:
    """A chapter as Markdown; for an unknown one the list of all."""
    if chapter not in CHAPTERS:
        lines = "\n".join(f"- [{title(name)}]({name}.md)" for name in CHAPTERS)
        return f"# {tr('使用说明')}\n\n{lines}\n"
    return (folder() / f"{chapter}.md").read_text(encoding="utf-8")


def title(chapter: str) -> str:
    """The title of a chapter."""
    return text(chapter).partition("\n")[0].removeprefix("#").strip()


def chapters_after(chapter: str) -> Iterator[str]:
    """All other chapters, beginning behind this one and going round; all where it is none."""
    if chapter not in CHAPTERS:
        yield from CHAPTERS
        return
    place = CHAPTERS.index(chapter)
    yield from CHAPTERS[place + 1 :]
    yield from CHAPTERS[:place]
