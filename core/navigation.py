"""The ways through the pages: header, footer, badges, the desk's steps. Packages add theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request, url_for

from core import permissions
from core.messages import Message
from core.people import Account
from core.web import actor


@dataclass(frozen=True)
class NavItem:
    """A place in the header: `staff` ones are shown on the desk."""

    label: Message
    endpoint: str
    order: int
    staff: bool = False
    permission: str = "public"
    within: frozenset[str] = frozenset()  # endpoints of the pages that belong to this place


@dataclass(frozen=True)
class Badge:
    """A place beside the reader's name that says how much there is new."""

    label: Message
    endpoint: str
    icon: str
    count: Callable[[Account], int]


@dataclass(frozen=True)
class FlowStep:
    """One of the desk's steps through a consultation, from intake to the published report.

    `endpoint` takes the consultation's slug; `is_done` looks at the consultation.
    """

    label: Message
    endpoint: str
    order: int
    permission: str
    is_done: Callable[[Any], bool] = lambda _consultation: False


_nav: dict[str, NavItem] = {}
_flow: dict[str, FlowStep] = {}
_footer: dict[str, NavItem] = {}
_badges: dict[str, Badge] = {}


def init_app(app: Flask) -> None:
    """Let every template draw the ways."""
    app.context_processor(_context)


def add_nav(item: NavItem) -> None:
    _nav[item.endpoint] = item


def add_footer(item: NavItem) -> None:
    _footer[item.endpoint] = item


def add_badge(badge: Badge) -> None:
    _badges[badge.endpoint] = badge


def badges() -> list[dict[str, Any]]:
    """What is new for whoever is signed in: label, url, icon, count; asked once in a request."""
    who = actor()
    if who is None:
        return []
    if "badges" not in g:
        g.badges = [
            {
                "label": badge.label,
                "url": url_for(badge.endpoint),
                "icon": badge.icon,
                "count": badge.count(who),
                "is_current": request.endpoint == badge.endpoint,
            }
            for badge in _badges.values()
        ]
    found: list[dict[str, Any]] = g.badges
    return found


def add_flow(step: FlowStep) -> None:
    _flow[step.endpoint] = step


def flow(consultation: Any) -> list[dict[str, Any]]:
    """The casebar's steps for a consultation: label, url, is_done, is_current."""
    who = actor()
    return [
        {
            "label": step.label,
            "url": url_for(step.endpoint, slug=consultation.slug),
            "is_done": step.is_done(consultation),
            "is_current": request.endpoint == step.endpoint,
        }
        for step in sorted(_flow.values(), key=lambda s: s.order)
        if permissions.could(who, step.permission)
    ]


@dataclass(frozen=True)
class _Link:
    label: Message
    url: str
    current: str  # "page" here, "true" within, "" elsewhere: what aria-current says


def _current(item: NavItem) -> str:
    if request.endpoint == item.endpoint:
        return "page"
    return "true" if request.endpoint in item.within else ""


def _links(who: Account | None, *, staff: bool) -> list[_Link]:
    return [
        _Link(item.label, url_for(item.endpoint), _current(item))
        for item in sorted(_nav.values(), key=lambda i: i.order)
        if item.staff == staff and permissions.could(who, item.permission)
    ]


def _context() -> dict[str, Any]:
    who = actor()
    return {
        "nav": _links(who, staff=False),
        "staff_nav": _links(who, staff=True) if who is not None and who.is_staff else [],
        "badges": badges,
        "flow": flow,
        "footer_links": [(item.label, url_for(item.endpoint)) for item in _footer.values()],
    }
