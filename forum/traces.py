"""What was done to a topic: each act leaves a trace that everybody may read, with its reason."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload, lazyload

from core import db
from core.people import Role
from forum.models import Topic, TopicTrace

REASON_LIMIT = 400
SUMMED_UP = "summed_up"
# wordings of the summary have a page of their own; a merge is told by the topic it went into
APART = (SUMMED_UP, "merged")


def leave(
    actor: Any,
    topic: Topic,
    kind: str,
    reason: str = "",
    *,
    other: Topic | None = None,
    detail: dict[str, Any] | None = None,
) -> TopicTrace:
    """Write down in the current transaction what `actor` did to a topic, by role, never by name."""
    trace = TopicTrace(
        topic_id=topic.id,
        kind=kind,
        role=role_of(actor, topic),
        reason=reason,
        other_id=other.id if other is not None else None,
        detail=detail or {},
    )
    db.session().add(trace)
    return trace


def of(topic: Topic) -> list[TopicTrace]:
    """The acts on a topic and on all that were merged into it, newest first (one statement)."""
    return list(db.session().scalars(_of_family(), {"topic": topic.id}))


@cache  # putting it together costs more than running it
def _of_family() -> Select[TopicTrace]:
    itself = select(Topic.id).where(Topic.id == bindparam("topic"))
    family = itself.cte("family", recursive=True)
    family = family.union(select(Topic.id).where(Topic.merged_into_id == family.c.id))
    return (
        select(TopicTrace)
        .where(TopicTrace.topic_id.in_(select(family.c.id)), TopicTrace.kind.not_in(APART))
        .options(joinedload(TopicTrace.other).options(lazyload(Topic.room)))
        .order_by(TopicTrace.at.desc(), TopicTrace.id.desc())
    )


def summaries(topic: Topic) -> list[TopicTrace]:
    """Every wording of a topic's running summary, oldest first."""
    query = select(TopicTrace).where(TopicTrace.topic_id == topic.id, TopicTrace.kind == SUMMED_UP)
    return list(db.session().scalars(query.order_by(TopicTrace.id)))


def forget_title(topic: Topic, title: str) -> None:
    """Take a title that must not be read any more out of the traces that name it."""
    query = select(TopicTrace).where(TopicTrace.topic_id == topic.id, TopicTrace.kind == "renamed")
    for trace in db.session().scalars(query):
        trace.detail = {k: "" if said == title else said for k, said in trace.detail.items()}


def role_of(actor: Any, topic: Topic) -> str:
    """As what somebody tends a topic: "officer", "facilitator" or "moderator"."""
    scopes = topic.scopes()
    for role in (Role.OFFICER, Role.FACILITATOR, Role.MODERATOR):
        if actor.holds(role, scopes):
            return str(role.value)
    return "resident"
