"""From the store to paper: gathers households as sheets and has them laid out.

Glue between ``store`` and ``documents``, which know nothing of each other; the window and the command
line both print through here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from gridapp.clock import day_of, local
from gridapp.documents.household_file import (
    CareRow,
    HouseholdSheet,
    MemberRow,
    Phone,
    Photo,
    PrintContext,
    VisitRow,
)
from gridapp.documents.household_pdf import write_household_files
from gridapp.domain.attachment import Attachment
from gridapp.domain.unit import Staff, Unit
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.store import status
from gridapp.store.drafting import MemberForm
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.views.household_page import HouseholdPage, household_page
from gridapp.store.views.reference import Reference, reference

VISITS = 60  # the newest, on one file


def print_households(
    store: Store,
    ids: Sequence[UUID],
    out: Path,
    *,
    language: str = "zh_CN",
    reveal: bool = False,
    progress: Callable[[int], bool] | None = None,
) -> int:
    """Writes one PDF of the households to ``out``; how many. Not on the GUI thread.

    ``progress`` gets the number done and returns False to stop (``Problem`` ``cancelled``). ``out`` comes
    into being whole or not at all. Who prints whole numbers has logged it before.
    """
    words = store.read(reference).result()
    partial = out.with_name(out.name + ".part")
    try:
        with partial.open("wb") as file:
            count = write_household_files(
                sheets(store, ids, words, language),
                context(store, language=language, reveal=reveal),
                file,
                progress=progress,
            )
        partial.replace(out)
    except OSError as error:
        raise Problem(
            "cannot_write",
            "不能写这个文件。",
            place=str(out),
            remedy="请检查磁盘空间和权限，或关掉正打开它的程序，再试一次。",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def context(store: Store, *, language: str = "zh_CN", reveal: bool = False) -> PrintContext:
    """Who prints, on what, when, and what is not with the server yet."""
    now = store.clock()
    waiting = store.read(status.current).result().to_send
    return PrintContext(
        printed_by=store.who.name,
        device=store.who.device_name,
        printed_at=f"{local(now):%Y-%m-%d %H:%M}",
        version_date=day_of(now),
        unsynced=waiting,
        language=language,
        reveal=reveal,
    )


def sheets(
    store: Store, ids: Sequence[UUID], words: Reference, language: str
) -> Iterator[HouseholdSheet]:
    """One sheet after the other; households that are gone are left out."""
    for id_ in ids:
        sheet = store.read(partial(_sheet, store, id_, words, language)).result()
        if sheet is not None:
            yield sheet


def _sheet(
    store: Store, household_id: UUID, words: Reference, language: str, reader: Reader
) -> HouseholdSheet | None:
    page = household_page(reader, household_id)
    if page is None:
        return None
    return _Writer(store, reader, page, words, language).sheet()


class _Writer:
    """Turns the records of one household into the words of its sheet."""

    def __init__(
        self, store: Store, reader: Reader, page: HouseholdPage, words: Reference, language: str
    ) -> None:
        self.store, self.reader, self.page = store, reader, page
        self.words, self.language = words, language
        self.photos: dict[UUID, list[Attachment]] = {}
        for attachment in page.attachments:
            if attachment.target_id:
                self.photos.setdefault(attachment.target_id, []).append(attachment)

    def sheet(self) -> HouseholdSheet:
        page, file, household = self.page, self.page.file, self.page.household
        grid = self.reader.record(Unit, household.grid_id)
        community = self.reader.record(Unit, grid.parent_id) if grid else None
        worker = self._worker(household.grid_id)
        head = next((m for m in page.members if m.person.id == household.head_id), None)
        return HouseholdSheet(
            uuid=household.id,
            version=household.version,
            number=household.number,
            temporary=household.temporary,
            name=household.name,
            kind=self._say("household_kind", household.kind),
            grid_name=grid.name if grid else "",
            grid_code=grid.code if grid else "",
            community=community.name if community else "",
            opened=household.opened_on,
            updated=self._updated(),
            head=self._member(head) if head else None,
            registered_address=household.registered_address,
            actual_address=household.address,
            addresses_agree=self._agree(),
            **self._dwelling(),
            members=tuple(self._member(m) for m in page.members),
            livelihood=file.livelihood,
            benefits=file.benefits,
            care=self._care(),
            needs=file.needs,
            wishes=file.wishes,
            emergency_name=file.emergency_name,
            emergency_relation=file.emergency_relation,
            emergency_phone=file.emergency_phone,
            worker=worker.name if worker else "",
            worker_phone=worker.phone if worker else "",
            visits=tuple(self._visit(v) for v in page.visits[:VISITS]),
            photos=self._household_photos(),
            notice_on=file.notice_on,
            legal_basis=self._say("legal_basis", file.legal_basis),
        )

    def _say(self, table: str, code: str) -> str:
        return self.words.say(table, code, self.language)

    def _updated(self) -> date | None:
        times = [max(r.recorded_at, r.received_at) for r in (self.page.household, self.page.file)]
        return day_of(max(times)) if max(times) else None

    def _agree(self) -> bool | None:
        household = self.page.household
        if not household.registered_address or not household.address:
            return None
        return household.registered_address.endswith(household.address)

    def _dwelling(self) -> dict[str, Any]:  # the fields of blocks 4 and 8
        home = self.page.dwelling
        if home is None:
            return {}
        alarms = []
        for there, name in ((home.gas_alarm, "燃气报警器"), (home.smoke_alarm, "烟感报警器")):
            if there is not None:
                alarms.append(f"{name}：{'有' if there else '没有'}")
        return {
            "tenure": self._say("tenure", home.tenure),
            "area": f"{home.area:g}" if home.area else "",
            "structure": self._say("structure", home.structure),
            "floors": str(home.floors or ""),
            "gas": self._say("gas", home.gas),
            "alarms": "，".join(alarms),
            "last_check": home.last_check,
        }

    def _member(self, member: MemberForm) -> MemberRow:
        person, file = member.person, member.file
        phones = tuple(Phone(n, str(w or "")) for n, w in file.phones.items())
        return MemberRow(
            name=person.name,
            relation=self._say("family_relation", member.residence.relation),
            sex=self._say("sex", file.sex),
            birth=file.birth_date,
            birth_year=person.birth_year,
            id_kind=self._say("id_kind", file.id_kind),
            id_number=file.id_number,
            phones=phones,
            status=self._say("person_status", person.status),
            care=tuple(self.words.care_name(c.group_code, self.language) for c in member.care),
        )

    def _care(self) -> tuple[CareRow, ...]:
        return tuple(
            CareRow(
                name=member.person.name,
                group=self.words.care_name(care.group_code, self.language),
                level=self._say("care_level", care.level),
                since=care.from_date,
                note=care.note,
            )
            for member in self.page.members
            for care in member.care
        )

    def _visit(self, visit: Visit) -> VisitRow:
        happened = visit.happened_at or ""
        names = {str(m.person.id): m.person.name for m in self.page.members}
        texts = (visit.situation, visit.difficulties, visit.requests, visit.action, visit.result)
        photos = [self._bytes(a) for a in self.photos.get(visit.id, ())]
        return VisitRow(
            when=date.fromisoformat(happened[:10]) if happened else None,
            time=happened[11:16],
            how=self._say("visit_how", visit.how),
            visited_by=self.page.staff.get(visit.visited_by, "") if visit.visited_by else "",
            met="、".join(names.get(who, who) for who in visit.people_met),
            text="\n".join(text for text in texts if text),
            next_date=visit.next_date,
            promise=visit.promise,
            photos=tuple(data for data in photos if data),
        )

    def _household_photos(self) -> tuple[Photo, ...]:
        own = self.photos.get(self.page.household.id, ())
        found = ((a, self._bytes(a)) for a in own)
        return tuple(
            Photo(data, self._say("attachment_purpose", a.purpose)) for a, data in found if data
        )

    def _bytes(self, attachment: Attachment) -> bytes:
        return self.store.blobs.get(attachment.sha256) or b""

    def _worker(self, grid_id: UUID | None) -> Staff | None:
        if grid_id is None:
            return None
        found = self.reader.value(
            "SELECT staff_id FROM assignment WHERE deleted=0 AND unit_id=? AND role='worker' "
            "AND to_date IS NULL ORDER BY full_time DESC, id LIMIT 1",
            (grid_id.bytes,),
        )
        return self.reader.record(Staff, UUID(bytes=found)) if found else None
