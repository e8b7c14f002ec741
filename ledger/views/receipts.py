"""What became of mine: by receipt number, or signed in."""

from __future__ import annotations

from itertools import groupby

from flask import flash, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired

from core.auth import BY_ADDRESS, limiter
from core.errors import Conflict, Forbidden, NotFound, TooMany
from core.messages import _
from core.web import actor, page_of, permits, refuse
from ledger import queries, receipts, voicings
from ledger.models import PhaseKind, Receipt, State
from ledger.views import bp

PER_PAGE = 50
_LONGEST = 200  # a receipt's numbers are 30 characters; nobody means a whole letter


class ReceiptForm(FlaskForm):
    """Number and secret as they stand on the receipt."""

    number = StringField(_("受付番号"), [InputRequired(_("受付番号を入力してください。"))])
    secret = StringField(_("照会番号"), [InputRequired(_("照会番号を入力してください。"))])


@bp.route("/receipt", methods=["GET", "POST"])
@permits("public")
@limiter.limit(BY_ADDRESS, methods=["POST"])
def receipt() -> str | tuple[str, int]:
    """Ask for number and secret; with the right ones, what became of that submission."""
    if request.method == "GET":
        return _ask(ReceiptForm(number=request.args.get("number", "")[:_LONGEST], formdata=None))
    form = ReceiptForm()
    found = _find(form)
    return _answer(form, found) if isinstance(found, Receipt) else (_ask(form), found)


@bp.post("/receipt/withdraw")
@permits("public")
@limiter.limit(BY_ADDRESS)
def receipt_withdraw() -> str | tuple[str, int]:
    """Take one opinion back: first what that means, then the act."""
    form = ReceiptForm()
    found = _find(form)
    if not isinstance(found, Receipt):
        return _ask(form), found
    public_id = request.form.get("opinion", "")
    if request.form.get("sure") == "yes":
        try:
            receipts.withdraw(found, public_id)
        except Conflict as error:
            flash(str(error.message), "warning")
            return _answer(form, found), error.status
        flash(str(_("ご意見を取り下げました。台帳には、取り下げたことだけが残ります。")), "success")
        return _answer(form, found)
    said = voicings.of_submission(found.submission)
    line = next((line for line in said if line.opinion.public_id == public_id), None)
    if line is None:
        raise NotFound
    if not receipts.withdrawable([line.opinion]):
        return _answer(form, found), 409
    return render_template("ledger/receipt_withdraw.html", form=form, receipt=found, line=line)


@bp.get("/mine")
@permits("mine.read")
def mine() -> str:
    """What became of mine, over all consultations."""
    account = actor()
    if account is None:
        raise Forbidden
    consultations = queries.open_consultations()
    page = page_of(voicings.count_of_account(account, consultations), PER_PAGE)
    said = voicings.of_account(account, consultations, offset=page.offset, limit=PER_PAGE)
    groups = [
        (consultation, list(own))
        for consultation, own in groupby(said, key=lambda line: line.opinion.consultation)
    ]
    return render_template(
        "ledger/mine.html",
        groups=groups,
        page=page,
        page_url=lambda n: url_for(".mine", page=n),
    )


def _find(form: ReceiptForm) -> Receipt | int:
    """The receipt a form names, or how to refuse: the same words whichever number is wrong."""
    if not form.validate_on_submit():
        return 422
    try:
        return receipts.find(form.number.data[:_LONGEST], form.secret.data[:_LONGEST])
    except (NotFound, TooMany) as error:
        refuse(form, error)
        return 422 if isinstance(error, NotFound) else error.status


def _ask(form: ReceiptForm) -> str:
    return render_template("ledger/receipt.html", form=form, receipt=None)


def _answer(form: ReceiptForm, found: Receipt) -> str:
    said = voicings.of_submission(found.submission)
    return render_template(
        "ledger/receipt.html",
        form=form,
        receipt=found,
        lines=said,
        progress=voicings.progress(said) if said else None,
        answered=[line for line in said if line.answer],
        counted=[line for line in said if line.opinion.is_counted],
        held=[line for line in said if line.opinion.state == State.HELD],
        withdrawable=receipts.withdrawable([line.opinion for line in said]),
        report_phase=found.consultation.phase(PhaseKind.REPORT),
    )
