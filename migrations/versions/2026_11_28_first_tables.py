"""The table somebody was at before any mixing, so that they can go back to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_first_tables"
down_revision = "2026_11_28_hidden_sums"
branch_labels = None
depends_on = None


def upgrade() -> None:
    home = sa.Column("home_key", sa.String(length=40), nullable=False, server_default="")
    with op.batch_alter_table("workshop_member") as table:
        table.add_column(home)
    with op.batch_alter_table("workshop_member") as table:
        table.alter_column("home_key", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("workshop_member") as table:
        table.drop_column("home_key")
