"""The receipt of a guest's post, just after sending: number, secret, and how to take it back."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, make_response, render_template, url_for
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from core import web
from core.errors import NotFound
from core.web import permits
from forum import queries
from forum.models import Post
from forum.views import bp
from forum.views.comment_receipts import Signer
from forum.views.qr import qr
from ledger import receipts

TOKEN_LIFE = timedelta(hours=24)


@bp.get("/p/<public_id>/receipt/<token>")
@permits("public")
def post_receipt(public_id: str, token: str) -> Response:
    """The receipt, for the guest who wrote: shows the secret for a day."""
    post_id, is_fresh = _read_token(token)
    if post_id != public_id:
        raise NotFound
    post = queries.post(post_id)
    receipt = receipts.of(f"post:{post.public_id}")
    page = render_template(
        "forum/post_receipt.html",
        post=post,
        topic=post.topic,
        room=post.topic.room,
        consultation=post.topic.room.consultation,
        receipt=receipt,
        secret=receipts.secret(receipt) if is_fresh else None,
        is_standing=post.hidden_at is None and post.withdrawn_at is None,
        lookup=web.absolute("ledger.receipt"),
        qr=qr(web.absolute("ledger.receipt", number=receipt.number)),
    )
    answer = make_response(page, 200 if is_fresh else 410)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def url_of(post: Post) -> str:
    """The address that shows a receipt to the guest who wrote a post, for a day."""
    token = _tokens().dumps(post.public_id)
    return url_for("forum.post_receipt", public_id=post.public_id, token=token)


def _tokens() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(web.settings().secret_key, salt="post-receipt", signer=Signer)


def _read_token(token: str) -> tuple[str, bool]:
    """Whose receipt this address opens, and whether it still may show the secret."""
    try:
        return str(_tokens().loads(token, max_age=int(TOKEN_LIFE.total_seconds()))), True
    except SignatureExpired as old:
        return str(_tokens().load_payload(old.payload or b"")), False
    except BadSignature as wrong:
        raise NotFound from wrong
