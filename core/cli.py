"""Commands of the installation itself: database, worker, record, first operator."""

from __future__ import annotations

import sys
from typing import Any

import click
from alembic import command
from alembic.config import Config
from flask import Flask, current_app
from flask.cli import AppGroup

from core import db, people, record
from core.config import ROOT
from core.errors import DomainError


def init_app(app: Flask) -> None:
    app.cli.add_command(database)
    app.cli.add_command(record_group)
    app.cli.add_command(setup)
    app.cli.add_command(worker)


def alembic_config(url: str) -> Config:
    """Alembic's configuration for a database, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


database = AppGroup("db", help="Bring the database to the current layout.")


@database.command("upgrade")
def db_upgrade() -> None:
    """Run the migrations that are missing."""
    command.upgrade(alembic_config(str(current_app.config["TOMONI"].database)), "head")


@database.command("check")
def db_check() -> None:
    """Fail when models and migrations differ."""
    command.check(alembic_config(str(current_app.config["TOMONI"].database)))


record_group = AppGroup("record", help="The public record.")


@record_group.command("verify")
def record_verify() -> None:
    """Walk the whole chain; exit 1 when it does not hold anywhere."""
    faults = list(record.verify())
    for fault in faults:
        click.echo(f"entry {fault.seq}: {fault.reason}", err=True)
    seq, hash_ = record.head()
    click.echo(f"{seq} entries, head {hash_}")
    sys.exit(1 if faults else 0)


@click.command("setup-token")
@click.option("--base-url", default="", help="Where the site is reached.")
def setup(base_url: str) -> None:
    """Print the one-time address at which the first operator signs up."""
    with current_app.app_context():
        try:
            token = people.issue_setup_token()
        except DomainError as error:
            raise click.ClickException(str(error)) from error
        base = base_url or current_app.config["TOMONI"].base_url
        click.echo(f"{base}/setup/{token}")
        db.session.remove()


@click.command("worker")
def worker() -> None:
    """Do jobs until told to stop."""
    from core import jobs

    queue: Any = current_app.extensions["queue"]
    jobs.sweep()
    db.session.remove()
    queue.create_consumer(workers=2, periodic=True, check_worker_health=True, max_delay=2.0).run()
