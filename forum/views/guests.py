"""Who writes, at the edge: a guest's token in the signed session cookie, and how often one may."""

from __future__ import annotations

import hashlib
import hmac

from flask import session
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse

from core import web
from core.auth import limiter
from core.errors import TooMany
from core.people import Account
from core.web import actor
from forum import guests
from forum.guests import Guest

# A school class or an office shares one address; a guest is one browser.
BY_ACCOUNT = parse("60 per 10 minutes")  # ten seconds for each: nobody writes that fast
BY_GUEST = parse("5 per 10 minutes")
BY_ADDRESS = parse("30 per hour")
_KEY = "guest"


def reader() -> Account | Guest | None:
    """Who reads: an account, a guest who wrote from this browser before, or nobody known."""
    who = actor()
    if who is not None:
        return who
    token = session.get(_KEY, "")
    return Guest("", token) if token else None


def writer(name: str) -> Guest | None:
    """The guest who writes in this request; None when somebody is signed in.

    The token is made with the first post and kept as long as a session is.
    """
    if actor() is not None:
        return None
    if _KEY not in session:
        session[_KEY] = _token()
    session.permanent = True
    return Guest(name, session[_KEY])


def _token() -> str:
    """A guest's token, the same when their first form is pressed twice: both presses come with the
    session of the page, and neither has a token yet.
    """
    page = session.get("csrf_token", "")
    if not page:
        return guests.new_token()
    key = web.settings().secret_key.encode()
    return hmac.new(key, f"guest:{page}".encode(), hashlib.sha256).hexdigest()


def require_patience(guest: Guest | None) -> None:
    """Raise `TooMany` when this browser and address, or this account, wrote too much lately."""
    if not all(limiter.limiter.test(*one) for one in _counted(guest)):
        raise TooMany


def wrote(guest: Guest | None) -> None:
    """Count one post: only what was taken counts, not what came back with a mistake."""
    for one in _counted(guest):
        limiter.limiter.hit(*one)


def _counted(guest: Guest | None) -> list[tuple[RateLimitItem, str, str]]:
    """By what a writer's posts are counted."""
    if guest is not None:
        return [(BY_GUEST, _KEY, guest.token), (BY_ADDRESS, _KEY, _place())]
    who = actor()
    return [(BY_ACCOUNT, "account", who.public_id)] if who is not None else []


def _place() -> str:
    return get_remote_address() or "unknown"
