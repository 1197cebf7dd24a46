"""Search words, tried against a real FTS5 table of the kind that the store keeps."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gridapp.domain.names import (
    name_tokens,
    number_tokens,
    query_tokens,
    text_tokens,
    warm_up,
)

Finds = Callable[[list[str], str], bool]


@pytest.fixture(scope="module")
def finds() -> Iterator[Finds]:
    """Whether a question finds a row of these words. detail=none refuses phrases."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute(
        "CREATE VIRTUAL TABLE t USING fts5(w, content='', detail=none, tokenize='ascii', prefix='1')"
    )

    def ask(tokens: list[str], typed: str) -> bool:
        match = query_tokens(typed)
        db.execute("INSERT INTO t(t) VALUES ('delete-all')")
        db.execute("INSERT INTO t(rowid, w) VALUES (1, ?)", (" ".join(tokens),))
        return bool(match) and bool(
            db.execute("SELECT 1 FROM t WHERE t MATCH ?", (match,)).fetchall()
        )

    yield ask
    db.close()


ROW = (
    name_tokens("赵桂兰", ("兰婶",))
    + text_tokens("3号楼1单元201")
    + number_tokens("138 0000 2210")
    + number_tokens("11010519491231002X")
)


FOUND = """
赵 桂 兰 赵桂兰 桂兰 zhao zhaoguilan ZhaoGui guilan lan zgl gl l 兰婶 lanshen ls
13800002210 1380 2210 00002210 002x 11010519491231002x １３８
号 楼 单 元 3号楼 3号楼1单元 3号楼1单元20 单元201 赵gl 20
"""


@pytest.mark.parametrize(
    "typed",
    [
        *FOUND.split(),
        *("zhao 3号楼", "zhao gui lan", "赵 2210", "138-0000-2210", "赵桂兰，201"),
    ],
)
def test_found(finds: Finds, typed: str) -> None:
    assert finds(ROW, typed)


@pytest.mark.parametrize(
    "typed", ["钱", "桂赵", "zhaolan", "zl", "5号楼", "1号楼", "8000", "zhao 5号楼", "", " ", "·"]
)
def test_not_found(finds: Finds, typed: str) -> None:
    assert not finds(ROW, typed)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("单雄信", "shanxiongxin dan sxx dxx"),
        ("曾庆红", "zeng ceng zqh"),
        ("仇英", "qiuying chou"),
        ("区大同", "ou qu"),
        ("解晓东", "xie jie"),
        ("查良镛", "zha cha"),
        ("盖叫天", "ge gai"),
        ("朴树", "piaoshu pu"),
        ("任建国", "ren rjg"),
        ("尉迟恭", "yuchigong weichi gong ycg"),
        ("尉健行", "wei"),
        ("万俟卨", "moqi wan"),
        ("欧阳修", "ouyangxiu yangxiu xiu oyx"),
        ("司马光", "sima smg"),
        ("吕布", "lvbu lü LÜ lb"),
        ("女娃", "nvwa nüwa NU\u0308"),
        ("马长顺", "machangshun mcs"),
        ("买买提·阿卜杜拉", "买买提·阿卜杜拉 买买提阿卜 提阿 maimaiti abudula mmtabdl"),
        ("㛃䶮", "㛃 䶮 jieyan jy"),
        ("𠮷𬭊", "𠮷 𬭊 𠮷𬭊 ji jidu jd"),
        ("John Smith", "john smith johns js"),
        ("阿依古丽·Müller", "muller müller Mü aygl"),
        ("Ångström é", "angstrom an e é"),
        ("ئالىم", "ئالىم"),
    ],
)
def test_readings(finds: Finds, name: str, typed: str) -> None:
    tokens = name_tokens(name)
    assert [word for word in typed.split() if not finds(tokens, word)] == []


def test_only_surname_readings_are_doubled() -> None:
    tokens = name_tokens("任单")
    assert "rendan" in tokens
    assert not [token for token in tokens if token.startswith(("lin", "renshan"))]


def test_words_come_once() -> None:
    tokens = name_tokens("买买提", ("买买",))
    assert len(tokens) == len(set(tokens))
    assert name_tokens("") == name_tokens("··") == []


@pytest.mark.parametrize(
    ("number", "typed"),
    [
        ("0373-3051234", "0373 0373-3051 3051234 1234"),
        ("+86 138 0000 2210", "13800002210 2210 8613800002210"),
        ("E12345678", "E12345678 e1234 1234 5678"),
        ("H1234567(08)", "h1234567 1234567"),
        ("12", "12 1"),
    ],
)
def test_numbers(finds: Finds, number: str, typed: str) -> None:
    tokens = number_tokens(number)
    assert [word for word in typed.split() if not finds(tokens, word)] == []


@given(st.text())
@example('" OR * NEAR(a) ^b {w}: -x')
@example("赵\u0301桂\x00兰")
@example("q\u19b0q q\u1cf2q")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_typed_breaks_the_question(finds: Finds, typed: str) -> None:
    finds(ROW, typed)


@given(st.text(min_size=1, max_size=40))
@example("İstanbul")
@example("ﬃ㍿Ⅻ")
@example("A" * 40)
def test_what_is_typed_in_full_is_found(finds: Finds, text: str) -> None:
    if query_tokens(text):
        assert finds(text_tokens(text), text)
        assert finds(name_tokens(text), text)


@given(st.text(alphabet="赵桂兰𠮷㛃·，。a ", min_size=1, max_size=12))
@example("赵，桂")
@example("3桂a兰")
def test_every_character_and_neighbours_are_found(finds: Finds, text: str) -> None:
    tokens = text_tokens(text)
    for first, second in pairwise(text):
        if query_tokens(first):
            assert finds(tokens, first)
        if query_tokens(first + second):
            assert finds(tokens, first + second)


@given(st.text(alphabet="0123456789-() XxEeH", min_size=1, max_size=20))
def test_a_number_is_found_by_itself_and_its_ends(finds: Finds, number: str) -> None:
    tokens = number_tokens(number)
    for token in tokens[:3]:
        assert finds(tokens, token) or not token.isdecimal()
    if tokens:
        assert finds(tokens, number)


def test_quick_enough_for_ten_thousand_names_in_a_sync() -> None:
    names = [a + b + c for a in "赵钱孙李单曾" for b in "桂秀建国美晓" for c in "兰英军华丽明"] * 20
    warm_up()
    name_tokens("".join(set("".join(names))))
    best = min(_timed(names) for _ in range(3))
    assert best / len(names) < 30e-6  # about 4 µs here; the bound allows for a busy machine


def _timed(names: list[str]) -> float:
    start = time.thread_time()
    for name in names:
        name_tokens(name)
    return time.thread_time() - start
