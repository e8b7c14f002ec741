"""Where opinions stand, and the themes themselves: every act on the desk but answering."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from werkzeug.wrappers import Response

from analysis import desks, places
from analysis.forms import BulkForm, FilingForm, ThemeForm
from analysis.places import Where
from analysis.views import bp
from analysis.views.themes import (
    Spot,
    address,
    consultation_of,
    draw,
    spot_of,
    tell,
    telling_reopened,
)
from core import db
from core.errors import Conflict, DomainError, Invalid, NotFound, Stale
from core.messages import Message, _
from core.web import actor, permits, refuse, see_other
from ledger import acts
from ledger import queries as ledger_queries
from ledger.models import Consultation, Placement, Theme


@bp.post("/desk/c/<slug>/themes/file")
@permits("themes.work")
def file_opinions(slug: str) -> Any:
    """Move checked opinions: act is move, new, lone or unfile."""
    consultation = consultation_of(slug)
    spot, form = spot_of(consultation), FilingForm()
    try:
        ids = places.ids_of(actor(), consultation, spot.where, form.opinions.data or [])
        if not ids:
            raise Invalid("opinions", _("ご意見を一つ以上選んでください。"))
        with telling_reopened(consultation):
            tell(_file(consultation, spot, form, ids))
    except DomainError as error:
        return _refused(consultation, spot, form, error, "filing")
    return see_other(address(consultation, spot))


def _file(consultation: Consultation, spot: Spot, form: FilingForm, ids: list[int]) -> Message:
    who, title = actor(), form.title.data or ""
    act = form.act.data
    if act == "move" and title and not form.to.data:  # the key Enter in the field of the name
        act = "new"
    match act:
        case "look":
            return _("%(count)s件を見たことにしました。", count=desks.look(who, consultation, ids))
        case "new":
            to: Where = desks.gather(who, consultation, ids, spot.where, title)
        case "move":
            if not form.to.data:
                raise Invalid("to", _("移す先のテーマを選んでください。"))
            to = ledger_queries.theme(form.to.data, consultation)
            desks.move(who, consultation, ids, to)
        case "lone":
            to = Placement.LONE
            desks.move(who, consultation, ids, to)
        case "unfile":
            to = None
            desks.move(who, consultation, ids, to)
        case _:
            raise Invalid("opinions", _("することを選んでください。"))
    return desks.moved(len(ids), to)


@bp.post("/desk/c/<slug>/themes/undo")
@permits("themes.work")
def undo(slug: str) -> Response:
    """Put back what this person did last."""
    return _turn(slug, is_undo=True)


@bp.post("/desk/c/<slug>/themes/redo")
@permits("themes.work")
def redo(slug: str) -> Response:
    """Do again what this person undid last."""
    return _turn(slug, is_undo=False)


def _turn(slug: str, *, is_undo: bool) -> Response:
    consultation = consultation_of(slug)
    spot = spot_of(consultation)
    try:
        done = (desks.undo if is_undo else desks.redo)(actor(), consultation)
    except Conflict as error:
        db.session().rollback()
        acts.give_up(actor(), consultation, is_undo=is_undo)
        tell(error.message, "warning")
        return see_other(address(consultation, spot))
    if done is None:
        raise NotFound
    said = done.said
    tell(
        _("元に戻しました　%(act)s", act=said)
        if is_undo
        else _("やり直しました　%(act)s", act=said)
    )
    return see_other(address(consultation, _alive(spot)))


def _alive(spot: Spot) -> Spot:
    """The same place, unless undoing has just taken the theme away."""
    gone = isinstance(spot.where, Theme) and db.session().scalar(
        select(Theme.dissolved_at).where(Theme.id == spot.where.id)
    )
    return Spot(None) if gone else spot


@bp.post("/desk/c/<slug>/themes/<public_id>")
@permits("themes.work")
def change_theme(slug: str, public_id: str) -> Any:
    """Rename, put under a heading, merge, or take away when it is empty."""
    consultation = consultation_of(slug)
    theme = ledger_queries.theme(public_id, consultation)
    form = ThemeForm()
    spot = Spot(theme)
    try:
        stays = _change(consultation, theme, form)
    except Stale as error:  # somebody was first: theirs is beside the field that keeps this one's
        return _refused(consultation, spot, form, error, "naming", is_stale=True)
    except DomainError as error:
        return _refused(consultation, spot, form, error, "naming")
    return see_other(address(consultation, Spot(stays) if stays else None))


def _change(consultation: Consultation, theme: Theme, form: ThemeForm) -> Theme | None:
    who, version = actor(), form.version.data or 0
    match form.act.data:
        case "rename":
            desks.rename(who, theme, form.title.data or "", version=version)
            tell(_("名前を「%(title)s」にしました。", title=theme.title))
        case "chapter":
            desks.put_under(who, theme, form.level1.data or "", version=version)
            tell(_("テーマを並べ直しました。"))
        case "merge":
            if not form.into.data:
                raise Invalid("into", _("まとめる先のテーマを選んでください。"))
            other = ledger_queries.theme(form.into.data, consultation)
            with telling_reopened(consultation):
                theme = desks.merge(who, other, theme)
                tell(_("「%(title)s」にまとめました。", title=theme.title))
        case "lock":
            desks.lock(who, theme)
            tell(_("固定しました。機械で分け直しても、このテーマは変わりません。"))
        case "unlock":
            desks.unlock(who, theme)
            tell(_("固定を外しました。機械で分け直すと、移す案が出ることがあります。"))
        case "dissolve":
            desks.dissolve(who, theme)
            tell(_("空のテーマを消しました。"))
            return None
        case _:
            raise Invalid("title", _("することを選んでください。"))
    return theme


def _refused(
    consultation: Consultation,
    spot: Spot,
    form: Any,
    error: DomainError,
    name: str,
    *,
    is_stale: bool = False,
) -> tuple[str, int]:
    """The desk again, the refused form filled as it was sent."""
    if isinstance(error, NotFound):
        raise error
    db.session().rollback()
    refuse(form, error)
    forms: dict[str, Any] = {name: form, "is_name_stale": is_stale}
    if name == "filing" and spot.target is None:
        forms["form"] = BulkForm()  # sent along: what was written at the right stays
    return draw(consultation, spot, **forms), error.status
