"""What was written for a topic that went elsewhere meanwhile: its text is kept, with the way on."""

from __future__ import annotations

from flask import render_template, url_for
from werkzeug.wrappers import Response

from core.web import see_other
from forum import departures
from forum.models import Post, Topic
from forum.views.topics_forms import KeptForm


def way_on(topic: Topic, reply_to: str = "") -> Response | None:
    """For a reader: to where a merged topic, or the post that is to be answered, is now."""
    there, post = _now(topic, reply_to)
    if there is None:
        return None
    anchor = "write" if post else "acts"  # an anchor of our own: #p-12 is another post there
    parent = post.public_id if post else None
    url = url_for("forum.topic", public_id=there.public_id, reply_to=parent, _anchor=anchor)
    return see_other(url)


def kept(topic: Topic, reply_to: str) -> tuple[str, int] | None:
    """For a writer: a page with what they wrote, to be sent there as it is."""
    there, post = _now(topic, reply_to)
    if there is None:
        return None
    form = KeptForm()
    form.parent.data = post.public_id if post else ""
    page = render_template(
        "forum/topic_elsewhere.html", form=form, topic=topic, there=there, post=post
    )
    return page, 409


def _now(topic: Topic, reply_to: str) -> tuple[Topic | None, Post | None]:
    """Where one writes instead, and to what; (None, …) where everything is as it was."""
    post = departures.gone_from(topic, reply_to) if reply_to else None
    if post is not None:
        return post.topic, post
    there = topic
    while there.merged_into is not None:
        there = there.merged_into
    return (there, None) if there.id != topic.id else (None, None)
