"""Mail that did not leave: what the operator sees of it, and decides."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from core import mail, permissions
from core.errors import NotFound
from core.mail import Letter
from core.messages import Message, _
from core.panels import Panel, add_panel
from core.smtp import Trouble
from core.views import bp
from core.web import actor, permits, see_other, settings

WORDS: dict[str, Message] = {
    Trouble.UNREACHABLE: _("メールサーバーにつながりませんでした。"),
    Trouble.SLOW: _("メールサーバーが、時間のうちに答えませんでした。"),
    Trouble.LOGIN: _("メールサーバーが、名前かパスワードを受け付けませんでした。"),
    Trouble.LATER: _("メールサーバーが、あとにしてほしいと答えました。"),
    Trouble.REFUSED: _("メールサーバーが断りました。アドレスがなくなったのかもしれません。"),
    Trouble.UNWRITABLE: _("このメールは、決まりどおりの形に書けませんでした。"),
    "": _("順番を待っています。"),
}


@bp.get("/desk/mail", endpoint="mail")
@permits("operate")
def unsent_mail() -> str:
    """Which letters did not leave, and why."""
    failed, waiting = mail.unsent()
    return render_template(
        "core/mail.html",
        failed=[_row(letter) for letter in failed],
        waiting=[_row(letter) for letter in waiting],
        has_server=bool(settings().mail_url),
    )


@bp.post("/desk/mail/<int(max=2147483647):letter_id>/again")
@permits("operate")
def mail_again(letter_id: int) -> Response:
    """Try one once more."""
    mail.send_again(actor(), _found(letter_id))
    flash(str(_("もう一度送ります。結果は、少したってからこの画面に出ます。")), "success")
    return see_other(url_for("core.mail"))


@bp.post("/desk/mail/<int(max=2147483647):letter_id>/drop")
@permits("operate")
def mail_drop(letter_id: int) -> Response:
    """Decide that one never leaves."""
    mail.drop(actor(), _found(letter_id))
    flash(str(_("このメールは送らないことにしました。")), "success")
    return see_other(url_for("core.mail"))


def failed_mail(_subject: Any) -> dict[str, Any] | None:
    """The operator's panel: how many letters wait for a decision; nothing when none does."""
    if not permissions.permits(actor(), "operate"):
        return None
    count = mail.failed_count()
    return {"count": count, "counts": [(_("送れなかったメール"), count)]} if count else None


add_panel(Panel("desk_side", 80, "core/_mail.html", failed_mail))


def _row(letter: Letter) -> dict[str, Any]:
    trouble, _colon, said = letter.error.partition(":")
    return {"letter": letter, "why": WORDS.get(trouble, WORDS[""]), "said": said}


def _found(letter_id: int) -> Letter:
    found = mail.find(letter_id)
    if found is None:
        raise NotFound
    return found
