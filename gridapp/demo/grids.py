"""How many grids each village or community has, and what they are called."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gridapp.domain.numbers import grid_code

BASIC = 611
DEDICATED = 230
DEMO_GRIDS = 6  # basic grids of the community that the demo fills
DEMO_DEDICATED = 2

_DIGITS = "零一二三四五六七八九"
_DEDICATED_NAMES = (
    "第一小学", "农贸市场", "商贸城", "产业园", "幼儿园", "综合医院", "物流园", "中学", "建材市场",
    "汽配城", "购物广场", "职业学校", "科技企业园", "机械厂", "批发市场", "写字楼",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GridRow:
    """One line of the sheet 网格."""

    community: str
    code: str
    name: str
    basic: bool
    label: str = "网格"


def demo_community(villages: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """The community that is filled: the first whose name begins with 建, else the first."""
    return next((row for row in villages if row["name"].startswith("建")), villages[0])


def grid_rows(
    rng: random.Random, villages: Sequence[Mapping[str, str]], demo: str
) -> list[GridRow]:
    """The grids of all villages, in order of their codes; basic ones come before dedicated ones."""
    others = [row["code"] for row in villages if row["code"] != demo]
    basic = _shared(rng, others, BASIC - DEMO_GRIDS, least=2)
    dedicated = _shared(rng, others, DEDICATED - DEMO_DEDICATED, least=0)
    basic[demo], dedicated[demo] = DEMO_GRIDS, DEMO_DEDICATED
    found = []
    for row in villages:
        code, count = row["code"], basic[row["code"]]
        found += [
            GridRow(code, grid_code(code, n), f"第{numeral(n)}网格", basic=True)
            for n in range(1, count + 1)
        ]
        names = _dedicated_names(rng, dedicated[code])
        found += [
            GridRow(code, grid_code(code, count + n), f"{name}专属网格", basic=False)
            for n, name in enumerate(names, 1)
        ]
    return found


def _dedicated_names(rng: random.Random, count: int) -> list[str]:
    names = rng.sample(_DEDICATED_NAMES, min(count, len(_DEDICATED_NAMES)))
    return names + [f"第{numeral(n)}企业" for n in range(1, count - len(names) + 1)]


def _shared(rng: random.Random, codes: Sequence[str], total: int, *, least: int) -> dict[str, int]:
    """``total`` shared out at random, each getting at least ``least`` as far as there are enough."""
    shares = dict.fromkeys(codes, least if least * len(codes) <= total else 0)
    weights = [1 + rng.random() for _ in codes]
    for code in rng.choices(codes, weights, k=total - sum(shares.values())) if codes else ():
        shares[code] += 1
    return shares


def numeral(number: int) -> str:
    """1 to 99 in Chinese: 十, 十一, 二十, 二十一."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")
