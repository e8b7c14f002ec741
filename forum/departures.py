"""Where posts stood before: an old number leads to its post, a line says where it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import lazyload

from core import db
from core.errors import NotFound
from forum import queries, spans
from forum.models import Post, PostPlace, Topic

MOST = 200  # lines of one page; more are told by the topic's own traces


@dataclass(frozen=True)
class Departure:
    """One line of a thread: posts that stood together here and went to another topic together.

    `path` and `depth` are where the line is read; `post` is the first of those that went, where it
    stands now; `numbers` are the ones they had.
    """

    path: str
    depth: int
    post: Post
    numbers: str
    moved_at: datetime


def place(topic: Topic, number: int) -> Post:
    """The post that has this number in a topic, or once had it there; raises `NotFound`."""
    here = select(Post).where(Post.topic_id == topic.id, Post.number == number, queries.placed())
    found = db.session().scalars(here).one_or_none()
    if found is None:
        former = select(Post).join(PostPlace, PostPlace.post_id == Post.id)
        former = former.where(PostPlace.topic_id == topic.id, PostPlace.number == number)
        found = db.session().scalars(former).one_or_none()
    if found is None or found.is_held:
        raise NotFound
    return found


def gone_from(topic: Topic, public_id: str) -> Post | None:
    """The post at `/p/<public_id>` where it stood in this topic once and stands elsewhere now."""
    query = (
        select(Post)
        .join(PostPlace, PostPlace.post_id == Post.id)
        .where(Post.public_id == public_id, PostPlace.topic_id == topic.id)
        .where(Post.topic_id != topic.id)
    )
    return db.session().scalars(query.limit(1)).one_or_none()


def between(topic: Topic, first_path: str, last_path: str) -> list[Departure]:
    """What went away from the part of a thread that begins and ends with these posts.

    With what stood before the first page's first post, and after the last up to the next page;
    "" stands for a thread without posts. Two statements.
    """
    here = (Post.topic_id == topic.id, queries.placed())
    following = select(func.min(Post.path)).where(*here, Post.path > last_path).scalar_subquery()
    earlier = select(Post.id).where(*here, Post.path < first_path).exists()
    query = (
        select(PostPlace, following)
        .join(Post, Post.id == PostPlace.post_id)
        .where(PostPlace.topic_id == topic.id, PostPlace.is_root, Post.topic_id != topic.id)
        .where(or_(~earlier, PostPlace.path > first_path))
        .where(or_(following.is_(None), PostPlace.path < following))
        .options(lazyload(PostPlace.post))
        .order_by(PostPlace.path)
        .limit(MOST)
    )
    roots = [row[0] for row in db.session().execute(query)]
    return _lines(topic, roots) if roots else []


def _lines(topic: Topic, roots: Sequence[PostPlace]) -> list[Departure]:
    """Neighbours that went together are one line: no post that stayed stands between them."""
    stayed = _stayed(topic, roots)
    posts = _posts(roots)
    groups: list[list[PostPlace]] = []
    for root in roots:
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and posts[last.post_id].topic_id == posts[root.post_id].topic_id
            and not any(last.path < path < root.path for path in stayed)
        ):
            groups[-1].append(root)
        else:
            groups.append([root])
    return [
        Departure(
            group[0].path,
            min(one.depth for one in group),
            posts[group[0].post_id],
            spans.said(spans.of(one.number for one in group)),
            group[0].moved_at,
        )
        for group in groups
    ]


def _stayed(topic: Topic, roots: Sequence[PostPlace]) -> list[str]:
    query = select(Post.path).where(
        Post.topic_id == topic.id, Post.path.between(roots[0].path, roots[-1].path)
    )
    return list(db.session().scalars(query.limit(queries.PER_PAGE * 2)))


def _posts(roots: Sequence[PostPlace]) -> dict[int, Post]:
    query = select(Post).where(Post.id.in_([root.post_id for root in roots]))
    return {post.id: post for post in db.session().scalars(query)}
