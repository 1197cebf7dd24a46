"""How long household files take to print, and how much memory: ``gridapp bench print``.

Measured: ``write_household_files`` for households of 4 members, 20 visits and one photo of about 1 MB
each, from the sheets to one PDF in memory, with reading and shrinking the photos, masking, QR codes,
joining and saving.

Floor, in the same run: the compiler alone over the same pages, in the same runs of a few households.
Its input (template, data and pictures made small) stands ready in memory, nothing is masked, drawn
as a QR code, joined or saved. So the ratio says what everything around the layout costs.

Each round is a process of its own, started fresh: the peak of memory is that of one print job, with
Python, the fonts and the finished PDF in it. Times are medians over the rounds.
"""

from __future__ import annotations

import io
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image

from gridapp.bench.rows import peak_mb
from gridapp.documents.household_data import SheetWriter
from gridapp.documents.household_file import (
    CareRow,
    HouseholdSheet,
    MemberRow,
    Phone,
    Photo,
    PrintContext,
    VisitRow,
)
from gridapp.documents.household_pdf import CHUNK, TEMPLATE, write_household_files
from gridapp.documents.typst_pdf import PdfCompiler

VISITS = 20
SEED = 20_261_120
# fewer pictures than households, but many more than one run of the compiler holds
_PICTURES = 40

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙"
_GIVEN = ("秀英", "建国", "桂兰", "志强", "丽", "敏", "晓燕", "海涛", "玉珍", "文博")
_SENTENCES = (
    "老人身体状况稳定，按时吃药。",
    "厨房水管漏水，已联系维修，约好周三上门。",
    "孩子在外地上学，寒假回来。",
    "询问医保缴费，已说明办理地点和时间。",
    "燃气软管老化，提醒更换，下次查看。",
)

_CONTEXT = PrintContext(
    printed_by="李娜",
    device="网格三号平板",
    printed_at="2026-11-20 11:30",
    version_date=date(2026, 11, 20),
)


def measure(count: int = 200, rounds: int = 5) -> list[dict[str, Any]]:
    """Rows ``what, value, unit, floor, ratio``: ms a file, peak MB of the process, size of the PDF.

    The floor of the peak is the process with the program loaded, before it prints.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_photos(folder, min(count, _PICTURES))
        printed = [_in_child(_print_all, folder, count) for _ in range(rounds)]
        floors = [_in_child(_compile_only, folder, count) for _ in range(rounds)]
    per_file = statistics.median(result["seconds"] for result in printed) * 1000 / count
    floor = statistics.median(result["seconds"] for result in floors) * 1000 / count
    peak = max(result["peak"] for result in printed)
    start = min(result["start"] for result in printed)
    return [
        _row("one household file (at most 40)", per_file, "ms", floor),
        _row("peak memory (at most 300)", peak, "MB", start),
        _row("size of the PDF", printed[0]["size"] / 1e6, "MB", None),
    ]


def sheets(count: int, folder: Path) -> Iterator[HouseholdSheet]:
    """Invented households, the same every time; photos are read from ``folder`` one at a time."""
    dice = random.Random(SEED)
    pictures = sorted(folder.glob("*.jpg"))
    for number in range(count):
        photo = Photo(pictures[number % len(pictures)].read_bytes(), "住房门口")
        yield _household(dice, number, photo)


def _household(dice: random.Random, number: int, photo: Photo) -> HouseholdSheet:
    surname = dice.choice(_SURNAMES)
    members = tuple(_member(dice, surname, relation) for relation in ("户主", "配偶", "子", "孙女"))
    return HouseholdSheet(
        uuid=UUID(int=dice.getrandbits(128)),
        unsynced=3,
        version=dice.randrange(1, 40),
        number=f"41070200100101{number:04d}",
        name=f"{members[0].name}户",
        kind="家庭户",
        grid_name="第三网格",
        grid_code="410702001001003",
        community="红旗区示例街道示例社区",
        opened=date(2024, 5, 6),
        updated=date(2026, 11, 2),
        head=members[0],
        registered_address="示例路 12 号院 3 号楼 2 单元 501 室",
        actual_address=f"示例路 12 号院 {dice.randrange(1, 20)} 号楼 2 单元 501 室",
        addresses_agree=False,
        tenure="自有",
        area=f"{dice.randrange(40, 140)} 平方米",
        structure="砖混",
        floors="6",
        members=members,
        livelihood=("养老金", "子女赡养"),
        benefits=("高龄津贴", "医保"),
        care=(CareRow(name=members[0].name, group="独居老人", level="高", since=date(2025, 1, 1)),),
        gas="管道天然气",
        alarms="燃气报警器：有",
        last_check=date(2026, 9, 9),
        needs=dice.choice(_SENTENCES),
        wishes="想学用手机视频。",
        emergency_name=members[2].name,
        emergency_relation="子",
        emergency_phone=_phone(dice),
        worker="李娜",
        visits=tuple(_visit(dice, members[0].name, turn) for turn in range(VISITS)),
        photos=(photo,),
        notice="已告知",
        notice_on=date(2024, 5, 6),
        legal_basis="本人同意",
    )


def _member(dice: random.Random, surname: str, relation: str) -> MemberRow:
    born = date(1940, 1, 1) + timedelta(days=dice.randrange(28_000))
    return MemberRow(
        name=surname + dice.choice(_GIVEN),
        relation=relation,
        sex=dice.choice("男女"),
        birth=born,
        id_kind="居民身份证",
        id_number=f"999999{born:%Y%m%d}{dice.randrange(1000):03d}X",
        phones=(Phone(_phone(dice), "本人"),),
        status="在家",
    )


def _phone(dice: random.Random) -> str:
    return f"199{dice.randrange(10**8):08d}"


def _visit(dice: random.Random, met: str, turn: int) -> VisitRow:
    return VisitRow(
        when=date(2026, 1, 3) + timedelta(days=15 * turn),
        how="入户",
        visited_by="李娜",
        met=met,
        text="".join(dice.sample(_SENTENCES, dice.randrange(1, 4))),
        next_date=date(2026, 1, 18) + timedelta(days=15 * turn),
        promise="带血压计复测",
    )


def _make_photos(folder: Path, count: int) -> None:
    """Pictures of 3264 × 2448: soft shapes under the grain of a small camera, about 1 MB each."""
    dice = random.Random(SEED)
    size = (3264, 2448)
    for number in range(count):
        soft = Image.frombytes("RGB", (96, 72), dice.randbytes(96 * 72 * 3))
        grain = Image.frombytes("L", size, dice.randbytes(size[0] * size[1])).convert("RGB")
        shapes = soft.resize(size, Image.Resampling.BICUBIC)
        out = io.BytesIO()
        Image.blend(shapes, grain, 0.06).save(out, "JPEG", quality=75)
        (folder / f"{number:03d}.jpg").write_bytes(out.getvalue())


def _print_all(folder: Path, count: int) -> dict[str, float]:
    start = peak_mb()
    out = io.BytesIO()
    began = time.perf_counter()
    write_household_files(sheets(count, folder), _CONTEXT, out)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak": peak_mb(), "start": start, "size": out.tell()}


def _compile_only(folder: Path, count: int) -> dict[str, float]:
    compiler = PdfCompiler()
    waiting = sheets(count, folder)
    seconds = 0.0
    with ThreadPoolExecutor(1) as pool:
        while batch := list(islice(waiting, CHUNK)):
            writer = SheetWriter(_CONTEXT, pool)
            for sheet in batch:
                writer.add(sheet)
            data, files = writer.data, writer.files
            began = time.perf_counter()
            compiler.compile(TEMPLATE, data, files)
            seconds += time.perf_counter() - began
    return {"seconds": seconds}


def _in_child(work: Any, folder: Path, count: int) -> dict[str, float]:
    """The result of ``work`` in a fresh process."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_child, args=(theirs, work, folder, count))
    child.start()
    theirs.close()
    try:
        result: dict[str, float] = ours.recv()
    finally:
        child.join()
    return result


def _child(pipe: Connection, work: Any, folder: Path, count: int) -> None:
    pipe.send(work(folder, count))
    pipe.close()


def _row(what: str, value: float, unit: str, floor: float | None) -> dict[str, Any]:
    return {
        "what": what,
        "value": round(value, 2),
        "unit": unit,
        "floor": None if floor is None else round(floor, 2),
        "ratio": round(value / floor, 2) if floor else None,
    }
