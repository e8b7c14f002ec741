"""The themes desk: what are they saying? Every act works by forms and links alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import flash, render_template, request, url_for

from analysis import changes, partings, places, pointings, queries, queues, runs, sieves
from analysis.forms import AnswerForm, BulkForm, DecisionForm, FilingForm, RunForm
from analysis.places import Found, Where
from analysis.sieves import Sieve
from analysis.views import bp
from core import clock, db, grams
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
    sieve: Sieve = Sieve()  # noqa: RUF009 frozen

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
        return {**self.place, **self.sieve.args, **page}

    @property
    def place(self) -> dict[str, str]:
        """Where it is, whatever is looked for there."""
        if isinstance(self.where, Theme):
            return {"t": self.where.public_id}
        return {"list": "unfiled" if self.where is None else str(self.where)}


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
    elif listed == Found.EVERYWHERE:
        where = Found.EVERYWHERE
    elif listed not in ("unfiled", BULK):
        if listed:
            raise NotFound
        where = _first(consultation)
    chosen = request.args.get("o")
    opinion = queries.counted(actor(), consultation, chosen) if chosen else None
    page = request.args.get("page", 1, type=int)
    sieve = Sieve.of(request.args)
    return Spot(where, listed == BULK, opinion, bool(theme or listed), page, sieve)


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
    page, voices, total = Page(1, 1, 50), [], 0
    if not spot.is_bulk:
        total = places.text_count(who, consultation, spot.where, spot.sieve)
        page = page_of(total)
        voices = places.voices_in(who, consultation, spot.where, spot.sieve, offset=page.offset)
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
    theme = spot.where if isinstance(spot.where, Theme) and not spot.is_bulk else None
    waiting = queues.waiting_for(who, consultation, theme) if theme is not None else []
    parting = partings.newest(theme) if theme is not None else None
    unfiled = [voice.opinion for voice in voices if voice.filing is None]
    return render_template(
        "analysis/themes.html",
        consultation=consultation,
        steps=desk_steps(consultation),
        seen=seen,
        spot=spot,
        row=seen.row(spot.where) if isinstance(spot.where, Theme) else None,
        voices=voices,
        page=page,
        page_total=total,
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
        queue=queues.queue(consultation),
        waiting=waiting,
        parting=described(parting) if parting else None,
        parts=partings.proposed(theme, parting) if theme is not None else [],
        fewest_to_part=partings.FEWEST,
        typed_part=forms.pop("typed_part", None),
        suggested=queues.suggested([*waiting, *unfiled]),
        following=queues.following(consultation) if unfiled else 0,
        pointed=pointings.of([voice.opinion.id for voice in voices]),
        letter=places.letter(spot.opinion) if spot.opinion is not None else [],
        marked=partial(grams.marked, wanted=grams.words(spot.sieve.q)),
        sieve=spot.sieve,
        sieve_choices={
            "lengths": sieves.LENGTHS,
            "states": sieves.STATES,
            "districts": list(db.session().scalars(sieves.districts(consultation.id))),
        },
        pages_url=lambda number: here(page=number),
        seen_at=clock.now().timestamp(),
        **{**ready, **forms},
    )
