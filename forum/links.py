"""Addresses in mails: absolute, and signed where a press of a button must do without signing in.

Jobs write mails outside any request, so the settings are asked for, never the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeSerializer

from core.config import Settings
from forum.models import Pace

_settings: list[Callable[[], Settings]] = [Settings]
_FOLLOW, _DIRECT, _DIGEST = "f", "m", "d"


@dataclass(frozen=True)
class Stop:
    """What a signed link ends: a follow, a pace's digests, or mails that concern one by name."""

    account_id: int
    follow_id: int | None = None
    pace: str = ""

    @property
    def is_direct(self) -> bool:
        return self.follow_id is None and not self.pace


def configure(settings: Callable[[], Settings]) -> None:
    """Say where the settings of the running application are to be had."""
    _settings[:] = [settings]


def settings() -> Settings:
    return _settings[0]()


def absolute(path: str) -> str:
    return settings().base_url + path


def host() -> str:
    """The name this site has in ids that mail programs and feed readers keep."""
    return urlsplit(settings().base_url).hostname or "localhost"


def stop(what: Stop) -> str:
    """The address at which one press ends what a mail is about; it does not expire."""
    if what.follow_id is not None:
        said: list[object] = [_FOLLOW, what.account_id, what.follow_id]
    elif what.pace:
        said = [_DIGEST, what.account_id, what.pace]
    else:
        said = [_DIRECT, what.account_id]
    return absolute(f"/u/{_signer().dumps(said)}")


def read(token: str) -> Stop | None:
    """What a signed link says; None when nobody here wrote it."""
    try:
        kind, account_id, *rest = _signer().loads(token)
        if kind == _FOLLOW:
            return Stop(int(account_id), follow_id=int(rest[0]))
        if kind == _DIGEST:
            return Stop(int(account_id), pace=str(Pace(rest[0])))
        return Stop(int(account_id)) if kind == _DIRECT else None
    except (BadSignature, ValueError, TypeError, IndexError):
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="stop")
