"""Keys, counts and days of the ledger in the sentences its pages say."""

from __future__ import annotations

from typing import Any

from core.messages import Message, _
from ledger import dispositions, labels, sources
from ledger.models import State
from ledger.queries import Counts
from ledger.views import bp, deadlines

WHY: dict[str, Message] = {
    "before": _("公表前です。本文は、このご意見に答えるレポートと一緒に公表します。"),
    "erased": _("本文は、個人の情報を守るために消去しました。行と数は残しています。"),
    State.HELD: _("確認待ちです。きまりに合うことを確かめてから数えます。"),
    State.WITHHELD: _("非公開にしました。"),
    State.WITHDRAWN: _("出した方が取り下げました。"),
    State.SUPERSEDED: _("書き直されました。"),
    "split": _("いくつかの点をお書きだったので、点ごとの行に分けました。言葉はそのままです。"),
}

CHANGES: dict[str, Message] = {
    State.COUNTED: _("数えることにしました"),
    State.WITHHELD: _("非公開にしました"),
    State.WITHDRAWN: _("出した方が取り下げました"),
    State.SUPERSEDED: _("ほかの行に引き継がれました"),
}

COUNTING_RULE = _(
    "単位は件（述べられた点の数）です。一通に二つの点があれば、2件と数えます。"
    "非公開の理由は台帳の行に書き、書き直す前と分ける前の文は本人の記録に残しています。"
)


@bp.context_processor
def _context() -> dict[str, Any]:
    return {
        "channel_words": labels.CHANNELS,
        "state_words": labels.STATES,
        "stage_words": labels.STAGES,
        "stage_number": labels.stage_number,
        "dispositions": dispositions.LABELS,
        "deadlines": deadlines,
        "counting_rule": COUNTING_RULE,
        "why": WHY,
        "changes": CHANGES,
        "people": people,
        "heard": heard,
        "place_of": sources.url_of,
    }


def people(known: int, unknown: int) -> Message | str:
    """How many people, and for how many opinions nobody knows: 58（ほか不明4件）."""
    if not unknown:
        return f"{known:,}"
    return _("%(known)s（ほか不明%(unknown)s件）", known=f"{known:,}", unknown=f"{unknown:,}")


def heard(counts: Counts) -> Message:
    """The numbers so far, as a card says them."""
    if not counts.counted:
        return _("まだ届いていません")
    if not counts.people:
        return _("%(opinions)s件", opinions=f"{counts.counted:,}")
    return _(
        "%(people)s人から %(opinions)s件",
        people=f"{counts.people:,}",
        opinions=f"{counts.counted:,}",
    )
