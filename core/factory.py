"""The composition root: the one module that sees every package and puts them together."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import analysis.cli
import analysis.policy
import analysis.views
import demo.cli
import forum.policy
import forum.views
import ledger.cli
import ledger.policy
import ledger.views
import moderation.policy
import moderation.views
import realtime.broadcast
import realtime.cli
import realtime.policy
import realtime.views
from analysis import stores
from core import (
    auth,
    cli,
    db,
    i18n,
    jobs,
    logs,
    mail,
    navigation,
    panels,
    refusals,
    search,
    views,
    web,
)
from core.config import ROOT, Settings, from_environment
from forum import links
from realtime import boards, desks, live, sockets  # noqa: F401 told by their imports


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application for one installation."""
    logs.configure()
    settings = settings or from_environment(os.environ)
    app = Flask(
        "tomoni",
        root_path=str(ROOT),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    connect(app, settings)
    if settings.is_production:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    i18n.init_app(app)
    auth.init_app(app)
    web.init_app(app)
    refusals.init_app(app)
    navigation.init_app(app)
    panels.init_app(app)
    for package in (ledger, moderation, forum, analysis, realtime):
        _compose(app, package)
    views.register(app)
    cli.init_app(app)
    ledger.cli.init_app(app)
    analysis.cli.init_app(app)
    realtime.cli.init_app(app)
    demo.cli.init_app(app)
    sockets.init_app(app)
    return app


def connect(app: Flask, settings: Settings) -> None:
    """Point an application at what `settings` name: database, mail, index and queue."""
    app.config.update(
        TOMONI=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a long letter takes hours to write
        MAX_CONTENT_LENGTH=web.MAX_REQUEST,
        MAX_FORM_MEMORY_SIZE=web.MAX_FORM_MEMORY,
        SEND_FILE_MAX_AGE_DEFAULT=0 if not settings.is_production else 86_400,
    )
    boards.forget()
    links.configure(lambda: settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app.extensions["engine"] = db.connect(settings.database)
    mail.configure(settings.mail_url, settings.mail_from)
    search.configure(settings.index_dir, settings.database)
    stores.configure(settings.data_dir / "analysis")
    if not settings.testing:
        app.extensions["queue"] = jobs.connect(settings.queue_file)


def _compose(app: Flask, package: Any) -> None:
    """Every package has the same anatomy: its policy is declared, its blueprint registered."""
    package.policy.register()
    package.views.register(app)
