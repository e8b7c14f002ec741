"""The themes desk: what are they saying? Every act works by forms and links alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import flash, render_template, request, url_for

from analysis import changes, queries, runs
from analysis.forms import AnswerForm, BulkForm, DecisionForm, FilingForm, RunForm
from analysis.queries import Where
from analysis.views import bp
from core import clock
from core.errors import NotFound
from core.messages import Message
from core.permissions import permits as may
from core.views.jobs import described
from core.web import Page, actor, flow, page_of, permits
from ledger import acts, answers, consultations
from ledger import queries as ledger_queries
from ledger.dispositions import LABELS
from ledger.filings import UNNAMED
from ledger.labels import CHANNELS
from ledger.models import AnswerState, Consultation, Opinion, Placement, Theme

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


def desk_steps(consultation: Consultation) -> list[dict[str, Any]]:
    """The casebar's steps, with this one marked on every page of the desk."""
    here = address(consultation)
    return [{**step, "is_current": step["url"] == here} for step in flow(consultation)]


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
        steps=desk_steps(consultation),
        seen=seen,
        spot=spot,
        row=seen.row(spot.where) if isinstance(spot.where, Theme) else None,
        voices=voices,
        page=page,
        answer=answer,
        job=described(job) if job else None,
        last_run=runs.last(consultation),
        cuts=runs.CUTS,
        open_changes=changes.open_count(consultation),
        dispositions=LABELS,
        undo=acts.next_undo(who, consultation),
        redo=acts.next_redo(who, consultation),
        address=partial(address, consultation),
        channels=CHANNELS,
        unnamed=UNNAMED,
        here=here,
        pages_url=lambda number: here(page=number),
        seen_at=clock.now().timestamp(),
        **{**ready, **forms},
    )
