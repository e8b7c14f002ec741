"""Runs of the machine: what went in and came out, and what the newest would change."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from analysis import changes, differences, queries, runs
from analysis.forms import RunForm
from analysis.models import Change, Run
from analysis.views import bp
from analysis.views.themes import address, consultation_of, desk_steps, tell
from core.errors import Invalid, NotFound
from core.messages import _
from core.views.jobs import described
from core.web import actor, page_of, permits, see_other

SHOWN = 3  # opinions of a change that are shown before it is opened


@bp.get("/desk/c/<slug>/runs", endpoint="runs")
@permits("themes.read")
def show_runs(slug: str) -> str:
    """Every run, and two of them side by side."""
    consultation = consultation_of(slug)
    found = runs.listed(consultation)
    job = runs.newest(consultation)
    chosen = [run for run in found if run.public_id in request.args.getlist("run")][:2]
    pair = chosen if len(chosen) == 2 else found[:2] if len(found) > 1 else []
    return render_template(
        "analysis/runs.html",
        consultation=consultation,
        steps=desk_steps(consultation),
        runs=found,
        pair=pair[::-1],
        same=differences.agreement(pair[0].groups, pair[1].groups) if pair else None,
        job=described(job) if job else None,
        waiting=changes.open_count(consultation),
        cuts=runs.CUTS,
        desk_url=address(consultation),
    )


@bp.post("/desk/c/<slug>/themes/run")
@permits("runs.start")
def start_run(slug: str) -> Any:
    consultation = consultation_of(slug)
    form = RunForm()
    if not form.validate():
        raise Invalid("cut", _("まとめ方を選んでください。"))
    runs.start(actor(), consultation, cut=form.cut.data)
    return see_other(address(consultation))


@bp.get("/desk/c/<slug>/changes", endpoint="changes")
@permits("themes.read")
def show_changes(slug: str) -> str:
    """What the newest run would move, place by place."""
    consultation = consultation_of(slug)
    run = changes.waiting(consultation)
    found = changes.of(run) if run else []
    page = page_of(len(found), 20)
    shown = found[page.offset : page.offset + page.size]
    first = [i for change in shown for _place, ids in change.moves for i in ids[:SHOWN]]
    texts = {row.id: row for row in queries.opinions_by_id(first)}
    return render_template(
        "analysis/changes.html",
        consultation=consultation,
        steps=desk_steps(consultation),
        run=run,
        changes=shown,
        open_count=changes.open_count(consultation),
        moved=sum(one.opinion_count for one in found if one.is_accepted is None),
        texts=texts,
        shown=SHOWN,
        titles=_titles(shown),
        page=page,
        pages_url=lambda n: url_for("analysis.changes", slug=slug, page=n),
        desk_url=address(consultation),
    )


@bp.post("/desk/c/<slug>/changes")
@permits("themes.work")
def decide_changes(slug: str) -> Response:
    """Accept or refuse one change, or all that are left."""
    consultation = consultation_of(slug)
    run = changes.waiting(consultation)
    act, chosen = request.form.get("act", ""), request.form.get("change", "")
    if run is None or act not in ("accept", "refuse"):
        raise NotFound
    picked = _picked(run, chosen)
    if act == "accept":
        moved = changes.accept(actor(), consultation, picked)
        tell(_("%(count)s件を移しました。「元に戻す」で戻せます。", count=moved))
    else:
        changes.refuse(actor(), consultation, picked)
        tell(_("いまのままにしました。"))
    if not changes.open_count(consultation):
        return see_other(address(consultation))
    page = request.form.get("page", 1, type=int)
    return see_other(url_for("analysis.changes", slug=slug, page=page if page > 1 else None))


def _picked(run: Run, chosen: str) -> list[Change]:
    if chosen:
        return [changes.find(run, chosen)]
    return [change for change in changes.of(run) if change.is_accepted is None]


def _titles(shown: list[Change]) -> dict[int, str]:
    """Names of the themes that opinions would leave."""
    ids = {place for change in shown for place, _ids in change.moves if isinstance(place, int)}
    return queries.titles(ids)
