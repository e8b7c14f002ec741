"""The mail of a day or a week: everything new where somebody follows at that pace, grouped.

It is due at seven in the morning, weekly on Mondays. Which notices it carries is settled in the
transaction that writes the letter (`mailed_at`): a notice is in exactly one mail, however often
the job is started. The words are read when the letter leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import select, update

from core import clock, db, jobs, mail, people, plain
from core.mail import Words
from core.messages import Message, _
from forum import bulletins, links, news, reader_settings
from forum.links import Stop
from forum.models import Follow, Notice, Pace
from forum.news import Kind, News

HOUR = 7
BATCH = 500
LINES = 5  # of one topic; the rest is a number
EXCERPT = 90
MOST = 2000  # in one mail; more waits for the next
_FIRST = {Kind.ANSWER: 0, Kind.INTERIM: 1}  # then what the ward said, then everything else


@jobs.chore
def enqueue_due() -> None:
    """See to it that everybody who has news waiting gets this morning's mail."""
    for pace in (Pace.DAILY, Pace.WEEKLY):
        until = boundary(pace, clock.now())
        for ids in _waiting(pace, until):
            jobs.enqueue_all(
                "forum.digest",
                {
                    f"digest:{pace}:{clock.local(until).date()}:{account_id}": {
                        "account_id": account_id,
                        "pace": str(pace),
                        "until": until.isoformat(),
                    }
                    for account_id in ids
                },
            )


def boundary(pace: str, at: datetime) -> datetime:
    """The last seven o'clock, in Tokyo, at which this pace's mail was due; a Monday's if weekly."""
    local = clock.local(at)
    due = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if due > local:
        due -= timedelta(days=1)
    if pace == Pace.WEEKLY:
        due -= timedelta(days=due.weekday())
    return due


@jobs.handler("forum.digest")
def write(running: jobs.Running) -> None:
    """Write somebody's digest: its letter, and in the same transaction which notices are in it."""
    account_id, pace = running.args["account_id"], running.args["pace"]
    until = datetime.fromisoformat(running.args["until"])
    address = people.address_of(account_id)
    with db.transaction() as tx:
        reader_settings.in_turn(account_id)  # yesterday's job may have been put back: one by one
        waiting = select(Notice.id).where(
            Notice.account_id == account_id,
            Notice.pace == pace,
            Notice.mailed_at.is_(None),
            Notice.at < until,
        )
        ids = list(tx.scalars(waiting.order_by(Notice.id).limit(MOST)))
        if not ids:
            return
        tx.execute(update(Notice).where(Notice.id.in_(ids)).values(mailed_at=clock.now()))
        if address is not None:
            about = {"account_id": account_id, "pace": pace, "ids": ids}
            mail.send_about("forum.digest", [(address, _subject(pace), about)])


@mail.composer("forum.digest")
def compose(about: dict[str, Any]) -> Words | None:
    """The digest's words as they may be read now; None when nothing of it is left."""
    pace, account_id = about["pace"], about["account_id"]
    query = select(Notice).where(Notice.id.in_(about["ids"]), Notice.read_at.is_(None))
    found = list(db.session().scalars(query.order_by(Notice.id)))
    follows = bulletins.standing([notice.follow_id for notice in found])
    found = [n for n in found if n.follow_id is None or n.follow_id in follows]
    told = sorted(news.read(found), key=_rank)
    if not told:
        return None
    stop = Stop(account_id, pace=pace)
    body = "\n\n".join([_head(told), *_rooms(told, follows), _foot(stop, pace)]) + "\n"
    return Words(_subject(pace), body, bulletins.headers(None, stop))


def _waiting(pace: str, until: datetime) -> Iterator[list[int]]:
    """Who has notices for a mail that is due, in batches."""
    last = 0
    while True:
        query = select(Notice.account_id).where(
            Notice.mailed_at.is_(None),
            Notice.pace == pace,
            Notice.at < until,
            Notice.account_id > last,
        )
        query = query.distinct().order_by(Notice.account_id).limit(BATCH)
        ids = list(db.session().scalars(query))
        db.session().rollback()
        if ids:
            yield ids
            last = ids[-1]
        if len(ids) < BATCH:
            return


def _subject(pace: str) -> str:
    word = _("今週のまとめ") if pace == Pace.WEEKLY else _("きょうのまとめ")
    return f"［{links.settings().site_name}］{word}"


def _head(told: list[News]) -> str:
    answers = sum(one.notice.kind == Kind.ANSWER for one in told)
    said = _("追っているところに、%(count)s件の新しいことがありました。", count=len(told))
    more = _("うち%(count)s件は、質問への区の回答です。", count=answers) if answers else ""
    return plain.wrap(f"{said}{more}")


def _rooms(told: list[News], follows: dict[int, Follow]) -> Iterator[str]:
    """Room by room, topic by topic: those with an answer first, then as something happened."""
    for _room, in_room in _grouped(told, lambda one: one.room.id):
        title = in_room[0].room.title
        yield plain.wrap(f"■ {title}")
        for _topic, in_topic in _grouped(in_room, lambda one: one.topic.id if one.topic else 0):
            yield _topic_part(in_topic, follows)


def _rank(one: News) -> int:
    return _FIRST.get(Kind(one.notice.kind), 2 if one.is_official else 3)


def _grouped(told: list[News], key: Any) -> Iterator[tuple[int, list[News]]]:
    order = {k: place for place, k in enumerate(dict.fromkeys(key(one) for one in told))}
    ranked = sorted(told, key=lambda one: order[key(one)])
    for found, group in groupby(ranked, key=key):
        yield found, list(group)


def _topic_part(told: list[News], follows: dict[int, Follow]) -> str:
    """What is new in one topic, answers first, then as it was said; and the way to end it."""
    lines: list[str] = []
    if told[0].topic is not None:
        lines += [plain.wrap(f"◇ {told[0].topic.title}"), ""]
    for one in told[:LINES]:
        lines += [*_line(one), ""]
    if len(told) > LINES and told[0].topic is not None:
        path = news.path_of(told[0].topic)
        rest = _("ほか%(count)s件", count=len(told) - LINES)
        lines += [f"  {rest}", f"  {links.absolute(path)}", ""]
    return "\n".join([*lines, *_ends(told, follows)])


def _line(one: News) -> list[str]:
    number = f"{one.post.number}　" if one.post is not None else ""
    said = one.excerpt(EXCERPT)
    return [
        plain.wrap(f"{number}{one.headline}", indent="  "),
        *([plain.wrap(said, indent="    ")] if said else []),
        f"    {links.absolute(one.path)}",
    ]


def _ends(told: Iterable[News], follows: dict[int, Follow]) -> Iterator[str]:
    """One link for each follow that brought this part."""
    for follow_id in dict.fromkeys(one.notice.follow_id for one in told):
        if follow_id is not None:
            follow = follows[follow_id]
            yield f"  {bulletins.end_label(follow)}"
            yield f"  {links.stop(Stop(follow.account_id, follow_id=follow_id))}"


def _foot(stop: Stop, pace: str) -> str:
    reason: Message = (
        _("このメールは、週に一回のまとめを選んだ方に、月曜日の朝にお送りしています。")
        if pace == Pace.WEEKLY
        else _("このメールは、一日一回のまとめを選んだ方に、朝にお送りしています。")
    )
    return bulletins.foot(stop, reason, _("このまとめのメールをやめる"))
