"""What was saved, in words: what it is, whose, and which fields changed."""

from __future__ import annotations

from gridapp.domain.kinds import KINDS
from gridapp.domain.review import RETURNED
from gridapp.i18n import language, tr
from gridapp.store.status import Item
from gridapp.store.views.saves import Save
from gridapp.store.views.subjects import Subject
from gridapp.ui.desk import Desk
from gridapp.ui.words.values import field_label
from gridapp.ui.words.wording import joined, listed


def save_title(desk: Desk, save: Save) -> str:
    """What was saved and whom it is about: ``新的走访 · 赵桂兰``."""
    return joined(item_words(save.main), about_words(desk, save.about), _more(save))


def item_words(item: Item) -> str:
    """One change of one record."""
    if item.entity == "review":
        given_back = dict(item.values).get("state") == RETURNED
        return tr("退回晚传上来的记录") if given_back else tr("收下晚传上来的记录")
    kind = KINDS[item.entity]
    name = kind.en if language() == "en" else kind.zh
    labels = listed(*(field_label(kind.by_name[n]) for n in item.fields))
    if item.decides:
        text = tr("选了{kind}：{fields}") if labels else tr("选了{kind}删不删")
        return text.format(kind=name, fields=labels)
    if item.deletes:
        return tr("删除{kind}").format(kind=name)
    if item.merges:
        return tr("合并{kind}").format(kind=name)
    if item.created:
        return tr("新的{kind}").format(kind=name)
    return tr("改了{kind}：{fields}").format(kind=name, fields=labels)


def may_open(desk: Desk, about: Subject | None) -> bool:
    """Whether a way leads to what it is about: it is here, and its page is the user's."""
    return bool(about and about.page and not about.gone and desk.uses(about.page))


def place_words(about: Subject | None) -> str:
    """Where and under which number it stood, of what is not here any more: its page does not say it."""
    return joined(about.address, about.number) if about and about.gone else ""


def about_words(desk: Desk, about: Subject | None) -> str:
    """Whom or what it is about. An event without a title of its own is called by its catalogue item."""
    if about is None:
        return ""
    return desk.item_name(about.name) if about.page == "event" else about.name


def _more(save: Save) -> str:
    """Photos, and changes of other kinds, that were saved together with what the save is called by."""
    photos = sum(1 for i in save.items if i.entity == "attachment")
    if photos and save.main.entity != "attachment":
        return tr("{count} 张照片").format(count=photos)
    edits = [i for i in save.items[1:] if not i.created and i.entity != "attachment"]
    if edits and not save.main.created:
        return tr("连同另外 {count} 处").format(count=len(edits))
    return ""
