"""Language, health, the mails of a demo."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response

from core import db, i18n, mail
from core.errors import NotFound
from core.views import bp
from core.web import local_path, permits, see_other, settings


@bp.post("/language")
@permits("public")
def set_language() -> Response:
    """Keep the reader's language in a cookie for a year."""
    code = request.form.get("code", "ja")
    answer = see_other(local_path(request.form.get("next"), url_for("ledger.home")))
    if code in dict(i18n.LANGUAGES):
        answer.set_cookie(
            i18n.COOKIE,
            code,
            max_age=31_536_000,
            samesite="Lax",
            httponly=True,
            secure=settings().secure_cookies,
        )
    return answer


@bp.get("/healthz")
@permits("public")
def healthz() -> dict[str, Any]:
    """Whether the process answers; touches nothing else."""
    return {"ok": True}


@bp.get("/readyz")
@permits("public")
def readyz() -> tuple[dict[str, Any], int]:
    """Whether people can be served: the database answers and has its tables."""
    try:
        db.session().execute(text("SELECT id FROM record_head"))
    except Exception:
        return {"ok": False, "database": False}, 503
    return {"ok": True, "database": True}, 200


def letters_are_here() -> bool:
    """Whether mail stays in the table, to be read by whoever tries the site out."""
    configured = settings()
    open_here = configured.demo or configured.environment == "development"
    return open_here and not configured.mail_url


@bp.get("/dev/letters")
@permits("public")
def letters() -> str:
    """The mails that went nowhere, for a developer's or a demo's visitor."""
    if not letters_are_here():
        raise NotFound
    return render_template("core/letters.html", letters=mail.newest())
