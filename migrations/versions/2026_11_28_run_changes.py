"""What each cut of a run would give, its groups, and its changes for a person to decide."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_run_changes"
down_revision = "2026_11_28_colors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "run", sa.Column("state", sa.String(10), nullable=False, server_default="adopted")
    )
    op.add_column("run", sa.Column("grains", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("run", sa.Column("groups", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "run_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=True),
        sa.Column("is_lone", sa.Boolean(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("moves", sa.JSON(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_change_run_id_run")),
        sa.ForeignKeyConstraint(
            ["theme_id"], ["theme.id"], name=op.f("fk_run_change_theme_id_theme")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_run_change_decided_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_change")),
        sa.UniqueConstraint("public_id", name=op.f("uq_run_change_public_id")),
    )
    op.create_index("ix_run_change_run", "run_change", ["run_id"])


def downgrade() -> None:
    op.drop_table("run_change")
    for name in ("groups", "grains", "state"):
        op.drop_column("run", name)
