"""Which characters of a text that a person split are each part's, and where the machine would."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_parts"
down_revision = "2026_11_28_edition_maps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opinion", sa.Column("begins", sa.Integer(), nullable=True))
    op.add_column("opinion", sa.Column("ends", sa.Integer(), nullable=True))
    op.create_index("ix_opinion_parent", "opinion", ["parent_id"])
    op.create_table(
        "pointing",
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("cuts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("fk_pointing_opinion_id_opinion")
        ),
        sa.PrimaryKeyConstraint("opinion_id", name=op.f("pk_pointing")),
    )


def downgrade() -> None:
    op.drop_table("pointing")
    op.drop_index("ix_opinion_parent", "opinion")
    op.drop_column("opinion", "ends")
    op.drop_column("opinion", "begins")
