"""The themes desk: what are they saying? Every act works by forms and links alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import flash, render_template, request, session, url_for
from werkzeug.wrappers import Response

from analysis import queries, runs
from analysis.forms import AnswerForm, BulkForm, DecisionForm, FilingForm, RunForm, ThemeForm
from analysis.queries import Where
from analysis.views import bp
from core import clock, db
from core.errors import DomainError, Invalid, NotFound, Stale
from core.messages import Message, _
from core.permissions import permits as may
from core.views.jobs import described
from core.web import Page, actor, flow, page_of, permits, refuse, see_other
from ledger import answers, consultations, themes
from ledger import queries as ledger_queries
from ledger.dispositions import LABELS
from ledger.filings import UNNAMED
from ledger.labels import CHANNELS
from ledger.models import AnswerState, Consultation, Opinion, Placement, Theme

UNDO_LIMIT = 200  # ids that fit in the signed cookie
BULK = "themes"


@dataclass(frozen=True)
class Spot:
    """What the address chooses: a theme, 単独, 未整理, the list of themes; perhaps an opinion."""

    where: Where
    is_bulk: bool = False
    opinion: Opinion | None = None
    is_chosen: bool = True
    page: int = 1

    @property
    def target(self) -> Theme | Opinion | None:
        """What the form at the right answers; None for a list, which has the form for many."""
        if self.opinion is not None:
            return self.opinion
        return self.where if isinstance(self.where, Theme) and not self.is_bulk else None

    @property
    def args(self) -> dict[str, str]:
        """The place as it stands in an address."""
        page = {"page": str(self.page)} if self.page > 1 else {}
        if self.is_bulk:
            return {"list": BULK}
        if isinstance(self.where, Theme):
            return {"t": self.where.public_id, **page}
        return {"list": "lone" if self.where == Placement.LONE else "unfiled", **page}


def consultation_of(slug: str) -> Consultation:
    found = consultations.find(slug)
    queries.require_read(actor(), found)
    return found


def spot_of(consultation: Consultation) -> Spot:
    """Read the address: ?t=<theme>, ?list=lone, unfiled or themes, and &o=<opinion>."""
    listed, theme = request.args.get("list", ""), request.args.get("t", "")
    where: Where = None
    if theme:
        where = ledger_queries.theme(theme, consultation)
    elif listed == "lone":
        where = Placement.LONE
    elif listed not in ("unfiled", BULK):
        if listed:
            raise NotFound
        where = _first(consultation)
    chosen = request.args.get("o")
    opinion = queries.counted(actor(), consultation, chosen) if chosen else None
    page = request.args.get("page", 1, type=int)
    return Spot(where, listed == BULK, opinion, bool(theme or listed), page)


def _first(consultation: Consultation) -> Where:
    """Where the desk opens: for who approves, at the first answer that waits."""
    rows = ledger_queries.themes_of(consultation)
    waiting = [row for row in rows if row.answer and row.answer.state == AnswerState.SUBMITTED]
    if waiting and not may(actor(), "themes.work", consultation):
        return waiting[0].theme
    return rows[0].theme if rows else None


def address(consultation: Consultation, spot: Spot | None = None, **more: Any) -> str:
    args = spot.args if spot else {}
    return url_for("analysis.themes", slug=consultation.slug, **{**args, **more})


def tell(said: Message, kind: str = "success") -> None:
    flash(str(said), kind)


@bp.get("/desk/c/<slug>/themes", endpoint="themes")
@permits("themes.read")
def show(slug: str) -> Any:
    consultation = consultation_of(slug)
    return draw(consultation, spot_of(consultation))


def draw(consultation: Consultation, spot: Spot, **forms: Any) -> str:
    """The desk at a spot; `forms` are those that were refused, filled as they were sent."""
    who = actor()
    seen = queries.overview(who, consultation)
    page, voices = Page(1, 1, 50), []
    if not spot.is_bulk:
        page = page_of(queries.text_count(who, consultation, spot.where))
        voices = queries.voices_in(who, consultation, spot.where, offset=page.offset)
    answer = answers.of(spot.target) if spot.target is not None else None
    ready: dict[str, Any] = {
        "form": AnswerForm.of(answer) if spot.target is not None else BulkForm(formdata=None),
        "filing": FilingForm(formdata=None),
        "naming": None,
        "run_form": RunForm(formdata=None),
        "decision": DecisionForm(formdata=None, version=answer.version if answer else 0),
        "stale": None,
    }
    job = runs.newest(consultation)
    here = partial(address, consultation, spot)
    return render_template(
        "analysis/themes.html",
        consultation=consultation,
        steps=[
            {**step, "is_current": step["url"] == address(consultation)}
            for step in flow(consultation)
        ],
        seen=seen,
        spot=spot,
        row=seen.row(spot.where) if isinstance(spot.where, Theme) else None,
        voices=voices,
        page=page,
        answer=answer,
        job=described(job) if job else None,
        dispositions=LABELS,
        undo=_undoable(consultation),
        address=partial(address, consultation),
        channels=CHANNELS,
        unnamed=UNNAMED,
        here=here,
        pages_url=lambda number: here(page=number),
        seen_at=clock.now().timestamp(),
        **{**ready, **forms},
    )


@bp.post("/desk/c/<slug>/themes/run")
@permits("runs.start")
def start_run(slug: str) -> Any:
    consultation = consultation_of(slug)
    form = RunForm()
    if not form.validate():
        raise Invalid("cut", _("まとめ方を選んでください。"))
    runs.start(actor(), consultation, cut=form.cut.data)
    return see_other(address(consultation))


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


def _args(where: Where) -> dict[str, str]:
    return Spot(where).args


def _remember(
    consultation: Consultation, ids: list[int], from_: Where, to: Where, said: Message
) -> None:
    """Keep the last move in the signed cookie, so that it can be undone."""
    session.pop("undo", None)
    if len(ids) <= UNDO_LIMIT:
        session["undo"] = {
            "slug": consultation.slug,
            "ids": ids,
            "from": _args(from_),
            "to": _args(to),
            "said": str(said),
        }


def _undoable(consultation: Consultation) -> str:
    """What would be undone, in words; empty when there is nothing."""
    kept = session.get("undo")
    return str(kept["said"]) if kept and kept["slug"] == consultation.slug else ""


def _place(kept: dict[str, str], consultation: Consultation) -> Where:
    if "t" in kept:
        return ledger_queries.theme(kept["t"], consultation)
    return Placement.LONE if kept["list"] == "lone" else None
