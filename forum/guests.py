"""Guests: people who write with a display name and no account.

A guest is known by a random token that lies in their browser only. Here it is turned into a
pseudonym that is the same within one consultation and nowhere else.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass

from sqlalchemy import or_, select

from core import db, text
from core.errors import Forbidden, Invalid
from core.messages import _
from core.people import Account, Department, Grant
from forum.models import Post, Room, Topic
from ledger import voices
from ledger.models import Consultation

NAME_LIMIT = 40
# words that sound like the ward, a facilitator or a moderator speaking
OFFICIAL = (
    "区役所", "市役所", "役場", "区長", "市長", "課長", "部長", "職員", "所管課", "担当課",
    "事務局", "進行役", "運営委員", "管理者", "司会", "ファシリテーター", "モデレーター",
    "公式", "official", "moderator", "administrator", "facilitator",
)  # fmt: skip

# letters and marks that show nothing: fillers, selectors of a variation
_UNSEEN = re.compile("[\u034f\u115f\u1160\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


@dataclass(frozen=True)
class Guest:
    """Somebody without an account: the name they want to be shown by, and their token."""

    name: str
    token: str


def new_token() -> str:
    """A token nobody can guess, 256 bits."""
    return secrets.token_hex(32)


def hash_of(consultation: Consultation, token: str) -> str:
    """What is stored of a token: tells one guest's posts in one consultation, 64 hex digits."""
    return voices.of(consultation, f"guest-token:{token}")


def accepted_name(room: Room, guest: Guest | None) -> str:
    """The name a guest's post is shown by; raises `Invalid` for one that others would mistake.

    Raises `Forbidden` where guests do not write.
    """
    if guest is None or not guest.token or not room.takes_guests:
        raise Forbidden(_("この会議室に書くには、ログインしてください。書いた文は残っています。"))
    name = " ".join(text.accepted("guest_name", guest.name, limit=NAME_LIMIT).split())
    bare = _bare(name)
    if any(word in bare for word in (*OFFICIAL, *_departments())):
        raise Invalid(
            "guest_name",
            _("区の職員や進行役とまちがえられる名前です。ほかの名前にしてください。"),
        )
    if _is_taken(room, bare):
        raise Invalid(
            "guest_name",
            _("この会議室で、登録した方が使っている名前です。ほかの名前にしてください。"),
        )
    return name


def _departments() -> set[str]:
    """The names of the departments and their parts: 「都市整備部 地域交通課」 and 地域交通課."""
    names = list(db.session().scalars(select(Department.name)))
    parts = {part for name in names for part in name.split() if len(part) > 2}
    return {_bare(name) for name in (*names, *parts)}


def _is_taken(room: Room, bare: str) -> bool:
    """Whether somebody with a role has this name, or somebody with an account wrote by it here."""
    wrote = select(Post.author_id).join(Topic, Topic.id == Post.topic_id)
    wrote = wrote.where(Topic.room_id == room.id, Post.author_id.is_not(None))
    either = or_(Account.id.in_(select(Grant.account_id)), Account.id.in_(wrote))
    names = db.session().scalars(select(Account.display_name).where(either).distinct())
    return bare in {_bare(other) for other in names}


def _bare(name: str) -> str:
    """A name as the eye takes it: without blanks and invisible signs, full width as half."""
    kept = _UNSEEN.sub("", unicodedata.normalize("NFKC", name))
    return "".join(c for c in kept if unicodedata.category(c)[0] not in "CZ").casefold()
