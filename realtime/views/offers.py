"""What workshops offer to others: to a consultation's page, to the desk, to the header."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, url_for
from sqlalchemy import select

from core import db, i18n
from core.messages import _
from core.navigation import NavItem, add_footer, add_nav
from core.panels import Panel, add_panel
from core.permissions import could, permits
from core.web import actor
from ledger.models import Consultation
from ledger.sources import Action
from realtime import plans
from realtime.models import Workshop, WorkshopRecord

_WITHIN = frozenset({"realtime.workshop_new"})


def register() -> None:
    """Tell the header, the desk and the pages of consultations what there is."""
    add_nav(
        NavItem(
            _("ワークショップ"),
            "realtime.workshops",
            30,
            staff=True,
            permission="workshops.lead",
            within=_WITHIN,
        )
    )
    add_footer(NavItem(_("番号で参加する"), "realtime.code", 10))
    add_panel(Panel("desk_consultation", 20, "realtime/_desk_workshops.html", _at_desk))
    add_panel(Panel("consultation", 20, "realtime/_past_workshops.html", _past))


def has_page(endpoint: str) -> bool:
    """Whether the application has a page: one that is left out is offered nowhere."""
    return endpoint in current_app.view_functions


def actions(consultation: Consultation, _viewer: Any) -> list[Action]:
    """The workshops one can take part in; one look at the database serves a page of cases."""
    if "open_workshops" not in g:
        query = select(Workshop).where(
            Workshop.closed_at.is_(None), Workshop.is_rehearsal.is_(False)
        )
        g.open_workshops = list(db.session().scalars(query.order_by(Workshop.held_at)).unique())
    return [
        Action(
            tag=_("ワークショップ"),
            icon="workshop",
            title=one.title,
            detail=_(
                "%(when)sから　%(place)s",
                when=i18n.day_and_time(one.held_at),
                place=one.place or str(_("オンライン")),
            ),
            call=_("ワークショップに参加する"),
            url=url_for("realtime.workshop", public_id=one.public_id),
        )
        for one in g.open_workshops
        if one.consultation_id == consultation.id
    ]


def _past(consultation: Consultation) -> dict[str, Any] | None:
    """A consultation's workshops that are over, newest first, with their record once it is out."""
    query = (
        select(Workshop, WorkshopRecord.published_at)
        .outerjoin(WorkshopRecord, WorkshopRecord.workshop_id == Workshop.id)
        .where(
            Workshop.consultation_id == consultation.id,
            Workshop.closed_at.is_not(None),
            Workshop.is_rehearsal.is_(False),
        )
        .order_by(Workshop.held_at.desc(), Workshop.id.desc())
    )
    found = [(row[0], row[1]) for row in db.session().execute(query).unique()]
    has_record = has_page("realtime.record")
    return {"past_workshops": found, "has_record": has_record} if found else None


def _at_desk(consultation: Consultation) -> dict[str, Any] | None:
    """Opening a workshop from a template, and those there are."""
    if not could(actor(), "workshops.open") or not permits(actor(), "workshops.open", consultation):
        return None
    query = select(Workshop).where(Workshop.consultation_id == consultation.id)
    query = query.order_by(Workshop.held_at.desc(), Workshop.id.desc()).limit(6)
    return {
        "workshops": list(db.session().scalars(query).unique()),
        "templates": plans.TEMPLATES,
        "saved_templates": plans.saved(consultation.department)[:6],
        "slug": consultation.slug,
    }
