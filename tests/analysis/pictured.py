"""What the tests of the pictures share: opinions in themes, laid out, and stances on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import inspect

from analysis import spots
from core import clock, db, jobs
from core.people import Account
from ledger import opinions, queries, themes
from ledger.models import Channel, Choice, Consultation, Opinion, Stance, Theme
from ledger.opinions import Said

T = TypeVar("T")
TREES = ["大きなケヤキの木を残して", "木陰がほしい", "桜の木を切らないで", "ケヤキの木陰が好き"]
LIGHTS = ["夜の園路が暗い", "街灯を増やして", "夜道の街灯がこわい"]


def say(
    consultation: Consultation,
    *bodies: str,
    channel: Channel = Channel.WEB,
    is_public: bool = True,
    voice: str = "",
) -> list[int]:
    """Enter opinions, each by a voice of its own unless one is named."""
    consultation = again(consultation)
    start = queries.count([consultation])[consultation.id].received
    return opinions.enter_all(
        consultation,
        [
            Said(
                source="test",
                source_id=start + number,
                channel=channel,
                body=body,
                submission=f"test:{start + number}",
                voice_id=voice or f"{start + number:064x}",
                said_at=clock.now(),
                received_at=clock.now(),
                is_public=is_public,
            )
            for number, body in enumerate(bodies, start=1)
        ],
        role="officer",
    )


def two_themes(officer: Account, consultation: Consultation) -> tuple[Theme, Theme]:
    """木のこと and 明かりのこと, and one opinion that stands nowhere yet."""
    trees, lights = say(consultation, *TREES), say(consultation, *LIGHTS, channel=Channel.FAX)
    say(consultation, "トイレがほしい")
    return (
        themes.gather(officer, consultation, trees, "木のこと"),
        themes.gather(officer, consultation, lights, "明かりのこと"),
    )


def laid_out(officer: Account, consultation: Consultation) -> None:
    spots.lay_out(again(officer), again(consultation))
    jobs.run_due()
    db.session().expire_all()


def take(votes: Mapping[str, Mapping[int, Choice]]) -> None:
    """Stances by voice and opinion id, straight into the ledger's table."""
    with db.transaction() as tx:
        tx.add_all(
            Stance(opinion_id=opinion_id, voice_id=voice, choice=choice, taken_at=clock.now())
            for voice, of in votes.items()
            for opinion_id, choice in of.items()
        )


def again(row: T) -> T:
    """The row as it is now: a request before has closed its session."""
    (key,) = inspect(row).identity
    db.session().rollback()
    return db.session().get_one(type(row), key)


def opinion(opinion_id: int) -> Opinion:
    return db.session().get_one(Opinion, opinion_id)
