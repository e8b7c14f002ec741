"""What somebody reads whose request can not be answered: one page, with what they had typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import structlog
from flask import Flask, Response, current_app, jsonify, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from core import db
from core.errors import DomainError, NotFound, Stale, TooMany
from core.messages import Message, _
from core.web import actor, local_path, wants_json

log = structlog.get_logger(__name__)
_MACHINE_MADE = re.compile(r"[0-9A-Za-z_.:-]{0,64}")  # keys, versions, choices: nobody's words
_SECRET_FIELDS = {"csrf_token", "password", "code", "token", "secret"}


def init_app(app: Flask) -> None:
    """Install the error pages."""
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DataError, _unheld)
    app.register_error_handler(Exception, _broken)


_TITLES: dict[int, Message] = {
    400: _("うまく受け取れませんでした"),
    403: _("この画面は開けません"),
    404: _("ページが見つかりません"),
    405: _("この操作はできません"),
    409: _("先に変わったところがあります"),
    410: _("いまは表示していません"),
    413: _("大きすぎて受け取れません"),
    422: _("直していただくところがあります"),
    429: _("少し待ってください"),
    500: _("こちらの不具合です"),
}
_TEXTS: dict[int, Message] = {
    405: _("前の画面に戻って、もう一度お試しください。"),
    413: _("送れる大きさは、文章は一つの欄ごとの文字数まで、ファイルは40メガバイトまでです。"),
    429: TooMany().message,
    500: _("ご迷惑をおかけします。記録しましたので、少したってからもう一度お試しください。"),
}


def typed() -> list[tuple[str, str]]:
    """What the person had typed, to give it back on an error page."""
    if request.method != "POST":
        return []
    try:
        items = list(request.form.items(multi=True))
    except HTTPException:
        return []
    return [(k, v) for k, v in items if k not in _SECRET_FIELDS]


def error_page(
    status: int,
    message: Message | str,
    *,
    title: Message | str | None = None,
    texts: Iterable[tuple[str, str]] = (),
    resend: bool = False,
) -> tuple[str, int] | tuple[Response, int]:
    """One page for everything that can go wrong; gives back what was typed."""
    if wants_json():
        return jsonify(error=str(message)), status
    return (
        render_template(
            "core/error.html",
            status=status,
            title=title or _TITLES.get(status, _TITLES[400]),
            message=message,
            actions=_ways_on(status),
            typed=[(name, text) for name, text in texts if not _MACHINE_MADE.fullmatch(text)],
            resend=[*texts] if resend else [],
        ),
        status,
    )


def _ways_on(status: int) -> list[tuple[Message, str]]:
    """Where to go from an error page."""
    ways = [(_("いま、ご意見を出せること"), url_for("ledger.home"))]
    if status == 403 and actor() is None:
        ways.insert(0, (_("ログインする"), url_for("core.sign_in")))
    if status == 410 and request.path.startswith("/desk/c/"):
        slug = (request.view_args or {}).get("slug", "")
        ways.insert(0, (_("テーマと回答に戻る"), url_for("analysis.themes", slug=slug)))
    if status == 404:
        ways.append((_("受付番号で確かめる"), url_for("ledger.receipt")))
    return ways


def _refused(error: DomainError) -> Any:
    db.session().rollback()
    if isinstance(error, Stale):
        texts = [(str(_("いまの文")), error.current), (str(_("あなたの文")), error.yours)]
        return error_page(error.status, error.message, texts=[t for t in texts if t[1]])
    return error_page(error.status, error.message, texts=typed())


def _expired(error: CSRFError) -> Any:
    return error_page(
        400,
        _(
            "画面を開いてから時間がたったようです。書いた文はそのまま残っています。もう一度お送りください。"
        ),
        title=_("もう一度お送りください"),
        texts=typed(),
        resend=request.path == local_path(request.path, ""),
    )


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    text = _TEXTS.get(status, NotFound().message if status == 404 else DomainError().message)
    return error_page(status, text, texts=typed())


def _unheld(error: DataError) -> Any:
    """Somebody sent what no column can hold, such as a NUL in an address: PostgreSQL says so."""
    db.session().rollback()
    log.warning("nothing a column can hold", path=request.path, reason=str(error.orig))
    return error_page(400, DomainError().message, texts=typed())


def _broken(error: Exception) -> Any:
    if current_app.debug or current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    db.session().rollback()
    log.exception("unhandled", path=request.path)
    return error_page(500, _TEXTS[500], texts=typed())
