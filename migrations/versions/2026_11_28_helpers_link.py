"""The helpers' link of a workshop can be made to open nothing, and made anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "2026_11_28_helpers_link"
down_revision = "2026_11_28_workshops"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("workshop") as table:
        table.add_column(sa.Column("helpers_key", sa.String(length=26), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("workshop") as table:
        table.drop_column("helpers_key")
