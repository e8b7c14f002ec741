"""The staff's first page, and who may come to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from core import appointments, clock, jobs, scopes
from core.errors import DomainError
from core.forms import ROLES, DepartmentForm, GrantForm
from core.messages import _
from core.panels import Panel, add_panel, panels
from core.people import Role
from core.permissions import permits as may
from core.views import bp
from core.views.jobs import described
from core.web import actor, permits, refuse, see_other


@bp.get("/desk")
@permits("desk")
def desk() -> str:
    """今日、私が要るもの: what every package has for this person today."""
    main, side = panels("desk"), panels("desk_side")
    counts = [one for _template, context in [*main, *side] for one in context.get("counts", [])]
    return render_template("core/desk.html", main=main, side=side, counts=counts)


def work_under_way(_subject: Any) -> dict[str, Any]:
    """The panel 動いている作業: jobs of this person's scopes that wait, run or failed today."""
    who = actor()
    found = jobs.shown_to(who, since=clock.now() - timedelta(days=1))
    return {"jobs": [described(job) for job in found if may(who, "jobs.see", job)]}


add_panel(Panel("desk", 90, "core/_jobs.html", work_under_way))


@bp.route("/desk/people", methods=["GET", "POST"])
@permits("roles.grant")
def people() -> tuple[str, int] | str | Response:
    """Who is trusted with what; give a role to whoever reads mail at an address."""
    form = _grant_form()
    if form.validate_on_submit():
        try:
            account = appointments.appoint(
                actor(),
                form.email.data,
                Role(form.role.data),
                form.scope.data,
                display_name=form.display_name.data or "",
            )
        except DomainError as error:
            refuse(form, error)
        else:
            name = account.display_name
            flash(
                str(_("%(name)sさんに役割を付け、メールでお知らせしました。", name=name)), "success"
            )
            return see_other(url_for("core.people"))
    return _people_page(form, DepartmentForm(formdata=None))


@bp.post("/desk/people/<int(max=2147483647):grant_id>/dismiss")
@permits("roles.grant")
def dismiss(grant_id: int) -> Response:
    """Take a role back."""
    appointments.dismiss(actor(), grant_id)
    flash(str(_("役割を外しました。")), "success")
    return see_other(url_for("core.people"))


@bp.post("/desk/departments")
@permits("operate")
def add_department() -> tuple[str, int] | str | Response:
    """Make a department known."""
    form = DepartmentForm()
    if form.validate_on_submit():
        try:
            added = appointments.add_department(
                actor(), form.slug.data, form.name.data, phone=form.phone.data or ""
            )
        except DomainError as error:
            refuse(form, error)
        else:
            flash(str(_("「%(name)s」を加えました。", name=added.name)), "success")
            return see_other(url_for("core.people"))
    return _people_page(_grant_form(formdata=None), form)


def _grant_form(**options: Any) -> GrantForm:
    form = GrantForm(**options)
    form.scope.choices = [SelectChoice(s.address, s.label) for s in scopes.known()]
    return form


def _people_page(form: GrantForm, department_form: DepartmentForm) -> tuple[str, int] | str:
    page = render_template(
        "core/people.html",
        form=form,
        department_form=department_form,
        rows=appointments.listed(),
        labels={s.address: s.label for s in scopes.known()},
        role_names=ROLES,
    )
    return (page, 422) if request.method == "POST" else page
