"""The edge that every page shares: permissions, headers, errors, forms, navigation.

A view is `@bp.route(...)` over `@permits("…")`; a view that declares nothing is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
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
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import AnonymousUserMixin, current_user
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from core import clock, db, i18n, permissions, text
from core.config import Settings
from core.errors import DomainError, Forbidden, Invalid, NotFound, Stale, TooMany
from core.messages import Message, _
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
_MACHINE_MADE = re.compile(r"[0-9A-Za-z_.:-]{0,64}")  # keys, versions, choices: nobody's words
_SECRET_FIELDS = {"csrf_token", "password", "code", "token", "secret"}


@dataclass(frozen=True)
class NavItem:
    """A place in the header: `staff` ones are shown on the desk."""

    label: Message
    endpoint: str
    order: int
    staff: bool = False
    permission: str = "public"
    within: frozenset[str] = frozenset()  # endpoints of the pages that belong to this place


@dataclass(frozen=True)
class Badge:
    """A place beside the reader's name that says how much there is new."""

    label: Message
    endpoint: str
    icon: str
    count: Callable[[Account], int]


@dataclass(frozen=True)
class Panel:
    """A part of a page that a package offers; `context` returns None when there is nothing.

    Pages: home, consultation, desk, desk_side, desk_consultation. On the desk a context's `counts`,
    (label, number) pairs, also stand beside the day's heading.
    """

    page: str
    order: int
    template: str
    context: Callable[[Any], dict[str, Any] | None]


@dataclass(frozen=True)
class FlowStep:
    """One of the desk's steps through a consultation, from intake to the published report.

    `endpoint` takes the consultation's slug; `is_done` looks at the consultation.
    """

    label: Message
    endpoint: str
    order: int
    permission: str
    is_done: Callable[[Any], bool] = lambda _consultation: False


_nav: dict[str, NavItem] = {}
_flow: dict[str, FlowStep] = {}
_footer: dict[str, NavItem] = {}
_panels: dict[tuple[str, str], Panel] = {}
_badges: dict[str, Badge] = {}


def add_nav(item: NavItem) -> None:
    _nav[item.endpoint] = item


def add_footer(item: NavItem) -> None:
    _footer[item.endpoint] = item


def add_badge(badge: Badge) -> None:
    _badges[badge.endpoint] = badge


def badges() -> list[dict[str, Any]]:
    """What is new for whoever is signed in: label, url, icon, count; asked once in a request."""
    who = actor()
    if who is None:
        return []
    if "badges" not in g:
        g.badges = [
            {
                "label": badge.label,
                "url": url_for(badge.endpoint),
                "icon": badge.icon,
                "count": badge.count(who),
                "is_current": request.endpoint == badge.endpoint,
            }
            for badge in _badges.values()
        ]
    found: list[dict[str, Any]] = g.badges
    return found


def add_flow(step: FlowStep) -> None:
    _flow[step.endpoint] = step


def flow(consultation: Any) -> list[dict[str, Any]]:
    """The casebar's steps for a consultation: label, url, is_done, is_current."""
    who = actor()
    return [
        {
            "label": step.label,
            "url": url_for(step.endpoint, slug=consultation.slug),
            "is_done": step.is_done(consultation),
            "is_current": request.endpoint == step.endpoint,
        }
        for step in sorted(_flow.values(), key=lambda s: s.order)
        if permissions.could(who, step.permission)
    ]


def add_panel(panel: Panel) -> None:
    _panels[(panel.page, panel.template)] = panel


def panels(page: str, subject: Any = None) -> list[tuple[str, dict[str, Any]]]:
    """The templates and contexts that packages offer for a page, in order."""
    found = []
    for panel in sorted(_panels.values(), key=lambda p: p.order):
        if panel.page == page:
            context = panel.context(subject)
            if context is not None:
                found.append((panel.template, context))
    return found


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
    """Install the gate, the headers, the error pages and what every template knows."""
    app.before_request(_limit)
    csrf.init_app(app)
    app.session_interface = _Sessions()
    app.before_request(_know_nobody)
    app.before_request(_read)
    app.before_request(_gate)
    app.after_request(_headers)
    app.teardown_appcontext(lambda _error: db.session.remove())
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DataError, _unheld)
    app.register_error_handler(Exception, _broken)
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


@dataclass(frozen=True)
class _Link:
    label: Message
    url: str
    current: str  # "page" here, "true" within, "" elsewhere: what aria-current says


def _current(item: NavItem) -> str:
    if request.endpoint == item.endpoint:
        return "page"
    return "true" if request.endpoint in item.within else ""


def _links(who: Account | None, *, staff: bool) -> list[_Link]:
    return [
        _Link(item.label, url_for(item.endpoint), _current(item))
        for item in sorted(_nav.values(), key=lambda i: i.order)
        if item.staff == staff and permissions.could(who, item.permission)
    ]


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
        "nav": _links(who, staff=False),
        "staff_nav": _links(who, staff=True) if who is not None and who.is_staff else [],
        "now": clock.now(),
        "permits": lambda permission, thing=None: permissions.permits(who, permission, thing),
        "panels": panels,
        "badges": badges,
        "flow": flow,
        "footer_links": [(item.label, url_for(item.endpoint)) for item in _footer.values()],
    }
