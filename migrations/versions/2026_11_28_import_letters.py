"""Rows read in before JSON was written in letters: SQLite finds no column by an escaped name."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_import_letters"
down_revision = "2026_11_28_first_tables"
branch_labels = None
depends_on = None

_BATCH = 2_000


def upgrade() -> None:
    """PostgreSQL reads both alike."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    rows = sa.table("import_row", sa.column("id", sa.Integer), sa.column("columns", sa.Text))
    last = 0
    while True:
        query = (
            sa.select(rows.c.id, rows.c.columns)
            .where(rows.c.id > last, rows.c.columns.contains("\\u", autoescape=True))
            .order_by(rows.c.id)
            .limit(_BATCH)
        )
        found = connection.execute(query).all()
        if not found:
            return
        connection.execute(
            sa.update(rows)
            .where(rows.c.id == sa.bindparam("row"))
            .values(columns=sa.bindparam("said")),
            [
                {"row": row.id, "said": json.dumps(json.loads(row.columns), ensure_ascii=False)}
                for row in found
            ],
        )
        last = found[-1].id


def downgrade() -> None:
    """Both ways of writing are read by what came before."""
