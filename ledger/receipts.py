"""Receipts: number and secret, by which what became of a submission is found without an account."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from core import clock, db, text
from core.errors import Conflict, NotFound
from core.messages import _
from ledger import opinions, queries, sources
from ledger.models import (
    Channel,
    Consultation,
    Opinion,
    Receipt,
    State,
)
from ledger.words import WORDS

TRIES = 30
TRIES_WITHIN = timedelta(hours=1)


def issue(consultation: Consultation, submission: str, *, at: datetime) -> Receipt:
    """A receipt for one submission, in the current transaction; the same one when asked again."""
    with db.transaction() as tx:
        query = select(Receipt).where(Receipt.submission == submission)
        found = tx.scalars(query).one_or_none()
        if found is not None:
            return found
        receipt = Receipt(
            number=_new_number(),
            consultation_id=consultation.id,
            submission=submission,
            issued_at=at,
        )
        tx.add(receipt)
        tx.flush()
        return receipt


def of(submission: str) -> Receipt:
    """The receipt of a submission; raises `NotFound`."""
    query = select(Receipt).where(Receipt.submission == submission)
    found = db.session().scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def secret(receipt: Receipt) -> str:
    """The receipt's secret: two words and two numbers, about 27 bits, e.g. 「けやき 37 つばめ 52」.

    Derived from the consultation's own secret, so that nothing readable is stored and a repeated
    submission gets the same receipt. Guessing is stopped by `find`.
    """
    key = bytes.fromhex(receipt.consultation.voice_secret)
    digest = hmac.new(key, f"receipt:{receipt.number}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest[:8], "big")
    parts = []
    for _half in range(2):
        number, word = divmod(number, len(WORDS))
        number, two = divmod(number, 90)
        parts += [WORDS[word], str(two + 10)]
    return " ".join(parts)


def find(number: str, said: str) -> Receipt:
    """The receipt with this number and secret; raises `NotFound` alike for either being wrong.

    Too many wrong secrets within an hour shut a number for that hour, and the answer stays the
    same: it never says whether a number exists.
    """
    wanted = normal_number(number)
    with db.transaction() as tx:
        query = select(Receipt).where(Receipt.number == wanted)
        receipt = tx.scalars(db.locked(query)).one_or_none()
        right = False
        if receipt is not None:
            if receipt.failed_at is None or receipt.failed_at < clock.now() - TRIES_WITHIN:
                receipt.failed_tries = 0
            is_shut = receipt.failed_tries >= TRIES
            right = not is_shut and hmac.compare_digest(_bare(secret(receipt)), _bare(said))
            if not right:
                receipt.failed_tries += 1
                receipt.failed_at = clock.now()
    if receipt is None or not right:
        raise NotFound(
            _(
                "受付番号と照会番号の組が見つかりません。受付票をもう一度お確かめください。"
                "何度もまちがえると、1時間のあいだ調べられなくなります。"
            )
        )
    return receipt


def withdraw(receipt: Receipt, public_id: str) -> Opinion:
    """Take back one opinion of the submission a receipt is for; `find` proved whose it is.

    Raises `NotFound` for other people's opinions and `Conflict` when it is too late. Where the
    channel keeps a tombstone of its own, it takes back what was said there with its line.
    """
    with db.transaction() as tx:
        if (there := _taken_back_there(receipt, public_id)) is not None:
            return there
        query = select(Opinion).where(
            Opinion.public_id == public_id, Opinion.submission == receipt.submission
        )
        opinion = tx.scalars(db.locked(query)).one_or_none()
        if opinion is None or opinion.consultation_id != receipt.consultation_id:
            raise NotFound
        if opinion.state == State.WITHDRAWN:
            return opinion
        if opinion.id not in withdrawable([opinion]):
            raise Conflict(
                _(
                    "このご意見は、もう取り下げられません。区の答えをまとめる対象に入ったか、"
                    "扱いが変わっています。"
                )
            )
        opinions.withdraw(opinion, role="submitter")
        return opinion


def _taken_back_there(receipt: Receipt, public_id: str) -> Opinion | None:
    """The opinion, when its channel has a way of its own and it was taken back so.

    No line is locked before: the channel locks what was said first, then its line.
    """
    query = select(Opinion).where(
        Opinion.public_id == public_id, Opinion.submission == receipt.submission
    )
    opinion = db.session().scalars(query).one_or_none()
    if opinion is None or opinion.consultation_id != receipt.consultation_id:
        return None
    take_back = sources.takes_back(opinion.source)
    if take_back is None or opinion.state not in (State.COUNTED, State.HELD):
        return None
    take_back(opinion)
    return opinion


def withdrawable(said: Sequence[Opinion]) -> set[int]:
    """Which of these can still be taken back: counted or held, and in no report yet.

    A report covers an opinion when it was handed in with a cut-off after it, or was published.
    What a channel takes back itself, such as a guest's post in a room, was public from the start
    and can be taken back at any time.
    """
    free = [o for o in said if o.state in (State.COUNTED, State.HELD)]
    there = {o.id for o in free if sources.takes_back(o.source) is not None}
    ids = [o.id for o in free if o.id not in there and o.channel != Channel.ROOM]
    if not ids:
        return there
    return there | set(ids) - queries.covered(ids)


def normal_number(said: str) -> str:
    """A receipt number as it is stored, from what people type: full width, spaces, any hyphen."""
    digits = "".join(ch for ch in text.folded(said) if ch.isdecimal())
    return f"{digits[0]}-{digits[1:5]}-{digits[5:]}" if len(digits) == 9 else ""


def has_right_check(said: str) -> bool:
    """Whether a typed number's last digit fits the others: catches slips before asking."""
    number = normal_number(said).replace("-", "")
    return len(number) == 9 and _check_digit(number[:8]) == number[8]


def _new_number() -> str:
    query = select(Receipt.id)
    while True:
        digits = f"{secrets.randbelow(9) + 1}{secrets.randbelow(10**7):07d}"
        number = normal_number(digits + _check_digit(digits))
        if db.session().scalar(query.where(Receipt.number == number)) is None:
            return number


def _check_digit(digits: str) -> str:
    """ISO 7064 MOD 11,10: finds every wrong digit and nearly every swap of neighbours."""
    rest = 10
    for digit in digits:
        rest = ((rest + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - rest) % 10)


def _bare(said: str) -> bytes:
    """A secret without blanks, katakana as hiragana: what people type is what we meant."""
    kept = "".join(text.folded(said).split())
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in kept).encode()
