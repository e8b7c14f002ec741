"""What a room's settings and their changes mean, in words for those who come to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.messages import Message, _
from forum import room_settings
from forum.models import Room, RoomChange, TopicsBy
from ledger.views import deadlines

_LONG = {"purpose", "rules"}


@dataclass(frozen=True)
class Told:
    """One change of a room as its page tells it; `lines` are (what, before, after)."""

    title: Message
    at: datetime
    reason: str
    lines: list[tuple[Message, str, str]]
    is_long: bool = False


def told(changes: Sequence[RoomChange]) -> list[Told]:
    """A room's changes in words."""
    return [_told(change) for change in changes]


def ways(room: Room) -> list[tuple[Message, Message]]:
    """Who may write, when it is looked at, who opens topics: heading and sentence."""
    return [
        (_("書ける人"), _writers(room)),
        (_("載るとき"), _checked(room)),
        (
            _("話題"),
            _("区民も話題を開けます。登録した人なら、どなたでもできます。")
            if room.topics_by == TopicsBy.RESIDENTS
            else _("話題は、区と進行役が置きます。"),
        ),
        (
            _("考え"),
            _(
                "発言を読んで「そう思う」「ちがう考え」「わからない」を示せます。"
                "数は、話題の「考えの広がり」にだけ出します。"
            )
            if room.has_stances
            else _("この会議室では、「そう思う」などを示すボタンを使いません。"),
        ),
    ]


def _writers(room: Room) -> Message:
    if room.takes_guests:
        return _(
            "登録した人も、登録のない人も書けます。登録のない人には番号をお渡しするので、"
            "あとから発言を探したり、取り下げたりできます。"
        )
    return _(
        "登録した人が書けます。登録のときに、在住・在勤・在学・在活動のどれかを自分で選びます。"
    )


def _checked(room: Room) -> Message:
    if room.looks_first:
        return _("発言は、運営委員会か進行役が確かめてから載せます。")
    if room.takes_guests:
        return _(
            "登録した人の発言は、すぐに載ります。"
            "登録のない人の発言は、運営委員会か進行役が確かめてから載せます。"
        )
    return _("発言は、すぐに載ります。きまりに触れるものは、運営委員会があとから確かめます。")


def _told(change: RoomChange) -> Told:
    detail = change.detail
    if change.kind == "settings":
        lines = [
            (
                room_settings.NAMES[name],
                room_settings.in_words(name, before),
                room_settings.in_words(name, after),
            )
            for name, (before, after) in detail.items()
            if name in room_settings.NAMES
        ]
        return Told(_("設定を変えました"), change.at, change.reason, lines, bool(_LONG & {*detail}))
    ends = [datetime.fromisoformat(detail[key]) for key in ("was", "closes_at")]
    title = _("期間を延ばしました") if change.kind == "extended" else _("予定より早く終えました")
    before, after = (str(deadlines.until(end)) for end in ends)
    return Told(title, change.at, change.reason, [(_("終わり"), before, after)])
