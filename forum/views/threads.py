"""A topic as it is read: its page, one post of it, how far somebody has read."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, cast

from flask import current_app, render_template, request, url_for
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response

from core import web
from core.errors import Gone, NotFound
from core.messages import _
from core.permissions import permits as is_permitted
from core.web import actor, permits, see_other
from forum import (
    departures,
    follows,
    papers,
    pictures,
    posts,
    queries,
    questions,
    readings,
    spans,
    stands,
    tags,
    threads,
    traces,
    waiting,
)
from forum.departures import Departure
from forum.forms import ReplyForm
from forum.models import Post, Reading, Topic, TopicTrace
from forum.spans import Spans
from forum.threads import Line, Sort
from forum.views import bp, composing, drawing, elsewhere, guests
from ledger.views import deadlines


@dataclass(frozen=True)
class Progress:
    """How far this reader is: nothing for visitors (their browser knows) and on a first visit."""

    reading: Reading
    unread: Spans
    count: int
    first: int | None
    since: readings.Since
    acts: list[TopicTrace]
    has_new_context: bool

    @property
    def tells(self) -> bool:
        """Whether anything happened here since they were here last."""
        return bool(self.acts) or self.has_new_context or not self.since.is_quiet

    def is_new(self, post: Post) -> bool:
        return spans.contains(self.unread, post.number)


@bp.get("/t/<public_id>")
@permits("public")
def topic(public_id: str) -> str | Response:
    """What is being said; `?reply_to=` or `?quote=` a post fills the composer with it."""
    found = queries.topic(public_id, actor())
    if (moved := elsewhere.way_on(found, request.args.get("reply_to", ""))) is not None:
        return moved
    quoted = in_topic(found, request.args.get("reply_to", ""))
    cited = composing.cited(found, request.args.get("quote", ""))
    at = quoted or cited
    number = None if at is None or "page" in request.args else queries.page_of(at)
    form = cast(ReplyForm, LocalProxy(cache(partial(composing.filled, quoted, cited))))
    return topic_page(found, form, at, number)  # a visitor's page makes no form


@bp.get("/p/<public_id>")
@permits("public")
def post(public_id: str) -> Response:
    """The permalink: the page of the topic on which the post stands."""
    found = queries.post(public_id)
    if found.is_held:
        _require_may_see(found)
    return see_other(way_to(found))


@bp.get("/t/<public_id>/<int(max=999999):number>")
@permits("public")
def numbered(public_id: str, number: int) -> Response:
    """The post that has or had this number in a topic, wherever it was moved since."""
    return see_other(way_to(departures.place(queries.topic(public_id, actor()), number)))


@bp.get("/p/<public_id>/fragment")
@permits("public")
def fragment(public_id: str) -> str:
    """One post as this reader may see it, to be put into an open page."""
    line = threads.line(public_id)
    return drawing.alone(line, **beside_posts(line.post.topic, [line]))


@bp.post("/t/<public_id>/read")
@permits("readings.mark")
def topic_read(public_id: str) -> Any:
    """Write down what was read: `read` are post numbers (1-50,60), `all` the newest there was."""
    found = queries.topic(public_id, actor())
    everything = request.form.get("all", type=int)
    if everything is not None:
        readings.mark_all(actor(), found, everything)
    else:
        seen = spans.parse(request.form.get("read", ""), found.post_count)
        readings.mark(actor(), found, seen)
    if web.wants_json():
        return "", 204
    page = request.form.get("page", type=int)
    return see_other(url_for("forum.topic", public_id=public_id, page=page, _anchor="thread-end"))


@bp.get("/t/<public_id>/unread")
@permits("public")
def topic_unread(public_id: str) -> dict[str, Any]:
    """For a browser that keeps by itself what was read: how much is new, and where it begins."""
    found = queries.topic(public_id, actor())
    seen = spans.parse(request.args.get("read", ""), found.post_count)
    new = readings.unread(found, seen)
    first = readings.first_unread(found, new)
    return {
        "count": spans.count(new),
        "shown": queries.talk_of(found).posts,
        "first": first,
        "url": url_for("forum.numbered", public_id=public_id, number=first) if first else None,
    }


def topic_page(topic: Topic, form: ReplyForm, quoted: Post | None, number: int | None) -> str:
    """The page of a topic with its composer; `number` asks for one of its pages."""
    who, room = actor(), topic.room
    sort = _sort()
    total = len(threads.asked(topic)) if sort is Sort.ASKED else queries.total(topic)
    page = web.page_of(total, queries.PER_PAGE)
    if number is not None and sort is Sort.TREE:
        page = web.Page(number, page.count, queries.PER_PAGE)
    lines = threads.page(topic, sort, page.offset)
    beside = threads.beside(room, who)
    composer, acts = composing.of(topic, quoted), traces.of(topic)
    return render_template(
        "forum/topic.html",
        topic=topic,
        room=room,
        consultation=room.consultation,
        place=next((n for n, other in enumerate(beside, 1) if other.id == topic.id), 0),
        talk=queries.talk_of(topic),
        topics=beside,
        tags=tags.of([topic]).get(topic.id, []),
        traces=acts,
        moved=_moved(topic, sort, lines),
        papers=papers.of(room),
        waiting=waiting.own(guests.reader(), topic),
        page=page,
        sort=sort,
        sorts=Sort,
        progress=progress(topic, acts),
        official=queries.first_official(topic),
        form=form,
        quoted=quoted,
        composer=composer,
        is_open=composing.is_open(composer, topic),
        limit=posts.LIMIT,
        follow_kind="topic",
        follow_id=topic.public_id,
        follow=follows.of(who, "topic", [topic.id]).get(topic.id),
        deadlines=deadlines,
        has_page=lambda endpoint: endpoint in current_app.view_functions,
        **beside_posts(topic, lines),
    )


def beside_posts(topic: Topic, lines: list[Line]) -> dict[str, Any]:
    """What is drawn with posts: theirs, and this reader's own (a known number of statements)."""
    who, there = actor(), threads.posts_of(lines)
    asked = questions.of(there)
    followed = follows.of(who, "post", [post.id for post in there])
    return {
        "lines": lines,
        "said": drawing.said(lines),
        "images": pictures.of(there),
        "questions": asked,
        "answers": questions.answered_by(there),
        "stances": stands.of(there, who),
        "rights": drawing.rights(topic, lines, asked, followed),
        "may_decide": is_permitted(who, "moderation.decide", topic),
        "shared": drawing.shared,
    }


def progress(topic: Topic, acts: Sequence[TopicTrace]) -> Progress | None:
    """How far whoever makes this request has read (four statements); `acts` are the topic's."""
    reading = readings.of(actor(), topic)
    if reading is None:
        return None
    new, at = readings.unread(topic, reading.spans), reading.read_at
    return Progress(
        reading=reading,
        unread=new,
        count=spans.count(new),
        first=readings.first_unread(topic, new),
        since=readings.since(topic, reading),
        acts=[act for act in acts if act.at > at],
        has_new_context=topic.context_at is not None and topic.context_at > at,
    )


def way_to(post: Post, posted: int | None = None) -> str:
    """The address of a post: its place in the topic, or where it waits."""
    topic_id = post.topic.public_id
    if post.is_held:
        if not waiting.is_own(guests.reader(), post) and is_permitted(actor(), "posts.admit", post):
            return url_for("forum.waiting", _anchor=f"w-{post.public_id}")
        return url_for("forum.topic", public_id=topic_id, posted=posted, _anchor="waiting")
    page = queries.page_of(post)
    return url_for(
        "forum.topic",
        public_id=topic_id,
        page=page if page > 1 else None,
        posted=posted,
        _anchor=f"p-{post.number}",
    )


def in_topic(topic: Topic, public_id: str) -> Post | None:
    """The post an answer is for; one of another topic is as good as absent."""
    if not public_id:
        return None
    found = queries.post(public_id)
    if found.topic_id != topic.id or found.is_held:
        raise NotFound
    return found


def _sort() -> Sort:
    try:
        return Sort(request.args.get("sort", Sort.TREE))
    except ValueError:
        return Sort.TREE


def _moved(topic: Topic, sort: Sort, lines: list[Line]) -> dict[int, list[Departure]]:
    """What went elsewhere, by the post it is told before (0: the end); mostly nothing did."""
    if sort is not Sort.TREE or not topic.gone:
        return {}
    paths = [line.post.path for line in lines]
    found: dict[int, list[Departure]] = {}
    ends = (paths[0], paths[-1]) if paths else ("", "")
    for departure in departures.between(topic, *ends):
        at = bisect(paths, departure.path)
        found.setdefault(lines[at].post.id if at < len(lines) else 0, []).append(departure)
    return found


def _require_may_see(post: Post) -> None:
    """What waits is there for who wrote it and for those who look; a refusal is public."""
    if waiting.is_own(guests.reader(), post) or is_permitted(actor(), "posts.admit", post):
        return
    if post.hidden_at is not None:
        raise Gone(_("この発言は、きまりにより、公開しないことになりました。"))
    raise NotFound
