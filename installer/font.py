"""Cut Noto Sans CJK SC (regular and bold) out of the font collections of the system.

usage: font.py FOLDER...    the folders are searched for NotoSansCJK-Regular.ttc and -Bold.ttc

The collections hold one face per region, Japanese first; a program that opens such a file without
saying which face it wants gets Japanese glyph shapes. The single faces go to resources/fonts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont

FAMILY = "Noto Sans CJK SC"
WEIGHTS = ("Regular", "Bold")
TARGET = Path(__file__).resolve().parent.parent / "resources" / "fonts"
# Rare characters of real names and places; a font without them prints empty boxes.
MUST_HAVE = "㛃䶮𠮷𬭊网格"


def find_collection(weight: str, folders: list[Path]) -> Path:
    name = f"NotoSansCJK-{weight}.ttc"
    for folder in folders:
        for path in sorted(folder.rglob(name)):
            return path
    raise SystemExit(f"font: {name} not found; install the package fonts-noto-cjk")


def face_index(path: Path) -> int:
    with TTCollection(path, lazy=True) as collection:
        for index, face in enumerate(collection.fonts):
            if face["name"].getDebugName(1) == FAMILY or face["name"].getDebugName(16) == FAMILY:
                return index
    raise SystemExit(f"font: {path} holds no face named {FAMILY}")


def cut(source: Path, target: Path) -> None:
    with TTFont(
        source, fontNumber=face_index(source), recalcBBoxes=False, recalcTimestamp=False, lazy=True
    ) as font:
        known = font.getBestCmap()
        missing = [character for character in MUST_HAVE if ord(character) not in known]
        if missing:
            raise SystemExit(f"font: {source} has no glyph for {' '.join(missing)}")
        # a font that is cut off half-way must never look finished
        unfinished = target.with_suffix(".part")
        font.save(unfinished)
    unfinished.replace(target)


def main(folders: list[str]) -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    for weight in WEIGHTS:
        source = find_collection(weight, [Path(folder) for folder in folders])
        cut(source, TARGET / f"NotoSansCJKsc-{weight}.otf")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
