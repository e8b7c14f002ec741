"""Panels: parts of a page that packages offer, so that one shows several and imports none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask


@dataclass(frozen=True)
class Panel:
    """A part of a page that a package offers; `context` returns None when there is nothing.

    Pages: home, consultation, desk, desk_side, desk_consultation. On the desk a context's `counts`,
    (label, number) pairs, also stand beside the day's heading.
    """

    page: str
    order: int
    template: str
    context: Callable[[Any], dict[str, Any] | None]


_panels: dict[tuple[str, str], Panel] = {}


def init_app(app: Flask) -> None:
    """Let every template ask for the panels of its page."""
    app.jinja_env.globals["panels"] = panels


def add_panel(panel: Panel) -> None:
    _panels[(panel.page, panel.template)] = panel


def panels(page: str, subject: Any = None) -> list[tuple[str, dict[str, Any]]]:
    """The templates and contexts that packages offer for a page, in order."""
    found = []
    for panel in sorted(_panels.values(), key=lambda p: p.order):
        if panel.page == page:
            context = panel.context(subject)
            if context is not None:
                found.append((panel.template, context))
    return found
