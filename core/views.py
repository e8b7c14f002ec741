"""Pages of the installation itself: language, search, desk, health."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from core import i18n
from core.web import local_path, permits, see_other

bp = Blueprint("core", __name__)


@bp.post("/language")
@permits("public")
def set_language() -> Response:
    """Keep the reader's language in a cookie for a year."""
    code = request.form.get("code", "ja")
    answer = see_other(local_path(request.form.get("next"), url_for("ledger.home")))
    if code in dict(i18n.LANGUAGES):
        answer.set_cookie(i18n.COOKIE, code, max_age=31_536_000, samesite="Lax", httponly=True)
    return answer


@bp.get("/healthz")
@permits("public")
def healthz() -> dict[str, Any]:
    """Whether the process answers; touches nothing else."""
    return {"ok": True}
