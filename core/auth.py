"""Signing in and out, for pages and sockets alike: mailed one-time code, or password."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, login_user, logout_user
from sqlalchemy.exc import IntegrityError

from core import people, text, web
from core.errors import Invalid
from core.messages import _
from core.people import Account

login_manager = LoginManager()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)
# An office or a school shares one address; an account is tried by one person.
BY_ADDRESS = "60 per minute; 600 per hour"
BY_ACCOUNT = "10 per 15 minutes"


def init_app(app: Flask) -> None:
    """Install Flask-Login and the rate limits; the cookie is HttpOnly, SameSite=Lax and signed."""
    login_manager.init_app(app)
    login_manager.session_protection = None  # phones change address all day
    login_manager.user_loader(load)
    limiter.init_app(app)


def load(public_id: str) -> Account | None:
    found = people.by_public_id(public_id)
    return found if found is not None and _may_enter(found) else None


def _may_enter(account: Account) -> bool:
    """Everybody knows the demo accounts' password: they open nothing outside a demo."""
    return web.settings().demo or not account.is_demo


def enter(account: Account) -> None:
    """Sign an account in, in a session that holds nothing of what was there before."""
    if not _may_enter(account):
        raise Invalid("password", _("メールアドレスかパスワードがちがいます。"))
    session.clear()  # whoever planted a cookie here gains nothing; the CSRF token changes too
    session.permanent = True
    login_user(account)


def leave() -> None:
    """Sign out and forget everything of the session."""
    logout_user()
    session.clear()


def open_account(email: str, display_name: str, ties: Collection[str]) -> Account:
    """The resident's account of an address that was proved; a second press finds the first's."""
    try:
        return people.by_email(email) or people.create(email, display_name, ties=ties)
    except IntegrityError:
        found = people.by_email(email)
        if found is None:
            raise
        return found


def account_typed() -> str:
    """What a limit by account counts: the mail address that was typed, however it was typed."""
    typed = request.form.get("email") or session.get("sign_in", {}).get("email", "")
    return "account:" + text.folded(typed[:300]).lower()
