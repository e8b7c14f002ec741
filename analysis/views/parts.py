"""点に分ける: where does another point of a letter begin? A person says so, text in view."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flask import render_template, request

from analysis import pointings, queries
from analysis.views import bp
from analysis.views.themes import Spot, address, consultation_of, desk_steps, tell, telling_reopened
from core import db
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.messages import _
from core.permissions import permits as may
from core.web import actor, permits, see_other
from ledger import parts
from ledger import queries as ledger_queries
from ledger.labels import CHANNELS
from ledger.models import Consultation, Filing, Opinion, Placement, State, Theme


@dataclass(frozen=True)
class Piece:
    """A stretch of the text between two places where it can be cut; `at` is None for the first."""

    at: int | None
    said: str
    is_cut: bool
    is_proposed: bool


@bp.get("/desk/c/<slug>/opinions/<public_id>/parts", endpoint="parts")
@permits("themes.read")
def show(slug: str, public_id: str) -> Any:
    """The text with every place where it can be cut; what was chosen stands in the address."""
    consultation = consultation_of(slug)
    opinion = _opinion(consultation, public_id)
    chosen = set(request.args.getlist("cuts", type=int)) if "fine" in request.args else None
    return _page(consultation, opinion, chosen, is_fine=request.args.get("fine") == "1")


@bp.post("/desk/c/<slug>/opinions/<public_id>/parts")
@permits("themes.work")
def split_opinion(slug: str, public_id: str) -> Any:
    """Split, or put together again; a refusal keeps what was chosen."""
    consultation = consultation_of(slug)
    opinion = _opinion(consultation, public_id)
    if request.form.get("act") == "join":
        return _join(consultation, opinion)
    chosen = set(request.form.getlist("cuts", type=int))
    if before := parts.living(opinion):  # pressed twice, or split in another window meanwhile
        tell(_("%(seq)s番は、もう分けてあります。", seq=f"{opinion.seq:,}"), "info")
        return see_other(address(consultation, _place(before[0])))
    with_copies, same = request.form.get("copies") == "1", pointings.copy_count(opinion)
    try:
        with telling_reopened(consultation):
            made = pointings.split(actor(), opinion, chosen, with_copies=with_copies)
    except (Invalid, Conflict) as error:
        db.session().rollback()
        opinion = _opinion(consultation, public_id)
        is_fine = request.form.get("was_fine") == "1"
        return _page(consultation, opinion, chosen, is_fine, error), error.status
    _tell_split(opinion, made, same if with_copies else 0)
    return see_other(address(consultation, _place(made[0])))


def _tell_split(whole: Opinion, made: list[Opinion], same: int) -> None:
    """What was split; of `same` other letters that say the same, how many wait for another go."""
    numbers = "・".join(f"{one.seq:,}" for one in made[:10])
    tell(
        _(
            "%(seq)s番を%(count)s件に分けました（新しい番号 %(numbers)s）。"
            "もとの文は台帳に残っています。",
            seq=f"{whole.seq:,}",
            count=len(made),
            numbers=numbers,
        )
    )
    if same:
        done = min(same, pointings.MOST_COPIES)
        tell(_("同じ文のほかの%(count)s件も、同じ所で分けました。", count=f"{done:,}"))
    if same > pointings.MOST_COPIES:
        left = same - pointings.MOST_COPIES
        tell(
            _(
                "同じ文が、あと%(count)s件あります。その一つを開いて、もう一度分けてください。",
                count=f"{left:,}",
            ),
            "warning",
        )


def _join(consultation: Consultation, whole: Opinion) -> Any:
    try:
        again = pointings.join(actor(), whole)
    except Conflict as error:
        db.session().rollback()
        whole = _opinion(consultation, whole.public_id)
        return _page(consultation, whole, None, error=error), error.status
    tell(_("一つのご意見に戻しました（新しい番号 %(seq)s）。未整理にあります。", seq=again.seq))
    return see_other(address(consultation, Spot(None)))


def _opinion(consultation: Consultation, public_id: str) -> Opinion:
    found = ledger_queries.opinion(public_id)
    if found.consultation_id != consultation.id or not ledger_queries.may_read(actor(), found):
        raise NotFound
    if found.state == State.WITHDRAWN:
        queries.require_not_gone(found)
    if found.state not in (State.COUNTED, State.SUPERSEDED) or found.text.erased_at:
        raise NotFound
    return found


def _place(opinion: Opinion) -> Spot:
    """Where an opinion stands on the desk."""
    filing = db.session().get(Filing, opinion.id)
    if filing is None:
        return Spot(None)
    if filing.theme_id is None:
        return Spot(Placement.LONE)
    return Spot(db.session().get_one(Theme, filing.theme_id))


def _page(
    consultation: Consultation,
    opinion: Opinion,
    chosen: set[int] | None,
    is_fine: bool = False,
    error: DomainError | None = None,
) -> str:
    proposed = set(pointings.of([opinion.id]).get(opinion.id, ()))
    made = parts.living(opinion)
    whole = parts.whole_of(opinion)
    is_open = opinion.is_counted and may(actor(), "themes.work", consultation)
    return render_template(
        "analysis/parts.html",
        consultation=consultation,
        steps=desk_steps(consultation),
        opinion=opinion,
        pieces=_pieces(opinion.text.body, proposed, chosen, is_fine),
        proposed=len(proposed),
        is_open=is_open,
        is_covered=bool(ledger_queries.covered([opinion.id])),
        is_fine=is_fine,
        copies=pointings.copy_count(opinion) if is_open else 0,
        most_copies=pointings.MOST_COPIES,
        with_copies=chosen is None or request.values.get("copies") == "1",
        made=made,
        can_join=bool(made)
        and may(actor(), "themes.work", consultation)
        and parts.can_join(opinion),
        whole=whole if whole.id != opinion.id else None,
        channels=CHANNELS,
        desk_url=address(consultation, _place(made[0] if made else opinion)),
        error=error,
    )


def _pieces(body: str, proposed: set[int], chosen: set[int] | None, is_fine: bool) -> list[Piece]:
    """The text in pieces; the machine's cuts are offered checked until a person has chosen."""
    marked = proposed if chosen is None else chosen
    inner = sorted({*parts.places(body, finely=is_fine), *proposed, *marked})
    bounds = [0, *(at for at in inner if 0 < at < len(body)), len(body)]
    return [
        Piece(begin or None, body[begin:end], begin in marked, begin in proposed)
        for begin, end in pairwise(bounds)
    ]
