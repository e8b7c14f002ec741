"""What the colours of a workshop's notes mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_colors"
down_revision = "2026_11_28_helpers_link"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workshop", sa.Column("colors", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("workshop", "colors")
