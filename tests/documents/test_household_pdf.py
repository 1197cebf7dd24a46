from __future__ import annotations

import dataclasses
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
import segno
from PIL import Image

from gridapp.documents import household_pdf
from gridapp.documents.household_data import qr_payload, texts
from gridapp.documents.household_file import (
    CareRow,
    HouseholdSheet,
    MemberRow,
    Phone,
    Photo,
    PrintContext,
    VisitRow,
)
from gridapp.documents.household_pdf import CHUNK, render_household_files, write_household_files
from gridapp.documents.typst_pdf import PdfCompiler
from gridapp.errors import Problem

ID_NUMBER = "99999919500203123X"
MOBILE = "19912345678"
LANDLINE = "0999-2210456"
LONG_NAME = "买买提艾力·阿卜杜热合曼·穆罕默德江·伊敏尼亚孜·吐尔逊阿依·古丽娜尔·热孜万古"
RARE_NAME = "㛃䶮𠮷𬭊"
BLOCKS = (
    "1户号与网格",
    "2户主",
    "3地址",
    "4住房",
    "5家庭成员",
    "6生活来源与享受政策",
    "7关爱群体",
    "8安全",
    "9困难、需求与心愿",
    "10紧急联系人与责任人",
    "11走访记录",
    "12隐私告知与签名",
)
HEADER = "日期方式走访人／见到情况与处理下次／约好签名"

CONTEXT = PrintContext(
    printed_by="李娜",
    device="三号平板",
    printed_at="2026-11-20 11:30",
    version_date=date(2026, 11, 20),
)


@pytest.fixture(scope="module")
def compiler() -> PdfCompiler:
    return PdfCompiler()


def jpeg(width: int = 640, height: int = 480) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def member(name: str = "王秀英", **values: object) -> MemberRow:
    usual: dict[str, object] = {
        "relation": "户主",
        "sex": "女",
        "birth": date(1950, 12, 3),
        "id_kind": "身份证",
        "id_number": ID_NUMBER,
        "phones": (Phone(MOBILE, "本人"), Phone(LANDLINE, "女儿")),
        "status": "在家",
        "care": ("独居老人",),
    }
    return MemberRow(name=name, **{**usual, **values})  # type: ignore[arg-type]


def full_sheet(count: int = 25, **values: object) -> HouseholdSheet:
    usual: dict[str, object] = {
        "uuid": UUID(int=0x019012345678),
        "unsynced": 3,
        "version": 17,
        "number": "999999001001010023",
        "temporary": "临-7",
        "name": "王秀英户",
        "grid_name": "第三网格",
        "grid_code": "999999001001003",
        "community": "示例社区",
        "opened": date(2024, 5, 6),
        "updated": date(2026, 11, 2),
        "head": member(),
        "registered_address": "示例路 12 号",
        "actual_address": "老槐树东第二家",
        "addresses_agree": False,
        "tenure": "自有",
        "area": "86 平方米",
        "structure": "砖混",
        "floors": "六层",
        "members": (member(), member(LONG_NAME), member(RARE_NAME)),
        "livelihood": ("养老金", "子女赡养"),
        "benefits": ("高龄津贴",),
        "care": (CareRow(name="王秀英", group="独居老人", level="高", note="每周一次"),),
        "gas": "管道天然气",
        "alarms": "燃气报警器有",
        "last_check": date(2026, 9, 9),
        "needs": f"需要助行器，女儿电话{MOBILE}，证件{ID_NUMBER}",
        "wishes": "想去看海",
        "emergency_name": "王芳",
        "emergency_relation": "女儿",
        "emergency_phone": MOBILE,
        "worker": "李娜",
        "worker_phone": "0999-2000000",
        "visits": tuple(visit(number) for number in range(count)),
        "photos": (Photo(jpeg(), "住房门口"),),
        "notice": "已告知",
        "notice_on": date(2024, 5, 7),
        "legal_basis": "本人同意",
    }
    return HouseholdSheet(**{**usual, **values})  # type: ignore[arg-type]


def visit(number: int, text: str = "") -> VisitRow:
    return VisitRow(
        when=date(2026, 1, 1) + timedelta(days=number),
        how="入户",
        visited_by="李娜",
        met="王秀英",
        text=text or f"第{number}次走访，老人身体稳定，按时吃药，厨房水管漏水已联系维修。" * 3,
        next_date=date(2026, 12, 31),
        promise="带血压计",
    )


def small_sheet(number: int) -> HouseholdSheet:
    return HouseholdSheet(uuid=UUID(int=number + 1), temporary=f"临-{number}")


def pages(pdf: bytes) -> list[str]:
    """The text of each page without white space: where a line breaks is no matter here."""
    with pypdfium2.PdfDocument(pdf) as document:
        found = [page.get_textpage().get_text_bounded() for page in document]
    return [re.sub(r"[\s\u200b\ufffe]", "", text) for text in found]


@pytest.fixture(scope="module")
def printed(compiler: PdfCompiler) -> list[str]:
    return pages(render_household_files([full_sheet()], CONTEXT, compiler=compiler))


def test_all_twelve_blocks_stand_in_order(printed: list[str]) -> None:
    whole = "".join(printed)
    places = [whole.find(block) for block in BLOCKS]
    assert -1 not in places
    assert places == sorted(places)


def test_every_value_of_the_sheet_is_on_paper(printed: list[str]) -> None:
    whole = "".join(printed)
    for value in (
        *("999999001001010023", "临-7", "王秀英户", "第三网格", "999999001001003", "示例社区"),
        *("2024-05-06", "2026-11-02", "示例路12号", "老槐树东第二家", "不一致", "自有", "86平方米"),
        *("砖混", "六层", "1950-12-03", "养老金、子女赡养", "高龄津贴", "独居老人", "每周一次"),
        *("管道天然气", "燃气报警器有", "2026-09-09", "需要助行器", "想去看海", "王芳", "李娜"),
        *("0999-2000000", "住房门口", "已告知（2024-05-07）", "本人同意", "公章", "带血压计"),
    ):
        assert value in whole, value


def test_age_is_counted_at_the_version_date(printed: list[str]) -> None:
    # born on 3 December 1950: still 75 on 20 November 2026
    assert "1950-12-03（75岁）" in "".join(printed)


def test_long_and_rare_names_come_out_whole(printed: list[str]) -> None:
    whole = "".join(printed)
    assert len(LONG_NAME) == 40
    assert LONG_NAME in whole
    assert RARE_NAME in whole


def test_visits_run_over_pages_under_a_repeated_header(printed: list[str]) -> None:
    with_visits = [text for text in printed if "次走访，" in text]
    assert len(with_visits) >= 3
    assert all(HEADER in text for text in with_visits)
    whole = "".join(printed)
    assert all(f"第{number}次走访" in whole for number in range(25))


def test_the_signature_block_is_never_split(compiler: PdfCompiler) -> None:
    for visits in range(1, 13):
        sheet = full_sheet(visits, photos=())
        text = pages(render_household_files([sheet], CONTEXT, compiler=compiler))
        (page,) = [page for page in text if BLOCKS[-1] in page]
        assert "告知情况" in page
        assert "网格员签名" in page
        assert "公章" in page


def test_each_file_counts_its_own_pages_also_over_batches(compiler: PdfCompiler) -> None:
    sheets = [full_sheet() if n in (1, CHUNK) else small_sheet(n) for n in range(CHUNK + 2)]
    seen: list[tuple[int, int]] = []
    for text in pages(render_household_files(sheets, CONTEXT, compiler=compiler)):
        found = re.search(r"第(\d+)/(\d+)页", text)
        assert found is not None
        seen.append((int(found[1]), int(found[2])))
    expected: list[tuple[int, int]] = []
    while len(expected) < len(seen):
        total = seen[len(expected)][1]
        expected += [(page, total) for page in range(1, total + 1)]
    assert seen == expected
    assert sum(page == 1 for page, _ in seen) == len(sheets)
    assert max(total for _, total in seen) >= 4


def test_households_keep_their_order(compiler: PdfCompiler) -> None:
    sheets = [small_sheet(n) for n in range(2 * CHUNK + 1)]
    whole = "".join(pages(render_household_files(sheets, CONTEXT, compiler=compiler)))
    firsts = re.findall(r"临时号临-(\d+)", whole)
    assert firsts == [str(n) for n in range(2 * CHUNK + 1)]


def test_numbers_are_masked_everywhere(printed: list[str]) -> None:
    whole = "".join(printed)
    assert ID_NUMBER not in whole
    assert MOBILE not in whole
    assert LANDLINE.replace("-", "") not in whole.replace("-", "")
    assert "199****5678" in whole
    assert "999999********123X" in whole


def test_revealed_numbers_are_whole(compiler: PdfCompiler) -> None:
    context = dataclasses.replace(CONTEXT, reveal=True)
    whole = "".join(pages(render_household_files([full_sheet(1)], context, compiler=compiler)))
    assert ID_NUMBER in whole
    assert whole.count(MOBILE) >= 5
    assert LANDLINE in whole
    assert "****" not in whole


def test_every_page_carries_watermark_version_date_and_what_is_not_uploaded(
    printed: list[str],
) -> None:
    for text in printed:
        # once in the foot (name and time), and with the device only in the watermark
        assert "李娜三号平板2026-11-2011:30" in text
        assert "版本日期2026-11-20" in text
        assert "含3条未上传的内容" in text


def test_when_everything_is_uploaded_it_says_so(compiler: PdfCompiler) -> None:
    (text,) = pages(render_household_files([small_sheet(1)], CONTEXT, compiler=compiler))
    assert "全部已上传" in text
    assert "未上传的内容" not in text


def test_an_empty_household_shows_every_block_as_empty(compiler: PdfCompiler) -> None:
    (text,) = pages(render_household_files([small_sheet(1)], CONTEXT, compiler=compiler))
    assert all(block in text for block in BLOCKS)
    assert text.count("无记录") == 11  # all but the first, which holds the temporary number


@pytest.mark.parametrize(
    "nasty",
    [
        '#panic("x")',
        '"] #read("/etc/hostname") [',
        "\\",
        "]",
        "*bold* _x_ $x$ `raw` <label> @ref",
        "= title",
        "{page} / {name}",
        "</svg><script>",
        "//comment/*",
    ],
)
def test_text_is_never_run(compiler: PdfCompiler, nasty: str) -> None:
    sheet = full_sheet(
        1,
        name=nasty,
        head=member(nasty),
        members=(member(nasty, phones=(Phone(nasty, nasty),)),),
        needs=nasty,
        visits=(visit(0, nasty),),
        photos=(Photo(jpeg(), nasty),),
    )
    context = dataclasses.replace(CONTEXT, printed_by=nasty)
    whole = "".join(pages(render_household_files([sheet], context, compiler=compiler)))
    assert whole.count(nasty.replace(" ", "")) >= 5


def test_control_characters_and_turned_writing_are_dropped(compiler: PdfCompiler) -> None:
    sheet = full_sheet(1, name="王\x00\x07秀\u202e英")
    whole = "".join(pages(render_household_files([sheet], CONTEXT, compiler=compiler)))
    assert "户名王秀英" in whole


def test_a_word_without_end_stays_in_its_column(compiler: PdfCompiler) -> None:
    word = "x" * 300
    sheet = full_sheet(1, members=(member(word[:40]),), visits=(visit(0, word),))
    pdf = render_household_files([sheet], CONTEXT, compiler=compiler)
    assert word in "".join(pages(pdf))
    right = 210 - 20 + 0.5
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()
            found = text.get_text_range()
            ends = [text.get_charbox(i)[2] for i, letter in enumerate(found) if letter == "x"]
            assert all(end / 72 * 25.4 < right for end in ends)


def test_the_longest_visit_is_not_cut(compiler: PdfCompiler) -> None:
    text = "囍这句话说得很长很长。" * 400
    sheet = full_sheet(1, visits=(visit(0, text),))
    whole = "".join(pages(render_household_files([sheet], CONTEXT, compiler=compiler)))
    assert whole.count("囍") == 400


def test_needs_as_long_as_allowed_are_not_cut(compiler: PdfCompiler) -> None:
    sheet = full_sheet(1, needs="囍字写得很长" * 333, wishes="囍\n" * 300)
    whole = "".join(pages(render_household_files([sheet], CONTEXT, compiler=compiler)))
    assert whole.count("囍") == 633


def test_qr_code_holds_uuid_and_version(compiler: PdfCompiler) -> None:
    sheet = full_sheet(1)
    assert qr_payload(sheet) == f"{sheet.uuid}/17"
    matrix = segno.make(qr_payload(sheet), error="m", micro=False).matrix
    with pypdfium2.PdfDocument(
        render_household_files([sheet], CONTEXT, compiler=compiler)
    ) as document:
        picture = document[0].render(scale=6).to_pil().convert("L")
    assert _modules(picture, len(matrix)) == [[bool(module) for module in row] for row in matrix]


def _modules(page: Image.Image, count: int) -> list[list[bool]]:
    """The QR code in the upper right corner, module by module."""
    millimetre = 6 * 72 / 25.4
    corner = [round(x * millimetre) for x in (169, 19, 191, 41)]
    dark = page.crop((corner[0], corner[1], corner[2], corner[3])).point(lambda v: 255 * (v < 100))
    box = dark.getbbox()
    assert box is not None
    left, top, right, bottom = box
    step_x, step_y = (right - left) / count, (bottom - top) / count
    return [
        [
            bool(dark.getpixel((int(left + (x + 0.5) * step_x), int(top + (y + 0.5) * step_y))))
            for x in range(count)
        ]
        for y in range(count)
    ]


def test_photos_are_on_the_page_and_a_broken_one_says_so(compiler: PdfCompiler) -> None:
    sheet = full_sheet(
        1,
        visits=(dataclasses.replace(visit(0), photos=(jpeg(), b"broken")),),
        photos=(Photo(jpeg(), "好"), Photo(b"no picture", "坏")),
    )
    pdf = render_household_files([sheet], CONTEXT, compiler=compiler)
    assert pdf.count(b"/DCTDecode") == 2
    assert "".join(pages(pdf)).count("图片无法显示") == 2


def test_english_has_every_text_of_the_template(compiler: PdfCompiler) -> None:
    context = dataclasses.replace(CONTEXT, language="en")
    sheet = dataclasses.replace(small_sheet(1), unsynced=3)
    text = "".join(pages(render_household_files([sheet], context, compiler=compiler)))
    assert "Householdfile" in text
    assert "3itemsnotuploadedyet" in text
    assert "Page1/" in text
    template = (
        Path(household_pdf.__file__).parents[2] / "resources" / "print" / "household_file.typ"
    )
    code = re.sub(r"//.*", "", template.read_text(encoding="utf-8"))
    used = {text for text in re.findall(r'"([^"]*)"', code) if re.search("[\u4e00-\u9fff]", text)}
    assert len(used) > 50
    assert used <= texts("en").keys()


def test_sheets_are_asked_for_a_few_at_a_time(compiler: PdfCompiler) -> None:
    taken = 0
    ahead: list[int] = []

    def source() -> Iterator[HouseholdSheet]:
        nonlocal taken
        for number in range(5 * CHUNK):
            taken += 1
            yield small_sheet(number)

    def note(done: int) -> bool:
        ahead.append(taken - done)
        return True

    out = io.BytesIO()
    count = write_household_files(source(), CONTEXT, out, progress=note, compiler=compiler)
    assert count == 5 * CHUNK
    assert len(ahead) == 5
    assert max(ahead) <= CHUNK


def test_cancelling_stops_and_writes_nothing(compiler: PdfCompiler) -> None:
    taken: list[int] = []

    def source() -> Iterator[HouseholdSheet]:
        for number in range(10 * CHUNK):
            taken.append(number)
            yield small_sheet(number)

    out = io.BytesIO()
    with pytest.raises(Problem) as caught:
        write_household_files(source(), CONTEXT, out, progress=lambda _: False, compiler=compiler)
    assert caught.value.code == "cancelled"
    assert out.getvalue() == b""
    assert len(taken) <= 2 * CHUNK


def test_nothing_to_print_is_said(compiler: PdfCompiler) -> None:
    with pytest.raises(Problem) as caught:
        render_household_files([], CONTEXT, compiler=compiler)
    assert caught.value.code == "nothing_to_print"


# The child may not write a single byte to any file: the kernel kills it (SIGXFSZ) if it tries.
_NO_FILES = """
import resource, signal, sys
sys.path[:0] = sys.argv[1:]
from test_household_pdf import CONTEXT, full_sheet, render_household_files
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
sys.stdout.buffer.write(render_household_files([full_sheet() for _ in range(8)], CONTEXT))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a matter of POSIX")
def test_nothing_is_written_to_a_file(tmp_path: Path) -> None:
    here = Path(__file__)
    environment = {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", _NO_FILES, str(here.parent), str(here.parents[2])],
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.startswith(b"%PDF")
    assert list(tmp_path.rglob("*")) == []
