"""``gridapp client import households``: the roster from Excel, its dry run and its template."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from gridapp.cli.lookup import grid_by_code
from gridapp.cli.output import emit
from gridapp.cli.unlock import opened
from gridapp.clock import day_of, system_clock
from gridapp.domain.codes import Codes
from gridapp.domain.reference import CareGroup, Code
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.importing.apply import ImportResult, import_roster, preview
from gridapp.importing.plan import RosterPlan
from gridapp.importing.roster import plan_roster
from gridapp.importing.template import write_template
from gridapp.resources import default_reference
from gridapp.spreadsheets.workbook import read_workbook
from gridapp.store.reader import Reader


def template(path: Path) -> int:
    """Write the Excel template, in the shipped codes: no data folder is needed."""
    shipped = default_reference()
    groups = [r for r in shipped if isinstance(r, CareGroup)]
    try:
        write_template(path, Codes(r for r in shipped if isinstance(r, Code)), groups)
    except OSError as error:
        raise Problem(
            "cannot_write",
            "写不了文件 {file}。",
            remedy="请检查文件夹、权限和磁盘空间。",
            file=str(path),
        ) from error
    print(tr("已写入 {file}").format(file=path))
    return 0


def run(args: argparse.Namespace) -> int:
    """Import, or with ``--dry-run`` say what would happen. Exit status 1 where there are problems."""
    book = read_workbook(args.file)
    with opened(args) as store:
        codes, groups = store.read(_reference).result()
        plan = plan_roster(book, codes, groups, day_of(system_clock()))
        grid_id = store.read(partial(grid_by_code, code=args.grid)).result()
        if args.dry_run:
            result = store.read(partial(_preview, plan=plan, grid_id=grid_id)).result()
        else:
            _refuse_problems(args, plan)
            result = import_roster(store, plan, grid_id)
    return _say(args, result)


def _refuse_problems(args: argparse.Namespace, plan: RosterPlan) -> None:
    # Every problem is listed, then the one line that says that nothing was changed.
    if plan.problems and not args.json:
        for problem in plan.problems:
            print(problem.text(), file=sys.stderr)


def _say(args: argparse.Namespace, result: ImportResult) -> int:
    document = {
        "created": result.created,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "people_created": result.people_created,
        "people_changed": result.people_changed,
        "people_unchanged": result.people_unchanged,
        "problems": [_plain(p) for p in result.problems],
        "notes": [_plain(p) for p in result.notes],
    }
    words = tr("新建 {created} 户，修改 {changed} 户，未变 {unchanged} 户").format(**document)
    lines = [p.text() for p in (*result.problems, *result.notes)]
    emit(args, document, "\n".join([*lines, words]))
    return 1 if result.problems else 0


def _plain(problem: Any) -> dict[str, Any]:
    return {
        "row": problem.row,
        "column": problem.column,
        "code": problem.code,
        "text": problem.text(),
    }


def _reference(reader: Reader) -> tuple[Codes, list[CareGroup]]:
    return Codes(reader.where(Code, "1=1")), reader.where(CareGroup, "1=1")


def _preview(reader: Reader, plan: RosterPlan, grid_id: UUID) -> ImportResult:
    return preview(reader, plan, grid_id, day_of(system_clock()))
