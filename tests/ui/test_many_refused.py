"""Any number of saves that were not accepted: told a hundred at a time, exported all, each told from the other."""

import csv
import dataclasses
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from gridapp.domain.record import new_id
from gridapp.store import forgetting, inbox, recording
from gridapp.store.drafting import VisitDraft
from gridapp.store.recording import save_household
from gridapp.store.views.household_page import household_page
from gridapp.ui.pages.syncing.refused import RefusedCard

COLUMNS = (
    "entity,record_id,base_version,fields,beneath,recorded_at,clock_offset,state,live,code,revision"
)


def write(desktop, fn):
    found = desktop.client.desk.store.write(fn).result()
    desktop.settle()
    return found


def shown(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]


def pressed(qtbot, widget: QWidget, name: str) -> None:
    (one,) = [
        b
        for b in widget.findChildren(QPushButton)
        if b.accessibleName() == name and b.isVisibleTo(widget)
    ]
    qtbot.mouseClick(one, Qt.MouseButton.LeftButton)


def visit(desktop, text: str, **more) -> None:
    draft = VisitDraft(desktop.sample.zhao, "2026-11-19", situation=text, **more)
    write(desktop, lambda uow: recording.add_visit(uow, draft))


def answer(desktop, state: str, code: str, note: str = "") -> None:
    def write_it(uow) -> None:
        uow.connection.execute(
            "UPDATE outbox SET state=?, code=?, note=? WHERE state='waiting'",
            (state, code, note or None),
        )
        uow.touch_sync()

    write(desktop, write_it)


def many(desktop, count: int) -> None:
    """So many visits, each a save of its own, all refused."""
    visit(desktop, "第一次")
    answer(desktop, "rejected", "not_allowed")

    def copy(uow) -> None:
        (row,) = uow.rows(f"SELECT {COLUMNS} FROM outbox WHERE state='rejected'")
        marks = ",".join("?" * (len(row) + 2))
        uow.connection.executemany(
            f"INSERT INTO outbox (op_id,save_id,{COLUMNS}) VALUES ({marks})",
            [(new_id().bytes, new_id().bytes, *row) for _ in range(count - 1)],
        )
        uow.touch_sync()

    write(desktop, copy)


def leave(desktop, cause: str = "scope") -> None:
    """The household of the sample goes to somebody else, with what came from the server of it."""
    key = desktop.sample.zhao.bytes

    def go(uow) -> None:
        files = uow.rows("SELECT id FROM household_file WHERE household_id=?", (key,))
        uow.connection.execute("UPDATE outbox SET state='applied' WHERE state='waiting'")
        gone = [("household", key), *(("household_file", file) for (file,) in files)]
        uow.connection.executemany(
            "INSERT INTO leaving (record_id,entity,cause) VALUES (?,?,?)",
            [(one, entity, cause) for entity, one in gone],
        )
        inbox.finish_round(uow)
        uow.touch_sync()

    write(desktop, go)
    assert desktop.sql("SELECT count(*) FROM household WHERE id=?", key) == [(0,)]


def exported(desktop, card: RefusedCard, tmp_path: Path) -> list[dict[str, str]]:
    card.write(tmp_path / "out.csv")
    desktop.settle()
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_export_holds_all_and_the_page_says_how_many_more(desktop, qtbot, tmp_path) -> None:
    many(desktop, 230)
    page = desktop.show("sync")
    card = page.refused
    assert card.title.text() == "没有收下 230"
    assert len(card.saves) == 100
    assert "还有 130 条没有列出来。" in shown(card)
    assert len(exported(desktop, card, tmp_path)) == 230
    assert "已存好 230 条：out.csv" in shown(card)
    qtbot.mouseClick(card.more.button, Qt.MouseButton.LeftButton)
    desktop.settle()
    assert page.refused is card  # what was told stays where it was, and the keyboard too
    assert len(card.saves) == 200
    assert card.more.button.text() == "再显示 30 条"
    qtbot.mouseClick(card.more.button, Qt.MouseButton.LeftButton)
    desktop.settle()
    assert len(card.saves) == 230
    assert card.more.isHidden()
    assert sum(text.startswith("新的走访") for text in shown(card)) == 230


def test_ten_thousand_make_a_hundred_lines(desktop) -> None:
    many(desktop, 10_000)
    card = desktop.show("sync").refused
    assert card.title.text() == "没有收下 10000"
    assert len(card.saves) == 100
    assert "还有 9900 条没有列出来。" in shown(card)
    assert len([b for b in card.findChildren(QPushButton) if b.text() == "知道了"]) == 100


def test_a_save_is_never_told_in_part(desktop, tmp_path) -> None:
    """What was saved together counts, is told and exported as one, however many changes it has."""
    many(desktop, 700)

    def together(uow) -> None:
        uow.connection.execute("UPDATE outbox SET save_id=? WHERE state='rejected'", (b"1" * 16,))
        uow.touch_sync()

    write(desktop, together)
    page = desktop.show("sync")
    (save,) = page.refused.saves
    assert len(save.items) == 700
    assert len(exported(desktop, page.refused, tmp_path)) == 700


def test_what_waits_for_others_is_not_called_refused(desktop) -> None:
    visit(desktop, "等的")
    answer(desktop, "parked", "role_ended")
    visit(desktop, "退的")
    answer(desktop, "rejected", "not_allowed")
    visit(desktop, "等照片")
    answer(desktop, "parked", "waits_for_photo")
    page = desktop.show("sync")
    assert page.refused.title.text() == "没有收下 1"
    assert page.parked.title.text() == "已交上去，在等 2"
    assert {"等的", "等照片", "等网格长或社区决定", "等照片传到"} <= set(shown(page.parked))
    assert "退的" in shown(page.refused)


def test_lines_say_whose_and_what_where_the_household_is_gone(desktop, qtbot, tmp_path) -> None:
    visit(desktop, "血压药快吃完了，女儿周末回来。", promise="周五把药送来")
    answer(desktop, "parked", "moved_away")
    visit(desktop, "炉子要换。")
    answer(desktop, "parked", "moved_away")
    (address, name), *_ = desktop.sql(
        "SELECT address, name FROM household WHERE id=?", desktop.sample.zhao.bytes
    )
    leave(desktop)
    page = desktop.show("sync")
    texts = shown(page.parked)
    assert texts.count(f"新的走访 · {name}") == 2
    assert any(text.startswith(address) for text in texts)
    assert "血压药快吃完了，女儿周末回来。；周五把药送来" in texts
    assert "炉子要换。" in texts
    assert "约好：周五把药送来" not in texts
    looks = [b for b in page.parked.findChildren(QPushButton) if b.text() == "看看"]
    assert len(looks) == 2
    at = looks[1].mapTo(page.parked, looks[1].rect().topLeft())
    qtbot.mouseClick(looks[1], Qt.MouseButton.LeftButton)
    desktop.settle()
    assert "约好：周五把药送来" in shown(page.parked)
    assert looks[1].text() == "收起"
    assert looks[1].mapTo(page.parked, looks[1].rect().topLeft()) == at
    qtbot.mouseClick(looks[1], Qt.MouseButton.LeftButton)
    assert "约好：周五把药送来" not in shown(page.parked)
    found = exported(desktop, page.parked, tmp_path)
    assert {row["关于"] for row in found} == {name}
    assert {row["住址或地点"] for row in found} == {address}
    assert {row["记录时间"] for row in found} == {"2026-11-20 14:20"}
    assert "约好：周五把药送来" in found[1]["内容"]
    assert "走访时间：2026-11-19" in found[1]["内容"]
    assert "走访人：李秀英" in found[1]["内容"]


def test_an_edit_says_what_was_written(desktop, tmp_path) -> None:
    def edit(uow) -> None:
        form = household_page(uow, desktop.sample.zhao).form()
        file = dataclasses.replace(form.file, emergency_phone="13900001234")
        household = dataclasses.replace(form.household, registered_address="", own_number="甲-7")
        save_household(uow, form, dataclasses.replace(form, household=household, file=file))

    write(desktop, edit)
    answer(desktop, "parked", "moved_away")
    leave(desktop)
    page = desktop.show("sync")
    assert any("自编号：甲-7" in text for text in shown(page.parked))
    said = " ".join(row["内容"] for row in exported(desktop, page.parked, tmp_path))
    assert "13900001234" in said  # whoever records it has to have it whole
    assert "13900001234" not in " ".join(shown(page))
    assert any("用完请删掉" in text for text in shown(page.parked))


def test_a_long_edit_can_be_read_whole_though_the_page_shows_the_old_value(desktop, qtbot) -> None:
    text = "想申请廉租房，材料缺一份收入证明，单位说要等到下个月。" * 4

    def edit(uow) -> None:
        form = household_page(uow, desktop.sample.zhao).form()
        save_household(
            uow, form, dataclasses.replace(form, file=dataclasses.replace(form.file, needs=text))
        )

    write(desktop, edit)
    answer(desktop, "rejected", "not_allowed")
    card = desktop.show("sync").refused
    assert not any(text in said for said in shown(card))
    (whole,) = [b for b in card.findChildren(QPushButton) if b.text() == "看全文"]
    qtbot.mouseClick(whole, Qt.MouseButton.LeftButton)
    assert any(text in said for said in shown(card))


def test_a_returned_one_says_what_really_can_be_done(desktop) -> None:
    visit(desktop, "老人在家")
    answer(desktop, "rejected", "returned", "门牌不对")
    here = " ".join(shown(desktop.show("sync").refused))
    assert "改好再保存" in here
    leave(desktop)
    gone = " ".join(shown(desktop.show("sync").refused))
    assert "改好再保存" not in gone
    assert "他写道：“门牌不对”" in gone
    assert "交给现在管那里的网格员或社区来记" in gone


def test_the_name_goes_when_the_work_is_settled(desktop, qtbot) -> None:
    visit(desktop, "退的")
    answer(desktop, "rejected", "not_allowed")
    leave(desktop)
    page = desktop.show("sync")
    assert desktop.sql("SELECT count(*) FROM meta WHERE key LIKE 'about:%'") == [(1,)]
    write(desktop, lambda uow: uow.set_meta("forgetting", "0"))  # the files were cleaned since
    name = next(text for text in shown(page.refused) if text.startswith("新的走访 · "))
    pressed(qtbot, page.refused, f"知道了 {name}")
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM meta WHERE key LIKE 'about:%'") == [(0,)]
    assert desktop.client.desk.store.read(forgetting.is_due).result()


def test_the_name_goes_at_once_when_the_household_is_purged_later(desktop) -> None:
    visit(desktop, "等的")
    answer(desktop, "parked", "moved_away")
    leave(desktop)
    assert desktop.sql("SELECT count(*) FROM meta WHERE key LIKE 'about:%'") == [(1,)]
    leave(desktop, "purged")
    assert desktop.sql("SELECT count(*) FROM outbox WHERE state='parked'") == [(1,)]
    assert desktop.sql("SELECT count(*) FROM meta WHERE key LIKE 'about:%'") == [(0,)]


def test_on_what_was_purged_nothing_is_told_and_nothing_kept(desktop, qtbot, tmp_path) -> None:
    from gridapp.store.drafting import Picture
    from tests.store.realistic import jpeg

    photo = Picture(jpeg(color=(9, 99, 9)), "p.jpg")
    visit(desktop, "不该留的话", pictures=(photo,))
    answer(desktop, "rejected", "purged")
    visit(desktop, "别的话")
    answer(desktop, "rejected", "not_allowed")
    leave(desktop, "purged")
    blobs = desktop.client.desk.store.blobs
    [(digest,)] = desktop.sql("SELECT sha256 FROM attachment WHERE target_kind='visit'")
    assert blobs.has(digest)
    assert desktop.sql("SELECT count(*) FROM meta WHERE key LIKE 'about:%'") == [(0,)]
    page = desktop.show("sync")
    assert "有关的资料已按要求清除，这条不再收。" in " ".join(shown(page.refused))
    assert "不该留的话" not in " ".join(shown(page.refused))
    said = exported(desktop, page.refused, tmp_path)
    assert [row["内容"].count("别的话") for row in said] == [1]
    (purged,) = [save for save in page.refused.saves if save.purged]
    (line,) = [
        b.parentWidget()
        for b in page.refused.findChildren(QPushButton)
        if b.text() == "知道了" and b.accessibleName().endswith("1 张照片")
    ]
    texts = [b.text() for b in line.findChildren(QPushButton)]
    assert texts == ["知道了"]
    line.findChildren(QPushButton)[0].click()
    desktop.settle()
    assert len(desktop.shell.pages["sync"].refused.saves) == 1
    assert desktop.sql("SELECT count(*) FROM outbox WHERE save_id=?", purged.save_id) == [(0,)]
    assert desktop.sql("SELECT count(*) FROM visit WHERE situation='不该留的话'") == [(0,)]
    assert desktop.sql("SELECT count(*) FROM attachment WHERE sha256=?", digest) == [(0,)]
    assert not blobs.has(digest)
