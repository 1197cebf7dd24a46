"""``gridapp client set``: one edit, held to what a form would let pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from gridapp.cli.dates import Days
from gridapp.cli.lookup import GRID, find_record
from gridapp.domain.codes import Codes
from gridapp.domain.identity import check_identity
from gridapp.domain.kinds import KINDS
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.record import Field, Kind, Type
from gridapp.domain.reference import CareGroup, CatalogueItem, Code
from gridapp.domain.review import Review
from gridapp.domain.values import bad_value, loaded, stored
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.store.authority import check_grid
from gridapp.store.reader import Reader
from gridapp.store.reviewing import check_note
from gridapp.store.unit_of_work import UnitOfWork

_MOST_NAMED = 30  # codes named in a refusal


def set_fields(uow: UnitOfWork, kind: Kind, name: str, pairs: Mapping[str, str]) -> bool:
    """One edit, as the form would make it. ``deleted=true`` deletes. Returns whether anything changed.

    Raises ``Problem`` where a field is not there or a value cannot be.
    """
    record = find_record(uow, kind.record, name)
    check_grid(uow, kind.name, getattr(record, "grid_id", None), uow.now)
    if kind.append_only:
        raise Problem("append_only", "{kind}只能增加，不能修改。", kind=Label(kind.zh, kind.en))
    if dict(pairs) == {"deleted": "true"}:
        uow.delete(record)
        return True
    values = {n: _parsed(uow, _field(kind, n), text) for n, text in pairs.items()}
    changed = dataclasses.replace(record, **values)
    if isinstance(changed, PersonFile):
        changed = _identified(uow, changed, values)
    if isinstance(changed, Review):
        check_note(changed)
    return uow.edit(record, changed)


def _identified(uow: UnitOfWork, file: PersonFile, stated: Mapping[str, Any]) -> PersonFile:
    """The file with birth date and sex as its number says, and the year of birth with the person."""
    # What went with the old number does not speak against the new one.
    renewed = "id_number" in stated or "id_kind" in stated
    birth = None if renewed and "birth_date" not in stated else file.birth_date
    sex = "" if renewed and "sex" not in stated else file.sex
    read = check_identity(file.id_kind, file.id_number, birth, sex, Days(uow).latest)
    file = dataclasses.replace(
        file,
        id_number=read.number,
        birth_date=read.birth or file.birth_date,
        sex=read.sex or file.sex,
    )
    person = uow.record(Person, file.person_id)
    if person is not None and file.birth_date is not None:
        uow.edit(person, dataclasses.replace(person, birth_year=file.birth_date.year))
    return file


def _field(kind: Kind, name: str) -> Field:
    field = kind.by_name.get(name)
    if field is None or field.derived or field.given or field.fixed:
        raise Problem(
            "no_field",
            "{kind}没有可修改的字段“{name}”。",
            remedy="可用的有：{fields}。",
            kind=Label(kind.zh, kind.en),
            name=name,
            fields=", ".join(f.name for f in kind.editable),
        )
    return field


def _parsed(uow: UnitOfWork, field: Field, text: str) -> Any:
    if not text.strip():
        return loaded(field, None)
    if field.type is Type.YES_NO:
        if text not in ("true", "false"):
            raise bad_value(field, text)
        return text == "true"
    if field.type is Type.CODE:
        return _code(uow, field, text)
    if field.type is Type.ID and field.refers_to:
        found = find_record(uow, KINDS[field.refers_to].record, text)
        if field.name == "grid_id" and getattr(found, "kind", "") != GRID:
            raise bad_value(field, text)
        return found.id
    if field.type is Type.MOMENT:
        Days(uow).check(field, text)
    if field.type is Type.SET and not text.startswith("["):
        return tuple(part for part in text.split("|") if part.strip())
    value = loaded(field, stored(field, text))
    Days(uow).check_happened(field, value)
    return value


def _code(reader: Reader, field: Field, text: str) -> str:
    """The code for a code or its label. Raises ``Problem`` ``bad_code``."""
    known, found = _codes(reader, field.codes, text)
    if found is not None:
        return found
    shown = known[:_MOST_NAMED]
    raise Problem(
        "bad_code",
        "“{label}”没有“{value}”这一项。",
        remedy="可用的有：{codes}。",
        label=Label(field.zh, field.en),
        value=text[:40],
        codes=", ".join(shown) + (" …" if len(shown) < len(known) else ""),
    )


def _codes(reader: Reader, table: str, text: str) -> tuple[list[str], str | None]:
    if table == "catalogue_item":
        known = sorted(r.item_code for r in reader.where(CatalogueItem, "1=1"))
    elif table == "care_group":
        known = sorted(r.group_code for r in reader.where(CareGroup, "1=1"))
    else:
        codes = Codes(reader.where(Code, "table_name=?", (table,)))
        return [c.code for c in codes.entries(table)], codes.find(table, text)
    return known, text if text in known else None
