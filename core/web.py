"""The edge that every page shares: permissions, headers, sessions, forms, pages of a list.

A view is `@bp.route(...)` over `@permits("…")`; a view that declares nothing is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    redirect,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import AnonymousUserMixin, current_user
from flask_wtf import CSRFProtect, FlaskForm
from werkzeug.wrappers import Response as BaseResponse

from core import clock, db, i18n, permissions, text
from core.config import Settings
from core.errors import DomainError, Forbidden, Invalid
from core.messages import _
from core.people import Account

log = structlog.get_logger(__name__)
View = TypeVar("View", bound=Callable[..., Any])
csrf = CSRFProtect()
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
MAX_REQUEST = 40 * 1024 * 1024  # an import file; texts are limited field by field
MAX_FORM_MEMORY = 4 * 1024 * 1024


def permits(permission: str) -> Callable[[View], View]:
    """Declare which permission a view needs; the verb behind it asks again, with the thing."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def anonymous(view: View) -> View:
    """Mark a view that knows nobody: who is signed in is not asked, no cookie is set."""
    view.is_anonymous = True  # type: ignore[attr-defined]
    return view


def _is_anonymous() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "is_anonymous", False)


class _Sessions(SecureCookieSessionInterface):
    """Sessions as Flask keeps them, and none for pages that stand in other people's."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not _is_anonymous():
            super().save_session(app, session, response)


def _know_nobody() -> None:
    if _is_anonymous():
        g._login_user = AnonymousUserMixin()  # where Flask-Login looks before the cookie


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.config["TOMONI"]
    return found


def actor() -> Account | None:
    """Who makes this request; None for a visitor."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def received_at() -> datetime:
    """When this request had been read in full, before any lock was waited for."""
    if "received_at" not in g:
        g.received_at = clock.now()
    moment: datetime = g.received_at
    return moment


def kept_for(name: str) -> str:
    """What this browser was given to keep under a name (its cookie is signed), or nothing."""
    return str(session.get(name, ""))


def keep(name: str, value: str) -> None:
    """Give this browser something to keep, for as long as its session."""
    session.permanent = True
    session[name] = value


def see_other(url: str) -> BaseResponse:
    """Answer a post by sending the browser to a page."""
    return redirect(url, code=303)


def absolute(endpoint: str, **values: Any) -> str:
    """A link for mails, QR codes and embeds, built from the configured base URL."""
    return settings().base_url + url_for(endpoint, **values)


def local_path(target: str | None, default: str) -> str:
    """`target` when it is a path of this site, else `default`: no way out by `?next=`."""
    parts = urlsplit(target or "")
    plain = not parts.scheme and not parts.netloc and "\\" not in (target or "")
    return target if target and plain and target.startswith("/") and target[1:2] != "/" else default


@dataclass(frozen=True)
class Page:
    """One page of a long list: `number` of `count`, `offset` rows in."""

    number: int
    count: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


def page_of(total: int, size: int = 50, *, name: str = "page") -> Page:
    """The page the address asks for, kept within what there is."""
    count = max(1, math.ceil(total / size))
    wanted = request.args.get(name, default=1, type=int) or 1
    return Page(min(max(1, wanted), count), count, size)


def refuse(form: FlaskForm, error: DomainError) -> None:
    """Show a verb's refusal at its field, or on top of the form."""
    field = form._fields.get(error.field) if isinstance(error, Invalid) else None
    if field is not None:
        field.errors = [*field.errors, error.message]
    else:
        form.form_errors.append(error.message)


def init_app(app: Flask) -> None:
    """Install the gate, the headers and what every template knows."""
    app.before_request(_limit)
    csrf.init_app(app)
    app.session_interface = _Sessions()
    app.before_request(_know_nobody)
    app.before_request(_read)
    app.before_request(_gate)
    app.after_request(_headers)
    app.teardown_appcontext(lambda _error: db.session.remove())
    app.context_processor(_context)
    app.jinja_env.filters["num"] = lambda n: f"{n:,}"
    app.jinja_env.filters["rendered"] = text.safe
    app.jinja_env.filters["lines"] = text.lines
    app.jinja_env.add_extension("jinja2.ext.do")


def _limit() -> None:
    """Take a large body only where a file may be in it: any other form is read at once."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = MAX_FORM_MEMORY


def _read() -> None:
    """Read the whole body, then look at the clock: that is when a submission arrived."""
    if request.method == "POST":
        request.form.keys()
    received_at()


def _gate() -> BaseResponse | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    permission = getattr(view, "permission", None)
    if permission is None:
        log.error("route without a permission", endpoint=request.endpoint)
        abort(403)
    who = actor()
    if permissions.could(who, permission):
        return None
    if who is None and request.method == "GET" and not wants_json():
        return redirect(url_for("core.sign_in", next=request.full_path.rstrip("?")))
    if who is None:
        raise Forbidden(
            _(
                "ログインの時間が切れたようです。書いた文は下に残っています。"
                "写してから、もう一度ログインしてください。"
            )
        )
    raise Forbidden


def wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if settings().is_production:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static" and "Cache-Control" not in headers:
        headers["Cache-Control"] = "private, no-store" if actor() else "private, no-cache"
    return response


def _context() -> dict[str, Any]:
    configured = settings()
    who = actor()
    return {
        "site": {
            "ward": configured.ward,
            "name": configured.site_name,
            "contact_department": configured.contact_department,
            "contact_phone": configured.contact_phone,
            "demo": configured.demo,
        },
        "actor": who,
        "locale": i18n.language(),
        "languages": i18n.LANGUAGES,
        "now": clock.now(),
        "permits": lambda permission, thing=None: permissions.permits(who, permission, thing),
    }
