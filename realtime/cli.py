"""`flask workshop rehearse`: try a workshop's board with residents who are not there."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from core.errors import DomainError
from realtime import rehearsals, workshops

group = AppGroup("workshop", help="Workshops and their boards.")


def init_app(app: Flask) -> None:
    app.cli.add_command(group)


@group.command("rehearse")
@click.argument("public_id")
@click.option("--members", default=30, type=click.IntRange(1, rehearsals.MOST), show_default=True)
@click.option("--minutes", default=10.0, type=click.FloatRange(0.05, 120), show_default=True)
@click.option("--to", "site", help="Where the site answers on this machine; its base URL.")
def rehearse(public_id: str, members: int, minutes: float, site: str | None) -> None:
    """Let simulated residents join a rehearsal (/w/PUBLIC_ID): they write, move and vote."""
    try:
        found = workshops.by_address(public_id)
        if not found.is_rehearsal:
            raise click.ClickException("not a rehearsal: nobody speaks for residents there")
        address = site or current_app.config["TOMONI"].base_url
        done = rehearsals.rehearse(address, public_id, found.code or "", members, 60 * minutes)
    except DomainError as error:
        raise click.ClickException(str(error.message)) from error
    click.echo(f"{members} residents did {done} things")
