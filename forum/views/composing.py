"""The composer: what it is filled with, what it offers to whom, and sending what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import web
from core.errors import DomainError, Invalid
from core.messages import Message, _
from forum import pictures, posts, queries, questions, references, topics
from forum.forms import EditForm, ReplyForm
from forum.models import Post, Question, Topic
from forum.pictures import Prepared
from forum.questions import Settlement


@dataclass(frozen=True)
class Composer:
    """What `_composer.html` shows besides the form: `question` is the one an officer settles."""

    role: str
    question: Question | None
    asks: bool
    takes_pictures: bool
    most_pictures: int = pictures.MOST
    alt_limit: int = pictures.ALT_LIMIT
    days: int = questions.DAYS


def of(topic: Topic, quoted: Post | None) -> Composer:
    """The composer as whoever makes this request sees it (at most one statement)."""
    who = web.actor()
    role = topics.role_in(who, topic.room) if who is not None else "resident"
    question = questions.asked_above(quoted) if role == "officer" else None
    if question is not None and question.is_answered:
        question = None
    return Composer(role, question, asks=role == "resident", takes_pictures=who is not None)


def is_open(composer: Composer, topic: Topic) -> bool:
    """Whether one can write: while the topic takes posts, and an officer what is still owed."""
    return composer.question is not None or topic.takes_posts(web.received_at())


def cited(topic: Topic, public_id: str) -> Post | None:
    """The post that `?quote=` names; one that is not shown here is as good as absent."""
    if not public_id:
        return None
    post = queries.shown_post(public_id)
    return post if post.topic_id == topic.id else None


def filled(quoted: Post | None, cited: Post | None) -> ReplyForm:
    """An empty form, or one that begins with a quotation."""
    answered = quoted or cited
    body = references.quote(cited) if cited is not None else ""
    parent = answered.public_id if answered is not None else ""
    return ReplyForm(formdata=None, parent=parent, body=body)


def send(form: ReplyForm, topic: Topic, quoted: Post | None, **spoken: Any) -> Post:
    """Say what was written; raises what the verbs raise. `spoken` goes on to `posts.reply`."""
    composer = of(topic, quoted)
    settles = _settlement(form, composer, quoted)
    may_add = composer.takes_pictures and is_open(composer, topic)
    drawn = _drawn(form) if may_add else []
    return posts.reply(
        web.actor(),
        topic,
        form.body.data or "",
        quoted,
        key=form.key.data or "",
        received_at=web.received_at(),
        asks=composer.asks and bool(form.asks.data),
        pictures=drawn,
        settles=settles,
        **spoken,
    )


def edit(form: EditForm, post: Post) -> Post:
    """Word a post anew, with the pictures that were added and taken off."""
    kept = [image.position for image in pictures.of([post]).get(post.id, [])]
    dropped = set(form.remove.data or ()) & set(kept)
    drawn = _drawn(form, room=pictures.MOST - len(kept) + len(dropped))
    return posts.edit(
        web.actor(),
        post,
        form.body.data or "",
        form.version.data or 0,
        pictures=drawn,
        dropped=dropped,
    )


def refuse(form: ReplyForm | EditForm, error: DomainError) -> None:
    """Show a refusal at its field, at the right one of the pictures, or on top."""
    place = error.field.split("-") if isinstance(error, Invalid) else []
    if len(place) == 3 and place[0] == "pictures":
        field = getattr(form.pictures[int(place[1])].form, place[2])
        field.errors = [*field.errors, error.message]
        form.pictures.errors = [error.message]  # WTForms asks its places only when validating
        return
    web.refuse(form, error)


def published(post: Post) -> Message:
    """What is said after a post was sent."""
    if post.is_held:
        return _("発言を受け取りました。担当の者が確かめてから公開します。")
    if post.is_official:
        return _("区の返事を公開しました。")
    return _("発言を公開しました。")


def _drawn(form: ReplyForm | EditForm, room: int = pictures.MOST) -> list[Prepared]:
    rows = [entry.form for entry in form.pictures]
    return pictures.prepare([r.file.data for r in rows], [r.alt.data or "" for r in rows], room)


def _settlement(form: ReplyForm, composer: Composer, quoted: Post | None) -> Settlement | None:
    """What an officer says this is to the question above; they have to say it."""
    chosen = form.settles.data
    if chosen in ("answer", "interim"):
        if form.promised.errors and chosen == "interim":
            raise Invalid("promised", form.promised.errors[0])
        return questions.settlement(web.actor(), quoted, chosen, form.promised.data)
    if composer.question is not None and chosen != "neither":
        raise Invalid("settles", _("質問への回答か、中間の返事かを選んでください。"))
    return None
