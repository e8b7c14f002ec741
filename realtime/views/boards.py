"""A board over HTTP: what it is now, and operations from forms. Sockets say the rest (`live`)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, jsonify, make_response, request, url_for

from core import web
from core.errors import DomainError, Forbidden, Invalid
from core.messages import Message
from core.web import permits
from realtime import asks, boards, live, workshops
from realtime.asks import Answer, Ask
from realtime.models import Member, Workshop
from realtime.refusals import REFUSALS
from realtime.views import bp


class Declined(DomainError):
    """A board did not do what was asked; the message says why."""

    status = 409

    def __init__(self, code: str, said: Message | str) -> None:
        self.code = code
        super().__init__(said)  # type: ignore[arg-type]


@bp.get("/w/<public_id>/state")
@permits("public")
def state(public_id: str) -> Response:
    """The whole board as this member may see it; the ETag is its number and who asks."""
    workshop = workshops.by_address(public_id)
    member = seated(workshop)
    owner = boards.of(workshop)
    seen, seq = owner.seen_by(member.public_id)
    told = {"seq": seq, "at": live.now(), "me": member.public_id, "state": seen}
    answer = make_response(json.dumps(told, ensure_ascii=False))
    answer.mimetype = "application/json"
    answer.set_etag(f"{seq}-{member.public_id[:8]}-{seen['kind']}")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.make_conditional(request)
    return answer


@bp.post("/w/<public_id>/ops")
@permits("public")
def ops(public_id: str) -> Any:
    """Operations without a socket: one from a form, or `{"c": …, "ops": [{"n": …}]}` as JSON.

    A form's `key` makes it idempotent; it comes back to the board with the note it was about.
    """
    workshop = workshops.by_address(public_id)
    member = seated(workshop)
    owner = boards.of(workshop)
    asked = request.get_json(silent=True) if request.is_json else None
    heard: list[tuple[int, Answer]] = []
    if asked is not None:
        listed = asked.get("ops") if isinstance(asked, dict) else None
        cid = asked.get("c") if isinstance(asked, dict) else None
        if not isinstance(listed, list) or not asks.is_sender(cid):
            raise Invalid("ops", REFUSALS["shape"])
        owner.do([_ask(member, cid, one, heard) for one in listed[: live.OPS] if live.is_op(one)])
        return jsonify(seq=owner.seq, answers=[_told(n, answer) for n, answer in heard])
    key = request.form.get("key", "")
    sender = f"form-{key}"
    if len(key) < 8 or not asks.is_sender(sender):
        raise Invalid("key", REFUSALS["shape"])
    owner.do([_ask(member, sender, {**_from_form(), "n": 1}, heard)])
    answer = heard[0][1]
    if answer.code:
        raise Declined(answer.code, answer.said)
    anchor = request.form.get("anchor", "")[:60] or None
    still = request.form.get("list")  # the list without scripts
    return web.see_other(
        url_for("realtime.board", public_id=public_id, list=1 if still else None, _anchor=anchor)
    )


def seated(workshop: Workshop) -> Member:
    """Who this browser is at a workshop; raises `Forbidden` for who has not joined."""
    member = live.member_here(workshop)
    if member is None:
        raise Forbidden(REFUSALS["stranger"])
    return member


_NUMBERS = frozenset({"x", "y", "color", "q", "k", "base", "minutes", "seed"})
_FLAGS = frozenset({"on"})


def _from_form() -> dict[str, Any]:
    """A form's fields as an operation: numbers and yes or no as such, `notes` as a list."""
    found: dict[str, Any] = {}
    for name, value in request.form.items():
        if name in _NUMBERS:
            found[name] = int(value) if value.lstrip("-").isdecimal() else value
        elif name in _FLAGS:
            found[name] = value == "1"
        elif name not in ("key", "csrf_token", "anchor", "n", "list"):
            found[name] = value
    if "notes" in found:
        found["notes"] = request.form.getlist("notes")
    return found


def _ask(member: Member, cid: str, one: dict[str, Any], heard: list[tuple[int, Answer]]) -> Ask:
    n = int(one["n"])
    return Ask(member.public_id, cid, n, one, lambda answer: heard.append((n, answer)))


def _told(n: int, answer: Answer) -> dict[str, Any]:
    if answer.code:
        return {"n": n, "code": answer.code, "said": str(answer.said)}
    return {"n": n, "seq": answer.row.seq} if answer.row else {"n": n, "again": True}
