"""Invented names: common surnames, those that are read in an unusual way, rare characters, long ones."""

from __future__ import annotations

import random
from itertools import accumulate

from gridapp.demo.phrases import one_of

MALE = "1"

# (surnames, weight of each)
_SURNAMES = (
    ("王李张刘陈", 60),
    ("杨赵黄周吴徐孙马胡朱郭何", 24),
    ("林罗高郑梁谢宋唐许邓韩冯曹彭", 14),
    ("肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈", 8),
    ("姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万", 3),
    ("单曾仇解查盖乐缪翟", 2),
)
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "尉迟")
# heads of the first households get these, so that every grid has surnames that are often misread
UNUSUAL = ("单", "曾", "仇", "欧阳")
RARE = ("㛃", "䶮", "𠮷", "𬭊")

_GIVEN = {
    (
        "m",
        0,
    ): "建国 国强 德福 金山 长顺 玉林 文明 志刚 庆祥 保全 广义 新民 清河 学礼 福生 永昌 树森 振华 天喜 根生 运来 占山",
    (
        "f",
        0,
    ): "桂兰 秀英 玉珍 淑芬 凤英 桂花 秀兰 玉梅 素琴 金枝 春香 爱莲 翠萍 巧云 月娥 瑞英 改香 喜凤 兰英 清芝 俊荣 妮",
    (
        "m",
        1,
    ): "建军 卫东 志强 海涛 永刚 国庆 红伟 新华 学军 伟 强 军 勇 涛 辉 振宇 爱民 保国 立新 俊峰 胜利 明亮 春生",
    (
        "f",
        1,
    ): "丽 敏 静 红梅 艳丽 秀丽 春燕 玉玲 秋霞 彩霞 慧 娟 霞 燕 素芳 海燕 爱华 志红 小平 桂芳 晓梅 素丽 芳",
    (
        "m",
        2,
    ): "磊 鹏 帅 超 浩 鑫 亮 龙飞 文博 晨 宇航 少华 世杰 家豪 明哲 帆 凯 博 彬 一鸣 俊杰 林峰 志远 向阳",
    (
        "f",
        2,
    ): "婷婷 莹 雪 倩 佳 梦瑶 晓燕 欣 瑞 丹 露 雅静 文静 思雨 晨曦 璐 莉莉 颖 萌 晶晶 梦洁 小雨 亚楠 冰",
    (
        "m",
        3,
    ): "浩然 子轩 梓豪 宇轩 一诺 明轩 俊熙 沐阳 天佑 子墨 奕辰 博文 嘉乐 晨睿 铭泽 皓宇 家乐 乐天",
    (
        "f",
        3,
    ): "子涵 梓萱 雨桐 欣怡 诗涵 语嫣 佳怡 若曦 可馨 思彤 依诺 梦琪 沐晴 芷若 安琪 静怡 玥彤 一一",
}
_MEMBERS = {key: tuple(names.split()) for key, names in _GIVEN.items()}

_DOTTED = (
    "古丽娜尔·艾尔肯",
    "阿依努尔·吐尔逊",
    "玛丽亚·伊万诺娃",
    "安娜·谢苗诺娃",
    "约翰·米勒",
    "索菲·马丁",
)
_LONG_PARTS = (
    "亚历山德拉",
    "伊丽莎白",
    "克里斯蒂娜",
    "玛格丽塔",
    "维多利亚",
    "安吉丽卡",
    "卡塔丽娜",
    "埃斯特万",
    "费尔南德斯",
    "罗德里格斯",
)
LONGEST = 40

_SURNAME_LIST = tuple(c for chars, _ in _SURNAMES for c in chars) + _COMPOUND
_SURNAME_WEIGHTS = tuple(
    accumulate([w for chars, w in _SURNAMES for _ in chars] + [1.5] * len(_COMPOUND))
)

_OLD = ("老{0}", "{0}大娘", "{0}婶", "{0}嫂", "三奶")
_OLD_MEN = ("老{0}", "{0}大爷", "{0}师傅", "老{0}头", "三叔")
_CHILD = ("豆豆", "妞妞", "小宝", "石头", "毛毛", "糖糖", "果果", "乐乐", "胖墩", "点点")


class Naming:
    """Names for one grid; the rare characters come up early, each once, then now and then."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._heads = list(reversed(UNUSUAL))
        self._adults = 0
        self._rare = dict(zip(rng.sample(range(20, 180), len(RARE)), RARE, strict=True))

    def head_surname(self) -> str:
        """The surname of a household; the first few are those that are read in unusual ways."""
        return self._heads.pop() if self._heads else self.surname()

    def surname(self) -> str:
        """A surname as common as it is in life."""
        return self._rng.choices(_SURNAME_LIST, cum_weights=_SURNAME_WEIGHTS)[0]

    def full(self, surname: str, sex: str, age: int) -> str:
        """Surname and a given name of its time."""
        if age >= 18:
            self._adults += 1
            rare = self._rare.get(self._adults)
            if rare is None and self._rng.random() < 0.002:
                rare = one_of(self._rng, RARE)
            if rare:
                return surname + rare
        return self.plain(surname, sex, age)

    def plain(self, surname: str, sex: str, age: int) -> str:
        """As ``full``, never with a rare character: for relatives and staff."""
        era = 0 if age >= 60 else 1 if age >= 40 else 2 if age >= 18 else 3
        return surname + one_of(self._rng, _MEMBERS["m" if sex == MALE else "f", era])

    def is_rare(self, name: str) -> bool:
        """Whether a name has one of the rare characters, which no other name may replace."""
        return any(character in name for character in RARE)

    def dotted(self) -> str:
        """A name with ``·``."""
        return one_of(self._rng, _DOTTED)

    def longest(self) -> str:
        """A name of exactly 40 characters, the most that a name may have."""
        parts = self._rng.sample(_LONG_PARTS, len(_LONG_PARTS))
        return "·".join(parts)[:LONGEST].rstrip("·").ljust(LONGEST, "娜")

    def nickname(self, name: str, sex: str, age: int) -> str:
        """What neighbours call somebody."""
        if age < 18:
            return one_of(self._rng, _CHILD)
        surname = name[:2] if name[:2] in _COMPOUND else name[0]
        if age < 50:
            return f"小{surname}" if self._rng.random() < 0.5 else f"{surname}{name[-1]}儿"
        return one_of(self._rng, _OLD_MEN if sex == MALE else _OLD).format(surname)
