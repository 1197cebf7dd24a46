"""The photos of a form: chosen, dropped or pasted, taken in at once, kept with the draft.

Each photo is read, scaled and encrypted off the GUI thread as soon as it is given, one after the other. So a
telephone may be unplugged before the form is saved, a crash costs no photo, and saving waits for no file.
What cannot be taken is named, one by one, with what to do about it; the others are taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.drafting import KeptPicture
from gridapp.store.views.photos import thumbnails
from gridapp.ui.desk import Desk
from gridapp.ui.operations.photos import let_photo_go
from gridapp.ui.widgets.basic import button, rows, words
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.photo.intake import Intake
from gridapp.ui.widgets.photo.refused import Refused
from gridapp.ui.widgets.photo.sources import FromFile, Source
from gridapp.ui.widgets.photo.tile import PhotoTile
from gridapp.ui.words.wording import joined


class Drafting(Protocol):
    """What ``serve`` needs of a form."""

    def edited(self) -> None:
        """Something was filled in."""

    def keep_draft(self) -> None:
        """Keep the draft now."""

    def point(self, to: QWidget, text: str, *, wrong: bool = False) -> None:
        """Say something about a part that may lie out of sight."""


class Photos(QWidget):
    """The chosen photos as small pictures. ``changed`` follows every photo that came or went.

    A form holds one, calls ``serve(self)``, keeps ``data()`` in its draft, gives it back to ``restore``, and
    saves with ``chained(photos.ready(), lambda pictures: …)``.
    """

    changed = Signal()
    arranged = Signal()  # what ``headline`` says is another

    def __init__(self, desk: Desk, purpose: str = "other") -> None:
        super().__init__()
        self.desk, self._purpose = desk, purpose
        self._tiles: list[PhotoTile] = []
        self._queue: deque[tuple[Source, PhotoTile]] = deque()
        self._work: Future[KeptPicture] | None = None
        self._waiting: list[Future[tuple[KeptPicture, ...]]] = []
        self._flow = Flow()
        self._hover = words(tr("松开鼠标，照片就加上"), "notice")
        self._hover.hide()
        self.refused = Refused()
        self.refused.changed.connect(self._arrange)
        self.setLayout(rows(self._hover, self.refused, self._flow))
        desk.tasks.broken.connect(self._broken)
        self._arrange()

    def add_button(self, role: str = "") -> QPushButton:
        """The button that opens the chooser, for a form to place."""
        made = button(tr("＋ 照片"), self.choose, role)
        made.setToolTip(tr("也可以把照片拖进来，或复制后按 Ctrl+V"))
        return made

    def serve(self, form: QWidget) -> None:
        """Take what is dropped on ``form`` or pasted into it; a ``Form`` keeps its draft at each photo."""
        intake = Intake(form, self.give)
        intake.hovering.connect(self._hovering)

    def drafted(self, form: Drafting) -> None:
        """Every photo that came or went is an edit of ``form``, kept with its draft at once, and said by it."""
        self.changed.connect(form.edited)
        self.changed.connect(form.keep_draft)
        self.arranged.connect(
            lambda: form.point(self, self.headline(), wrong=bool(self.refused.problems))
        )

    def headline(self) -> str:
        """What came of the photos in one line, for where they may lie out of sight; "" for none."""
        if not self._hover.isHidden():
            return self._hover.text()
        added = tr("照片 {count} 张").format(count=len(self._tiles)) if self._tiles else ""
        return joined(added, self.refused.headline())

    def choose(self) -> None:
        """Offer the newest photos of this computer and of what is plugged in."""
        from gridapp.ui.widgets.photo.chooser import PhotoChooser

        chooser = PhotoChooser(self.desk, self)
        chooser.chosen.connect(self.take)
        chooser.open()

    def take(self, paths: Iterable[Path]) -> None:
        """Photos of files."""
        self.give([FromFile(path) for path in paths])

    def give(self, sources: Sequence[Source]) -> None:
        """Photos from anywhere; one that is here already is left out. What was refused before stays said."""
        for source in sources:
            if source.key and any(tile.key == source.key for tile in self._tiles):
                self.refused.note_double()
                continue
            self._queue.append((source, self._add(source.name, source.key)))
        self._arrange()
        self._next()

    @property
    def busy(self) -> bool:
        """Whether photos are still being read."""
        return self._work is not None or bool(self._queue)

    def kept(self) -> tuple[KeptPicture, ...]:
        """The photos that are taken in, in order."""
        return tuple(tile.kept for tile in self._tiles if tile.kept)

    def ready(self) -> Future[tuple[KeptPicture, ...]]:
        """The photos once all are taken in. A ``Problem`` where one could not be, so that nobody misses it."""
        future: Future[tuple[KeptPicture, ...]] = Future()
        self._waiting.append(future)
        if not self.busy:
            self._tell_ready(None)
        return future

    def hand_over(self) -> tuple[KeptPicture, ...]:
        """The photos that are taken in; they are somebody else's now, those still being read stay."""
        kept = self.kept()
        for tile in tuple(self._tiles):
            if tile.kept:
                self._drop(tile)
        self._arrange()
        return kept

    def data(self) -> list[dict[str, Any]]:
        """What a draft keeps of them. Files still being read are kept as where they lie."""
        found: list[dict[str, Any]] = []
        for tile in self._tiles:
            if tile.kept:
                found.append({**asdict(tile.kept), "key": tile.key})
            elif tile.key:
                found.append({"key": tile.key})
        return found

    def restore(self, data: Iterable[Mapping[str, Any]]) -> None:
        """Show the photos of a draft; those that were still being read are read again."""
        known = {tile.kept.sha256 for tile in self._tiles if tile.kept}
        again: list[Source] = []
        for item in data:
            held = {key: value for key, value in item.items() if key != "key"}
            if not held:
                again.append(FromFile(Path(item["key"])))
            elif item["sha256"] not in known:
                self._add(held["name"], item.get("key", "")).show_kept(KeptPicture(**held))
        self._show_small()
        self._arrange()
        if again:
            self.give(again)

    def _add(self, name: str, key: str) -> PhotoTile:
        tile = PhotoTile(name, key, self.desk.look.theme)
        tile.removed.connect(partial(self._remove, tile))
        tile.opened.connect(partial(self._open, tile))
        self._tiles.append(tile)
        self._flow.flow.addWidget(tile)
        return tile

    def _next(self) -> None:
        while self._queue and self._queue[0][1] not in self._tiles:
            self._queue.popleft()  # taken away before it was read
        if self._work is not None or not self._queue:
            return
        source, tile = self._queue.popleft()
        self._work = self.desk.tasks.start(partial(source.take, self.desk, self._purpose))
        self.desk.run(self, self._work, partial(self._took, tile), partial(self._refuse, tile))

    def _took(self, tile: PhotoTile, kept: KeptPicture) -> None:
        if tile not in self._tiles:
            let_photo_go(self.desk.store, kept)
        elif any(other.kept and other.kept.sha256 == kept.sha256 for other in self._tiles):
            self._drop(tile)
            self.refused.note_double()
        else:
            tile.show_kept(kept)
            self._show_small()
        self._went_on(None)

    def _refuse(self, tile: PhotoTile, problem: Problem) -> None:
        if tile in self._tiles:
            self._drop(tile)
            self.refused.add(problem, tile.key)
        self._went_on(problem)

    def _broken(self) -> None:
        """A defect met somebody's work: where it was ours, the photo is named and the next one read."""
        work = self._work
        if work is None or not work.done() or work.cancelled() or work.exception() is None:
            return
        tile = next((t for t in self._tiles if t.kept is None), None)
        name = tile.name if tile else "?"
        problem = Problem("bad_photo", "照片“{name}”加不上。", remedy="请换一张。", name=name)
        if tile:
            self._refuse(tile, problem)

    def _went_on(self, problem: Problem | None) -> None:
        self._work = None
        self._arrange()
        self.changed.emit()
        self._next()
        if problem or self._work is None:
            self._tell_ready(problem)

    def _tell_ready(self, problem: Problem | None) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if problem:
                future.set_exception(problem)
            else:
                future.set_result(self.kept())

    def _remove(self, tile: PhotoTile) -> None:
        self._drop(tile)
        self._arrange()
        self.changed.emit()
        if tile.kept:
            # after the draft that does not name it any more
            let_photo_go(self.desk.store, tile.kept)

    def _drop(self, tile: PhotoTile) -> None:
        self._tiles.remove(tile)
        self._flow.flow.removeWidget(tile)
        tile.hide()
        tile.deleteLater()

    def _open(self, tile: PhotoTile) -> None:
        from gridapp.ui.widgets.viewer import PhotoViewer

        kept = [t for t in self._tiles if t.kept]
        digests = [t.kept.sha256 for t in kept if t.kept]
        PhotoViewer(self.desk, digests, kept.index(tile), parent=self).open()

    def _show_small(self) -> None:
        digests = tuple(picture.sha256 for picture in self.kept())
        read = partial(thumbnails, digests=digests)
        self.desk.read(self, read, self._take_small, only_latest="small")

    def _take_small(self, found: Mapping[str, bytes]) -> None:
        for tile in self._tiles:
            if tile.kept and tile.kept.sha256 in found:
                tile.show_small(found[tile.kept.sha256])

    def _hovering(self, held: bool) -> None:
        self._hover.setVisible(held)
        self._arrange()

    def _arrange(self) -> None:
        self._flow.setVisible(bool(self._tiles))
        self.setVisible(bool(self._tiles) or self.refused.holds or not self._hover.isHidden())
        self.arranged.emit()
