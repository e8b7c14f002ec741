"""Long work: how far it is, for whoever started it and for the staff of its scope."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response as JSON
from flask import jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from core import jobs, permissions, scopes
from core.errors import NotFound
from core.jobs import Job, State
from core.messages import Message, _
from core.views import bp
from core.web import actor, local_path, permits, see_other, wants_json

TITLES: dict[str, Message] = {
    "ledger.import": _("ファイルの読み込み"),
    "analysis.group": _("意見をまとめる"),
    "analysis.run": _("意見をまとめる"),
    "analysis.part": _("分ける案を作る"),
    "analysis.suggest": _("候補を調べる"),
    "analysis.map": _("意見の地図を作る"),
    "analysis.edition_map": _("意見の地図を作る"),
    "analysis.hearing": _("意見の近い人のまとまりを調べる"),
    "workshop.suggest": _("付せんをまとめる案を作る"),
    "mail.send": _("メールを送る"),
    "search.drain": _("さがすための準備"),
    "search.rebuild": _("さがすための準備"),
}
STEPS: dict[str, Message] = {
    "read": _("読み込んでいます"),
    "stage": _("行を確かめています"),
    "check": _("確かめています"),
    "enter": _("台帳に記入しています"),
    "points": _("意見の要点に分けています"),
    "tokens": _("言葉に分けています"),
    "vectors": _("数にしています"),
    "clusters": _("近いものを集めています"),
    "labels": _("見出しを付けています"),
    "adopt": _("一覧に書き込んでいます"),
    "layout": _("図に並べています"),
    "voices": _("近い人を集めています"),
    "save": _("保存しています"),
    "write": _("書き出しています"),
    "render": _("書類を作っています"),
    "index": _("さがせるようにしています"),
}
STATES: dict[str, Message] = {
    State.QUEUED: _("順番を待っています"),
    State.RUNNING: _("進めています"),
    State.DONE: _("終わりました"),
    State.FAILED: _("できませんでした"),
    State.CANCELLED: _("やめました"),
}


def described(job: Job) -> dict[str, Any]:
    """What a page says about a job; `core/_job.html` draws it."""
    running = job.state == State.RUNNING and job.step
    return {
        "url": url_for("core.job", public_id=job.public_id),
        "title": TITLES.get(job.kind, _("作業")),
        "place": scopes.label_of(job.scope),
        "state": job.state,
        "state_name": STATES[job.state],
        "step": STEPS.get(job.step, STATES[job.state]) if running else STATES[job.state],
        "done": job.done_count,
        "total": job.total_count,
        "is_over": job.is_over,
        "error": job.error if job.state == State.FAILED else "",
        "result": job.result if job.state == State.DONE else {},
        "at": _last(job),
    }


def _last(job: Job) -> datetime:
    return job.finished_at or job.started_at or job.created_at


def _visible(public_id: str) -> Job:
    """The job at an address, for its owner and the staff of its scope; raises `NotFound`."""
    found = jobs.find(public_id)
    if found is None or not permissions.permits(actor(), "jobs.see", found):
        raise NotFound
    return found


@bp.get("/jobs/<public_id>")
@permits("jobs.see")
def job(public_id: str) -> str | JSON:
    """How far the work is: a page, or JSON for the page that waits for it."""
    said = described(_visible(public_id))
    if wants_json():
        words = {key: str(said[key]) for key in ("title", "state_name", "step", "error")}
        plain = {key: said[key] for key in ("state", "done", "total", "is_over")}
        return jsonify(**words, **plain)
    back = local_path(
        request.args.get("next"), url_for("core.desk" if _is_staff() else "ledger.home")
    )
    return render_template("core/job.html", job=said, back=back)


@bp.post("/jobs/<public_id>/cancel")
@permits("jobs.see")
def cancel_job(public_id: str) -> Response:
    """Stop the work; what it already wrote in one piece stays."""
    jobs.cancel(_visible(public_id))
    return see_other(local_path(request.form.get("next"), url_for("core.job", public_id=public_id)))


def _is_staff() -> bool:
    who = actor()
    return who is not None and who.is_staff
