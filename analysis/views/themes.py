"""The themes desk: what are they saying? Every act works by forms and links alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import flash, render_template, request, url_for

from analysis import changes, partings, places, pointings, queries, queues, runs, sieves, windows
from analysis.forms import AnswerForm, BulkForm, DecisionForm, FilingForm, RunForm
from analysis.places import Found, Voice, Where
from analysis.queries import Overview
from analysis.sieves import Sieve
from analysis.views import bp
from analysis.windows import Window
from core import clock, db, grams
from core.errors import NotFound
from core.messages import Message, _
from core.navigation import flow
from core.views.jobs import described
from core.web import actor, page_of, permits
from ledger import acts, answers, consultations
from ledger import queries as ledger_queries
from ledger.dispositions import LABELS
from ledger.filings import UNNAMED
from ledger.labels import CHANNELS
from ledger.models import Consultation, Opinion, Placement, Theme

BULK = "themes"
_CHOOSING = (("filing", "to"), ("naming", "into"))
NAME = 120  # as long as a theme's name


@dataclass(frozen=True)
class Spot:
    """What the address chooses: a theme, 単独, 未整理, the list of themes; perhaps an opinion."""

    where: Where
    is_bulk: bool = False
    opinion: Opinion | None = None
    is_chosen: bool = True
    page: int = 1
    sieve: Sieve = Sieve()  # noqa: RUF009 frozen
    name: str = ""  # of themes looked for in the list

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
            return {"list": BULK, **self.finding, **page}
        return {**self.place, **self.sieve.args, **self.finding, **page}

    @property
    def finding(self) -> dict[str, str]:
        """What themes are looked for in the list, whatever is chosen."""
        return {"name": self.name} if self.name else {}

    @property
    def held(self) -> dict[str, str]:
        """The place, if somebody chose it: stays while one looks through the list of themes."""
        if self.is_bulk:
            return {"list": BULK}
        return self.place if self.is_chosen else {}

    @property
    def looking(self) -> dict[str, str]:
        """Both: what every part of the list of themes has in its address."""
        return {**self.held, **self.finding}

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
        where = queries.opening(actor(), consultation)
    chosen = request.args.get("o")
    opinion = queries.counted(actor(), consultation, chosen) if chosen else None
    page = request.args.get("page", 1, type=int)
    sieve, name = Sieve.of(request.args), request.args.get("name", "")[:NAME].strip()
    return Spot(where, listed == BULK, opinion, bool(theme or listed), page, sieve, name)


def address(consultation: Consultation, spot: Spot | None = None, **more: Any) -> str:
    args = spot.args if spot else {}
    return url_for("analysis.themes", slug=consultation.slug, **{**args, **more})


def desk_steps(consultation: Consultation) -> list[dict[str, Any]]:
    """The casebar's steps, with this one marked on every page of the desk."""
    here = address(consultation)
    return [{**step, "is_current": step["url"] == here} for step in flow(consultation)]


def tell(said: Message, kind: str = "success") -> None:
    flash(str(said), kind)


@contextmanager
def telling_reopened(consultation: Consultation) -> Iterator[None]:
    """Say that an act has brought an answer back: unsaid, it is never handed in again."""
    before = queries.handed_in_count(consultation)
    yield
    if queries.handed_in_count(consultation) < before:
        tell(
            _(
                "中身が変わったので、確認に出した回答が下書きに戻りました。"
                "読み直して、もう一度確認に回してください。"
            ),
            "warning",
        )


@bp.get("/desk/c/<slug>/themes", endpoint="themes")
@permits("themes.read")
def show(slug: str) -> Any:
    consultation = consultation_of(slug)
    return draw(consultation, spot_of(consultation))


def shown_in(spot: Spot, seen: Overview) -> Window:
    """The part of the list of themes that the address asks for."""
    start, end = (request.args.get(key, type=int) for key in ("from", "to"))
    chosen = None if spot.is_bulk else spot.where
    return windows.window(seen.listed, name=spot.name, chosen=chosen, start=start, end=end)


def _chosen(seen: Overview, forms: dict[str, Any]) -> set[int]:
    """Themes that were chosen in a form which is drawn again."""
    fields = (getattr(forms.get(name), field, None) for name, field in _CHOOSING)
    ids = {field.data for field in fields if field is not None and field.data}
    return {row.theme.id for row in seen.themes if row.theme.public_id in ids}


def draw(consultation: Consultation, spot: Spot, **forms: Any) -> str:
    """The desk at a spot; `forms` are those that were refused, filled as they were sent."""
    who = actor()
    seen = queries.overview(who, consultation)
    voices: list[Voice] = []
    total = len(seen.unanswered)
    page = page_of(total)
    if not spot.is_bulk:
        total = places.text_count(who, consultation, spot.where, spot.sieve)
        page = page_of(total)
        voices = places.voices_in(who, consultation, spot.where, spot.sieve, offset=page.offset)
    answer = answers.of(spot.target) if spot.target is not None else None
    ready: dict[str, Any] = {
        "form": AnswerForm.of(answer) if spot.target is not None else BulkForm(formdata=None),
        "filing": FilingForm(formdata=None),
        "naming": None,
        "is_name_stale": False,
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
    suggested = queues.suggested([*waiting, *unfiled])
    shown = shown_in(spot, seen)
    sent_to = {one.theme_id for found in suggested.values() for one in found}
    sent_to |= _chosen(seen, forms)
    return render_template(
        "analysis/themes.html",
        consultation=consultation,
        steps=desk_steps(consultation),
        seen=seen,
        spot=spot,
        shown=shown,
        many=windows.SHOWN,
        targets=windows.targets(seen.listed, shown, sent_to, theme),
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
        suggested=suggested,
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
