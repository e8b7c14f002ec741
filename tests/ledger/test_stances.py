"""One stance a voice on what counts and everybody can read; the spread tells nothing of a few."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select

from core import clock, db, people
from core.errors import Conflict, Forbidden
from core.people import Account
from ledger import opinions, stances, voices
from ledger.models import Channel, Choice, Consultation, Opinion, Stance
from ledger.opinions import Said
from ledger.stances import Spread


def said_by(account: Account, consultation: Consultation, *, is_public: bool = True) -> Opinion:
    with db.transaction():
        return opinions.enter(
            consultation,
            Said(
                source="test",
                source_id=int(db.session().scalar(select(func.count(Opinion.id))) or 0) + 1,
                channel=Channel.ROOM,
                body="木を残してください。",
                submission=f"test:{db.public_id()}",
                voice_id=voices.of(consultation, f"account:{account.public_id}"),
                said_at=clock.now(),
                received_at=clock.now(),
                is_public=is_public,
            ),
            role="resident",
        )


@pytest.fixture
def opinion(consultation: Consultation, resident: Account) -> Opinion:
    return said_by(resident, consultation)


def rows() -> list[tuple[str, str]]:
    return [
        (row[0], row[1]) for row in db.session().execute(select(Stance.voice_id, Stance.choice))
    ]


def test_a_stance_is_taken_changed_and_taken_back(
    both_engines: str, opinion: Opinion, consultation: Consultation, neighbour: Account
) -> None:
    voice = voices.of(consultation, f"account:{neighbour.public_id}")
    assert stances.take(neighbour, opinion, Choice.AGREE)
    assert not stances.take(neighbour, opinion, Choice.AGREE)
    assert stances.take(neighbour, opinion, Choice.UNSURE)
    assert rows() == [(voice, "pass")]
    assert stances.drop(neighbour, opinion)
    assert not stances.drop(neighbour, opinion)
    assert rows() == []


def test_twenty_presses_at_once_are_one_stance(
    both_engines: str, opinion: Opinion, neighbour: Account
) -> None:
    (opinion_id,), (account_id,) = inspect(opinion).identity, inspect(neighbour).identity
    db.session.remove()
    start, failed = Barrier(20), []

    def press(choice: Choice) -> None:
        start.wait()
        try:
            actor = db.session().get_one(Account, account_id)
            stances.take(actor, db.session().get_one(Opinion, opinion_id), choice)
        except Exception as error:
            failed.append(error)
        finally:
            db.session.remove()

    threads = [Thread(target=press, args=(list(Choice)[n % 3],)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(rows()) == 1


def test_nobody_takes_a_stance_on_their_own_words(opinion: Opinion, resident: Account) -> None:
    with pytest.raises(Forbidden):
        stances.take(resident, opinion, Choice.AGREE)
    assert rows() == []


def test_who_speaks_for_the_ward_takes_none(
    opinion: Opinion, officer: Account, approver: Account, facilitator: Account, stranger: Account
) -> None:
    for actor in (officer, approver, facilitator, None):
        with pytest.raises(Forbidden):
            stances.take(actor, opinion, Choice.AGREE)
    assert stances.take(stranger, opinion, Choice.AGREE)  # at home they are a resident


def test_only_what_counts_and_is_public_takes_stances(
    consultation: Consultation, resident: Account, neighbour: Account
) -> None:
    letter = said_by(resident, consultation, is_public=False)
    hidden = said_by(resident, consultation)
    opinions.withhold(hidden, role="moderator", reason="第4条")
    for opinion in (letter, hidden):
        with pytest.raises(Conflict):
            stances.take(neighbour, opinion, Choice.AGREE)


def test_a_spread_counts_voices_and_shows_nothing_of_what_is_withheld(
    app: Flask, opinion: Opinion, neighbour: Account
) -> None:
    others = [people.create(f"{n}@example.jp", f"住人{n}") for n in range(3)]
    for actor, choice in zip(
        (neighbour, *others), ("agree", "agree", "disagree", "pass"), strict=True
    ):
        stances.take(actor, opinion, Choice(choice))
    assert stances.spread([opinion.id]) == {opinion.id: Spread(2, 1, 1)}
    opinions.withhold(opinion, role="moderator", reason="第4条")
    assert stances.spread([opinion.id]) == {}
    opinions.restore(opinion, role="moderator", reason="見直しました")
    assert stances.spread([opinion.id])[opinion.id].people == 4
    assert stances.spread([]) == {}


def test_fewer_than_three_are_few() -> None:
    assert Spread(1, 1, 0).is_few
    assert not Spread(1, 1, 1).is_few


def test_reworded_words_are_asked_about_anew(
    both_engines: str, opinion: Opinion, neighbour: Account, consultation: Consultation
) -> None:
    stances.take(neighbour, opinion, Choice.AGREE)
    newest = opinions.supersede(opinion, "木を3本残してください。", role="resident")
    assert stances.spread([opinion.id, newest.id]) == {}
    with pytest.raises(Conflict):
        stances.take(neighbour, opinion, Choice.AGREE)
    assert stances.take(neighbour, newest, Choice.DISAGREE)
    assert stances.spread([newest.id]) == {newest.id: Spread(0, 1, 0)}
    assert stances.drop(neighbour, newest)
    assert rows() == []
