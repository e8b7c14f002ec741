"""Summaries, words on lines and descriptions of photos can be hidden with a reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_hidden_sums"
down_revision = "2026_11_28_parts"
branch_labels = None
depends_on = None

ADDED = (
    ("table_sum", "hidden_reason", 200),
    ("island_link", "hidden_reason", 200),
    ("workshop_photo", "hidden_reason", 200),
    ("workshop_photo", "member", 26),
)


def upgrade() -> None:
    for name, column, length in ADDED:
        with op.batch_alter_table(name) as table:
            table.add_column(
                sa.Column(column, sa.String(length=length), nullable=False, server_default="")
            )
        with op.batch_alter_table(name) as table:
            table.alter_column(column, server_default=None)


def downgrade() -> None:
    for name, column, _length in reversed(ADDED):
        with op.batch_alter_table(name) as table:
            table.drop_column(column)
