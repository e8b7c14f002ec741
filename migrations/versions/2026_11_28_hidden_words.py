"""Comments and headings of a board can be hidden with a reason, as notes can."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "2026_11_28_hidden_words"
down_revision = "2026_11_28_acts"
branch_labels = None
depends_on = None

TABLES = ("island", "note_talk")


def upgrade() -> None:
    for name in TABLES:
        reason = sa.Column(
            "hidden_reason", sa.String(length=200), nullable=False, server_default=""
        )
        with op.batch_alter_table(name) as table:
            table.add_column(reason)
        with op.batch_alter_table(name) as table:
            table.alter_column("hidden_reason", server_default=None)


def downgrade() -> None:
    for name in TABLES:
        with op.batch_alter_table(name) as table:
            table.drop_column("hidden_reason")
