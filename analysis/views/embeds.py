"""One line of HTML in somebody else's page: a card of figures, no cookie, no script."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from flask_babel import force_locale

from analysis import publications
from analysis.views import bp
from core import i18n, web
from core.errors import NotFound
from core.web import anonymous, permits
from ledger import consultations, editions
from ledger.dispositions import LABELS
from ledger.models import Edition


@bp.route("/embed/c/<slug>")
@permits("public")
@anonymous
def embed(slug: str) -> Response:
    """The newest report of a consultation, whichever that is when the page is opened."""
    try:
        consultation = consultations.find(slug)
    except NotFound:
        return _card(None, status=404)
    return _card(
        editions.newest(consultation),
        title=consultation.title,
        case_url=web.absolute("ledger.consultation", slug=slug),
    )


@bp.route("/embed/r/<public_id>/<int(max=2147483647):number>")
@permits("public")
@anonymous
def embed_edition(public_id: str, number: int) -> Response:
    """One edition for good; it says so when a newer one exists."""
    try:
        edition = editions.find(public_id, number)
    except NotFound:
        return _card(None, status=404)
    return _card(edition, is_pinned=True)


def _card(
    edition: Edition | None,
    *,
    title: str = "",
    case_url: str = "",
    is_pinned: bool = False,
    status: int = 200,
) -> Response:
    language = request.args.get("lang", "")
    with force_locale(language if language in dict(i18n.LANGUAGES) else "ja"):
        handled = edition.figures["by_disposition"] if edition else {}
        page = render_template(
            "analysis/embed.html",
            edition=edition,
            title=title,
            case_url=case_url,
            status=status,
            is_pinned=is_pinned,
            is_newest=not edition or not is_pinned or publications.is_newest(edition),
            counts=[(key, label, handled.get(key, 0)) for key, label in LABELS.items()],
            absolute=web.absolute,
        )
    response = make_response(page, status)
    ancestors = web.settings().frame_ancestors
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors {ancestors}"
    )
    response.headers["Cache-Control"] = f"public, max-age={300 if status == 200 else 60}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
