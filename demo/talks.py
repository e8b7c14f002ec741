"""The demo's talk that still goes on: its themes, what readers think, both made public."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from analysis import hearings, spots
from core import db
from core.people import Role
from forum import posts
from ledger import queries, stances, talks, themes
from ledger.models import Choice, Opinion, Placement, State

if TYPE_CHECKING:
    from demo.seed import Ward

OPEN = {Choice.AGREE: 7, Choice.DISAGREE: 1, Choice.UNSURE: 2}
OWN = {Choice.AGREE: 8, Choice.DISAGREE: 1, Choice.UNSURE: 1}
OTHER = {Choice.AGREE: 1, Choice.DISAGREE: 7, Choice.UNSURE: 2}


def plan(ward: Ward, read: dict[str, Any], days_ago: float) -> None:
    """Plan what readers choose, then the themes an officer makes of the talk so far."""
    ward.plan(days_ago + 0.1, lambda: _take(ward, read["sides"]))
    ward.plan(days_ago, lambda: _gather(ward, read), in_office=True)


def show(ward: Ward, slug: str) -> None:
    """Open the talk to everybody; the pictures are drawn as soon as a worker runs."""
    consultation = ward.consultations[slug]
    officer = ward.staff(Role.OFFICER, consultation.department.slug)
    talks.show(officer, consultation, themes=True, voices=True, version=consultation.version)
    spots.lay_out(officer, consultation)
    hearings.hear(officer, consultation)


def _take(ward: Ward, sides: dict[str, list[str]]) -> None:
    """Two ways of seeing it, and much that both share; the same in every demo."""
    chance = random.Random(1)
    residents = [a for a in ward.accounts.values() if not a.grants]
    side_of = {
        ward.posts[post]: side for side, ids in sides.items() for post in ids if post in ward.posts
    }
    query = select(Opinion).where(Opinion.source == posts.SOURCE, queries.public())
    with db.transaction():
        for opinion in db.session().scalars(query.order_by(Opinion.id)).all():
            side = side_of.get(opinion.source_id)
            several = chance.randint(16, 24) if side else chance.randint(3, 9)
            for account in sorted(
                chance.sample(residents, min(several, len(residents))), key=lambda one: one.id
            ):
                if stances.voice_of(account, opinion) != opinion.voice_id:
                    leaning = OPEN if side is None else OWN if _side(account.id) == side else OTHER
                    (choice,) = chance.choices(list(leaning), list(leaning.values()))
                    stances.take(account, opinion, choice)


def _side(number: int) -> str:
    return "regular" if number % 5 < 3 else "on_call"


def _gather(ward: Ward, read: dict[str, Any]) -> None:
    consultation = ward.consultations[read["consultation"]]
    officer = ward.staff(Role.OFFICER, consultation.department.slug)
    query = select(Opinion).where(
        Opinion.consultation_id == consultation.id, Opinion.state == State.COUNTED
    )
    counted = list(db.session().scalars(query.order_by(Opinion.seq)))
    taken: set[int] = set()
    for one in read["themes"]:
        ids = _ids(ward, one, counted) - taken
        if ids:
            taken |= ids
            theme = themes.gather(officer, consultation, sorted(ids), one["title"])
            themes.put_under(officer, theme, one["level1"], version=theme.version)
    alone = _ids(ward, read["lone"], counted) - taken
    themes.move(officer, consultation, sorted(alone), Placement.LONE)


def _ids(ward: Ward, one: dict[str, Any], counted: list[Opinion]) -> set[int]:
    said = {ward.posts[post] for post in one["posts"] if post in ward.posts}
    words = one.get("notes", [])
    return {
        opinion.id
        for opinion in counted
        if (opinion.source == posts.SOURCE and opinion.source_id in said)
        or (opinion.source != posts.SOURCE and any(word in opinion.text.body for word in words))
    }
