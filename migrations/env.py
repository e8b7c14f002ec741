"""Alembic's environment: SQLite and PostgreSQL, tables altered in batches where needed."""

from __future__ import annotations

from alembic import context

import analysis.models
import analysis.picture_models
import core.files
import core.jobs
import core.mail
import core.people
import core.record
import core.search
import core.setups
import core.sign_in_codes
import forum.models
import ledger.models
import moderation.models
import realtime.models
from core import db


def _is_of_the_models(
    _thing: object, name: str | None, kind: str, reflected: bool, _other: object
) -> bool:
    """Leave out the search index of PostgreSQL: only a migration knows its table."""
    return not (kind == "table" and reflected and name == "search_text")


engine = db.connect(context.config.get_main_option("sqlalchemy.url") or "")

with engine.connect() as connection:
    if engine.dialect.name == "sqlite":
        # a table altered in a batch is made anew: its children must not notice
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=db.Base.metadata,
        render_as_batch=engine.dialect.name == "sqlite",
        compare_type=True,
        include_object=_is_of_the_models,
    )
    with context.begin_transaction():
        context.run_migrations()
        if engine.dialect.name == "sqlite":
            lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if lost:
                raise RuntimeError(f"rows that refer to nothing after the migration: {lost[:5]}")
    connection.commit()
    if engine.dialect.name == "sqlite":
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")
engine.dispose()
