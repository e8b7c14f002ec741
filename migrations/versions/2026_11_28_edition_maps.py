"""The map of a published edition."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "2026_11_28_edition_maps"
down_revision = "2026_11_28_pictures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edition_map",
        sa.Column("edition_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pitch", sa.Integer(), nullable=False),
        sa.Column("spots", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_edition_map_edition_id_edition")
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_edition_map")),
    )


def downgrade() -> None:
    op.drop_table("edition_map")
