"""Telling people what happened where they follow: a job in the transaction of the act."""

from __future__ import annotations

from forum.models import Post, Topic


def post_published(post: Post) -> None:
    """See to it that followers are told of a post."""


def context_written(topic: Topic) -> None:
    """See to it that followers are told of a topic's new summary."""
