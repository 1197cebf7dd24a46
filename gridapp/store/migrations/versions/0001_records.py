"""Revision 0001: the declared records."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _header() -> list[sa.Column[Any]]:
    """What every record has, before its fields."""
    return [
        sa.Column("id", sa.LargeBinary(16), primary_key=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("mac", sa.LargeBinary()),
        sa.Column("deleted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("merged_into", sa.LargeBinary()),
        sa.Column("recorded_at", sa.BigInteger()),
        sa.Column("received_at", sa.BigInteger()),
        sa.Column("extra", sa.Text()),
    ]


def upgrade() -> None:
    _unit()
    _staff()
    _assignment()
    _code()
    _catalogue_item()
    _care_group()
    _checklist_item()
    _compound()
    _micro_grid()
    _building()
    _dwelling()
    _household()
    _household_file()
    _person()
    _person_file()
    _residence()
    _care_enrolment()
    _visit()
    _event()
    _event_action()
    _attachment()
    _conflict()


def _unit() -> None:
    op.create_table(
        "unit",
        *_header(),
        sa.Column("parent_id", sa.LargeBinary()),
        sa.Column("code", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("label", sa.Text()),
        sa.Column("grid_kind", sa.Text()),
        sa.Column("dept_type", sa.Text()),
        sa.Column("sort", sa.BigInteger()),
    )


def _staff() -> None:
    op.create_table(
        "staff",
        *_header(),
        sa.Column("name", sa.Text()),
        sa.Column("user_name", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("active", sa.BigInteger()),
    )


def _assignment() -> None:
    op.create_table(
        "assignment",
        *_header(),
        sa.Column("staff_id", sa.LargeBinary()),
        sa.Column("unit_id", sa.LargeBinary()),
        sa.Column("role", sa.Text()),
        sa.Column("full_time", sa.BigInteger()),
        sa.Column("from_date", sa.Text()),
        sa.Column("to_date", sa.Text()),
        sa.Column("covers_id", sa.LargeBinary()),
    )


def _code() -> None:
    op.create_table(
        "code",
        *_header(),
        sa.Column("table_name", sa.Text()),
        sa.Column("code", sa.Text()),
        sa.Column("zh", sa.Text()),
        sa.Column("en", sa.Text()),
        sa.Column("sort", sa.BigInteger()),
    )


def _catalogue_item() -> None:
    op.create_table(
        "catalogue_item",
        *_header(),
        sa.Column("class_code", sa.Text()),
        sa.Column("class_zh", sa.Text()),
        sa.Column("class_en", sa.Text()),
        sa.Column("item_code", sa.Text()),
        sa.Column("item_zh", sa.Text()),
        sa.Column("item_en", sa.Text()),
        sa.Column("level", sa.Text()),
        sa.Column("dept_type", sa.Text()),
        sa.Column("limit_value", sa.Float()),
        sa.Column("limit_unit", sa.Text()),
        sa.Column("urgency", sa.Text()),
        sa.Column("points", sa.Float()),
        sa.Column("photo_before", sa.BigInteger()),
        sa.Column("photo_after", sa.BigInteger()),
        sa.Column("privacy", sa.Text()),
        sa.Column("call_first", sa.Text()),
        sa.Column("dispute_code", sa.Text()),
    )


def _care_group() -> None:
    op.create_table(
        "care_group",
        *_header(),
        sa.Column("group_code", sa.Text()),
        sa.Column("name_zh", sa.Text()),
        sa.Column("name_en", sa.Text()),
        sa.Column("who_zh", sa.Text()),
        sa.Column("who_en", sa.Text()),
        sa.Column("visit_every_days", sa.BigInteger()),
        sa.Column("high_need_every_days", sa.BigInteger()),
        sa.Column("high_need_when", sa.Text()),
        sa.Column("first_visit_within_days", sa.BigInteger()),
        sa.Column("eligibility_review_days", sa.BigInteger()),
        sa.Column("channel", sa.Text()),
        sa.Column("privacy", sa.Text()),
        sa.Column("checklist_zh", sa.Text()),
        sa.Column("checklist_en", sa.Text()),
        sa.Column("worker_must_not", sa.Text()),
    )


def _checklist_item() -> None:
    op.create_table(
        "checklist_item",
        *_header(),
        sa.Column("list_code", sa.Text()),
        sa.Column("list_zh", sa.Text()),
        sa.Column("list_en", sa.Text()),
        sa.Column("place_type", sa.Text()),
        sa.Column("cycle_days", sa.BigInteger()),
        sa.Column("item_no", sa.BigInteger()),
        sa.Column("item_code", sa.Text()),
        sa.Column("check_zh", sa.Text()),
        sa.Column("check_en", sa.Text()),
        sa.Column("severity", sa.Text()),
        sa.Column("on_fail", sa.Text()),
        sa.Column("rectify_days", sa.BigInteger()),
        sa.Column("event_item_code", sa.Text()),
        sa.Column("photo_on_fail", sa.BigInteger()),
    )


def _compound() -> None:
    op.create_table(
        "compound",
        *_header(),
        sa.Column("unit_id", sa.LargeBinary()),
        sa.Column("name", sa.Text()),
        sa.Column("address", sa.Text()),
    )


def _micro_grid() -> None:
    op.create_table(
        "micro_grid",
        *_header(),
        sa.Column("grid_id", sa.LargeBinary()),
        sa.Column("name", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("leader_id", sa.LargeBinary()),
    )
    op.create_index("ix_micro_grid_grid_id", "micro_grid", ["grid_id"])


def _building() -> None:
    op.create_table(
        "building",
        *_header(),
        sa.Column("grid_id", sa.LargeBinary()),
        sa.Column("compound_id", sa.LargeBinary()),
        sa.Column("micro_grid_id", sa.LargeBinary()),
        sa.Column("name", sa.Text()),
        sa.Column("entrances", sa.BigInteger()),
        sa.Column("floors", sa.BigInteger()),
    )
    op.create_index("ix_building_grid_id", "building", ["grid_id"])


def _dwelling() -> None:
    op.create_table(
        "dwelling",
        *_header(),
        sa.Column("grid_id", sa.LargeBinary()),
        sa.Column("building_id", sa.LargeBinary()),
        sa.Column("entrance", sa.Text()),
        sa.Column("room", sa.Text()),
        sa.Column("landmark", sa.Text()),
        sa.Column("floor", sa.BigInteger()),
        sa.Column("tenure", sa.Text()),
        sa.Column("area", sa.Float()),
        sa.Column("structure", sa.Text()),
        sa.Column("floors", sa.BigInteger()),
        sa.Column("gas", sa.Text()),
        sa.Column("gas_alarm", sa.BigInteger()),
        sa.Column("smoke_alarm", sa.BigInteger()),
        sa.Column("last_check", sa.Text()),
    )
    op.create_index("ix_dwelling_building_id", "dwelling", ["building_id"])
    op.create_index("ix_dwelling_grid_id", "dwelling", ["grid_id"])


def _household() -> None:
    op.create_table(
        "household",
        *_header(),
        sa.Column("grid_id", sa.LargeBinary()),
        sa.Column("dwelling_id", sa.LargeBinary()),
        sa.Column("number", sa.Text()),
        sa.Column("temporary", sa.Text()),
        sa.Column("own_number", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("head_id", sa.LargeBinary()),
        sa.Column("registered_address", sa.Text()),
        sa.Column("opened_on", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("address", sa.Text()),
    )
    op.create_index("ix_household_dwelling_id", "household", ["dwelling_id"])
    op.create_index("ix_household_grid_id", "household", ["grid_id"])


def _household_file() -> None:
    op.create_table(
        "household_file",
        *_header(),
        sa.Column("household_id", sa.LargeBinary()),
        sa.Column("livelihood", sa.Text()),
        sa.Column("benefits", sa.Text()),
        sa.Column("needs", sa.Text()),
        sa.Column("wishes", sa.Text()),
        sa.Column("emergency_name", sa.Text()),
        sa.Column("emergency_relation", sa.Text()),
        sa.Column("emergency_phone", sa.Text()),
        sa.Column("legal_basis", sa.Text()),
        sa.Column("notice_given", sa.BigInteger()),
        sa.Column("notice_on", sa.Text()),
    )
    op.create_index("ix_household_file_household_id", "household_file", ["household_id"])


def _person() -> None:
    op.create_table(
        "person",
        *_header(),
        sa.Column("name", sa.Text()),
        sa.Column("nicknames", sa.Text()),
        sa.Column("birth_year", sa.BigInteger()),
        sa.Column("status", sa.Text()),
        sa.Column("away_until", sa.Text()),
        sa.Column("status_note", sa.Text()),
    )


def _person_file() -> None:
    op.create_table(
        "person_file",
        *_header(),
        sa.Column("person_id", sa.LargeBinary()),
        sa.Column("id_kind", sa.Text()),
        sa.Column("id_number", sa.Text()),
        sa.Column("birth_date", sa.Text()),
        sa.Column("sex", sa.Text()),
        sa.Column("phones", sa.Text()),
        sa.Column("marital", sa.Text()),
        sa.Column("education", sa.Text()),
        sa.Column("occupation", sa.Text()),
        sa.Column("employer", sa.Text()),
        sa.Column("registered_place", sa.Text()),
    )
    op.create_index("ix_person_file_person_id", "person_file", ["person_id"])


def _residence() -> None:
    op.create_table(
        "residence",
        *_header(),
        sa.Column("person_id", sa.LargeBinary()),
        sa.Column("household_id", sa.LargeBinary()),
        sa.Column("kind", sa.Text()),
        sa.Column("relation", sa.Text()),
        sa.Column("from_date", sa.Text()),
        sa.Column("to_date", sa.Text()),
    )
    op.create_index("ix_residence_household_id", "residence", ["household_id"])
    op.create_index("ix_residence_person_id", "residence", ["person_id"])


def _care_enrolment() -> None:
    op.create_table(
        "care_enrolment",
        *_header(),
        sa.Column("person_id", sa.LargeBinary()),
        sa.Column("group_code", sa.Text()),
        sa.Column("level", sa.Text()),
        sa.Column("from_date", sa.Text()),
        sa.Column("to_date", sa.Text()),
        sa.Column("note", sa.Text()),
    )
    op.create_index("ix_care_enrolment_person_id", "care_enrolment", ["person_id"])


def _visit() -> None:
    op.create_table(
        "visit",
        *_header(),
        sa.Column("household_id", sa.LargeBinary()),
        sa.Column("happened_at", sa.Text()),
        sa.Column("how", sa.Text()),
        sa.Column("visited_by", sa.LargeBinary()),
        sa.Column("recorded_by", sa.LargeBinary()),
        sa.Column("source", sa.Text()),
        sa.Column("people_met", sa.Text()),
        sa.Column("situation", sa.Text()),
        sa.Column("difficulties", sa.Text()),
        sa.Column("requests", sa.Text()),
        sa.Column("action", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("next_date", sa.Text()),
        sa.Column("promise", sa.Text()),
        sa.Column("answers", sa.Text()),
    )
    op.create_index("ix_visit_household_id", "visit", ["household_id"])


def _event() -> None:
    op.create_table(
        "event",
        *_header(),
        sa.Column("grid_id", sa.LargeBinary()),
        sa.Column("household_id", sa.LargeBinary()),
        sa.Column("visit_id", sa.LargeBinary()),
        sa.Column("item_code", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("place", sa.Text()),
        sa.Column("happened_at", sa.Text()),
        sa.Column("reported_by", sa.LargeBinary()),
        sa.Column("source", sa.Text()),
        sa.Column("number", sa.Text()),
        sa.Column("temporary", sa.Text()),
        sa.Column("state", sa.Text()),
    )
    op.create_index("ix_event_grid_id", "event", ["grid_id"])
    op.create_index("ix_event_household_id", "event", ["household_id"])


def _event_action() -> None:
    op.create_table(
        "event_action",
        *_header(),
        sa.Column("event_id", sa.LargeBinary()),
        sa.Column("action", sa.Text()),
        sa.Column("number", sa.BigInteger()),
        sa.Column("seen", sa.BigInteger()),
        sa.Column("actor_id", sa.LargeBinary()),
        sa.Column("unit_id", sa.LargeBinary()),
        sa.Column("target_unit_id", sa.LargeBinary()),
        sa.Column("happened_at", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("rating", sa.Text()),
        sa.Column("deadline", sa.BigInteger()),
    )
    op.create_index("ix_event_action_event_id", "event_action", ["event_id"])


def _attachment() -> None:
    op.create_table(
        "attachment",
        *_header(),
        sa.Column("target_kind", sa.Text()),
        sa.Column("target_id", sa.LargeBinary()),
        sa.Column("sha256", sa.Text()),
        sa.Column("media_type", sa.Text()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("width", sa.BigInteger()),
        sa.Column("height", sa.BigInteger()),
        sa.Column("purpose", sa.Text()),
        sa.Column("taken_at", sa.BigInteger()),
    )
    op.create_index("ix_attachment_target_id", "attachment", ["target_id"])


def _conflict() -> None:
    op.create_table(
        "conflict",
        *_header(),
        sa.Column("target_kind", sa.Text()),
        sa.Column("target_id", sa.LargeBinary()),
        sa.Column("field", sa.Text()),
        sa.Column("device_id", sa.LargeBinary()),
        sa.Column("author_id", sa.LargeBinary()),
        sa.Column("start", sa.Text()),
        sa.Column("standing", sa.Text()),
        sa.Column("other", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("opened_at", sa.BigInteger()),
    )
    op.create_index("ix_conflict_target_id", "conflict", ["target_id"])
