"""Alembic's environment: SQLite and PostgreSQL, tables altered in batches where needed."""

from __future__ import annotations

from alembic import context

import analysis.models
import core.jobs
import core.mail
import core.people
import core.record
import core.search
import forum.models
import ledger.models
import moderation.models
from core import db

engine = db.connect(context.config.get_main_option("sqlalchemy.url") or "")

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=db.Base.metadata,
        render_as_batch=engine.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
