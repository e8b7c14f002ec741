"""Signing in: a mailed code or a password; a newcomer is asked for a name on the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import flash, render_template, request, session, url_for
from werkzeug.wrappers import Response

from core import auth, clock, people, setups, sign_in_codes
from core.auth import BY_ACCOUNT, BY_ADDRESS, limiter
from core.errors import DomainError, NotFound
from core.forms import ROLES, AddressForm, CodeForm, NameForm, PasswordForm, SetupForm
from core.messages import _
from core.people import Account
from core.views import bp
from core.views.installation import letters_are_here
from core.web import actor, local_path, permits, refuse, see_other, settings

PROOF = timedelta(minutes=30)
Page = Response | str | tuple[str, int]


@bp.route("/sign-in", methods=["GET", "POST"])
@permits("public")
@limiter.limit(BY_ADDRESS, methods=["POST"])
def sign_in() -> Page:
    """Ask for an address and mail a code to it: the same answer, known or not."""
    form = AddressForm(next=request.args.get("next"))
    who = actor()
    if who is not None and request.method == "GET":
        return see_other(_after(who, form.next.data))
    if form.validate_on_submit():
        try:
            sign_in_codes.request(form.email.data)
        except DomainError as error:
            refuse(form, error)
        else:
            session["sign_in"] = {"email": form.email.data, "next": form.next.data}
            return see_other(url_for("core.sign_in_code"))
    return _sign_in_page(form, PasswordForm(formdata=None, next=form.next.data))


@bp.route("/sign-in/password", methods=["GET", "POST"])
@permits("public")
@limiter.limit(BY_ADDRESS, methods=["POST"])
@limiter.limit(BY_ACCOUNT, key_func=auth.account_typed, methods=["POST"])
def sign_in_password() -> Page:
    """Take a password instead of a code; somebody who reloads the page is led back to it."""
    if request.method == "GET":
        return see_other(url_for("core.sign_in"))
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            return _enter(
                people.check_password(form.email.data, form.password.data), form.next.data
            )
        except DomainError as error:
            refuse(form, error)
    return _sign_in_page(AddressForm(formdata=None, next=form.next.data), form)


@bp.post("/sign-in/demo")
@permits("public")
def sign_in_demo() -> Response:
    """Become one of the demo's people; anywhere else this is not there."""
    account = people.by_public_id(request.form.get("public_id", ""))
    if not settings().demo or account is None or not account.is_demo:
        raise NotFound
    return _enter(account, request.form.get("next"))


@bp.route("/sign-in/code", methods=["GET", "POST"])
@permits("public")
@limiter.limit(BY_ADDRESS, methods=["POST"])
@limiter.limit("30 per hour", key_func=auth.account_typed, methods=["POST"])
def sign_in_code() -> Page:
    """Take the mailed code; an address without an account is asked for a name next."""
    started = session.get("sign_in")
    if started is None:
        return see_other(url_for("core.sign_in"))
    form = CodeForm()
    if form.validate_on_submit():
        try:
            email = sign_in_codes.redeem(started["email"], form.code.data)
        except DomainError as error:
            refuse(form, error)
        else:
            account = people.by_email(email)
            if account is not None:
                return _enter(account, started["next"])
            session["sign_in"] = {**started, "proved_at": clock.now().isoformat()}
            return see_other(url_for("core.sign_in_name"))
    page = render_template(
        "core/code.html",
        form=form,
        email=started["email"],
        again=_again(),
        letters_are_here=letters_are_here(),
    )
    return _answer(page, form)


@bp.route("/sign-in/name", methods=["GET", "POST"])
@permits("public")
@limiter.limit(BY_ADDRESS, methods=["POST"])
def sign_in_name() -> Page:
    """Open a resident's account for the address that was just proved."""
    started = session.get("sign_in", {})
    proved_at = datetime.fromisoformat(started.get("proved_at", "2000-01-01T00:00:00+00:00"))
    if clock.now() - proved_at > PROOF:
        return see_other(url_for("core.sign_in"))
    form = NameForm()
    if form.validate_on_submit():
        try:
            account = auth.open_account(
                started["email"], form.display_name.data, form.ties.data or ()
            )
        except DomainError as error:
            refuse(form, error)
        else:
            return _enter(account, started["next"])
    return _answer(render_template("core/name.html", form=form), form)


@bp.post("/sign-out")
@permits("public")
def sign_out() -> Response:
    """Leave; the next person at this device finds nothing."""
    auth.leave()
    flash(str(_("ログアウトしました。")), "success")
    return see_other(url_for("ledger.home"))


@bp.route("/setup/<token>", methods=["GET", "POST"])
@permits("public")
@limiter.limit("30 per minute")
def setup(token: str) -> Page:
    """Open the first operator's account, with the address printed on the console."""
    if not setups.awaits_operator(token):
        raise NotFound
    form = SetupForm()
    if form.validate_on_submit():
        try:
            account = setups.setup_operator(
                token, form.email.data, form.display_name.data, form.password.data
            )
        except DomainError as error:
            refuse(form, error)
        else:
            return _enter(account, url_for("core.people"))
    return _answer(render_template("core/setup.html", form=form), form)


def _enter(account: Account, target: str | None) -> Response:
    auth.enter(account)
    return see_other(_after(account, target))


def _after(account: Account, target: str | None) -> str:
    """Where the person was going, or the page their work begins at."""
    return local_path(target, url_for("core.desk" if account.is_staff else "ledger.home"))


def _again() -> AddressForm:
    """The form behind 「もう一度送る」: the same address, the same way back."""
    started: dict[str, Any] = session["sign_in"]
    return AddressForm(formdata=None, email=started["email"], next=started["next"])


def _sign_in_page(form: AddressForm, password_form: PasswordForm) -> Page:
    page = render_template(
        "core/sign_in.html",
        form=form,
        password_form=password_form,
        demo_accounts=people.demo_accounts() if settings().demo else [],
        role_names=ROLES,
    )
    return _answer(page, form, password_form)


def _answer(page: str, *forms: Any) -> Page:
    return (page, 422) if any(form.errors for form in forms) else page
