"""One change in words: what it is of, who and when, before and after."""

from __future__ import annotations

from datetime import date

from gridapp.domain.kinds import KINDS
from gridapp.i18n import language, tr
from gridapp.store.views.history import HistoryLine
from gridapp.ui.pages.file.part import File
from gridapp.ui.widgets.row_list import Row
from gridapp.ui.words.values import Names, field_label, value_words
from gridapp.ui.words.wording import joined, plain_day, short_instant

# What came, went or came back as a whole; a kind that is not named here says its own name.
_WHOLE = {
    ("household", "created"): "建立了档案",
    ("residence", "created"): "加为成员",
    ("residence", "deleted"): "不再是成员",
    ("residence", "restored"): "又是成员",
    ("care_enrolment", "created"): "登记了关爱",
    ("care_enrolment", "deleted"): "取消了关爱登记",
}
_OTHER = {"created": "新登记", "deleted": "删掉了", "restored": "恢复了"}


def change_row(page: File, line: HistoryLine, names: Names) -> Row:
    """A change as the list shows it."""
    when = short_instant(line.at, page.desk.today)
    tags = ((tr("还没上传"), "grey"),) if line.unsent else ()
    return Row(_title(page, line), joined(line.who, when), _what(page, line, names), tags=tags)


def change_facts(page: File, line: HistoryLine, names: Names) -> tuple[tuple[str, str], ...]:
    """A change in full."""
    who = (
        (tr("谁改的"), line.who or tr("不在名册上的人")),
        (tr("什么时候"), short_instant(line.at, page.desk.today)),
    )
    what = (tr("哪一项"), _title(page, line))
    if line.what != "changed":
        return (what, (tr("改了什么"), _what(page, line, names)), *who)
    before, after = _values(page, line, names)
    return (what, (tr("原来"), before), (tr("改成"), after), *who)


def _title(page: File, line: HistoryLine) -> str:
    declared = line.declared
    return joined(_subject(page, line), field_label(declared) if declared else "")


def _subject(page: File, line: HistoryLine) -> str:
    if line.entity == "visit":
        day = date.fromisoformat(line.about) if line.about else page.desk.today
        return tr("{day}的走访").format(day=plain_day(day, page.desk.today))
    if line.entity in ("household", "household_file"):
        return "" if line.field else _kind(line)
    return line.about or _kind(line)


def _what(page: File, line: HistoryLine, names: Names) -> str:
    if line.what != "changed":
        words = _WHOLE.get((line.entity, line.what))
        return tr(words) if words else joined(tr(_OTHER.get(line.what, "改了")), _kind(line))
    return " → ".join(_values(page, line, names))


def _values(page: File, line: HistoryLine, names: Names) -> tuple[str, str]:
    before, after = (
        value_words(page.desk, line.declared, value, names, revealed=page.revealed) or tr("空白")
        for value in (line.before, line.after)
    )
    return " ".join(before.split()), " ".join(after.split())


def _kind(line: HistoryLine) -> str:
    kind = KINDS[line.entity]
    return kind.en.capitalize() if language() == "en" else kind.zh
