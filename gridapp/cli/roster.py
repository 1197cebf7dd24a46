"""``gridapp client import households``: the roster from Excel, its dry run and its template."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gridapp.cli.fields import as_value, in_words
from gridapp.cli.lookup import grid_by_code
from gridapp.cli.output import emit
from gridapp.cli.unlock import opened
from gridapp.clock import day_of
from gridapp.domain.codes import Codes
from gridapp.domain.record import Field
from gridapp.domain.reference import CareGroup, Code
from gridapp.errors import Problem
from gridapp.i18n import Label, language, tr
from gridapp.importing.apply import ImportRefusedError, ImportResult, import_roster, preview
from gridapp.importing.changes import FieldChange
from gridapp.importing.plan import RosterPlan, RowProblem
from gridapp.importing.roster import plan_roster
from gridapp.importing.template import write_template
from gridapp.resources import default_reference
from gridapp.spreadsheets.workbook import read_workbook
from gridapp.store.authority import check_grid
from gridapp.store.reader import Reader


def template(path: Path) -> int:
    """Write the Excel template, in the shipped codes: no data folder is needed."""
    shipped = default_reference()
    groups = [r for r in shipped if isinstance(r, CareGroup)]
    write_template(path, Codes(r for r in shipped if isinstance(r, Code)), groups)
    print(tr("已写入 {file}").format(file=path))
    return 0


def run(args: argparse.Namespace) -> int:
    """Import, or with ``--dry-run`` say what would happen. Raises ``Problem`` where there are problems."""
    book = read_workbook(args.file)
    with opened(args) as store:
        grid_id = store.read(partial(grid_by_code, code=args.grid)).result()
        store.read(
            partial(check_grid, kind="household", grid_id=grid_id, now=store.clock())
        ).result()
        codes, groups = store.read(_reference).result()
        today = day_of(store.clock())
        latest = store.read(lambda reader: reader.latest).result()
        plan = plan_roster(book, codes, groups, latest)
        # Every problem is found before anything is written, however large the roster.
        result = store.read(partial(preview, plan=plan, grid_id=grid_id, today=today)).result()
        if not args.dry_run:
            _refuse(args, plan, result.problems)
            result = import_roster(store, plan, grid_id)
    _say(args, result, codes)
    if result.problems:
        raise Problem(
            "roster_problems",
            "花名册有 {count} 处问题，这次只是检查，没有改动。",
            place="{file}",
            remedy="请改正后再导入。",
            file=plan.file,
            count=len(result.problems),
        )
    return 0


def _refuse(args: argparse.Namespace, plan: RosterPlan, problems: Sequence[RowProblem]) -> None:
    """Every problem is listed, then the one line that says that nothing was changed."""
    if not problems:
        return
    # The last line names the first one itself.
    if not args.json and len(problems) > 1:
        for problem in problems:
            print(problem.text(), file=sys.stderr)
    raise ImportRefusedError(plan.file, problems)


def _say(args: argparse.Namespace, result: ImportResult, codes: Codes) -> None:
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
    if args.dry_run:
        document["changes"] = [_plain_change(c) for c in result.changes]
    words = tr("新建 {created} 户，修改 {changed} 户，未变 {unchanged} 户").format(**document)
    lines = [_change_line(c, codes) for c in result.changes]
    lines += [p.text() for p in (*result.problems, *result.notes)]
    emit(args, document, "\n".join([*lines, words]))


def _plain_change(change: FieldChange) -> dict[str, Any]:
    return {
        "row": change.row,
        "name": change.name,
        "kind": change.kind,
        "field": change.field.name,
        "old": as_value(change.field, change.old),
        "new": as_value(change.field, change.new),
    }


def _change_line(change: FieldChange, codes: Codes) -> str:
    return tr("第 {row} 行 {name}：{label} {old} → {new}").format(
        row=change.row,
        name=change.name,
        label=Label(change.field.zh, change.field.en),
        old=_worded(change.field, change.old, codes),
        new=_worded(change.field, change.new, codes),
    )


def _worded(field: Field, value: Any, codes: Codes) -> str:
    shown = as_value(field, value)
    if field.codes and isinstance(shown, str) and shown:
        shown = codes.label(field.codes, shown, language()) or shown
    return in_words(shown)


def _plain(problem: Any) -> dict[str, Any]:
    return {
        "row": problem.row,
        "column": problem.column,
        "code": problem.code,
        "text": problem.text(),
    }


def _reference(reader: Reader) -> tuple[Codes, list[CareGroup]]:
    return Codes(reader.where(Code, "1=1")), reader.where(CareGroup, "1=1")
