"""Mediation organisations, mediators and rooms; who stands for which unit and place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Instant, Json, UnitId

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guidance_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_guidance_template_unit_id")),
        sa.ForeignKeyConstraint(["written_by"], ["person.id"], name=op.f("fk_guidance_template_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance_template")),
    )
    op.create_index(op.f("ix_guidance_template_unit_id"), "guidance_template", ["unit_id"], unique=False)
    op.create_table(
        "mediation_organisation",
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("parent_id", UnitId, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["mediation_organisation.unit_id"], name=op.f("fk_mediation_organisation_parent_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_mediation_organisation_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_mediation_organisation")),
    )
    op.create_index(op.f("ix_mediation_organisation_kind"), "mediation_organisation", ["kind"], unique=False)
    op.create_index(op.f("ix_mediation_organisation_parent_id"), "mediation_organisation", ["parent_id"], unique=False)
    op.create_table(
        "member_unit",
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("duty", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_member_unit_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_member_unit")),
    )
    op.create_table(
        "posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("rank", sa.String(length=20), nullable=True),
        sa.Column("duties", Json(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_posting_ended_by")),
        sa.ForeignKeyConstraint(["noted_by"], ["person.id"], name=op.f("fk_posting_noted_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_posting_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_posting_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index("ix_posting_kind", "posting", ["kind", "to_on", "unit_id"], unique=False)
    op.create_index("ix_posting_person_id", "posting", ["person_id", "kind", "to_on"], unique=False)
    op.create_index("ix_posting_unit_id", "posting", ["unit_id", "kind", "to_on"], unique=False)
    op.create_table(
        "task_force",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("chair_id", sa.Integer(), nullable=False),
        sa.Column("meets", sa.String(length=120), nullable=True),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["chair_id"], ["person.id"], name=op.f("fk_task_force_chair_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_task_force_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_force")),
    )
    op.create_index(op.f("ix_task_force_unit_id"), "task_force", ["unit_id"], unique=False)
    op.create_table(
        "delegate_case",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_delegate_case_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_delegate_case_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_delegate_case_unit_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_delegate_case")),
    )
    op.create_index("ix_delegate_case_person_id", "delegate_case", ["person_id", "case_id"], unique=False)
    op.create_table(
        "mediation_area",
        sa.Column("organisation_id", UnitId, nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["mediation_organisation.unit_id"], name=op.f("fk_mediation_area_organisation_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_mediation_area_unit_id")),
        sa.PrimaryKeyConstraint("organisation_id", "unit_id", name=op.f("pk_mediation_area")),
    )
    op.create_index(op.f("ix_mediation_area_unit_id"), "mediation_area", ["unit_id"], unique=False)
    op.create_table(
        "mediation_offer",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("offered_at", Instant(), nullable=False),
        sa.Column("offered_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_mediation_offer_case_id")),
        sa.ForeignKeyConstraint(["offered_by"], ["person.id"], name=op.f("fk_mediation_offer_offered_by")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_mediation_offer")),
    )
    op.create_index(op.f("ix_mediation_offer_offered_at"), "mediation_offer", ["offered_at"], unique=False)
    op.create_table(
        "mediation_room",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", UnitId, nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["mediation_organisation.unit_id"], name=op.f("fk_mediation_room_organisation_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["mediation_room.id"], name=op.f("fk_mediation_room_parent_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_mediation_room_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_room")),
    )
    op.create_index(op.f("ix_mediation_room_organisation_id"), "mediation_room", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_mediation_room_parent_id"), "mediation_room", ["parent_id"], unique=False)
    op.create_index(op.f("ix_mediation_room_unit_id"), "mediation_room", ["unit_id"], unique=False)
    op.create_table(
        "mediation_subject",
        sa.Column("organisation_id", UnitId, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["mediation_organisation.unit_id"], name=op.f("fk_mediation_subject_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "category", name=op.f("pk_mediation_subject")),
    )
    op.create_table(
        "mediator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", UnitId, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("skills", Json(), nullable=False),
        sa.Column("languages", Json(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["mediation_organisation.unit_id"], name=op.f("fk_mediator_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mediator_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediator")),
    )
    op.create_index(op.f("ix_mediator_organisation_id"), "mediator", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_mediator_person_id"), "mediator", ["person_id"], unique=False)
    op.create_table(
        "mediator_note",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_mediator_note_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mediator_note_person_id")),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_mediator_note")),
    )
    op.create_index(op.f("ix_mediator_note_person_id"), "mediator_note", ["person_id"], unique=False)
    op.create_table(
        "task_force_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("force_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("left_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_task_force_case_added_by")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_task_force_case_case_id")),
        sa.ForeignKeyConstraint(["force_id"], ["task_force.id"], name=op.f("fk_task_force_case_force_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_force_case")),
    )
    op.create_index("ix_task_force_case_case_id", "task_force_case", ["case_id"], unique=False)
    op.create_index(
        "ix_task_force_case_force_id",
        "task_force_case",
        ["force_id", "case_id"],
        unique=False,
        postgresql_where=sa.text("left_at IS NULL"),
        sqlite_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "task_force_meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("force_id", sa.Integer(), nullable=False),
        sa.Column("held_at", Instant(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("present", Json(), nullable=False),
        sa.Column("decided", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("written_by", sa.Integer(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["force_id"], ["task_force.id"], name=op.f("fk_task_force_meeting_force_id")),
        sa.ForeignKeyConstraint(["written_by"], ["person.id"], name=op.f("fk_task_force_meeting_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_force_meeting")),
    )
    op.create_index("ix_task_force_meeting_force_id", "task_force_meeting", ["force_id", "held_at"], unique=False)
    op.create_table(
        "task_force_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("force_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", UnitId, nullable=False),
        sa.Column("joined_at", Instant(), nullable=False),
        sa.Column("left_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["force_id"], ["task_force.id"], name=op.f("fk_task_force_member_force_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_task_force_member_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_task_force_member_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_force_member")),
    )
    op.create_index("ix_task_force_member_force_id", "task_force_member", ["force_id"], unique=False)
    op.create_index(
        "ix_task_force_member_person_id",
        "task_force_member",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("left_at IS NULL"),
        sqlite_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "mediation_booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("mediator_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=True),
        sa.Column("booked_by", sa.Integer(), nullable=False),
        sa.Column("booked_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("cancelled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["booked_by"], ["person.id"], name=op.f("fk_mediation_booking_booked_by")),
        sa.ForeignKeyConstraint(["cancelled_by"], ["person.id"], name=op.f("fk_mediation_booking_cancelled_by")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_mediation_booking_case_id")),
        sa.ForeignKeyConstraint(["mediator_id"], ["mediator.id"], name=op.f("fk_mediation_booking_mediator_id")),
        sa.ForeignKeyConstraint(["room_id"], ["mediation_room.id"], name=op.f("fk_mediation_booking_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_booking")),
    )
    op.create_index("ix_mediation_booking_case_id", "mediation_booking", ["case_id", "starts_at"], unique=False)
    op.create_index(
        "ix_mediation_booking_mediator",
        "mediation_booking",
        ["mediator_id", "starts_at"],
        unique=False,
        postgresql_where=sa.text("cancelled_at IS NULL"),
        sqlite_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_index(
        "ix_mediation_booking_room",
        "mediation_booking",
        ["room_id", "starts_at"],
        unique=False,
        postgresql_where=sa.text("cancelled_at IS NULL"),
        sqlite_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "mediation_referral",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", UnitId, nullable=True),
        sa.Column("chosen_by", sa.String(length=12), nullable=False),
        sa.Column("referred_at", Instant(), nullable=False),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("mediator_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_mediation_referral_case_id")),
        sa.ForeignKeyConstraint(["mediator_id"], ["mediator.id"], name=op.f("fk_mediation_referral_mediator_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["mediation_organisation.unit_id"], name=op.f("fk_mediation_referral_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mediation_referral_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_referral")),
    )
    op.create_index("ix_mediation_referral_case_id", "mediation_referral", ["case_id", "id"], unique=False)
    op.create_index(
        "ix_mediation_referral_organisation_id",
        "mediation_referral",
        ["organisation_id", "ended_at", "case_id"],
        unique=False,
    )
    op.create_index("ix_mediation_referral_referred_at", "mediation_referral", ["referred_at"], unique=False)
    mediated = sa.text("act IN ('mediation.accepted', 'mediation.ended')")
    op.create_index("ix_history_mediated", "history", ["case_id"], postgresql_where=mediated, sqlite_where=mediated)
