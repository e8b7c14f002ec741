"""The receipt of a public comment, just after sending: number, secret and a code to look it up."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, make_response, render_template, url_for
from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from core import clock, text, web
from core.errors import NotFound
from core.permissions import permits as may
from core.web import permits
from forum import comments, submissions
from forum.models import Comment
from forum.views import bp
from forum.views.qr import qr
from ledger import receipts
from ledger.models import PhaseKind

TOKEN_LIFE = timedelta(hours=24)


class Signer(TimestampSigner):
    """Signs with the clock of the house."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _tokens() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(web.settings().secret_key, salt="comment-receipt", signer=Signer)


@bp.get("/c/<slug>/comment/receipt/<token>")
@permits("public")
def comment_receipt(slug: str, token: str) -> Response:
    """The receipt, for who sent the comment: shows the secret for a day."""
    public_id, is_fresh = _read_token(token)
    sent = submissions.find(public_id)
    if sent.consultation.slug != slug:
        raise NotFound
    receipt = comments.receipt_of(sent)
    lines = submissions.lines_of(sent)
    page = render_template(
        "forum/comment_receipt.html",
        paragraphs=text.lines,
        consultation=sent.consultation,
        comment=sent,
        receipt=receipt,
        secret=receipts.secret(receipt) if is_fresh else None,
        lines=lines if is_fresh else [],
        rows=[line.seq for line in lines],
        report=sent.consultation.phase(PhaseKind.REPORT),
        lookup=web.absolute("ledger.receipt"),
        qr=qr(web.absolute("ledger.receipt", number=receipt.number)),
        keys_in=may(web.actor(), "opinions.import", sent.consultation),
    )
    answer = make_response(page, 200 if is_fresh else 410)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _read_token(token: str) -> tuple[str, bool]:
    """Whose receipt this address opens, and whether it still may show the secret."""
    try:
        return str(_tokens().loads(token, max_age=int(TOKEN_LIFE.total_seconds()))), True
    except SignatureExpired as old:
        return str(_tokens().load_payload(old.payload or b"")), False
    except BadSignature as wrong:
        raise NotFound from wrong


def url_of(sent: Comment) -> str:
    """The address that shows a receipt to who sent the comment, for a day."""
    token = _tokens().dumps(sent.public_id)
    return url_for("forum.comment_receipt", slug=sent.consultation.slug, token=token)
