"""The themes desk, live: who has it open, who writes which answer, and what somebody changed.

A browser says `desk.join` {desk: slug} and is answered {people}; then `desk.writing` {at: the theme
or opinion it writes an answer for, or ""}. It hears `desk.here` {people: [{id, name, at}]} and
`desk.changed` {themes, by, name}. Only staff of the desk hear names, and only of each other.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from analysis import queries
from analysis.events import DeskChanged
from core import db, events, web
from core.errors import NotFound
from core.people import Account
from core.web import permits
from ledger import consultations
from ledger.models import Theme
from realtime import sockets
from realtime.sockets import on


@dataclass(frozen=True)
class Place:
    """One open page of a desk: whose it is and what is being written on it."""

    consultation_id: int
    account_id: str
    name: str
    at: str = ""


_places: dict[str, Place] = {}
_lock = threading.Lock()


@on("desk.join", is_rare=True)
@permits("themes.read")
def join(said: dict[str, Any]) -> dict[str, Any]:
    """Sit down at a desk one may read."""
    who = web.actor()
    if who is None:
        raise NotFound
    consultation = consultations.find(str(said.get("desk", ""))[:80])
    queries.require_read(who, consultation)
    sid = sockets.sid()
    _leave(sid)
    with _lock:
        _places[sid] = Place(consultation.id, who.public_id, who.display_name)
    sockets.enter(room_of(consultation.id), sid)
    _tell_here(consultation.id)
    return {"people": here(consultation.id)}


@on("desk.writing")
@permits("themes.read")
def writing(said: dict[str, Any]) -> dict[str, Any]:
    """Say which answer is being written, or that none is."""
    sid = sockets.sid()
    with _lock:
        place = _places.get(sid)
        if place is None:
            raise NotFound
        _places[sid] = replace(place, at=str(said.get("at", ""))[:40])
    _tell_here(place.consultation_id)
    return {}


def room_of(consultation_id: int) -> str:
    return f"desk:{consultation_id}"


def here(consultation_id: int) -> list[dict[str, str]]:
    """Everybody at a desk once, with what they write on any of their pages."""
    with _lock:
        places = [p for p in _places.values() if p.consultation_id == consultation_id]
    found: dict[str, dict[str, str]] = {}
    for place in places:
        one = found.setdefault(
            place.account_id, {"id": place.account_id, "name": place.name, "at": ""}
        )
        one["at"] = place.at or one["at"]
    return list(found.values())


@events.subscribe(DeskChanged)
def changed(event: DeskChanged) -> None:
    """What somebody has changed, for everybody who has the desk open, themselves in other tabs."""
    room = room_of(event.consultation_id)
    with _lock:
        if not any(p.consultation_id == event.consultation_id for p in _places.values()):
            return
    themes = select(Theme.public_id).where(Theme.id.in_(event.theme_ids))
    who = db.session().get(Account, event.by_id) if event.by_id is not None else None
    news = {
        "themes": list(db.session().scalars(themes)),
        "by": who.public_id if who else "",
        "name": who.display_name if who else "",
    }
    sockets.tell(room, "desk.changed", news)


def _left(sid: str) -> None:
    place = _leave(sid)
    if place is not None:
        _tell_here(place.consultation_id)


def _leave(sid: str) -> Place | None:
    with _lock:
        place = _places.pop(sid, None)
    if place is not None:
        sockets.leave(room_of(place.consultation_id), sid)
    return place


def _tell_here(consultation_id: int) -> None:
    sockets.tell(room_of(consultation_id), "desk.here", {"people": here(consultation_id)})


sockets.when_left(_left)
