"""How characters are read as surnames, where that differs from how they are read elsewhere.

Only readings that are really in use as surnames; the general reading is indexed besides, as people
type it too. Surnames whose general reading is the right one (欧阳, 司马) need no entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_SINGLE = """
单 shan 曾 zeng 仇 qiu 区 ou 解 xie 查 zha 盖 ge,gai 朴 piao 乐 yue,le 繁 po 员 yun 召 shao
种 chong 洗 xian 折 she 黑 he 缪 miao 郇 xun,huan 牟 mu,mou 翟 zhai,di 能 nai 秘 bi 祭 zhai
覃 qin,tan 谌 chen,shen 柏 bai,bo 隗 kui,wei 乜 nie 阚 kan 佴 nai 句 gou 适 kuo 角 jue
粘 nian 藏 zang 郗 xi,chi 费 fei,bi 郄 qie,xi 炅 gui 莘 shen,xin 乘 sheng 会 gui 宓 mi,fu
行 xing,hang 长 chang,zhang 校 jiao,xiao
"""

_COMPOUND = """
尉迟 yu_chi 万俟 mo_qi 长孙 zhang_sun 澹台 tan_tai 单于 chan_yu 子车 zi_ju 乐正 yue_zheng
"""


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


# character -> its readings as a surname
SINGLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {char: tuple(readings.split(",")) for char, readings in _pairs(_SINGLE).items()}
)
# two characters -> the reading of each
COMPOUND: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        pair: (first, second)
        for pair, text in _pairs(_COMPOUND).items()
        for first, second in [text.split("_")]
    }
)
