"""The ledger from the command line: open a consultation, read a file in, look, check the laws.

Whoever has a shell on the machine acts as `people.CONSOLE`, recorded as the operator.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select

from core import clock, db
from core.errors import DomainError
from core.messages import _
from core.people import CONSOLE, Department
from ledger import check, consultations, imports, queries
from ledger.consultations import Span
from ledger.imports import Choice
from ledger.models import Channel, Consultation, PhaseKind
from ledger.queries import Counts

group = AppGroup("ledger", help="Consultations and their opinions.")


def init_app(app: Flask) -> None:
    app.cli.add_command(group)


class _Said(click.ClickException):
    """A rule refused the act: its sentence, and exit 1."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(str(error.message))


_DAY = click.DateTime(["%Y-%m-%d"])


@group.command("open")
@click.option("--slug", required=True, help="Its address: /c/SLUG.")
@click.option("--title", required=True)
@click.option("--summary", required=True)
@click.option("--department", required=True, metavar="SLUG[:NAME]", help="Made when it is new.")
@click.option("--comment-from", type=_DAY, help="First day of the public comment.")
@click.option("--comment-until", type=_DAY, help="Its last day, whole.")
def open_(
    slug: str,
    title: str,
    summary: str,
    department: str,
    comment_from: datetime | None,
    comment_until: datetime | None,
) -> None:
    """Open a consultation; the same again changes nothing."""
    phases = []
    if comment_from and comment_until:
        opens_at, last = (d.replace(tzinfo=clock.TOKYO) for d in (comment_from, comment_until))
        closes_at = last + timedelta(days=1)
        phases = [Span(PhaseKind.COMMENT, str(_("パブリックコメント")), opens_at, closes_at)]
    try:
        with db.transaction():
            opened = consultations.open_consultation(
                CONSOLE, _department(department), slug, title, summary=summary, phases=phases
            )
    except DomainError as error:
        raise _Said(error) from error
    click.echo(f"/c/{opened.slug}  {opened.title}")


@group.command("consultations")
def list_() -> None:
    """List every consultation: slug, title, stage and counts."""
    found = queries.open_consultations()
    for consultation, counts in zip(found, _counts(found), strict=True):
        click.echo(
            f"{consultation.slug}\t{consultation.title}\t{consultation.stage}\t{line(counts)}"
        )


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--consultation", "slug", required=True, metavar="SLUG")
@click.option("--text-column", required=True, help="The column that holds what was said.")
@click.option("--sender-column", default="", help="Rows with the same sender are one voice.")
@click.option("--date-column", default="", help="When it was said.")
@click.option("--section-column", default="", help="The number of the place in the draft.")
@click.option(
    "--channel",
    type=click.Choice([str(c) for c in imports.CHANNELS]),
    default=str(Channel.IMPORT),
    help="The way by which it had arrived.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
def import_(file: Path, slug: str, channel: str, dry_run: bool, **columns: Any) -> None:
    """Read opinions in from a CSV or XLSX file, all or nothing; rows already there are left out."""
    try:
        consultation = consultations.find(slug)
        choice = Choice(channel=Channel(channel), **columns)
        before = imports.preview(CONSOLE, consultation, file, choice)
        click.echo(
            f"{before.rows} rows: {before.new} new, {before.there} already there, "
            f"{before.blank_count} without text"
        )
        if before.blank:
            click.echo(f"  without text: rows {_some(before.blank)}")
        if dry_run:
            click.echo("nothing was changed (--dry-run)")
            return
        done = imports.run(CONSOLE, consultation, file, choice, name=file.name)
    except DomainError as error:
        raise _Said(error) from error
    click.echo(f"{done.added_count} opinions added to /c/{slug}")
    click.echo(f"{slug}: {line(queries.counts(consultation))}")


@group.command("check")
def check_() -> None:
    """Prove the laws; print every breach and exit 1 when there is one."""
    found = queries.open_consultations()
    for consultation, counts in zip(found, _counts(found), strict=True):
        click.echo(f"{consultation.slug}: {line(counts)}")
    breaches = list(check.laws())
    for breach in breaches:
        click.echo(f"{breach.law}: {breach.where}: {breach.what}", err=True)
    click.echo(f"{len(found)} consultations, {len(breaches)} breaches")
    sys.exit(1 if breaches else 0)


def line(counts: Counts) -> str:
    """The conservation line in words: 412 received = 398 counted + …"""
    return (
        f"{counts.received} received = {counts.counted} counted + {counts.held} held + "
        f"{counts.withheld} withheld + {counts.withdrawn} withdrawn + "
        f"{counts.superseded} superseded; counted = {counts.in_themes} in themes + "
        f"{counts.lone} alone + {counts.unfiled} not yet filed"
    )


def _counts(found: list[Consultation]) -> list[Counts]:
    counts = queries.counts_of(found)
    return [counts[consultation.id] for consultation in found]


def _department(told: str) -> Department:
    """The department SLUG, made in the current transaction when SLUG:NAME names a new one."""
    slug, _colon, name = told.partition(":")
    tx = db.session()
    found = tx.scalars(select(Department).where(Department.slug == slug)).one_or_none()
    if found is None:
        if not name:
            raise click.ClickException(
                f"no department {slug}: say --department {slug}:NAME to make it"
            )
        found = Department(slug=slug[:40], name=name[:80])
        tx.add(found)
        tx.flush()
    return found


def _some(lines: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, lines[:20]))
    return shown if len(lines) <= 20 else f"{shown} … ({len(lines)} in all)"
