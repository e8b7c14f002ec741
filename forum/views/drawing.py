"""Drawing posts: what everybody reads of one is drawn once, what is a reader's own on each page."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from flask import current_app
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from core import clock, i18n
from core.permissions import permits
from core.web import actor
from forum import fragments, threads
from forum.models import Post, Topic
from forum.threads import Line

STAND_IN = "csrf-stand-in"  # where the reader's own token goes in a piece that others share


def said(lines: Sequence[Line]) -> dict[int, Markup]:
    """Head and text of the posts that are shown, by id; drawn only when nobody had them before.

    One statement when some were not drawn yet, none when all were.
    """
    language, year = i18n.language(), clock.local(clock.now()).year  # dates leave out this year
    shown = {line.post.id: line for line in lines if line.post.is_shown}
    keys = {id_: ("said", *line.key, language, year) for id_, line in shown.items()}
    found = {id_: piece for id_, key in keys.items() if (piece := fragments.kept.get(key))}
    missing = [id_ for id_ in shown if id_ not in found]
    if missing:
        threads.read_texts(missing)
        template = current_app.jinja_env.get_template("forum/_said.html")
        for id_ in missing:
            piece = template.render(line=shown[id_], post=shown[id_].post)
            found[id_] = fragments.kept.put(keys[id_], piece)
    return {id_: Markup(piece) for id_, piece in found.items()}  # noqa: S704 a template drew it


def rights(
    topic: Topic, lines: Sequence[Line], asked: Container[int], followed: Container[int]
) -> dict[int, tuple[str, ...] | None]:
    """What this reader may do with each post, by id; None with what is not shown."""
    who = actor()
    is_open = topic.takes_posts(clock.now())
    may_write = is_open and (who is not None or topic.room.takes_guests)
    all_may: tuple[str, ...] = ("write",) if may_write else ()
    may_mark = permits(who, "questions.mark", topic)
    may_decide = ("decide",) if permits(who, "moderation.decide", topic) else ()
    found: dict[int, tuple[str, ...] | None] = {}
    for post in (line.post for line in lines):
        if not post.is_shown:
            found[post.id] = None
            continue
        may = all_may
        if who is not None:
            may += ("unfollow" if post.id in followed else "follow",)
            if post.author_id == who.id:
                may += ("edit", "withdraw") if is_open and _may_edit(post) else ("withdraw",)
            if may_mark and post.role == "resident" and post.id not in asked:
                may += ("mark",)
        found[post.id] = may + may_decide
    return found


def _may_edit(post: Post) -> bool:
    return permits(actor(), "posts.edit", post)


def shared(template: str, *key: object, **values: Any) -> Markup:
    """A piece of a post's foot that reads the same for all whose `key` is the same.

    A form in it proves by a token where it comes from: what is kept holds a stand-in for it.
    """
    whole = (template, *key, i18n.language())
    piece = fragments.kept.get(whole)
    if piece is None:
        drawn = current_app.jinja_env.get_template(template).render(**values)
        piece = fragments.kept.put(whole, drawn.replace(generate_csrf(), STAND_IN))
    if STAND_IN in piece:
        piece = piece.replace(STAND_IN, generate_csrf())
    return Markup(piece)  # noqa: S704 a template drew it


def alone(line: Line, **around: Any) -> str:
    """One post as a page would show it to this reader, without the page around it."""
    who = actor()
    return current_app.jinja_env.get_template("forum/_post.html").render(
        **around,
        line=line,
        topic=line.post.topic,
        actor=who,
        locale=i18n.language(),
        now=clock.now(),
        permits=lambda permission, thing=None: permits(who, permission, thing),
    )
