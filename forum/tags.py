"""Tags: one short list for each consultation, kept by its officers; topics choose from it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from core import clock, db, text
from core.errors import Invalid, NotFound
from core.messages import _
from core.permissions import require
from forum import queries
from forum.models import Room, Tag, Topic, TopicTag
from ledger.models import Consultation

NAME_LIMIT = 30
MOST = 40  # on a list: one has to find one's word at a glance
PER_TOPIC = 5


def add(actor: Any, consultation: Consultation, name: str) -> Tag:
    """Put a word on the list; one that had been taken off comes back with its topics."""
    require(actor, "tags.edit", consultation)
    said = _name(name)
    with db.transaction() as tx:
        rows = _locked(consultation)
        known = _like(rows, said)
        if known is not None and known.retired_at is None:
            return known
        if sum(tag.retired_at is None for tag in rows) >= MOST:
            raise Invalid("name", _("タグは%(limit)s個までです。", limit=MOST))
        position = max((tag.position for tag in rows), default=0) + 1
        if known is not None:
            known.retired_at, known.position = None, position
            return known
        tag = Tag(consultation_id=consultation.id, name=said, position=position)
        tx.add(tag)
        tx.flush()
        return tag


def rename(actor: Any, consultation: Consultation, tag: Tag, name: str) -> Tag:
    """Word a tag anew: it reads so wherever it was put."""
    require(actor, "tags.edit", consultation)
    said = _name(name)
    with db.transaction():
        rows = _locked(consultation)
        row = _one(rows, tag.id)
        known = _like(rows, said)
        if known is not None and known.id != row.id:
            raise Invalid("name", _("「%(name)s」は、もうあります。", name=known.name))
        row.name = said
        return row


def retire(actor: Any, consultation: Consultation, tag: Tag) -> None:
    """Take a tag off the list; topics that have it keep it."""
    require(actor, "tags.edit", consultation)
    with db.transaction():
        row = _one(_locked(consultation), tag.id)
        row.retired_at = row.retired_at or clock.now()


def shift(actor: Any, consultation: Consultation, tag: Tag, steps: int) -> None:
    """Move a tag up (-1) or down (1) in the list."""
    require(actor, "tags.edit", consultation)
    with db.transaction():
        rows = _locked(consultation)
        row = _one(rows, tag.id)
        listed = [one for one in rows if one.retired_at is None]
        if row not in listed:
            return
        place = listed.index(row)
        listed.insert(max(0, place + steps), listed.pop(place))
        for position, one in enumerate(listed, 1):
            one.position = position


def choices(consultation: Consultation) -> list[Tag]:
    """What a topic can choose from, in the order of the list."""
    return [tag for tag in every(consultation) if tag.retired_at is None]


def every(consultation: Consultation) -> list[Tag]:
    """The list with what was taken off it."""
    query = select(Tag).where(Tag.consultation_id == consultation.id)
    return list(db.session().scalars(query.order_by(Tag.position, Tag.id)))


def allowed(
    consultation: Consultation, chosen: Sequence[Tag], *, kept: Sequence[Tag] = ()
) -> list[Tag]:
    """`chosen` in the order of the list; `kept` are the topic's own, which may have been retired.

    Raises `Invalid` for a word of another list and for too many.
    """
    wanted, own = {tag.id for tag in chosen}, {tag.id for tag in kept}
    if not wanted:
        return []
    found = [tag for tag in every(consultation) if tag.id in wanted]
    usable = [tag for tag in found if tag.retired_at is None or tag.id in own]
    if len(usable) < len(wanted):
        raise Invalid("tags", _("この案件のタグから選んでください。"))
    if len(usable) > PER_TOPIC:
        raise Invalid("tags", _("タグは、一つの話題に%(limit)s個までです。", limit=PER_TOPIC))
    return usable


def of(topics: Sequence[Topic]) -> dict[int, list[Tag]]:
    """The tags of some topics, by topic id (one statement)."""
    found: dict[int, list[Tag]] = {topic.id: [] for topic in topics}
    for topic_id, tag in db.session().execute(_of_topics(), {"ids": list(found)}):
        found[topic_id].append(tag)
    return found


@cache  # for every page of a topic: putting it together costs more than running it
def _of_topics() -> Select[int, Tag]:
    return (
        select(TopicTag.topic_id, Tag)
        .join(Tag, Tag.id == TopicTag.tag_id)
        .where(TopicTag.topic_id.in_(bindparam("ids", expanding=True)))
        .order_by(Tag.position, Tag.id)
    )


def in_use(room: Room) -> list[Tag]:
    """The tags that topics of a room have: what its list can be narrowed by (one statement)."""
    query = (
        select(Tag)
        .join(TopicTag, TopicTag.tag_id == Tag.id)
        .join(Topic, Topic.id == TopicTag.topic_id)
        .where(Topic.room_id == room.id, queries.listed())
        .distinct()
    )
    return sorted(db.session().scalars(query), key=lambda tag: (tag.position, tag.id))


def used(consultation: Consultation) -> dict[int, int]:
    """On how many topics each tag of a list stands, by tag id (one statement)."""
    query = (
        select(TopicTag.tag_id, func.count())
        .join(Tag, Tag.id == TopicTag.tag_id)
        .join(Topic, Topic.id == TopicTag.topic_id)
        .where(Tag.consultation_id == consultation.id, queries.listed())
        .group_by(TopicTag.tag_id)
    )
    return {row[0]: row[1] for row in db.session().execute(query)}


def _name(name: str) -> str:
    return " ".join(text.accepted("name", name, limit=NAME_LIMIT).split())


def _locked(consultation: Consultation) -> list[Tag]:
    """The list; its consultation is locked, so that two officers wait for each other."""
    tx = db.session()
    tx.scalars(db.locked(select(Consultation).where(Consultation.id == consultation.id))).one()
    return every(consultation)


def _one(rows: Sequence[Tag], tag_id: int) -> Tag:
    for row in rows:
        if row.id == tag_id:
            return row
    raise NotFound


def _like(rows: Sequence[Tag], name: str) -> Tag | None:
    return next((tag for tag in rows if text.folded(tag.name) == text.folded(name)), None)
