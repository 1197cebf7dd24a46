"""Code tables looked up: labels to show, entries to choose from, codes for what is typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gridapp.domain.reference import Code

# What rosters say for an entry whose label is longer or more formal.
_SAID = """
sex 1 男 男的 m male
sex 2 女 女的 f female
marital 10 单身 没结婚
marital 20 结婚 有配偶
marital 30 丧 丧偶的
marital 40 离异 离婚的 离
education 10 研究生 硕士 博士
education 20 本科 大学 学士
education 30 大专 专科
education 40 中专 中职 技校 职高
education 60 高中
education 70 初中
education 80 小学
family_relation 10 夫妻 爱人
family_relation 11 丈夫
family_relation 12 妻子
family_relation 20 儿子
family_relation 28 女婿
family_relation 30 女儿
family_relation 38 媳妇 儿媳妇
family_relation 51 父 爸爸
family_relation 52 母 妈妈
family_relation 61 爷爷
family_relation 62 奶奶
family_relation 63 外公 姥爷
family_relation 64 外婆 姥姥
family_relation 71 哥哥 哥
family_relation 73 弟弟
family_relation 75 姐
family_relation 77 妹
family_relation 99 非亲属关系 租客 保姆
id_kind citizen 身份证 二代身份证 居民身份证号
id_kind none 无 无证件 没有证件
id_kind passport 护照号
household_kind family 家庭 家庭户口
household_kind collective 集体
household_kind shared 合租 群租
household_kind vacant 空房 空置
residence_kind registered 户籍人口 常住户籍
residence_kind living 常住 居住人口 实际居住
residence_kind letting 租住 租房
person_status here 在家 在住
person_status away 在外 外出务工 外出打工
person_status moved 迁出 已搬走
person_status died 死亡 去世 故
"""


class Codes:
    """All code tables, read-only. Build it again when the tables change."""

    __slots__ = ("_by_code", "_by_text", "_tables")

    def __init__(self, codes: Iterable[Code]) -> None:
        tables: dict[str, list[Code]] = {}
        for code in codes:
            if not code.deleted:
                tables.setdefault(code.table_name, []).append(code)
        for rows in tables.values():
            rows.sort(key=lambda row: (row.sort is None, row.sort or 0, row.code))
        self._tables = MappingProxyType({name: tuple(rows) for name, rows in tables.items()})
        self._by_code = {(c.table_name, c.code): c for rows in tables.values() for c in rows}
        self._by_text = _by_text(self._by_code)

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables."""
        return tuple(self._tables)

    def entries(self, table: str) -> tuple[Code, ...]:
        """The entries of a table in their order; none for a table that is not there."""
        return self._tables.get(table, ())

    def has(self, table: str, code: str) -> bool:
        """Whether the table has this code."""
        return (table, code) in self._by_code

    def label(self, table: str, code: str, language: str = "zh_CN") -> str:
        """What to show for a code: English where asked for and there; an unknown code as it is."""
        entry = self._by_code.get((table, code))
        if entry is None:
            return code
        return (entry.en if language == "en" else "") or entry.zh

    def find(self, table: str, text: str) -> str | None:
        """The code for what somebody typed: a code, a label, or a usual word; None when unknown."""
        plain = _plain(text)
        if (table, plain) in self._by_code:
            return plain
        return self._by_text.get((table, plain))


def _by_text(by_code: Mapping[tuple[str, str], Code]) -> dict[tuple[str, str], str]:
    """(table, plain text) to code; labels go before usual words, earlier entries before later."""
    found: dict[tuple[str, str], str] = {}
    for (table, code), entry in by_code.items():
        for text in (entry.zh, entry.en, code):
            if text:
                found.setdefault((table, _plain(text)), code)
    for line in _SAID.split("\n")[1:-1]:
        table, code, *words = line.split()
        if (table, code) in by_code:
            for word in words:
                found.setdefault((table, word), code)
    return found


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
