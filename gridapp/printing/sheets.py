"""Records turned into the words of a sheet: codes as labels, people as names, in the language in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from uuid import UUID

from gridapp.clock import day_of
from gridapp.documents.household_file import (
    CareRow,
    HouseholdSheet,
    MemberRow,
    Phone,
    Photo,
    VisitRow,
)
from gridapp.domain.address import parse_address
from gridapp.domain.care import to_watch
from gridapp.domain.record import kind_of
from gridapp.domain.visit import Visit
from gridapp.i18n import language, tr
from gridapp.printing.gathering import Gathered, gather
from gridapp.printing.plan import Planned
from gridapp.store.blobs import BlobFolder
from gridapp.store.drafting import MemberForm
from gridapp.store.store import Store
from gridapp.store.views.reference import Reference, reference

_BATCH = 4  # households in one snapshot


Written = tuple[HouseholdSheet, tuple[UUID, ...]]  # a sheet, and the visits on it


def sheets(store: Store, household_ids: Sequence[UUID]) -> Iterator[HouseholdSheet]:
    """One sheet after the other, read a few at a time; households that are gone are left out.

    Numbers are whole here: ``documents`` masks them unless ``PrintContext.reveal``. Not on the GUI thread.
    """
    wanted = [Planned(household_id, "", "") for household_id in household_ids]
    return (sheet for sheet, _ in written(store, wanted))


def written(store: Store, wanted: Sequence[Planned]) -> Iterator[Written]:
    """The sheets of what was planned, whole files or only their new visits; those gone are left out."""
    words = store.read(reference).result()
    today = day_of(store.clock())
    by_id = {planned.id: planned for planned in wanted}
    for start in range(0, len(wanted), _BATCH):
        ids = [planned.id for planned in wanted[start : start + _BATCH]]
        for gathered in store.read(partial(gather, ids=ids, today=today)).result():
            planned = by_id[gathered.page.household.id]
            yield _Writer(gathered, words, store.blobs, planned).written()


class _Writer:
    """Writes the sheet of one household."""

    def __init__(
        self, gathered: Gathered, words: Reference, blobs: BlobFolder, planned: Planned
    ) -> None:
        self._all, self._page = gathered, gathered.page
        self._further = planned.further
        self._visits = tuple(
            visit
            for visit in self._page.visits
            if not planned.further or visit.id in planned.visits
        )
        self._words, self._blobs = words, blobs
        self._language = language()
        self._photos = gathered.photos
        self._elsewhere = 0

    def written(self) -> Written:
        """The sheet, and which visits are on it."""
        return self.sheet(), tuple(visit.id for visit in self._visits)

    def sheet(self) -> HouseholdSheet:
        household, file, home = self._page.household, self._page.file, self._page.dwelling
        found, worker = self._all, self._all.worker
        return HouseholdSheet(
            uuid=household.id,
            version=household.version,
            number=household.number,
            temporary=household.temporary,
            name=household.name,
            kind=self._say("household_kind", household.kind),
            grid_name=found.grid.name if found.grid else "",
            grid_code=found.grid.code if found.grid else "",
            community=found.community.name if found.community else "",
            opened=household.opened_on,
            updated=self._updated(),
            unsynced=found.unsynced,
            head=self._member(found.head) if found.head else None,
            registered_address=household.registered_address,
            actual_address=household.address,
            addresses_agree=addresses_agree(household.registered_address, household.address),
            tenure=self._say("tenure", home.tenure) if home else "",
            area=f"{home.area:g} m²" if home and home.area else "",
            structure=self._say("structure", home.structure) if home else "",
            floors=str(home.floors or "") if home else "",
            gas=self._say("gas", home.gas) if home else "",
            alarms=self._alarms(),
            last_check=home.last_check if home else None,
            members=tuple(self._member(m) for m in found.members),
            livelihood=tuple(self._say("livelihood", each) for each in file.livelihood),
            benefits=tuple(self._say("benefits", each) for each in file.benefits),
            care=tuple(self._care()),
            needs=file.needs,
            wishes=file.wishes,
            emergency_name=file.emergency_name,
            emergency_relation=file.emergency_relation,
            emergency_phone=file.emergency_phone,
            worker=worker.name if worker else "",
            worker_phone=worker.phone if worker else "",
            visits=tuple(self._visit(visit) for visit in self._visits),
            photos=() if self._further else tuple(self._household_photos()),
            notice=_given(file.notice_given),
            notice_on=file.notice_on,
            legal_basis=self._say("legal_basis", file.legal_basis),
            continuation=self._further,
            photos_elsewhere=self._elsewhere,
        )

    def _say(self, table: str, code: str) -> str:
        return self._words.say(table, code, self._language)

    def _updated(self) -> date | None:
        """The day of the last change: by the server's clock where it has seen it."""
        shown = (self._page.household, self._page.file, *self._page.visits)
        last = max(record.received_at or record.recorded_at for record in shown)
        return day_of(last) if last else None

    def _alarms(self) -> str:
        home = self._page.dwelling
        if home is None:
            return ""
        known = ((home.gas_alarm, tr("燃气报警器")), (home.smoke_alarm, tr("烟感报警器")))
        said = [
            tr("{what}：有" if there else "{what}：没有").format(what=what)
            for there, what in known
            if there is not None
        ]
        return tr("，").join(said)

    def _member(self, member: MemberForm) -> MemberRow:
        person, file = member.person, member.file
        status = self._say("person_status", person.status)
        if person.away_until is not None:
            status = tr("{status}，至 {day}").format(status=status, day=person.away_until)
        groups = dict.fromkeys(care.group_code for care in member.care)
        return MemberRow(
            name=person.name,
            relation=self._say("family_relation", member.residence.relation),
            sex=self._say("sex", file.sex),
            birth=file.birth_date,
            birth_year=person.birth_year,
            id_kind=self._say("id_kind", file.id_kind),
            id_number=file.id_number,
            phones=tuple(Phone(number, str(whose or "")) for number, whose in file.phones.items()),
            status=status,
            care=tuple(self._words.care_name(group, self._language) for group in groups),
        )

    def _care(self) -> Iterator[CareRow]:
        for member in self._all.members:
            for care in member.care:
                yield CareRow(
                    name=member.person.name,
                    group=self._words.care_name(care.group_code, self._language),
                    level=self._say("care_level", care.level),
                    since=care.from_date,
                    note=care.note,
                )

    def _visit(self, visit: Visit) -> VisitRow:
        happened = visit.happened_at or ""
        names = self._all.names
        return VisitRow(
            when=date.fromisoformat(happened[:10]) if happened else None,
            time=happened[11:16],
            how=self._say("visit_how", visit.how),
            visited_by=self._page.staff.get(visit.visited_by, "") if visit.visited_by else "",
            met=tr("、").join(names.get(who.lower(), who) for who in visit.people_met),
            text="\n".join(self._said(visit)),
            next_date=visit.next_date,
            promise=visit.promise,
            photos=tuple(self._visit_photos(visit)),
        )

    def _said(self, visit: Visit) -> Iterator[str]:
        """The texts of a visit, all but the first with their names, and what to keep an eye on."""
        if visit.situation:
            yield visit.situation
        declared = kind_of(Visit).by_name
        for name in ("difficulties", "requests", "action", "result"):
            text = getattr(visit, name)
            if text:
                label = declared[name].en if self._language == "en" else declared[name].zh
                yield tr("{label}：{text}").format(label=label, text=text)
        watched = tr("、").join(item for _, item in to_watch(visit.answers))
        if watched:
            label = self._say("visit_answer", "watch")
            yield tr("{label}：{text}").format(label=label, text=watched)

    def _visit_photos(self, visit: Visit) -> Iterator[bytes]:
        for attachment in self._photos.get(visit.id, ()):
            small = self._all.thumbnails.get(attachment.sha256)
            data = small or self._blobs.get(attachment.sha256)
            if data:
                yield data
            else:
                self._elsewhere += 1

    def _household_photos(self) -> Iterator[Photo]:
        for attachment in self._photos.get(self._page.household.id, ()):
            data = self._blobs.get(attachment.sha256)
            if data:
                yield Photo(data, self._say("attachment_purpose", attachment.purpose))
            else:
                self._elsewhere += 1


def addresses_agree(registered: str, actual: str) -> bool | None:
    """Whether two addresses name one door, however they are written; None where one is not known."""
    if not registered or not actual:
        return None
    one, other = parse_address(registered), parse_address(actual)
    if one is None or other is None:
        plain, end = ("".join(text.split()).removesuffix("室") for text in (registered, actual))
        return plain.endswith(end)
    doors = [(a.building, a.entrance, a.room) for a in (one, other)]
    return doors[0] == doors[1] and one.compound.endswith(other.compound)


def _given(notice: bool | None) -> str:
    if notice is None:
        return ""
    return tr("已告知") if notice else tr("未告知")
