"""The tables of rooms and public comments; each module holds one noun and what belongs to it."""

from forum.models.comments import Comment, CommentItem, CommentPerson
from forum.models.posts import (
    MAX_DEPTH,
    PATH_STEP,
    Mention,
    Post,
    PostImage,
    PostPlace,
    PostRevision,
    Question,
)
from forum.models.readers import Follow, Notice, Pace, ReaderSettings, Reading
from forum.models.rooms import Checked, Paper, Room, RoomChange, TopicsBy, Writers
from forum.models.topics import Tag, Topic, TopicTag, TopicTrace

__all__ = [
    "MAX_DEPTH",
    "PATH_STEP",
    "Checked",
    "Comment",
    "CommentItem",
    "CommentPerson",
    "Follow",
    "Mention",
    "Notice",
    "Pace",
    "Paper",
    "Post",
    "PostImage",
    "PostPlace",
    "PostRevision",
    "Question",
    "ReaderSettings",
    "Reading",
    "Room",
    "RoomChange",
    "Tag",
    "Topic",
    "TopicTag",
    "TopicTrace",
    "TopicsBy",
    "Writers",
]
