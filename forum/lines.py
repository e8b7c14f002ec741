"""What posts are to the ledger: what a resident or a guest says is a line, in exactly one state."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select

from core import db
from core.messages import _
from forum.models import Post, Topic
from ledger import consultations, contexts, opinions, voices
from ledger.models import Channel, Opinion, State
from ledger.opinions import Said

SOURCE = "post"


def enter(post: Post, identity: str) -> None:
    """Enter what a post says as one line; `identity` is "account:…" or "guest:…".

    A post that waits to be looked at is a held line, which readers do not see.
    """
    consultation = post.topic.room.consultation
    opinions.enter(
        consultation,
        Said(
            source=SOURCE,
            source_id=post.id,
            channel=Channel.ROOM,
            body=post.body,
            submission=f"post:{post.public_id}",
            voice_id=voices.of(consultation, identity),
            said_at=post.created_at,
            received_at=post.created_at,
            is_public=not post.is_held,
            context=post.topic.title,
            state=State.HELD if post.is_held else State.COUNTED,
        ),
        role="resident",
    )


def supersede(post: Post, body: str) -> None:
    """The new words are a new line, and the old line says that it was superseded (law 3)."""
    lines = _lines(post, State.COUNTED)
    opinions.reword(lines, body, role="resident", reason=str(_("書き直し")))


def say_otherwise(post: Post, body: str) -> None:
    """Word a held line anew: the contract lets it be withdrawn only, and another one be held."""
    for line in _lines(post, State.HELD):
        opinions.withdraw(line, role="resident", reason=str(_("公開の前の書き直し")))
        fresh = opinions.following(line, body, state=State.HELD)
        opinions.enter(line.consultation, fresh, role="resident")


def admit(post: Post, *, role: str, reason: str = "") -> None:
    """Count what was held or withheld, and let readers see it from now on."""
    for line in _lines(post, State.HELD, State.WITHHELD):
        opinions.restore(line, role=role, reason=reason)
        opinions.publish([line.id])


def withdraw(post: Post, *, role: str, reason: str) -> None:
    for line in _lines(post, State.COUNTED, State.HELD):
        opinions.withdraw(line, role=role, reason=reason)


def withhold(post: Post, *, reason: str) -> None:
    for line in _lines(post, State.COUNTED, State.HELD):
        opinions.withhold(line, role="moderator", reason=reason)


def restore(post: Post, *, reason: str) -> None:
    for line in _lines(post, State.WITHHELD):
        opinions.restore(line, role="moderator", reason=reason)


def forget_title(topic: Topic, former: str, named: str) -> None:
    """A title that must not be read stands beside no line, wherever its post was moved since."""
    contexts.name_anew(topic.room.consultation, SOURCE, former, named)


def existing(ids: Collection[int]) -> set[int]:
    """Which of these posts there are; for `ledger.check`."""
    wanted = sorted(ids)
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        query = select(Post.id).where(Post.id.in_(wanted[start : start + 500]))
        found.update(db.session().scalars(query))
    return found


def entered() -> Iterator[int]:
    """The posts that must have a line in the ledger: all that residents and guests wrote."""
    yield from db.session().scalars(select(Post.id).where(Post.role == "resident"))


def states() -> Iterator[tuple[int, State]]:
    """In which state the line of each of those posts must be, by what the room shows."""
    query = select(Post.id, Post.withdrawn_at, Post.hidden_at, Post.held_at)
    for post_id, withdrawn_at, hidden_at, held_at in db.session().execute(
        query.where(Post.role == "resident").execution_options(yield_per=2000)
    ):
        if withdrawn_at is not None:
            yield post_id, State.WITHDRAWN
        elif hidden_at is not None:
            yield post_id, State.WITHHELD
        else:
            yield post_id, State.COUNTED if held_at is None else State.HELD


def _lines(post: Post, *states: State) -> list[Opinion]:
    """What says it now: nobody splits it, or makes one of it again, until this is done."""
    consultations.lock(post.topic.room.consultation_id)
    return [line for line in opinions.of_source(SOURCE, post.id) if line.state in states]
