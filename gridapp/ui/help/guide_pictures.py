"""Takes over into the guide the pictures that ``gridapp.ui.pictures`` made, each as small as it can be.

``python -m gridapp.ui.help.guide_pictures FROM [--look 100]``: ``FROM`` holds ``<screen>-<look>.png``, and
``enrol.png``. What the chapters name goes to ``resources/guide/pictures``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from gridapp.config import resource_path

COLOURS = 128
# The guide's name of a picture -> the screen that shows it best.
_SCREENS = {"visit": "visit-filled", "event-form": "event-form-filled"}
# Taken as it is made by ``tests/ui/pictures.py``, where it has something to show.
_ALONE = {"sync": "sync-troubles-100"}
_NAMED = re.compile(r"pictures/([a-z-]+)\.png")


def named() -> set[str]:
    """The pictures that the chapters name."""
    texts = (path.read_text(encoding="utf-8") for path in resource_path("guide").rglob("*.md"))
    return {name for text in texts for name in _NAMED.findall(text)}


def take_over(source: Path, look: str, target: Path) -> list[str]:
    """Write every named picture that ``source`` has; the names of those that it lacks."""
    from PIL import Image

    target.mkdir(parents=True, exist_ok=True)
    lacking = []
    for name in sorted(named()):
        screen = _SCREENS.get(name, name)
        names = (_ALONE.get(name, ""), f"{screen}-{look}", screen)
        found = [path for n in names if (path := source / f"{n}.png").exists()]
        if not found:
            lacking.append(name)
            continue
        with Image.open(found[0]) as picture:
            # the colours that are there, not their means: the small green point stays green
            few = picture.convert("RGB").quantize(
                COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
            )
        few.save(target / f"{name}.png", optimize=True)
    return lacking


def main(arguments: Sequence[str] | None = None) -> int:
    """The command of this module; the exit status."""
    parser = argparse.ArgumentParser(prog="gridapp.ui.help.guide_pictures")
    parser.add_argument("source", type=Path)
    parser.add_argument("--look", default="100")
    args = parser.parse_args(arguments)
    lacking = take_over(args.source, args.look, resource_path("guide", "pictures"))
    if lacking:
        print(" ".join(lacking), file=sys.stderr)
    return int(bool(lacking))


if __name__ == "__main__":
    raise SystemExit(main())
