"""Stand-ins: simulated residents whom a facilitator calls to a rehearsal by a button.

They act within this process, which owns the board, one after another and as people do; whatever
they do is judged like anybody's. They stay for `STAY` seconds, or until the workshop ends.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from typing import Any

import structlog

from core import db
from core.errors import Conflict, DomainError
from core.messages import _
from core.permissions import require
from realtime import boards, members, rehearsals, workshops
from realtime.asks import Answer, Ask
from realtime.models import Workshop

log = structlog.get_logger(__name__)
COUNT = 20
STAY = 600.0
PAUSE = 4.0  # seconds between two acts of one of them, on average
_busy: set[str] = set()
_lock = threading.Lock()


def call(actor: Any, workshop: Workshop, *, stay: float = STAY, pause: float = PAUSE) -> None:
    """Let `COUNT` stand-ins join a rehearsal and take part; called twice, they come once.

    As many come as there are places. Raises `Conflict` for what is no rehearsal and for a full one,
    `Forbidden` where only the invited may join.
    """
    require(actor, "workshops.lead", workshop)
    if not workshop.is_rehearsal or not workshop.is_open:
        raise Conflict(_("練習の参加者は、開いている練習にだけ呼べます。"))
    joined = _joined(workshop)
    with _lock:
        if workshop.public_id in _busy:
            return
        _busy.add(workshop.public_id)
    said = (workshop.public_id, joined, stay, pause)
    threading.Thread(target=_perform, args=said, daemon=True, name="stand-ins").start()


def _joined(workshop: Workshop) -> list[str]:
    found: list[str] = []
    for number in range(COUNT):
        try:
            found.append(_join(workshop, number))
        except Conflict:  # full
            if not found:
                raise
            break
    return found


def _join(workshop: Workshop, number: int) -> str:
    name = f"{rehearsals.NAMES[number % len(rehearsals.NAMES)]}{number + 1}"
    code = workshop.code or ""
    return members.join(workshop, name, code=code, key=f"stand-in-{number}").public_id


def _perform(board: str, joined: list[str], stay: float, pause: float) -> None:
    chance, until, n = random.Random(), time.monotonic() + stay, 0  # noqa: S311 who acts next
    sender = f"stand-in-{secrets.token_urlsafe(9)}"
    try:
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.5, 1.5) * pause / len(joined))
            n += 1
            if not _act(board, chance.choice(joined), sender, n, chance):
                return
    except Exception:
        log.exception("stand-ins left early", board=board)
    finally:
        with _lock:
            _busy.discard(board)
        db.session.remove()


def _act(board: str, member: str, sender: str, n: int, chance: random.Random) -> bool:
    """What one of them does next; False when there is nothing to take part in any more."""
    try:
        owner = boards.of(workshops.by_address(board))
        seen, _seq = owner.seen_by(member)
        if not seen["open"]:
            return False
        op = rehearsals.next_act(chance, member, seen)
        if op is not None:
            heard: list[Answer] = []
            owner.do([Ask(member, f"{sender}-{member}", n, op, heard.append)])
        return True
    except DomainError:
        return False
    finally:
        db.session.remove()
