"""The list of tags of a consultation, as its officers keep it."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from core import web
from core.errors import DomainError, NotFound
from core.messages import _
from core.permissions import require
from core.web import actor, permits, see_other
from forum import tags
from forum.models import Tag
from forum.views import bp
from forum.views.topics_forms import TagForm
from ledger import consultations
from ledger.models import Consultation

Page = str | Response | tuple[str, int]


@bp.route("/desk/c/<slug>/tags", methods=["GET", "POST"])
@permits("tags.edit")
def tag_list(slug: str) -> Page:
    """Add to the list; under it each tag can be named anew, moved and taken off."""
    consultation = _found(slug)
    form = TagForm()
    if form.validate_on_submit():
        try:
            made = tags.add(actor(), consultation, form.name.data or "")
            flash(str(_("「%(name)s」は、一覧に入っています。", name=made.name)), "success")
            return see_other(url_for("forum.tag_list", slug=slug))
        except DomainError as error:
            web.refuse(form, error)
    return _page(consultation, form)


@bp.post("/desk/c/<slug>/tags/<int(max=2147483647):tag_id>")
@permits("tags.edit")
def tag_change(slug: str, tag_id: int) -> Page:
    """Name a tag anew, move it, or take it off; `act` is the button."""
    consultation = _found(slug)
    tag = next((one for one in tags.every(consultation) if one.id == tag_id), None)
    if tag is None:
        raise NotFound
    act, form = request.form.get("act"), TagForm()
    if act == "retire":
        tags.retire(actor(), consultation, tag)
        flash(str(_("「%(name)s」を一覧から外しました。", name=tag.name)), "success")
    elif act == "return":
        tags.add(actor(), consultation, tag.name)
        flash(str(_("「%(name)s」を一覧に戻しました。", name=tag.name)), "success")
    elif act in ("up", "down"):
        tags.shift(actor(), consultation, tag, -1 if act == "up" else 1)
    elif form.validate_on_submit():
        try:
            tags.rename(actor(), consultation, tag, form.name.data or "")
            flash(str(_("名前を変えました。")), "success")
        except DomainError as error:
            web.refuse(form, error)
    if form.errors and act == "rename":
        return _page(consultation, TagForm(formdata=None), tag, form)
    return see_other(url_for("forum.tag_list", slug=slug, _anchor=f"tag-{tag_id}"))


def _page(
    consultation: Consultation,
    form: TagForm,
    renamed: Tag | None = None,
    renaming: TagForm | None = None,
) -> Page:
    every = tags.every(consultation)
    page = render_template(
        "forum/tag_list.html",
        consultation=consultation,
        form=form,
        listed=[tag for tag in every if tag.retired_at is None],
        retired=[tag for tag in every if tag.retired_at is not None],
        used=tags.used(consultation),
        renamed=renamed,
        renaming=renaming,
        limit=tags.NAME_LIMIT,
        most=tags.MOST,
        per_topic=tags.PER_TOPIC,
    )
    return page, 422 if form.is_submitted() else 200


def _found(slug: str) -> Consultation:
    consultation = consultations.find(slug)
    require(actor(), "tags.edit", consultation)
    return consultation
