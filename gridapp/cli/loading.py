"""``gridapp server load``: what was loaded, what is wrong, one-time codes and the slips that carry them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from gridapp import whole_file
from gridapp.cli.output import emit
from gridapp.clock import day_of
from gridapp.domain.kinds import KINDS
from gridapp.domain.unit import Staff
from gridapp.i18n import Label, language, tr
from gridapp.server.accounts import make_codes, without_device
from gridapp.server.auth import CODE_DAYS
from gridapp.server.context import Server
from gridapp.server.directory import Directory, load_directory
from gridapp.server.loading import BadStaffFile, Loaded, load_staff

_DAY = 86_400_000

Codes = Sequence[tuple[Staff, str]]


def run(args: argparse.Namespace, server: Server) -> int:
    """Load, give codes to those who are new (or, with ``--again``, have no device), print slips."""
    slips = _Slips(args) if args.slips and not args.dry_run else None
    try:
        loaded = load_staff(server, args.file, dry_run=args.dry_run)
    except BadStaffFile as bad:
        rows = [{"sheet": p.sheet, "row": p.row, "column": p.column} for p in bad.problems]
        told = [row | {"text": p.text()} for row, p in zip(rows, bad.problems, strict=True)]
        emit(args, {"problems": told}, "\n".join(p.text() for p in bad.problems))
        raise
    codes = [] if args.dry_run or args.no_codes else _codes(args, server, loaded)
    counts = {
        kind: {"created": loaded.created.get(kind, 0), "changed": loaded.changed.get(kind, 0)}
        for kind in ("unit", "staff", "assignment")
    }
    document = counts | {
        "codes": [{"name": s.name, "user_name": s.user_name, "code": c} for s, c in codes]
    }
    lines = [_count(args, kind, each) for kind, each in counts.items()]
    lines += [f"{staff.name}\t{staff.user_name}\t{code}" for staff, code in codes]
    emit(args, document, "\n".join(lines))
    if slips:  # after the codes, which nobody can read again: the disk may be full by now
        slips.write(server, codes)
    return 0


def _codes(args: argparse.Namespace, server: Server, loaded: Loaded) -> Codes:
    people = without_device(server, loaded.people) if args.again else list(loaded.new)
    return make_codes(server, people)


def _count(args: argparse.Namespace, kind: str, count: dict[str, int]) -> str:
    said = (
        tr("{kind}：将新增 {created}，将修改 {changed}")
        if args.dry_run
        else tr("{kind}：新增 {created}，修改 {changed}")
    )
    return said.format(kind=Label(KINDS[kind].zh, KINDS[kind].en), **count)


class _Slips:
    """The file of slips. Its place, address and certificate are tried before anything is loaded."""

    def __init__(self, args: argparse.Namespace) -> None:
        from gridapp.server.running import fingerprint
        from gridapp.sync.transport import check_url

        self.path: Path = args.slips
        self.url = check_url(args.server)
        self.fingerprint = fingerprint(args.tls_cert) if args.tls_cert else ""
        whole_file.try_place(self.path)

    def write(self, server: Server, codes: Codes) -> None:
        """One slip for each code; no file where there are none."""
        from gridapp.documents.enrolment_slips import Slip, render_slips

        if not codes:
            return
        with server.database.snapshot() as connection:
            posts = _posts(load_directory(connection), server.clock())
        until = day_of(server.clock() + CODE_DAYS * _DAY).isoformat()
        pdf = render_slips(
            [
                Slip(
                    name=staff.name,
                    user_name=staff.user_name,
                    posts=posts.get(staff.id, ""),
                    code=code,
                    server=self.url,
                    fingerprint=self.fingerprint,
                    valid_until=until,
                    district=server.district_name,
                )
                for staff, code in codes
            ]
        )
        with whole_file.writing(self.path) as out:
            out.write(pdf)


def _posts(directory: Directory, now: int) -> dict[UUID, str]:
    """What each person is and where, in words; what has ended is left out."""
    units = {unit.id: unit.name for unit in directory.units.values()}
    found: dict[UUID, list[str]] = {}
    for term in directory.terms.values():
        if term.staff_id and term.unit_id and not (term.to_date and term.to_date < day_of(now)):
            role = directory.codes.label("role", term.role, language())
            found.setdefault(term.staff_id, []).append(f"{role} · {units.get(term.unit_id, '')}")
    return {staff: "；".join(posts[:4]) for staff, posts in found.items()}
