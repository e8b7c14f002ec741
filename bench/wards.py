"""A ward in a throw-away folder to measure on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from alembic import command
from flask import Flask

from core import clock, db, people
from core.cli import alembic_config
from core.config import Settings
from core.factory import create_app
from core.people import Account, Department, Role
from ledger import consultations, opinions
from ledger.consultations import Span
from ledger.models import Channel, Consultation, PhaseKind
from ledger.opinions import Said


@contextmanager
def ward() -> Iterator[tuple[Flask, Account]]:
    """An empty installation on SQLite, durable as in production, and an officer of it."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        command.upgrade(alembic_config(url), "head")
        app = create_app(
            Settings(testing=True, database_url=url, data_dir=Path(folder), environment="test")
        )
        app.config["WTF_CSRF_ENABLED"] = False
        with db.transaction() as tx:
            tx.add(Department(slug="bench", name="測る課"))
        officer = people.create("bench@example.jp", "測る課 担当")
        people.entrust(officer, Role.OFFICER, "department:bench", by="bench")
        yield app, officer
        db.session.remove()
        app.extensions["engine"].dispose()


def consultation(officer: Account, slug: str) -> Consultation:
    """A consultation whose discuss and comment phases are open."""
    now, week = clock.now(), timedelta(days=7)
    department = db.session().query(Department).one()
    return consultations.open_consultation(
        officer,
        department,
        slug,
        f"測るための案件 {slug}",
        summary="速さを測るための案件です。",
        phases=[
            Span(PhaseKind.DISCUSS, "会議室", now - week, now + week),
            Span(PhaseKind.COMMENT, "意見募集", now - week, now + week),
        ],
    )


def said(count: int, *, start: int = 1) -> list[Said]:
    """`count` public opinions of about 60 characters."""
    now = clock.now()
    return [
        Said(
            source="import_row",
            channel=Channel.IMPORT,
            source_id=start + n,
            body=f"{n}番目の意見です。公園の南側の道が暗いので、足もとの明かりを増やしてほしいです。",
            submission=f"import:{start}:{n}",
            voice_id=f"{n % 997:064x}",
            said_at=now,
            received_at=now,
            is_public=True,
        )
        for n in range(count)
    ]


def fill(target: Consultation, count: int, *, start: int) -> None:
    opinions.enter_all(target, said(count, start=start), role="officer")
