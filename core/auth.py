"""Signing in and out, for pages and sockets alike: mailed one-time code, or password."""

from __future__ import annotations

from flask import Flask
from flask_login import LoginManager

from core import people
from core.people import Account

login_manager = LoginManager()


def init_app(app: Flask) -> None:
    """Install Flask-Login; the cookie is HttpOnly, SameSite=Lax and signed."""
    login_manager.init_app(app)
    login_manager.session_protection = None  # phones change address all day
    login_manager.user_loader(load)


def load(public_id: str) -> Account | None:
    return people.by_public_id(public_id)
