"""How household files lie on paper: binding margins, fronts and backs, boxes that are never split."""

from __future__ import annotations

import dataclasses
import io
import threading
from datetime import date

import pypdfium2
import pytest
from PIL import Image, ImageChops
from pypdfium2 import raw

from gridapp.documents.household_file import Continuation, HouseholdSheet
from gridapp.documents.household_pdf import (
    CHUNK,
    render_household_files,
    single_household_files,
)
from gridapp.documents.pdf_pages import JoinedPdf, PdfPages
from gridapp.documents.typst_pdf import PdfCompiler
from tests.documents.test_household_pdf import (
    CONTEXT,
    ID_NUMBER,
    MOBILE,
    Phone,
    full_sheet,
    jpeg,
    member,
    pages,
    small_sheet,
    visit,
)

DUPLEX = dataclasses.replace(CONTEXT, duplex=True)
MILLIMETRE = 72 / 25.4
BINDING, OUTER = 25, 20  # mm
SEAL = (44, 40)  # mm, width and height of the box of the seal


@pytest.fixture(scope="module")
def compiler() -> PdfCompiler:
    return PdfCompiler()


def boxes(page: pypdfium2.PdfPage) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right, top in mm of everything drawn with lines."""
    found = []
    for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = thing.get_bounds()
        found.append((left / MILLIMETRE, bottom / MILLIMETRE, right / MILLIMETRE, top / MILLIMETRE))
    return found


def margins(pdf: bytes) -> list[tuple[int, int] | None]:
    """Left and right of what stands on each page in mm, by its lines; None for a blank one."""
    found: list[tuple[int, int] | None] = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            width = page.get_width() / MILLIMETRE
            lines = boxes(page)
            edges = [(left, right) for left, _, right, _ in lines]
            found.append(
                (round(min(e[0] for e in edges)), round(width - max(e[1] for e in edges)))
                if edges
                else None
            )
    return found


def test_on_both_sides_the_binding_margin_changes_sides(compiler: PdfCompiler) -> None:
    pdf = render_household_files([full_sheet(20, photos=())], DUPLEX, compiler=compiler)
    found = margins(pdf)
    assert len(found) >= 4
    assert found == [
        (OUTER, BINDING) if number % 2 else (BINDING, OUTER) for number in range(len(found))
    ]


def test_on_one_side_it_stays_at_the_left(compiler: PdfCompiler) -> None:
    found = margins(render_household_files([full_sheet(20)], CONTEXT, compiler=compiler))
    assert found == [(BINDING, OUTER)] * len(found)


def test_each_file_begins_on_a_front_also_over_batches(compiler: PdfCompiler) -> None:
    counts = [1, 3, 9, 0, 2, 14, 1, 1, 5, 1]
    assert len(counts) > CHUNK
    sheets = [full_sheet(count, number=f"9{n:017}") for n, count in enumerate(counts)]
    sheets[6] = small_sheet(6)
    pdf = render_household_files(sheets, DUPLEX, compiler=compiler)
    found = pages(pdf)
    fronts = [number for number, text in enumerate(found) if "第1/" in text]
    assert len(fronts) == len(counts)
    assert all(number % 2 == 0 for number in fronts)
    blank = [number for number, text in enumerate(found) if not text]
    assert blank
    # a back is blank only before the next file, and never twice
    assert all(number % 2 == 1 and number + 1 in fronts for number in blank)
    with pypdfium2.PdfDocument(pdf) as document:
        sizes = {tuple(round(x) for x in page.get_size()) for page in document}
    assert sizes == {(595, 842)}


def test_on_one_side_no_page_is_blank(compiler: PdfCompiler) -> None:
    sheets = [small_sheet(n) for n in range(CHUNK + 2)]
    found = pages(render_household_files(sheets, CONTEXT, compiler=compiler))
    assert len(found) == len(sheets)
    assert all(found)


def test_signatures_and_seal_are_drawn_whole_on_one_page(compiler: PdfCompiler) -> None:
    for count in range(1, 16):
        sheet = full_sheet(count, photos=())
        pdf = render_household_files([sheet], DUPLEX, compiler=compiler)
        with pypdfium2.PdfDocument(pdf) as document:
            found = [box for page in document for box in boxes(page) if _is_seal(box)]
        (seal,) = found
        assert seal[1] > BINDING - 10  # above the foot of the page
        (page,) = [text for text in pages(pdf) if "公章" in text]
        assert "户主或代表签名" in page
        assert "网格员签名" in page


def _is_seal(box: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = box
    return abs(right - left - SEAL[0]) < 1.5 and abs(top - bottom - SEAL[1]) < 1.5


@pytest.mark.parametrize(
    ("text", "photos", "met"),
    [
        ("囍这句话说得很长很长。" * 400, 0, "王秀英"),
        ("一句\n" * 300, 0, "王秀英"),
        ("好", 24, "王秀英"),
        ("好", 0, "买买提艾力·阿卜杜热合曼、" * 30),
    ],
)
def test_the_longest_visit_has_its_signature_on_one_page_and_loses_nothing(
    compiler: PdfCompiler, text: str, photos: int, met: str
) -> None:
    long = dataclasses.replace(visit(0, text), photos=(jpeg(64, 48),) * photos, met=met)
    sheet = full_sheet(1, visits=(visit(1), long, visit(2)), photos=())
    pdf = render_household_files([sheet], CONTEXT, compiler=compiler)
    whole = "".join(pages(pdf))
    assert whole.count(text[0]) >= text.count(text[0])
    assert whole.count("阿卜杜热合曼") >= met.count("阿卜杜热合曼")
    with pypdfium2.PdfDocument(pdf) as document:
        signs = [box for page in document for box in boxes(page) if _is_name_space(box)]
        low = [bottom for page in document for _, bottom, _, top in boxes(page) if top < 290]
        pictures = sum(
            1
            for page in document
            for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=6)
            if thing.get_bounds()[1] > 0
        )
    assert len(signs) == 1
    assert min(low) > 5  # nothing runs off the page
    assert pictures == photos


def _is_name_space(box: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = box
    return abs(top - bottom - 11) < 0.6 and 15 < right - left < 22


def further(count: int, **values: object) -> HouseholdSheet:
    return full_sheet(count, continuation=Continuation(3, date(2026, 10, 1)), **values)


def test_a_continuation_holds_visits_and_nothing_else(compiler: PdfCompiler) -> None:
    found = pages(render_household_files([further(14)], DUPLEX, compiler=compiler))
    assert len(found) >= 2
    for text in found:
        assert "户号999999001001010023户名王秀英户续页3现住址老槐树东第二家" in text
        assert "日期方式走访人／见到情况与处理下次／约好签名" in text
        assert "李娜三号平板2026-11-2011:30" in text
    whole = "".join(found)
    assert "接2026-10-01打印的档案" in whole
    assert all(f"第{number}次走访" in whole for number in range(14))
    assert "家庭成员" not in whole
    assert "****" not in whole.replace("*" * 8, "")


def test_photos_that_are_elsewhere_are_told_on_the_paper(compiler: PdfCompiler) -> None:
    for sheet in (full_sheet(1, photos=()), further(1)):
        missing = dataclasses.replace(sheet, photos_elsewhere=3)
        whole = "".join(pages(render_household_files([missing], CONTEXT, compiler=compiler)))
        assert "另有3张照片不在打印的这台电脑上" in whole
    whole = "".join(pages(render_household_files([full_sheet(1)], CONTEXT, compiler=compiler)))
    assert "不在打印的这台电脑上" not in whole


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_dates_and_numbers_of_members_stay_in_their_cells(
    compiler: PdfCompiler, language: str
) -> None:
    status = "外出，至 2027-02-06" if language == "zh_CN" else "Away until 2027-02-06"
    sex = "女性" if language == "zh_CN" else "Female"
    tie = "户主" if language == "zh_CN" else "Head of household"
    row = member(relation=tie, status=status, sex=sex, phones=(Phone(MOBILE, "本人"),), care=())
    context = dataclasses.replace(CONTEXT, language=language, reveal=True)
    sheet = full_sheet(0, members=(row,), head=None, photos=())
    pdf = render_household_files([sheet], context, compiler=compiler)
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        upright = [box for box in boxes(page) if box[2] - box[0] < 0.6]
        text = page.get_textpage()
        found = text.get_text_range()
        for part in ("2027-02-06", "1950-12-03", ID_NUMBER, MOBILE, sex, tie.rpartition(" ")[2]):
            start = found.rindex(part)
            edges = [text.get_charbox(start + n) for n in range(len(part))]
            left, low, right = (edges[0][0], edges[0][1], edges[-1][2])
            left, low, right = (place / MILLIMETRE for place in (left, low, right))
            walls = [wall for wall, bottom, _, top in upright if bottom < low + 1 < top]
            assert walls
            assert not [wall for wall in walls if left < wall < right], part


def test_a_long_name_and_address_stay_inside_the_line_of_a_continuation(
    compiler: PdfCompiler,
) -> None:
    name, address = "买买提艾力·阿卜杜热合曼·" * 3, "示例路很长的小区名字" * 12
    sheet = further(9, name=name, actual_address=address)
    pdf = render_household_files([sheet], CONTEXT, compiler=compiler)
    assert all(name in text and address in text for text in pages(pdf))
    assert margins(pdf) == [(BINDING, OUTER)] * len(margins(pdf))


def test_single_files_are_what_the_whole_is_made_of(compiler: PdfCompiler) -> None:
    sheets = [full_sheet(3), small_sheet(1), full_sheet(9)]
    apart = list(single_household_files(sheets, CONTEXT, compiler))
    whole = render_household_files(sheets, CONTEXT, compiler=compiler)
    assert [text for pdf in apart for text in pages(pdf)] == pages(whole)


def test_a_page_is_drawn_whole_or_in_bands_alike(compiler: PdfCompiler) -> None:
    (pdf,) = single_household_files([full_sheet(3)], CONTEXT, compiler)
    drawn = PdfPages(pdf)
    whole = picture(drawn, 0, None)
    assert whole.size == (1191, 1684)
    assert drawn.rows(0, 2) == 1684
    upper, lower = picture(drawn, 0, (0, 601)), picture(drawn, 0, (601, 1684))
    assert (upper.height, lower.height) == (601, 1083)
    joined = Image.new("RGB", whole.size)
    joined.paste(upper, (0, 0))
    joined.paste(lower, (0, 601))
    assert whole.convert("L").getextrema()[0] < 60  # there is something to see
    assert max(high for _, high in ImageChops.difference(joined, whole).getextrema()) <= 2
    drawn.close()
    assert drawn.draw(0, 1) is None


def picture(drawn: PdfPages, number: int, band: tuple[int, int] | None) -> Image.Image:
    found = drawn.draw(number, 2, band)
    assert found is not None
    return Image.frombuffer(
        "RGB", (found.width, found.height), found.data, "raw", "RGB", found.stride, 1
    )


def test_pages_are_drawn_while_another_thread_joins(compiler: PdfCompiler) -> None:
    (pdf,) = single_household_files([full_sheet(3)], CONTEXT, compiler)
    failed: list[BaseException] = []

    def work(task: object) -> None:
        try:
            for _ in range(6):
                task()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    def join() -> None:
        joined = JoinedPdf(fronts=True)
        for _ in range(4):
            joined.add(pdf)
        out = io.BytesIO()
        joined.save(out)
        joined.close()
        assert out.getvalue()[:4] == b"%PDF"

    def draw() -> None:
        drawn = PdfPages(pdf)
        assert drawn.draw(1, 0.5)
        drawn.close()

    threads = [threading.Thread(target=work, args=(task,)) for task in (join, draw, join, draw)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
