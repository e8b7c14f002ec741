"""Themes that newcomers may belong to, near copies, and lone opinions that were looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_suggested"
down_revision = "2026_11_28_hidden_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suggested",
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("fk_suggested_opinion_id_opinion")
        ),
        sa.ForeignKeyConstraint(
            ["theme_id"], ["theme.id"], name=op.f("fk_suggested_theme_id_theme")
        ),
        sa.PrimaryKeyConstraint("opinion_id", "rank", name=op.f("pk_suggested")),
    )
    op.create_index("ix_suggested_theme", "suggested", ["theme_id", "rank"])
    op.create_table(
        "near_copy",
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("of_id", sa.Integer(), nullable=False),
        sa.Column("likeness", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("fk_near_copy_opinion_id_opinion")
        ),
        sa.ForeignKeyConstraint(["of_id"], ["opinion.id"], name=op.f("fk_near_copy_of_id_opinion")),
        sa.PrimaryKeyConstraint("opinion_id", name=op.f("pk_near_copy")),
    )
    op.create_index("ix_near_copy_of", "near_copy", ["of_id"])
    op.add_column("filing", sa.Column("looked_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("filing", "looked_at")
    op.drop_table("near_copy")
    op.drop_table("suggested")
