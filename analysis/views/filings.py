"""Where opinions stand, and the themes themselves: every act on the desk but answering."""

from __future__ import annotations

from typing import Any

from flask import session
from werkzeug.wrappers import Response

from analysis import queries
from analysis.forms import BulkForm, FilingForm, ThemeForm
from analysis.queries import Where
from analysis.views import bp
from analysis.views.themes import Spot, address, consultation_of, draw, spot_of, tell
from core import db
from core.errors import DomainError, Invalid, NotFound, Stale
from core.messages import Message, _
from core.web import actor, permits, refuse, see_other
from ledger import queries as ledger_queries
from ledger import themes
from ledger.models import Consultation, Placement, Theme

UNDO_LIMIT = 200  # ids that fit in the signed cookie


@bp.post("/desk/c/<slug>/themes/file")
@permits("themes.work")
def file_opinions(slug: str) -> Any:
    """Move checked opinions: act is move, new, lone or unfile."""
    consultation = consultation_of(slug)
    spot, form = spot_of(consultation), FilingForm()
    try:
        ids = queries.ids_of(actor(), consultation, spot.where, form.opinions.data or [])
        if not ids:
            raise Invalid("opinions", _("ご意見を一つ以上選んでください。"))
        to, said = _file(consultation, spot, form, ids)
    except DomainError as error:
        return _refused(consultation, spot, form, error, "filing")
    tell(said)
    if form.act.data != "new" or not isinstance(spot.where, Theme):  # merging undoes a split
        _remember(consultation, ids, spot.where, to, said)
    return see_other(address(consultation, spot))


def _file(
    consultation: Consultation, spot: Spot, form: FilingForm, ids: list[int]
) -> tuple[Where, Message]:
    who, title = actor(), form.title.data or ""
    act = form.act.data
    if act == "move" and title and not form.to.data:  # the key Enter in the field of the name
        act = "new"
    match act:
        case "new" if isinstance(spot.where, Theme):
            to: Where = themes.split(who, spot.where, ids, title)
        case "new":
            to = themes.gather(who, consultation, ids, title)
        case "move":
            if not form.to.data:
                raise Invalid("to", _("移す先のテーマを選んでください。"))
            to = ledger_queries.theme(form.to.data, consultation)
            themes.move(who, consultation, ids, to)
        case "lone":
            to = Placement.LONE
            themes.move(who, consultation, ids, to)
        case "unfile":
            to = None
            themes.move(who, consultation, ids, to)
        case _:
            raise Invalid("opinions", _("することを選んでください。"))
    return to, _("%(count)s件を「%(place)s」に移しました。", count=len(ids), place=_name(to))


@bp.post("/desk/c/<slug>/themes/undo")
@permits("themes.work")
def undo(slug: str) -> Response:
    consultation = consultation_of(slug)
    kept = session.pop("undo", None)
    if not kept or kept["slug"] != slug:
        raise NotFound
    from_, to = _place(kept["to"], consultation), _place(kept["from"], consultation)
    count = themes.move_back(actor(), consultation, kept["ids"], from_=from_, to=to)
    tell(_("%(count)s件を元の場所に戻しました。", count=count))
    return see_other(address(consultation, Spot(to)))


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
    except Stale:
        raise
    except DomainError as error:
        return _refused(consultation, spot, form, error, "naming")
    return see_other(address(consultation, Spot(stays) if stays else None))


def _change(consultation: Consultation, theme: Theme, form: ThemeForm) -> Theme | None:
    who, version = actor(), form.version.data or 0
    match form.act.data:
        case "rename":
            themes.rename(who, theme, form.title.data or "", version=version)
        case "chapter":
            themes.put_under(who, theme, form.level1.data or "", version=version)
        case "merge":
            if not form.into.data:
                raise Invalid("into", _("まとめる先のテーマを選んでください。"))
            other = ledger_queries.theme(form.into.data, consultation)
            theme = themes.merge(who, other, theme)
            tell(_("「%(title)s」にまとめました。", title=theme.title))
        case "dissolve":
            themes.dissolve(who, theme)
            tell(_("空のテーマを消しました。"))
            return None
        case _:
            raise Invalid("title", _("することを選んでください。"))
    return theme


def _refused(
    consultation: Consultation, spot: Spot, form: Any, error: DomainError, name: str
) -> tuple[str, int]:
    """The desk again, the refused form filled as it was sent."""
    if isinstance(error, NotFound):
        raise error
    db.session().rollback()
    refuse(form, error)
    forms: dict[str, Any] = {name: form}
    if name == "filing" and spot.target is None:
        forms["form"] = BulkForm()  # sent along: what was written at the right stays
    return draw(consultation, spot, **forms), error.status


def _name(where: Where) -> Message | str:
    if isinstance(where, Theme):
        return where.title
    return _("単独意見") if where == Placement.LONE else _("未整理")


def _remember(
    consultation: Consultation, ids: list[int], from_: Where, to: Where, said: Message
) -> None:
    """Keep the last move in the signed cookie, so that it can be undone."""
    session.pop("undo", None)
    if len(ids) <= UNDO_LIMIT:
        session["undo"] = {
            "slug": consultation.slug,
            "ids": ids,
            "from": Spot(from_).args,
            "to": Spot(to).args,
            "said": str(said),
        }


def _place(kept: dict[str, str], consultation: Consultation) -> Where:
    if "t" in kept:
        return ledger_queries.theme(kept["t"], consultation)
    return Placement.LONE if kept["list"] == "lone" else None
