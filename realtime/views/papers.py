"""Paper tables: cards to print, keying notes in, photos of a table."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import db, web
from core.errors import DomainError, Forbidden, Invalid, NotFound
from core.messages import _
from core.permissions import permits as may
from core.views.files import served
from core.web import actor, permits, see_other
from realtime import boards, live, papers, workshops
from realtime.forms import PaperForm, PhotoForm, lines
from realtime.limits import NOTE_LIMIT
from realtime.models import Member, Workshop
from realtime.phases import Role
from realtime.views import bp

Page = str | Response | tuple[str, int]
SHEETS = 30
_CHOSEN = ("table", "q", "color")  # what stays chosen from one line to the next
CARDS = 8  # on one sheet of A4


@bp.get("/w/<public_id>/cards")
@permits("public")
def cards(public_id: str) -> str:
    """Cards to cut and write on, the question on top of each."""
    workshop = workshops.by_address(public_id)
    question = request.args.get("q", 0, type=int)
    asked = workshop.questions
    return render_template(
        "realtime/cards.html",
        workshop=workshop,
        place=question if 0 <= question < len(asked) else 0,
        sheets=min(max(1, request.args.get("sheets", 1, type=int)), SHEETS),
        cards=CARDS,
        most=SHEETS,
    )


@bp.route("/w/<public_id>/paper", methods=["GET", "POST"])
@permits("public")
def paper(public_id: str) -> Page:
    """Key in what people wrote on paper: one line, Enter, the next."""
    workshop = workshops.by_address(public_id)
    member = _helper(workshop)
    if member is None:
        return render_template("realtime/paper_lead.html", workshop=workshop), 200
    form = PaperForm(
        table=request.args.get("table", ""),
        question=request.args.get("q", 0, type=int),
        color=request.args.get("color", 1, type=int),
    ).among(_tables(workshop), workshop.questions, workshop.colors)
    refused: list[tuple[str, object]] = []
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                said = [form.text.data or "", *lines(form.many.data)]
                done = papers.key_in(
                    workshop,
                    member,
                    said,
                    key=(form.key.data or "")[:34],
                    table=form.table.data or "",
                    question=form.question.data or 0,
                    color=form.color.data or 1,
                )
                refused = list(done.refused)
                if not refused:
                    chosen = (form.table.data, form.question.data, form.color.data)
                    there = dict(zip(_CHOSEN, chosen, strict=True))
                    return see_other(url_for("realtime.paper", public_id=public_id, **there))
                form.key.data, form.key.raw_data = db.public_id(), None
                status = 409
            except DomainError as error:
                status = error.status
                web.refuse(form, error)
    return _page(workshop, member, form, refused), status


@bp.post("/w/<public_id>/paper/<note>/undo")
@permits("public")
def paper_undo(public_id: str, note: str) -> Response:
    """Take back a note one has keyed in."""
    workshop = workshops.by_address(public_id)
    member = _helper(workshop)
    if member is None:
        raise Forbidden
    papers.undo(workshop, member, note)
    there = {name: request.form.get(name, "")[:40] for name in _CHOSEN}
    return see_other(f"{url_for('realtime.paper', public_id=public_id)}?{urlencode(there)}")


@bp.post("/w/<public_id>/photos")
@permits("public")
def photo_add(public_id: str) -> Page:
    """Keep a photo of a table."""
    workshop = workshops.by_address(public_id)
    member = _helper(workshop)
    if member is None:
        raise Forbidden
    form = _photo_form(workshop)
    sent = form.photo.data
    try:
        if not form.validate() or sent is None:
            raise Invalid("photo", _("写真を選んでください。"))
        papers.add_photo(
            workshop,
            member,
            sent.stream,
            sent.filename or "",
            table=form.table.data or "",
            caption=form.caption.data or "",
        )
        flash(str(_("写真を加えました。")), "success")
        return see_other(url_for("realtime.paper", public_id=public_id, _anchor="photos"))
    except DomainError as error:
        web.refuse(form, error)
        typing = PaperForm(formdata=None).among(
            _tables(workshop), workshop.questions, workshop.colors
        )
        return _page(workshop, member, typing, [], adding=form), error.status


@bp.get("/w/<public_id>/photos/<photo_id>/<name>")
@permits("public")
def photo(public_id: str, photo_id: str, name: str) -> Response:
    """A photo, for who takes part, and for all once the record is public."""
    workshop = workshops.by_address(public_id)
    if not papers.may_see(actor(), workshop, live.member_here(workshop)):
        raise NotFound
    return served(papers.photo(workshop, photo_id).file)


@bp.post("/w/<public_id>/photos/<photo_id>/remove")
@permits("public")
def photo_remove(public_id: str, photo_id: str) -> Response:
    """Take a photo away."""
    workshop = workshops.by_address(public_id)
    papers.remove_photo(actor(), live.member_here(workshop), papers.photo(workshop, photo_id))
    flash(str(_("写真を取りのぞきました。")), "success")
    return see_other(url_for("realtime.paper", public_id=public_id, _anchor="photos"))


def _helper(workshop: Workshop) -> Member | None:
    """Who keys in here; None for a facilitator who has not sat down yet, else `Forbidden`."""
    member = live.member_here(workshop)
    if member is not None and member.role in (Role.LEAD, Role.HELPER):
        return member
    if may(actor(), "workshops.lead", workshop):
        return None
    raise Forbidden(_("紙の入力は、進行役と助手の方だけができます。"))


def _tables(workshop: Workshop) -> list[tuple[str, str]]:
    """The tables as a form offers them; without any there is only the board."""
    there = boards.of(workshop).whole()[0]["tables"]
    order = sorted(there, key=lambda one: (there[one]["o"], one))
    return [(one, there[one]["title"]) for one in order] or [("", str(_("全体")))]


def _photo_form(workshop: Workshop) -> PhotoForm:
    form = PhotoForm()
    form.table.choices = [("", str(_("会場全体"))), *(t for t in _tables(workshop) if t[0])]
    return form


def _page(
    workshop: Workshop,
    member: Member,
    form: PaperForm,
    refused: list[tuple[str, object]],
    *,
    adding: PhotoForm | None = None,
) -> str:
    if adding is None:
        adding = PhotoForm(formdata=None, table=form.table.data)
        adding.table.choices = [("", str(_("会場全体"))), *(t for t in _tables(workshop) if t[0])]
    return render_template(
        "realtime/paper.html",
        workshop=workshop,
        member=member,
        form=form,
        tables=dict(_tables(workshop)),
        refused=refused,
        keyed=papers.keyed(workshop, member),
        count=papers.count(workshop, member),
        photos=papers.photos(workshop),
        adding=adding,
        limit=NOTE_LIMIT,
        caption_limit=papers.CAPTION,
        may_hide=may(actor(), "workshops.lead", workshop),
    )
