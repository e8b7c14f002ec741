"""Values of an operation as they came in: each is what it has to be, or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core import text as texts
from core.errors import Invalid
from realtime import orders
from realtime.limits import EDGE
from realtime.refusals import Refused

_ID = re.compile(r"[A-Za-z0-9_-]{4,40}")


def string(said: object) -> str:
    """An id, a key or another short word; empty where nothing is named."""
    if not isinstance(said, str) or len(said) > 40:
        raise Refused("shape")
    return said


def many(said: object, most: int) -> list[Any]:
    """A list that is no longer than `most`."""
    if not isinstance(said, list) or len(said) > most:
        raise Refused("shape")
    return said


def whole(said: object, least: int, most: int) -> int:
    """A whole number within bounds."""
    if isinstance(said, bool) or not isinstance(said, int) or not least <= said <= most:
        raise Refused("shape")
    return said


def point(op: Mapping[str, Any]) -> dict[str, int]:
    """Where something stands on the board."""
    return {name: whole(op.get(name, 0), -EDGE, EDGE) for name in ("x", "y")}


def order(op: Mapping[str, Any]) -> str:
    """An order key."""
    key = op.get("o")
    if not isinstance(key, str) or not orders.KEY.fullmatch(key):
        raise Refused("shape")
    return key


def text(op: Mapping[str, Any], limit: int, name: str = "text", *, required: bool = True) -> str:
    """Words that somebody wrote, as `core.text` accepts them."""
    said = op.get(name, "")
    if not isinstance(said, str):
        raise Refused("shape")
    try:
        return texts.accepted(name, said, limit=limit, required=required)
    except Invalid as error:
        raise Refused("text", error.message) from error


def new_id(op: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """An id that its sender made, for something that is not there yet."""
    id_ = string(op.get("id", ""))
    if not _ID.fullmatch(id_):
        raise Refused("shape")
    if id_ in there:
        raise Refused("exists")
    return id_
