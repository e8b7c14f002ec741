"""今、話されていること: the public page, its way in, and the officer's switch."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from analysis import agreements, hearings, maps, talks
from analysis.maps import Topic
from analysis.views import bp
from core import text
from core.errors import Invalid, NotFound
from core.messages import _
from core.permissions import permits as may
from core.web import actor, permits, see_other
from ledger import consultations
from ledger import talks as ledger_talks
from ledger.labels import CHANNELS
from ledger.models import Consultation


@bp.get("/c/<slug>/talk", endpoint="talk")
@permits("public")
def show_talk(slug: str) -> str:
    """What are people talking about now?"""
    consultation = consultations.find(slug)
    talks.require_shown(consultation)
    told = talks.talk(consultation)
    is_large = request.args.get("size") == "l"
    return render_template(
        "analysis/talk.html",
        consultation=consultation,
        talk=told,
        chart=maps.chart(consultation, only_adopted=True, is_large=is_large),
        heard=agreements.heard(consultation) if consultation.shows_voices else None,
        fewest=hearings.FEWEST,
        channels=CHANNELS,
        excerpt=text.excerpt,
        is_large=is_large,
        url_of=_here,
    )


@bp.post("/desk/c/<slug>/talk")
@permits("consultations.edit")
def switch_talk(slug: str) -> Response:
    """Open or close the public view."""
    consultation = consultations.find(slug)
    if not may(actor(), "consultations.edit", consultation):
        raise NotFound
    version = request.form.get("version", "")
    if not version.isdecimal():
        raise Invalid("version", _("画面を開き直して、もう一度お選びください。"))
    themes = "themes" in request.form
    changed = ledger_talks.show(
        actor(),
        consultation,
        themes=themes,
        voices=themes and "voices" in request.form,
        version=int(version),
    )
    if changed:
        said = _("どなたでも見られるようにしました。") if themes else _("公開をやめました。")
        flash(str(said), "success")
    return see_other(url_for("ledger.desk_consultation", slug=slug) + "#talk")


def way_in(consultation: Consultation) -> dict[str, Any] | None:
    """The panel on the consultation's page: a link, where the talk is open to everybody."""
    if not consultation.shows_themes:
        return None
    told = talks.talk(consultation)
    return {"talk": told, "lines": told.lines[:3], "talk_url": _url(consultation)}


def switch(consultation: Consultation) -> dict[str, Any]:
    """The panel on the desk's page of the consultation: the switch, for who may turn it."""
    return {
        "talk_url": _url(consultation),
        "may_switch": may(actor(), "consultations.edit", consultation),
    }


def _url(consultation: Consultation) -> str:
    return url_for("analysis.talk", slug=consultation.slug)


def _here(topic: Topic | None, where: str = "") -> str:
    """On the public page a theme is a place of the page itself."""
    return f"#t-{topic.public_id}" if topic is not None else "#rest"
