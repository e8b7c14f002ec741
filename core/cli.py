"""Commands of the installation itself: database, worker, record, first operator."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from alembic import command
from alembic.config import Config
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from core import db, jobs, record, setups
from core.config import ROOT
from core.errors import DomainError


def init_app(app: Flask) -> None:
    app.cli.add_command(database)
    app.cli.add_command(record_group)
    app.cli.add_command(setup)
    app.cli.add_command(worker)
    app.cli.add_command(search_group)
    app.cli.add_command(backup)
    app.cli.add_command(restore)


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


search_group = AppGroup("search", help="The full-text index.")


@search_group.command("rebuild")
def search_rebuild() -> None:
    """Make the index anew from the database, here and now."""
    later = timedelta(hours=1)  # the worker leaves it to us, unless we die
    job = jobs.enqueue("search.rebuild", {}, key="search.rebuild", delay=later)
    job_id, public_id = job.id, job.public_id
    jobs.run(job_id)
    db.session.remove()
    done = jobs.find(public_id)
    if done is None or done.state != jobs.State.DONE:
        raise click.ClickException("The index was not rebuilt; another rebuild may be running.")
    click.echo(f"{done.result['count']} documents")


@click.command("setup-token")
@click.option("--base-url", default="", help="Where the site is reached.")
@with_appcontext
def setup(base_url: str) -> None:
    """Print the one-time address at which the first operator signs up."""
    try:
        token = setups.issue_token()
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    finally:
        db.session.remove()
    click.echo(f"{base_url or current_app.config['TOMONI'].base_url}/setup/{token}")


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Do jobs until told to stop."""
    queue: Any = current_app.extensions["queue"]
    jobs.tidy()
    consumer = queue.create_consumer(
        workers=2, periodic=True, max_delay=0.5, graceful_signal="TERM", shutdown_timeout=10
    )
    try:
        consumer.run()
    finally:
        jobs.hand_back()


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def backup(file: Path) -> None:
    """Write everything into one file."""
    from core import backups

    manifest = backups.back_up(file)
    click.echo(
        f"{sum(manifest['counts'].values())} rows, record head {manifest['head'][0]}: {file}"
    )


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_appcontext
def restore(file: Path) -> None:
    """Put a backup into an empty installation, and prove that it is all there."""
    from core import backups

    command.upgrade(alembic_config(str(current_app.config["TOMONI"].database)), "head")
    try:
        manifest = backups.restore(file)
    except (DomainError, backups.Damaged) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{sum(manifest['counts'].values())} rows are back, the record holds")
