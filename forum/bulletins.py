"""The mail that tells somebody of one thing at once, and what all mails of notices share.

Composed when it leaves: what was hidden while it waited, or is followed no more, is not sent.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from core import db, mail, plain
from core.mail import Words
from core.messages import Message, _
from forum import follows, links, news
from forum.links import Stop
from forum.models import Follow, Notice, Pace
from forum.news import Kind, News

EXCERPT = 300
RULE = "─" * 20


@mail.composer("forum.notice")
def compose(about: dict[str, Any]) -> Words | None:
    """The letter about one notice; None when nobody should be told of it any more."""
    query = select(Notice).where(
        Notice.account_id == about["account_id"], Notice.key == about["key"]
    )
    notice = db.session().scalars(query).one_or_none()
    if notice is None or notice.pace != Pace.AT_ONCE:
        return None
    told = news.read([notice])
    follow = standing([notice.follow_id]).get(notice.follow_id or 0)
    if not told or (notice.follow_id is not None and follow is None):
        return None
    stop = Stop(notice.account_id, follow_id=notice.follow_id)
    return Words(_subject(told[0]), _body(told[0], follow, stop), headers(told[0], stop))


def standing(follow_ids: Collection[int | None]) -> dict[int, Follow]:
    """Those of these follows that were not ended."""
    ids = {i for i in follow_ids if i is not None}
    query = select(Follow).where(Follow.id.in_(ids))
    return {follow.id: follow for follow in db.session().scalars(query)} if ids else {}


def headers(told: News | None, stop: Stop) -> dict[str, str]:
    """What lets mail programs file, thread and end these mails (RFC 2919, 3834, 8058)."""
    said = {
        "List-Unsubscribe": f"<{links.stop(stop)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    if told is None:
        return {**said, "List-Id": f"<digest.{links.host()}>"}
    place = told.topic.public_id if told.topic is not None else told.room.public_id
    thread = f"<{place}@{mail.domain()}>"
    return {
        **said,
        "List-Id": f"<{place}.{links.host()}>",
        "In-Reply-To": thread,
        "References": thread,
    }


def why(follow: Follow | None) -> Message:
    """Why somebody gets a mail."""
    if follow is None:
        return _("このメールは、あなたに宛てた発言か、あなたの質問への答えのお知らせです。")
    if follow.kind == follows.Kind.ROOM:
        return _("このメールは、この会議室を追っている方にお送りしています。")
    if follow.kind == follows.Kind.TOPIC:
        return _("このメールは、この話題を追っている方にお送りしています。")
    return _("このメールは、発言への返信を追っている方にお送りしています。")


def foot(stop: Stop, reason: Message, label: Message) -> str:
    """The end of every mail of notices: why, how to end it, where to set it, who sends it."""
    configured = links.settings()
    return "\n".join(
        [
            RULE,
            plain.wrap(str(reason)),
            "",
            str(label),
            links.stop(stop),
            str(_("受け取り方を変える")),
            links.absolute("/me/notices"),
            "",
            f"{configured.ward}　{configured.site_name}",
            f"{configured.contact_department}　{configured.contact_phone}",
        ]
    )


def place(told: News) -> list[str]:
    """The room and topic a piece of news belongs to, a line each."""
    lines = [str(_("会議室：%(title)s", title=told.room.title))]
    if told.topic is not None:
        lines.insert(0, str(_("話題：%(title)s", title=told.topic.title)))
    return [plain.wrap(line) for line in lines]


def _subject(told: News) -> str:
    """The topic's name, always the same, so that a topic is one thread; an answer says so."""
    title = told.topic.title if told.topic is not None else told.room.title
    if told.notice.kind == Kind.ANSWER:
        title = str(_("区の回答：%(title)s", title=title))
    return f"［{links.settings().site_name}］{title}"


def _body(told: News, follow: Follow | None, stop: Stop) -> str:
    number = told.post.number if told.post is not None else None
    head = f"{told.headline}（{_('発言%(number)s', number=number)}）" if number else told.headline
    said = plain.wrap(told.excerpt(EXCERPT), indent="  ")
    parts = [
        plain.wrap(_sentence(str(head))),
        "\n".join(place(told)),
        *([said] if said.strip() else []),
        f"{_('続きを読む')}\n{links.absolute(told.path)}",
        foot(stop, why(follow), _label(follow)),
    ]
    return "\n\n".join(parts) + "\n"


def _sentence(said: str) -> str:
    return said if said.endswith("。") else f"{said}。"


def _label(follow: Follow | None) -> Message:
    if follow is None:
        return _("自分に宛てた発言をメールで受け取るのをやめる")
    return end_label(follow)


def end_label(follow: Follow) -> Message:
    """What a link that ends a follow is called."""
    if follow.kind == follows.Kind.ROOM:
        return _("この会議室を追うのをやめる")
    if follow.kind == follows.Kind.TOPIC:
        return _("この話題を追うのをやめる")
    return _("この発言への返信を追うのをやめる")
