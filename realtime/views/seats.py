"""Who this browser is at a workshop, as its signed cookie keeps it."""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeSerializer

from core import web
from realtime.models import Member, Workshop


def sit(workshop: Workshop, member: Member) -> None:
    """Let this browser be a member from now on."""
    web.keep(f"w:{workshop.public_id}", member.public_id)


def helpers_token(workshop: Workshop) -> str:
    """What the helpers' link carries: whoever a facilitator gives it to joins as a helper.

    "" while there is no such link.
    """
    key = workshop.helpers_key
    return str(_tokens().dumps([workshop.public_id, key])) if key else ""


def is_helpers_token(workshop: Workshop, token: str) -> bool:
    """Whether a link is the helpers' link of this workshop."""
    try:
        said = _tokens().loads(token)
    except BadSignature:
        return False
    return bool(workshop.helpers_key) and said == [workshop.public_id, workshop.helpers_key]


def _tokens() -> URLSafeSerializer:
    return URLSafeSerializer(web.settings().secret_key, salt="workshop-helper")
