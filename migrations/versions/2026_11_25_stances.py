"""Stances on opinions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "2026_11_25_stances"
down_revision = "2026_11_25_meeting_room"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stance",
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("voice_id", sa.String(length=64), nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("choice IN ('agree','disagree','pass')", name=op.f("ck_stance_choice")),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("fk_stance_opinion_id_opinion")
        ),
        sa.PrimaryKeyConstraint("opinion_id", "voice_id", name=op.f("pk_stance")),
    )


def downgrade() -> None:
    op.drop_table("stance")
