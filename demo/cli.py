"""`flask demo fill` and `flask demo welcome`: what `./dev run` calls."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select

from core import db
from core.people import Account, Person
from demo.content import PASSWORD
from realtime.models import Workshop

demo = AppGroup("demo", help="A fictional ward to look at.")


def init_app(app: Flask) -> None:
    app.cli.add_command(demo)


@demo.command("fill")
def fill() -> None:
    """Fill an empty installation with the demo ward; leave any other as it is."""
    if not current_app.config["TOMONI"].demo:
        raise click.ClickException("TOMONI_DEMO is off: the demo has known passwords.")
    from demo import seed  # sees every package; only this command needs it

    if seed.is_filled():
        return
    click.echo("Filling the demo ward …")
    seed.fill()


@demo.command("welcome")
def welcome() -> None:
    """Say what to open, and as whom."""
    settings = current_app.config["TOMONI"]
    click.echo(f"\nTomoni is at {settings.base_url}\n")
    if not settings.demo:
        return
    click.echo("  /                        open consultations, as a resident reads them")
    click.echo("  /c/park                  a finished public comment with its report")
    click.echo("  /c/bicycle/comment       write to an open public comment")
    click.echo("  /rooms                   the meeting room")
    query = select(Workshop.code).where(Workshop.code.is_not(None), ~Workshop.is_rehearsal)
    code = db.session().scalar(query.order_by(Workshop.id.desc()).limit(1))
    if code is not None:
        click.echo(f"  /j/{code:<21} a workshop to join, with a board that is open")
    click.echo("  /desk                    the staff's desk (sign in as one of these)\n")
    shown = select(Account, Person).join(Person, Person.account_id == Account.id)
    for account, person in db.session().execute(shown.where(Account.is_demo)):
        role = ", ".join(sorted(account.roles)) or "resident"
        click.echo(f"  {role:<12} {person.email:<28} {PASSWORD}   {account.display_name}")
    click.echo("\nMails of the demo: /dev/letters      Stop with Ctrl-C.\n")
