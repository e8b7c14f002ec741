"""Coming to a workshop: its page, the code, joining with a name, what to keep afterwards."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_limiter.util import get_remote_address
from limits import parse
from werkzeug.wrappers import Response

from core import text, web
from core.auth import limiter
from core.errors import DomainError, Forbidden, NotFound, TooMany
from core.messages import _
from core.permissions import permits as may
from core.web import actor, permits, see_other
from forum.views.qr import qr
from ledger import receipts
from realtime import facilitators, live, members, papers, workshops
from realtime.forms import CodeForm, JoinForm
from realtime.models import Joining, Workshop
from realtime.phases import Role
from realtime.views import bp, offers
from realtime.views.seats import is_helpers_token, sit

Page = str | Response | tuple[str, int]
# Only wrong codes are counted: five hundred people in a hall share one address. At this pace one
# code in 28 ** 6 is found in about four years.
NO_HELPERS_LINK = _(
    "助手のリンクは、使えなくなりました。助手をする方は、進行役に新しいリンクをおたずねください。"
)
WRONG = parse("200 per minute")


@bp.get("/w/<public_id>")
@permits("public")
def workshop(public_id: str) -> Page:
    """What is it, when and where, and how do I take part?"""
    found = workshops.by_address(public_id)
    who = actor()
    form = JoinForm(
        name=who.display_name[: members.NAME_LIMIT] if who is not None else "",
        code=request.args.get("code", "")[:20],
        invite=request.args.get("invite", "")[:60],
        helper=request.args.get("as", "")[:120],
    )
    return _page(found, form), 200


@bp.post("/w/<public_id>/join")
@permits("public")
def join(public_id: str) -> Page:
    """Take part under a name."""
    found = workshops.by_address(public_id)
    form = JoinForm()
    status = 422
    if form.validate_on_submit():
        try:
            # who takes part already in this browser stays who they are
            sit(found, live.member_here(found) or _join(found, form))
            return see_other(url_for("realtime.ticket", public_id=public_id))
        except DomainError as error:
            status = error.status
            if isinstance(error, TooMany):
                raise
            web.refuse(form, error)
    return _page(found, form), status


@bp.post("/w/<public_id>/lead")
@permits("workshops.lead")
def lead(public_id: str) -> Response:
    """Take the facilitator's place at the board, or at the paper."""
    found = workshops.by_address(public_id)
    who = actor()
    if who is None:
        raise Forbidden
    sit(found, members.lead(who, found))
    there = "realtime.paper" if request.form.get("to") == "paper" else "realtime.board"
    return see_other(url_for(there, public_id=public_id))


@bp.get("/w/<public_id>/ticket")
@permits("public")
def ticket(public_id: str) -> Page:
    """The number and secret by which one sees later what became of one's notes."""
    found = workshops.by_address(public_id)
    member = live.member_here(found)
    if member is None:
        return see_other(url_for("realtime.workshop", public_id=public_id))
    receipt = members.receipt(member)
    page = render_template(
        "realtime/ticket.html",
        workshop=found,
        member=member,
        receipt=receipt,
        secret=receipts.secret(receipt),
        qr=qr(web.absolute("ledger.receipt", number=receipt.number)),
        lookup=web.absolute("ledger.receipt"),
        helps=papers.may_key(found, member),
    )
    return page, 200


@bp.route("/join", methods=["GET", "POST"], defaults={"typed": ""})
@bp.get("/j/<typed>")
@permits("public")
def code(typed: str) -> Page:
    """Six letters lead to a workshop, however they were typed."""
    form = CodeForm() if request.method == "POST" else CodeForm(formdata=None, code=typed[:20])
    status = 422 if form.is_submitted() else 200
    said = typed or (form.code.data or "" if form.validate_on_submit() else "")
    if said:
        try:
            found = _by_code(said)
            there = url_for("realtime.workshop", public_id=found.public_id, code=found.code)
            return see_other(f"{there}#join")
        except NotFound as error:
            status = error.status
            form.code.errors = [error.message]
    return render_template("realtime/code.html", form=form), status


@bp.get("/w/<public_id>/poster")
@permits("workshops.lead")
def poster(public_id: str) -> str:
    """A sheet for the wall: what, when, where, and the way in."""
    found = workshops.by_address(public_id)
    if not may(actor(), "workshops.lead", found) or not found.is_open:
        raise NotFound
    return render_template("realtime/poster.html", workshop=found, **_way_in(found))


def _join(found: Workshop, form: JoinForm) -> Any:
    """Have whoever sent the form join; a wrong code is counted."""
    _require_patience()
    helper = form.helper.data or ""
    try:
        if helper and not is_helpers_token(found, helper):
            form.helper.data = ""  # a second press joins as everybody does
            raise Forbidden(NO_HELPERS_LINK)
        return members.join(
            found,
            form.name.data or "",
            code=form.code.data or "",
            account=actor(),
            key=(form.key.data or "")[:40],
            invite=(form.invite.data or "")[:60],
            is_helper=bool(helper),
        )
    except Forbidden:
        limiter.limiter.hit(WRONG, "code", _place())
        raise


def _by_code(said: str) -> Workshop:
    _require_patience()
    try:
        return workshops.by_code(said[:200])
    except NotFound:
        limiter.limiter.hit(WRONG, "code", _place())
        raise


def _require_patience() -> None:
    if not limiter.limiter.test(WRONG, "code", _place()):
        raise TooMany


def _place() -> str:
    return get_remote_address() or "unknown"


def _page(found: Workshop, form: JoinForm) -> str:
    member = live.member_here(found)
    leads = may(actor(), "workshops.lead", found)
    taken = members.count(found)
    helps = bool(form.helper.data) and is_helpers_token(found, form.helper.data or "")
    is_link_dead = bool(form.helper.data) and not helps
    if is_link_dead:  # who has read so may join as everybody does
        form.helper.data = ""
    is_shut = found.joining == Joining.INVITED and not (form.invite.data or helps)
    return render_template(
        "realtime/workshop.html",
        workshop=found,
        consultation=found.consultation,
        form=form,
        member=member,
        is_lead=member is not None and member.role == Role.LEAD,
        helps=helps,
        no_helpers_link=NO_HELPERS_LINK if is_link_dead and found.is_open else "",
        leads=leads,
        taken=taken,
        is_full=taken >= found.capacity and not helps,
        is_shut=is_shut,
        needs_code=found.joining == Joining.CODE and not helps,
        aim=text.lines(found.aim),
        facilitators=facilitators.of(found) if leads else [],
        has_record=offers.has_page("realtime.record"),
        name_limit=members.NAME_LIMIT,
        **(_way_in(found) if leads and found.is_open else {}),
    )


def _way_in(found: Workshop) -> dict[str, Any]:
    """How others come in: the short address and its picture; invited ones have their own."""
    if found.joining == Joining.INVITED or found.code is None:
        return {"address": web.absolute("realtime.workshop", public_id=found.public_id)}
    short = web.absolute("realtime.code", typed=found.code)
    return {"address": short, "qr": qr(short), "join_page": web.absolute("realtime.code")}
