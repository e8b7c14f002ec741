"""The demo's meeting rooms: posts, questions, papers, summaries, each through its verb."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from core import business_days, clock, db
from core.people import Role
from demo import content
from forum import (
    closings,
    moves,
    papers,
    pictures,
    posts,
    questions,
    rooms,
    tags,
    tending,
    topics,
    waiting,
)
from forum.guests import Guest
from forum.models import Paper, Post, Room, Topic
from ledger.models import PhaseKind
from moderation import decisions

if TYPE_CHECKING:
    from demo.seed import Ward


def plan(ward: Ward, read: dict[str, Any], consultation: str) -> None:
    """Plan everything that happens in one room."""
    made: dict[str | int, Any] = {}

    def open_room() -> None:
        target = ward.consultations[consultation]
        officer = ward.staff(Role.OFFICER, target.department.slug)
        phase = target.phase(PhaseKind.DISCUSS)
        assert phase is not None
        room = made["room"] = rooms.open_room(
            officer,
            target,
            title=read["title"],
            purpose=read["purpose"],
            rules=read["rules"],
            opens_at=max(phase.opens_at, ward.ago(read["opens_days_ago"], at=9)),
            closes_at=min(phase.closes_at, ward.ago(read["closes_days_ago"], at=17)),
            writers=read.get("writers", "account"),
            checked=read.get("checked", "after"),
            topics_by=read.get("topics_by", "ward"),
        )
        for name in read.get("tags", []):
            tags.add(officer, target, name)
        for one in read.get("papers", []):
            with (content.FOLDER / "papers" / one["file"]).open("rb") as file:
                papers.add(officer, room, one["title"], file, one["file"])
        for index, one in enumerate(read["topics"]):
            if "opened_by" not in one:
                made[index] = topics.open_topic(
                    officer,
                    room,
                    one["title"],
                    _with_papers(one["ward_question"].strip(), room, read),
                    tags=_tags(target, one),
                ).id

    ward.plan(read["opens_days_ago"] + 0.2, open_room)
    for index, one in enumerate(read["topics"]):
        for number, post in enumerate(one["posts"]):
            if number == 0 and "opened_by" in one:
                _plan_topic(ward, made, index, one, post)
            else:
                _plan_post(ward, lambda index=index: made[index], post)  # type: ignore[misc]
        if "context" in one:
            _plan_context(ward, lambda index=index: made[index], one, read)  # type: ignore[misc]
    for index, one in enumerate(read["topics"]):
        _plan_tending(ward, made, index, one)
    if "summary" in read:
        ward.plan(read["summary_days_ago"], lambda: _sum_up(ward, made["room"], read["summary"]))


def _with_papers(question: str, room: Room, read: dict[str, Any]) -> str:
    """The question with links to the papers it names (「資料3」)."""
    query = select(Paper).where(Paper.room_id == room.id).order_by(Paper.position)
    for one, paper in zip(read.get("papers", []), db.session().scalars(query), strict=True):
        path = f"/rm/{room.public_id}/papers/{paper.public_id}"
        for name in one["names"]:
            question = question.replace(name, f"[{name}]({path})", 1)
    return question


def _tags(consultation: Any, one: dict[str, Any]) -> list[Any]:
    wanted = one.get("tags", [])
    return [tag for tag in tags.choices(consultation) if tag.name in wanted]


def _plan_topic(
    ward: Ward, made: dict[str | int, Any], index: int, one: dict[str, Any], post: dict[str, Any]
) -> None:
    """A topic that a resident opens, with its first post."""

    def write() -> None:
        topic = topics.open_by_resident(
            ward.accounts[one["opened_by"]],
            db.session().get_one(Room, made["room"].id),
            one["title"],
            post["body"].strip(),
            key=f"demo-{post['id']}",
            received_at=clock.now(),
            tags=_tags(made["room"].consultation, one),
        )
        made[index] = topic.id
        first = select(Post.id).where(Post.topic_id == topic.id)
        ward.posts[post["id"]] = db.session().scalars(first).one()

    ward.plan(post["days_ago"], write)


def _plan_tending(ward: Ward, made: dict[str | int, Any], index: int, one: dict[str, Any]) -> None:
    """What the facilitator does with a topic: lets it stand first, locks it, merges it."""

    def at(index: int) -> Topic:
        return db.session().get_one(Topic, made[index])

    def by() -> Any:
        return next(a for a in ward.accounts.values() if Role.FACILITATOR in a.roles)

    if "pinned_days_ago" in one:
        ward.plan(one["pinned_days_ago"], lambda: _quiet(tending.pin(by(), at(index))))
    if "locked_days_ago" in one:
        ward.plan(
            one["locked_days_ago"],
            lambda: _quiet(tending.lock(by(), at(index), one["locked_reason"])),
        )
    if "merged_days_ago" in one:
        ward.plan(
            one["merged_days_ago"],
            lambda: _quiet(
                moves.merge(by(), at(index), at(one["merged_into"]), one["merged_reason"])
            ),
        )


def _pictures(one: dict[str, Any]) -> list[pictures.Prepared]:
    """The pictures of a post, drawn anew as those of residents are."""
    made = []
    for picture in one.get("pictures", []):
        with (content.FOLDER / "pictures" / picture["file"]).open("rb") as file:
            upload = FileStorage(file, filename=picture["file"])
            made += pictures.prepare([upload], [picture["alt"]])
    return made


def _plan_post(ward: Ward, topic: Callable[[], int], one: dict[str, Any]) -> None:
    author = ward.accounts.get(one.get("author", ""))

    def found() -> Post:
        return db.session().get_one(Post, ward.posts[one["id"]])

    def write() -> None:
        parent = ward.posts.get(one.get("reply_to", ""))
        answered = db.session().get_one(Post, parent) if parent else None
        post = posts.reply(
            author,
            db.session().get_one(Topic, topic()),
            one["body"].strip(),
            parent=answered,
            key=f"demo-{one['id']}",
            guest=Guest(one["guest"], f"demo-{one['guest']}") if "guest" in one else None,
            asks=one.get("asks", False),
            settles=_settlement(author, answered, one) if one.get("official") else None,
            pictures=_pictures(one),
        )
        ward.posts[one["id"]] = post.id
        if post.is_held and not one.get("held"):
            waiting.admit(ward.moderator(), post)

    ward.plan(one["days_ago"], write, in_office=one.get("official", False))
    if "edited" in one:
        ward.plan(
            one["edited_days_ago"],
            lambda: _quiet(posts.edit(author, found(), one["edited"].strip(), version=1)),
        )
    if one.get("withdrawn"):
        ward.plan(
            one.get("withdrawn_days_ago", one["days_ago"] - 0.1),
            lambda: posts.withdraw(author, found(), one.get("withdrawn_reason", "")),
        )
    if "hidden_rule" in one:
        ward.plan(one["hidden_days_ago"], lambda: _hide(ward, found(), one))


def _settlement(author: Any, answered: Post | None, one: dict[str, Any]) -> Any:
    """What an official reply is to the question it stands under, if there is one."""
    if answered is None or questions.asked_above(answered) is None:
        return None
    if "interim_in_days" not in one:
        return questions.settlement(author, answered, "answer", None)
    day = clock.local(clock.now()).date() + timedelta(days=one["interim_in_days"])
    while not business_days.is_business_day(day):
        day += timedelta(days=1)
    return questions.settlement(author, answered, "interim", day)


def _plan_context(
    ward: Ward, topic: Callable[[], int], one: dict[str, Any], read: dict[str, Any]
) -> None:
    def sum_up() -> None:
        found = db.session().get_one(Topic, topic())
        said = "\n".join(f"- {line}" for line in one["context"])
        facilitator = ward.accounts[read["facilitator"]]
        topics.set_context(facilitator, found, said, version=found.version)

    ward.plan(one["context_days_ago"], sum_up)


def _hide(ward: Ward, post: Post, one: dict[str, Any]) -> None:
    decisions.hide(
        ward.moderator(),
        "post",
        post.public_id,
        rule=one["hidden_rule"],
        reason=one["hidden_reason"],
    )


def _sum_up(ward: Ward, room: Room, body: str) -> None:
    """Write a summary in which {s02} stands for the citation of that post."""

    def cite(match: re.Match[str]) -> str:
        return closings.citation(db.session().get_one(Post, ward.posts[match[1]]))

    fresh = db.session().get_one(Room, room.id)
    facilitator = next(a for a in ward.accounts.values() if Role.FACILITATOR in a.roles)
    closings.write_summary(
        facilitator, fresh, re.sub(r"\{(\w+)\}", cite, body.strip()), fresh.summary_version
    )


def _quiet(_result: object) -> None:
    """Drop a verb's result: a plan only acts."""
