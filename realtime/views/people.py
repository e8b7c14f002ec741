"""Who leads, helps and is invited: the page on which a workshop's people are looked after."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import web
from core.errors import DomainError, NotFound
from core.messages import _
from core.permissions import require
from core.web import actor, permits, see_other
from realtime import boards, facilitators, invites, members, rounds, workshops
from realtime.forms import InviteForm, LeadForm, lines
from realtime.models import Workshop
from realtime.phases import Role
from realtime.views import bp
from realtime.views.seats import helpers_token

Page = str | Response | tuple[str, int]


@bp.get("/w/<public_id>/people")
@permits("workshops.lead")
def people(public_id: str) -> Page:
    """Who leads, who helps, who is invited and who takes part?"""
    return _page(_led(public_id))


@bp.post("/w/<public_id>/people/leads")
@permits("facilitators.name")
def people_lead(public_id: str) -> Page:
    """Name somebody who leads this workshop."""
    workshop = workshops.by_address(public_id)
    form = LeadForm()
    if form.validate_on_submit():
        try:
            named = facilitators.name(
                actor(),
                workshop,
                form.email.data or "",
                link=_link(workshop),
                display_name=form.display_name.data or "",
            )
            flash(
                str(
                    _(
                        "%(name)sさんを進行役に加え、メールでお知らせしました。",
                        name=named.display_name,
                    )
                ),
                "success",
            )
            return _back(public_id)
        except DomainError as error:
            web.refuse(form, error)
    return _page(_led(public_id), leading=form)


@bp.post("/w/<public_id>/people/leads/<int(max=2147483647):grant_id>/dismiss")
@permits("facilitators.name")
def people_dismiss(public_id: str, grant_id: int) -> Response:
    """Take the workshop back from somebody."""
    workshop = workshops.by_address(public_id)
    facilitators.dismiss(actor(), workshop, grant_id, link=_link(workshop))
    flash(str(_("進行役の受け持ちを終え、メールでお知らせしました。")), "success")
    return _back(public_id)


@bp.post("/w/<public_id>/people/invites")
@permits("workshops.change")
def people_invite(public_id: str) -> Page:
    """Mail personal links."""
    workshop = workshops.by_address(public_id)
    form = InviteForm()
    if form.validate_on_submit():
        try:
            new = invites.invite(
                actor(), workshop, lines(form.addresses.data), link=lambda t: _link(workshop, t)
            )
            flash(str(_("%(count)s人に招待のメールを送ります。", count=new)), "success")
            return _back(public_id)
        except DomainError as error:
            web.refuse(form, _at(error, "addresses"))
    return _page(_led(public_id), inviting=form)


@bp.post("/w/<public_id>/people/invites/<invite_id>/withdraw")
@permits("workshops.change")
def people_uninvite(public_id: str, invite_id: str) -> Response:
    """Make a personal link open nothing any more."""
    invites.withdraw(actor(), workshops.by_address(public_id), invite_id)
    flash(str(_("招待を取り消しました。この住所（URL）からは、もう参加できません。")), "success")
    return _back(public_id)


@bp.post("/w/<public_id>/people/helpers-link")
@permits("workshops.lead")
def people_helpers(public_id: str) -> Response:
    """Make the helpers' link open nothing any more, or make a new one."""
    workshop = workshops.by_address(public_id)
    if request.form.get("act") == "renew":
        invites.renew_helpers_link(actor(), workshop)
        flash(str(_("助手の新しいリンクを作りました。前のリンクは、もう使えません。")), "success")
    else:
        invites.close_helpers_link(actor(), workshop)
        flash(str(_("助手のリンクを、使えなくしました。")), "success")
    return _back(public_id)


@bp.post("/w/<public_id>/people/seats")
@permits("workshops.lead")
def people_seats(public_id: str) -> Response:
    """Seat everybody but the hosts at another table, or where they were first."""
    workshop = workshops.by_address(public_id)
    if request.form.get("act") == "home":
        rounds.return_home(actor(), workshop)
        flash(str(_("主人役のほかの人が、はじめの班にもどりました。")), "success")
    else:
        rounds.mix(actor(), workshop)
        flash(str(_("席替えをしました。新しい班は、名前の横に出ています。")), "success")
    return _back(public_id)


@bp.post("/w/<public_id>/people/<member_id>/role")
@permits("workshops.lead")
def people_role(public_id: str, member_id: str) -> Response:
    """Let somebody help, host a table, or take part as everybody does."""
    said = request.form.get("role", "")
    if said not in set(Role):
        raise NotFound
    member = members.trust(actor(), workshops.by_address(public_id), member_id, Role(said))
    flash(str(_("%(name)sさんの役割を変えました。", name=member.name)), "success")
    return _back(public_id)


@bp.post("/w/<public_id>/people/<member_id>/away")
@permits("workshops.lead")
def people_away(public_id: str, member_id: str) -> Response:
    """End somebody's part; what they wrote stays."""
    members.send_away(actor(), workshops.by_address(public_id), member_id)
    flash(str(_("参加を終わらせました。書いた付せんは残っています。")), "success")
    return _back(public_id)


def _led(public_id: str) -> Workshop:
    workshop = workshops.by_address(public_id)
    require(actor(), "workshops.lead", workshop)
    return workshop


def _page(
    workshop: Workshop, *, leading: LeadForm | None = None, inviting: InviteForm | None = None
) -> Page:
    token = {"as": helpers_token(workshop)}
    helpers = web.absolute("realtime.workshop", public_id=workshop.public_id, **token)
    page = render_template(
        "realtime/people.html",
        workshop=workshop,
        facilitators=facilitators.of(workshop),
        invited=invites.of(workshop),
        here=members.here(workshop),
        tables={key: one["title"] for key, one in boards.of(workshop).whole()[0]["tables"].items()},
        leading=leading or LeadForm(formdata=None),
        inviting=inviting or InviteForm(formdata=None),
        helpers_link=helpers if token["as"] else "",
    )
    return page, 422 if leading or inviting else 200


def _back(public_id: str) -> Response:
    return see_other(url_for("realtime.people", public_id=public_id))


def _link(workshop: Workshop, token: str = "") -> str:
    invite = {"invite": token} if token else {}
    return web.absolute("realtime.workshop", public_id=workshop.public_id, **invite)


def _at(error: DomainError, field: str) -> DomainError:
    """The same refusal at the form's own field: an address in a list is still that list."""
    if getattr(error, "field", "") == "email":
        error.field = field  # type: ignore[attr-defined]
    return error
