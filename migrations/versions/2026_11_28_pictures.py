"""Where opinions lie on the map, how groups of voices stand, and who may see it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "2026_11_28_pictures"
down_revision = "2026_11_28_suggested"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "consultation",
        sa.Column("shows_themes", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "consultation",
        sa.Column("shows_voices", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "picture",
        sa.Column("consultation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pitch", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultation.id"],
            name=op.f("fk_picture_consultation_id_consultation"),
        ),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_picture")),
    )
    op.create_table(
        "spot",
        sa.Column("opinion_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("centrality", sa.Integer(), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("fk_spot_opinion_id_opinion")
        ),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], name=op.f("fk_spot_theme_id_theme")),
        sa.PrimaryKeyConstraint("opinion_id", name=op.f("pk_spot")),
    )
    op.create_table(
        "hearing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("voice_count", sa.Integer(), nullable=False),
        sa.Column("stance_count", sa.Integer(), nullable=False),
        sa.Column("group_count", sa.Integer(), nullable=True),
        sa.Column("shown_count", sa.Integer(), nullable=True),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultation.id"],
            name=op.f("fk_hearing_consultation_id_consultation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearing")),
    )
    op.create_index("ix_hearing_consultation", "hearing", ["consultation_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_hearing_consultation", "hearing")
    op.drop_table("hearing")
    op.drop_table("spot")
    op.drop_table("picture")
    with op.batch_alter_table("consultation") as table:
        table.drop_column("shows_voices")
        table.drop_column("shows_themes")
