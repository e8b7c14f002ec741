"""Questions to the ward: what the desk has to answer, and the mark on a post. Pictures of posts."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from core import clock, permissions, web
from core.errors import DomainError, NotFound
from core.messages import _
from core.permissions import require
from core.views.files import served
from core.web import actor, permits, see_other
from forum import asked, pictures, queries, questions
from forum.forms import UnmarkForm
from forum.models import Post
from forum.views import bp

ON_THE_DESK = 6


def waiting(_subject: Any) -> dict[str, Any] | None:
    """The desk's panel: what the ward has to answer, overdue first."""
    if not permissions.could(actor(), "questions.answer"):
        return None
    found = asked.open_for(actor())
    late = sum(question.until <= clock.now() for question in found)
    counts = [(_("期限を過ぎた質問"), late)] if late else []
    return {
        "questions": found[:ON_THE_DESK],
        "count": len(found),
        "due_words": asked.due_words,
        "counts": [*counts, (_("区への質問"), len(found))],
    }


@bp.get("/desk/questions", endpoint="questions")
@permits("questions.answer")
def desk_questions() -> str:
    """All questions an officer's departments have to answer, and what they answered lately."""
    return render_template(
        "forum/questions.html",
        questions=asked.open_for(actor()),
        answered=asked.answered_lately(actor()),
        due_words=asked.due_words,
    )


@bp.route("/p/<public_id>/question", methods=["GET", "POST"])
@permits("questions.mark")
def post_question(public_id: str) -> Any:
    """Make a post a question to the ward, or say why it is none."""
    post = queries.shown_post(public_id)
    require(actor(), "questions.mark", post)
    question = questions.of([post]).get(post.id)
    is_marked = question is not None and question.is_marked
    form = UnmarkForm()
    if form.is_submitted() and (not is_marked or form.validate()):
        try:
            return _changed_mark(post, form, is_marked)
        except DomainError as error:
            if error.status != 422:
                raise
            web.refuse(form, error)
    page = render_template(
        "forum/post_question.html", post=post, question=question, is_marked=is_marked, form=form
    )
    return page, 422 if form.is_submitted() else 200


@bp.get("/p/<public_id>/images/<int(max=2147483647):position>")
@permits("public")
def post_image(public_id: str, position: int) -> Response:
    """A picture of a post, for those who see the post itself."""
    post = queries.post(public_id)
    if not _sees(post):
        raise NotFound
    return served(pictures.at(post, position).file)


def _changed_mark(post: Post, form: UnmarkForm, is_marked: bool) -> Response:
    if is_marked:
        questions.unmark(actor(), post, form.reason.data or "")
        flash(str(_("区への質問の印を外しました。理由は、発言の下に出ます。")), "success")
    else:
        questions.mark(actor(), post)
        flash(str(_("区への質問にしました。今日から期限を数えます。")), "success")
    return see_other(url_for("forum.post", public_id=post.public_id))


def _sees(post: Post) -> bool:
    """What waits is seen by its author; what waits or is hidden, by those who decide about it."""
    if post.is_shown:
        return True
    if post.withdrawn_at is not None:
        return False
    who = actor()
    if post.is_held and post.hidden_at is None and who is not None and who.id == post.author_id:
        return True
    may_let_in = post.is_held and permissions.permits(who, "posts.admit", post)
    return may_let_in or permissions.permits(who, "moderation.decide", post)
