"""The pages of a live board: the board itself, the projector's screen, ending the workshop."""

from __future__ import annotations

import secrets
from typing import Any

from flask import render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from core import web
from core.permissions import require
from core.web import actor, permits, see_other
from forum.views.qr import qr
from realtime import boards, live, orders, phases, plans, stand_ins, state, workshops
from realtime.models import Joining, Member, Workshop
from realtime.phases import Role
from realtime.state import State
from realtime.views import bp, offers
from realtime.views.board_words import words

Page = str | Response


@bp.get("/w/<public_id>/board")
@permits("public")
def board(public_id: str) -> Page:
    """What do we do in this phase, and how long is left?"""
    workshop = workshops.by_address(public_id)
    member = live.member_here(workshop)
    if member is None:
        return see_other(url_for("realtime.workshop", public_id=public_id))
    leads = member.role == Role.LEAD
    if request.args.get("list"):
        return _still(workshop, member)
    return render_template(
        "realtime/board.html",
        workshop=workshop,
        leads=leads,
        plan=_plan(workshop, member.role, member.public_id),
        words=words(workshop.colors, leads=leads),
        place=_places(workshop),
        colors=range(1, (len(workshop.colors) or plans.COLORS) + 1),
    )


@bp.get("/w/<public_id>/show")
@permits("workshops.lead")
def show(public_id: str) -> Page:
    """What everybody in the hall sees: large, and nothing to press."""
    workshop = workshops.by_address(public_id)
    require(actor(), "workshops.lead", workshop)
    member = live.member_here(workshop)
    if member is None:
        return see_other(url_for("realtime.workshop", public_id=public_id))
    link = url_for("realtime.code", typed=workshop.code) if workshop.code else ""
    return render_template(
        "realtime/show.html",
        workshop=workshop,
        plan=_plan(workshop, member.role, member.public_id),
        words=words(workshop.colors, leads=False),
        joins=bool(workshop.code) and workshop.joining != Joining.INVITED,
        qr=qr(web.settings().base_url + link),
    )


@bp.post("/w/<public_id>/rehearse")
@permits("workshops.lead")
def rehearse(public_id: str) -> Response:
    """Call residents who are not there to a rehearsal."""
    stand_ins.call(actor(), workshops.by_address(public_id))
    return see_other(url_for("realtime.board", public_id=public_id))


@bp.route("/w/<public_id>/close", methods=["GET", "POST"])
@permits("workshops.lead")
def close(public_id: str) -> Page:
    """End the workshop, having read what that means."""
    workshop = workshops.by_address(public_id)
    require(actor(), "workshops.lead", workshop)
    if request.method == "POST":
        workshops.close(actor(), workshop)
        return see_other(
            _places(workshop)["record"] or url_for("realtime.board", public_id=public_id)
        )
    whole, _seq = boards.of(workshop).whole()
    return render_template("realtime/close.html", workshop=workshop, **_sizes(whole))


def _sizes(whole: State) -> dict[str, int]:
    """What closing is about, in numbers."""
    notes = [note for note in whole["notes"].values() if not note["gone"]]
    return {
        "notes_count": len(notes),
        "hidden_count": sum(1 for note in notes if note["hid"]),
        "veiled_count": sum(1 for note in notes if note["veil"]),
        "people_count": sum(1 for one in whole["members"].values() if one["role"] != Role.LEAD),
    }


def _plan(workshop: Workshop, role: str, me: str) -> dict[str, Any]:
    """What the scripts must know besides the board's state."""
    return {
        "board": workshop.public_id,
        "me": me,
        "phases": workshop.phases,
        "questions": workshop.questions,
        "colors": len(workshop.colors),
        "allow": {str(kind): sorted(phases.allowed(kind, role)) for kind in phases.Kind},
        "urls": _places(workshop),
        "leads": role == Role.LEAD,
        "token": generate_csrf(),
    }


def _places(workshop: Workshop) -> dict[str, str]:
    """The addresses around a board; "" for a page there is not."""
    names = {
        **{"state": "realtime.state", "ops": "realtime.ops", "show": "realtime.show"},
        **{"close": "realtime.close", "record": "realtime.record", "ticket": "realtime.ticket"},
        **{"workshop": "realtime.workshop", "people": "realtime.people"},
        **{"suggestions": "realtime.suggestions"},
        **({"rehearse": "realtime.rehearse"} if workshop.is_rehearsal else {}),
    }
    return {
        name: url_for(endpoint, public_id=workshop.public_id) if offers.has_page(endpoint) else ""
        for name, endpoint in names.items()
    }


def _still(workshop: Workshop, member: Member) -> str:
    """The board as a list with forms, for browsers without scripts."""
    seen, _seq = boards.of(workshop).seen_by(member.public_id)
    may = phases.allowed(
        seen["kind"], seen["members"].get(member.public_id, {}).get("role", "viewer")
    )
    if not seen["open"] or (seen["frozen"] and member.role != Role.LEAD):
        may = phases.NOTHING
    last = max((note["o"] for note in seen["notes"].values()), default="")
    now = next((one for one in workshop.phases if one["id"] == seen["phase"]), None)
    return render_template(
        "realtime/board_list.html",
        workshop=workshop,
        me=member.public_id,
        board=seen,
        phase=now,
        may=may,
        tables=_listed(seen),
        behind=orders.between(last, ""),
        votes_left=seen["budget"] - len(seen["votes"].get(member.public_id, {})),
        new_key=lambda: secrets.token_urlsafe(15),
    )


def _listed(seen: State) -> list[dict[str, Any]]:
    """Tables in order, each with its islands and their notes as a reader may see them."""

    def shown(island: str, table: str) -> list[dict[str, Any]]:
        ids = state.members_of(seen, island)
        found = [{"id": one, **seen["notes"][one]} for one in ids]
        return [n for n in found if not n["gone"] and not n["hid"] and n["table"] == table]

    tables = sorted(seen["tables"], key=lambda one: (seen["tables"][one]["o"], one))
    found = []
    for table in [*tables, ""]:
        there = [
            i for i, one in seen["islands"].items() if not one["gone"] and one["table"] == table
        ]
        islands = [
            {"id": one, "title": seen["islands"][one]["title"], "notes": shown(one, table)}
            for one in sorted(there, key=lambda one: (seen["islands"][one]["o"], one))
        ]
        loose = shown("", table)
        if table or islands or loose or not tables:
            title = seen["tables"][table]["title"] if table else ""
            found.append({"id": table, "title": title, "islands": islands, "loose": loose})
    return found
