"""What people read on the screen is said without the words of computers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import gridapp

PACKAGE = Path(gridapp.__file__).parent
SHOWN = ("ui", "sync", "store", "printing", "domain")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORDS = re.compile(
    "指纹|签名|证书|服务器看不懂|数据库|协议|端口|缓存|冲突|令牌|线程|进程|参数|异常|接口|密钥|队列|哈希"
    "|HTTP|URL|UUID|JSON|SQL|TLS|outbox",
    re.IGNORECASE,
)
# As it is printed on the enrolment slip, and the name of what an administrator is asked for.
KNOWN = re.compile("“?证书指纹”?|恢复密钥|https://|gridapp client")


def texts(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    notes = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        said = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if said and id(node) not in notes and CHINESE.search(node.value):
            yield node.value


def test_no_word_of_computers_is_on_the_screen() -> None:
    found = [
        text for folder in SHOWN for p in (PACKAGE / folder).rglob("*.py") for text in texts(p)
    ]
    assert len(found) > 500
    assert [text for text in found if WORDS.search(KNOWN.sub("", text))] == []
