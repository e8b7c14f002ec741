"""Why an operation is not done, and what is said to whoever asked for it."""

from __future__ import annotations

from core.messages import Message, _

REFUSALS: dict[str, Message] = {
    "shape": _("うまく受け取れませんでした。画面を開き直してください。"),
    "phase": _("いまの場面では、この操作はできません。"),
    "closed": _("このボードは終わりました。読むことはできます。"),
    "frozen": _("進行役が、いま全員の手を止めています。少しお待ちください。"),
    "locked": _("進行役が、書き足しを止めています。"),
    "gone": _("ほかの人が先に動かしたか、取り下げました。"),
    "own": _("ほかの人が書いた付せんです。書き直せるのは、書いた人と進行役だけです。"),
    "table": _("ほかの班のものです。自分の班のものを動かせます。"),
    "budget": _("選べる数を使いきりました。どれかを外すと、選び直せます。"),
    "home": _("みんな、はじめの班にいます。"),
    "full": _("このボードは、いっぱいです。"),
    "exists": _("同じものが、もうあります。"),
    "text": _("文を直してください。"),
    "busy": _("いま混み合っています。少し待つと、自動で送り直します。"),
    "stranger": _("このボードに参加していません。"),
}


class Refused(Exception):
    """An operation that is not done; `code` names why, `said` tells the person."""

    def __init__(self, code: str, said: Message | str = "") -> None:
        self.code = code
        self.said = said or REFUSALS[code]
        super().__init__(code)
