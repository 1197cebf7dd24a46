"""What waits to go up, save by save."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from gridapp.i18n import tr
from gridapp.store.views.broken_photos import BrokenPhoto
from gridapp.store.views.sync_page import SyncPage
from gridapp.ui.desk import Desk
from gridapp.ui.pages.syncing.lines import line, padded
from gridapp.ui.pages.syncing.saying import about_words, may_open, save_title
from gridapp.ui.widgets.basic import Card, button, words
from gridapp.ui.words.wording import joined, short_instant


def waiting_card(desk: Desk, found: SyncPage) -> Card:
    """Saves and photos that are safe here and not with the server yet."""
    state = found.status
    card = Card(tr("等着上传 {count}").format(count=state.to_send) if state.to_send else tr("照片"))
    for save in found.waiting:
        acts: tuple[QWidget, ...] = ()
        if save.about and may_open(desk, save.about):
            look = button(tr("看看"), partial(desk.go, save.about.page, save.about.id))
            look.setAccessibleName(f"{tr('看看')} {save_title(desk, save)}")
            acts = (look,)
        when = short_instant(save.recorded_at, desk.today)
        card.body.addWidget(line(save_title(desk, save), when, acts=acts))
    for photo in found.broken:
        card.body.addWidget(_broken(desk, photo))
    for text in _rest(found):
        card.body.addWidget(padded(words(text, "secondary", wrap=True)))
    return card


def _rest(found: SyncPage) -> list[str]:
    state, texts = found.status, []
    if state.waiting > len(found.waiting):
        hidden = state.waiting - len(found.waiting)
        texts.append(tr("还有 {count} 条，先传前面的。").format(count=hidden))
    if state.photos:
        texts.append(tr("{count} 张照片，资料先走，照片随后。").format(count=state.photos))
    if state.broken_photos > len(found.broken):
        hidden = state.broken_photos - len(found.broken)
        texts.append(tr("还有 {count} 张照片传不上去。").format(count=hidden))
    return texts


def _broken(desk: Desk, photo: BrokenPhoto) -> QWidget:
    """A photo that cannot go up, called by what it is of."""
    title = joined(tr("照片"), about_words(desk, photo.about))
    acts: tuple[QWidget, ...] = ()
    if photo.about and may_open(desk, photo.about):
        look = button(tr("看看"), partial(desk.go, photo.about.page, photo.about.id))
        look.setAccessibleName(f"{tr('看看')} {title}")
        acts = (look,)
    when = short_instant(photo.recorded_at, desk.today) if photo.recorded_at else ""
    why = _WHY.get(photo.code, "没有收下这张照片。请再记一条，重新附上照片。")
    return line(title, when, tr(why), acts=acts)


_WHY = {
    "lost": "这张照片在本机坏了或丢了，传不上去。请再记一条，重新附上照片。",
    "too_large": "这张照片太大，传不上去。请再记一条，换一张小的附上。",
    "bad_part": "这张照片传了几次都不完整，没有收下。请再记一条，重新附上照片。",
    "bad_blob": "这张照片传了几次都不完整，没有收下。请再记一条，重新附上照片。",
}
