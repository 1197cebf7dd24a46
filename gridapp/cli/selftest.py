"""``gridapp --selftest``: the program tries itself, from a checkout or as an installed bundle.

Where ``doctor`` looks at a computer, this looks at the program: a window, a database under a password,
a printed page, photos and words. The last step of every build, and the first question of support.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from gridapp.cli.checks import RARE, has_screen
from gridapp.config import resource_path
from gridapp.errors import Problem
from gridapp.i18n import catalogue, tr

_REINSTALL = "请重新安装程序。"
_PASSWORD = "self-test password"  # noqa: S105 - of a database that lives for a second
_BLACK, _WHITE = 64, 250  # of 255: ink and paper
_FORMATS = frozenset({"jpeg", "png", "svg", "webp", "bmp"})


def run() -> int:
    """One line per check on standard output; 0, or 1 after the first that fails, with its reason."""
    for label, check in _checks():
        try:
            found = check()
        except Problem as problem:
            print(f"{tr('问题')}  {label}: {' '.join(problem.text().split())}")
            return 1
        except Exception as error:  # noqa: BLE001 - whatever a broken part raises is the answer
            print(f"{tr('问题')}  {label}: {type(error).__name__}: {error}")
            return 1
        print(f"{tr('正常')}  {label}: {found}", flush=True)
    return 0


def _checks() -> tuple[tuple[str, Callable[[], str]], ...]:
    return (
        (tr("窗口"), window),
        (tr("加密"), database),
        (tr("打印"), printing),
        (tr("照片"), photo),
        (tr("译文"), words),
    )


def window() -> str:
    """The first window that a user sees opens, in the program's own font; Qt reads what it must."""
    if not has_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from gridapp.ui.probes.probe import first_window
    from gridapp.ui.theme import FAMILY

    seen = first_window()
    if not seen.width or FAMILY not in seen.families:
        raise _failed("窗口没有打开，或字体不在。")
    if lacking := sorted(_FORMATS - seen.formats):
        raise _failed("窗口读不了 {names} 图片。", names=", ".join(lacking))
    return f"{seen.platform} {seen.width}×{seen.height}"


def database() -> str:
    """A user's database is made with the shipped strength, locked, opened again and read back."""
    from gridapp.domain.household import Household
    from gridapp.store.opening import create_store, open_store
    from gridapp.store.who import Who

    one = UUID(int=1)
    who = Who(one, RARE, "selftest", one, "", one, "", "")
    with tempfile.TemporaryDirectory() as name:
        store = create_store(Path(name), _PASSWORD, who, device_key=bytes(32))
        folder = store.folder
        household = Household(grid_id=one, name=RARE)
        store.write(lambda uow: uow.create(household)).result()
        store.close()
        held = [path.read_bytes() for path in folder.glob("store.db*")]
        store = open_store(folder, _PASSWORD)
        found = store.read(lambda reader: reader.record(Household, household.id)).result()
        store.close()
    if found is None or found.name != RARE:
        raise _failed("保存的内容读不回来。")
    if any(data.startswith(b"SQLite") or RARE.encode() in data for data in held):
        raise _failed("数据没有加密。")
    return tr("{size} 字节，已加密").format(size=sum(map(len, held)))


def printing() -> str:
    """A household file becomes a PDF, and its first page a picture with something on it."""
    import pypdfium2

    from gridapp.cli.checks import household_pdf
    from gridapp.cli.checks import printing as text_of_a_page

    said = text_of_a_page()
    document = pypdfium2.PdfDocument(household_pdf())
    try:
        picture = document[0].render().to_pil().convert("L")
    finally:
        document.close()
    darkest, lightest = picture.getextrema()
    if darkest > _BLACK or lightest < _WHITE:
        raise _failed("打印预览是空白的。")
    return f"{said}, {picture.width}×{picture.height}"


def photo() -> str:
    """A photo as telephones take it is read, turned and scaled."""
    from gridapp.store.drafting import Picture
    from gridapp.store.pictures import prepare

    data = resource_path("check", "sample.heic").read_bytes()
    ready = prepare(Picture(data, "sample.heic"))
    return f"HEIC {ready.width}×{ready.height}"


def words() -> str:
    """The English texts and the reference data are there."""
    from gridapp.domain.names import name_tokens
    from gridapp.resources import default_reference

    if not any(token.isascii() for token in name_tokens(RARE)):
        raise _failed("拼音不能用。")
    texts, reference = len(catalogue("en")), len(default_reference())
    if not texts:
        raise _failed("没有译文。")
    return tr("{count} 条代码和事项，{texts} 条译文").format(count=reference, texts=texts)


def _failed(message: str, **values: str) -> Problem:
    return Problem("selftest", message, remedy=_REINSTALL, **values)
