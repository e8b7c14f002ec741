"""The search index of PostgreSQL: no model, no backup, made anew by the worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY


revision = "2026_11_25_search_text"
down_revision = "2026_11_25_readers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "search_text",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("room", sa.Text(), nullable=False, server_default=""),
        sa.Column("consultation_id", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("is_official", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("title", sa.Text(), nullable=False, server_default=""),
        sa.Column("body", sa.Text(), nullable=False, server_default=""),
        sa.Column("grams", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_search_text"),
    )
    op.create_index("ix_search_text_grams", "search_text", ["grams"], postgresql_using="gin")
    newest = [sa.text("at DESC"), "kind", sa.text("number DESC")]
    op.create_index("ix_search_text_newest", "search_text", newest)
    op.create_index(
        "ix_search_text_titled", "search_text", newest, postgresql_where=sa.text("title <> ''")
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_table("search_text")
