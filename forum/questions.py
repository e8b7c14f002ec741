"""Questions to the ward: until when each is answered, in between and for good.

The clock starts when a question can be read, runs ten business days, and is stopped only by an
official answer that can be read: hide it, and the question is open again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select

from core import business_days, clock, db, events, text
from core.errors import Conflict, Forbidden, Invalid
from core.messages import _
from core.permissions import require
from forum import notices, places, topics
from forum.asked import answered_by as answered_by
from forum.asked import asked_above as asked_above
from forum.asked import due_words as due_words
from forum.asked import of as of
from forum.asked import open_in as open_in
from forum.events import PostChanged
from forum.models import Post, Question

DAYS = 10  # business days until the ward answers
FURTHEST = 60  # business days an interim reply may ask for
REASON_LIMIT = 400


@dataclass(frozen=True)
class Settlement:
    """What an official post is to a question: its answer, or an interim reply with a promise."""

    question_id: int  # of the post that asks
    promised: date | None = None

    @property
    def is_interim(self) -> bool:
        return self.promised is not None


# ───────── asking


def ask(post: Post, at: datetime) -> Question:
    """Make a post a question to the ward, in the transaction that writes it.

    One that is held has no clock yet as far as anybody sees: `admitted` starts it.
    """
    with db.transaction() as tx:
        found = tx.get(Question, post.id)
        if found is None:
            department_id = post.topic.room.consultation.department_id
            found = Question(post_id=post.id, department_id=department_id)
            tx.add(found)
        found.asked_at, found.due_at = at, due(at)
        found.unmarked_at, found.unmarked_role, found.unmarked_reason = None, "", ""
        tx.flush()
        return found


def admitted(post: Post, at: datetime) -> None:
    """A held post is shown from now on: when it asks something, its clock starts."""
    with db.transaction() as tx:
        if (question := tx.get(Question, post.id)) is not None:
            question.asked_at, question.due_at = at, due(at)


def due(at: datetime) -> datetime:
    """The end of the tenth business day after `at`."""
    return business_days.end_of(business_days.add(clock.local(at).date(), DAYS))


def mark(actor: Any, post: Post) -> Question:
    """Make somebody's post a question to the ward: it asks one, and the box was not ticked."""
    require(actor, "questions.mark", post)
    with db.transaction():
        row = places.lock(post)
        if row.role != "resident" or not row.is_shown:
            raise Conflict(_("この発言は、区への質問にできません。"))
        question = of([row]).get(row.id)
        if question is not None and question.is_marked:
            return question
        question = ask(row, clock.now())
        _changed(row)
        return question


def unmark(actor: Any, post: Post, reason: str) -> None:
    """Take the mark off a post that asks the ward nothing; who and why stays under the post."""
    require(actor, "questions.mark", post)
    why = text.accepted("reason", reason, limit=REASON_LIMIT)
    with db.transaction():
        row = places.lock(post)  # and its topic: an answer sent just now is seen, or sees this
        question = of([row]).get(row.id)
        if question is None or not question.is_marked:
            return
        if question.is_answered:
            raise Conflict(_("この質問には、もう区が答えています。"))
        question.unmarked_at = clock.now()
        question.unmarked_role = topics.role_in(actor, row.topic.room)
        question.unmarked_reason = why
        _changed(row)


# ───────── answering


def settlement(author: Any, parent: Post | None, kind: str, promised: date | None) -> Settlement:
    """What an officer chose to say under a question; raises `Invalid` at the field that is wrong.

    Call it before the post is written, and `settle` in the transaction that writes it.
    """
    question = asked_above(parent)
    if question is None:
        raise Conflict(_("この質問には、もう区が答えています。"))
    if topics.role_in(author, question.post.topic.room) != "officer":
        raise Forbidden
    if kind == "answer":
        return Settlement(question.post_id)
    today = business_days.today()
    if promised is None:
        raise Invalid("promised", _("いつまでに答えるか、日付を入力してください。"))
    if promised <= today:
        raise Invalid("promised", _("あす以後の日付にしてください。"))
    if promised > business_days.add(today, FURTHEST):
        last = business_days.add(today, FURTHEST)
        raise Invalid(
            "promised",
            _(
                "%(month)s月%(day)s日までの日付にしてください。"
                "もっと先になるときは、その前にもう一度、中間の返事をしてください。",
                month=last.month,
                day=last.day,
            ),
        )
    if not business_days.is_business_day(promised):
        raise Invalid("promised", _("区役所が開いている日にしてください。"))
    return Settlement(question.post_id, promised)


def settle(post: Post, settlement: Settlement) -> None:
    """Do what the officer chose, in the transaction that writes their post."""
    with db.transaction() as tx:
        query = select(Question).where(Question.post_id == settlement.question_id)
        question = tx.scalars(db.locked(query)).one()
        if not question.is_marked:
            raise Conflict(
                _("この発言から、区への質問の印が外されました。書いた返事は送られていません。")
            )
        if settlement.promised is None:
            answered(post, question)
        else:
            interim(post, question, settlement.promised)


def answered(post: Post, question: Question) -> None:
    """An official post answers a question; somebody else's answer, a moment ago, stays the one."""
    _require_official(post, question)
    with db.transaction():
        if question.answer_id == post.id and question.is_answered:
            return
        if question.is_answered:
            raise Conflict(_("この質問には、もう区が答えています。"))
        question.answer_id, question.answered_at = post.id, post.created_at
        notices.answer_published(post, question)
        _changed(question.post)


def interim(post: Post, question: Question, promised: date) -> None:
    """An official post says until when the question will be answered."""
    _require_official(post, question)
    with db.transaction():
        if question.is_answered:
            raise Conflict(_("この質問には、もう区が答えています。"))
        question.interim_id, question.interim_at = post.id, post.created_at
        question.promised_at = business_days.end_of(promised)
        notices.answer_published(post, question)
        _changed(question.post)


def post_gone(post: Post) -> None:
    """An official post is not shown any more: what it answered is open again."""
    for question in _settled_by(post):
        if question.answer_id == post.id:
            question.answered_at = None
        if question.interim_id == post.id:
            question.interim_at = None
        _changed(question.post)


def post_back(post: Post) -> None:
    """An official post is shown again: it answers what it did, unless another post does now."""
    for question in _settled_by(post):
        if question.answer_id == post.id and not question.is_answered:
            question.answered_at = post.created_at
        if question.interim_id == post.id:
            question.interim_at = post.created_at
        _changed(question.post)


def _settled_by(post: Post) -> list[Question]:
    query = select(Question).where(
        or_(Question.answer_id == post.id, Question.interim_id == post.id)
    )
    return list(db.session().scalars(db.locked(query)))


def _require_official(post: Post, question: Question) -> None:
    if not post.is_official or post.topic_id != question.post.topic_id:
        raise Forbidden


def _changed(post: Post) -> None:
    """Under the post it now says something else: open pages fetch it anew."""
    post.changed_at = clock.now()
    events.emit(PostChanged(post.topic_id, post.id))
