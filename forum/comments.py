"""Public comments: one submission (通), whose points (件) each become a line of the ledger.

Web forms and letters keyed in by officers come in by the same verb. What became of a point is
the ledger's; here is only how it arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core import clock, db, mail, people, text
from core.errors import Conflict, Forbidden, Invalid
from core.messages import _
from core.people import TIES, Account, Role
from core.permissions import require
from forum.models import Comment, CommentItem, CommentPerson
from ledger import consultations, opinions, receipts, voices
from ledger.models import Channel, Consultation, Opinion, PhaseKind, Receipt
from ledger.opinions import Said

SOURCE = "comment_item"
LIMIT = 2_000
LETTER_LIMIT = opinions.LIMIT  # paper is keyed in as it was written, whatever its length
LETTERS_PER_HOUR = 6  # to one address: it is not proved to be the sender's
MAX_ITEMS = 20
NAME_LIMIT = 80
PAPER = (Channel.EMAIL, Channel.FAX, Channel.POST, Channel.COUNTER)

Item = tuple[int | None, str]


class AlreadySent(Conflict):
    """The same form was sent before with other words: `number` is that submission's receipt."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(
            _(
                "この画面から、先に一通お送りいただいています（受付番号 %(number)s）。"
                "いまの文は、まだ送っていません。",
                number=number,
            )
        )


def submit(
    consultation: Consultation,
    items: Sequence[Item],
    *,
    key: str,
    received_at: datetime,
    channel: Channel = Channel.WEB,
    ties: Collection[str] = (),
    name: str = "",
    email: str = "",
    account: Account | None = None,
    actor: Any = None,
    lookup_url: str = "",
) -> Comment:
    """Take one submission in: each item (place or None, text) becomes a line of the ledger.

    The same `key` again gives the same submission back, also after the deadline; with other words
    it raises `AlreadySent`. An officer who keys in a letter is the `actor`. `lookup_url` is the
    page that the mailed receipt leads to.
    """
    with db.transaction() as tx:
        if actor is not None:
            require(actor, "opinions.import", consultation)
        elif channel != Channel.WEB:
            raise Forbidden
        points = accepted_items(consultation, items, limit=LETTER_LIMIT if actor else LIMIT)
        known = [tie for tie in TIES if tie in ties]
        # Submissions of one consultation queue here, so that one key can not come in twice.
        tx.scalars(db.locked(select(Consultation).where(Consultation.id == consultation.id))).one()
        sent = _sent_with(consultation, key)
        if sent is not None:
            _require_same(sent, points, known)
            return sent
        consultations.require_open(consultation, PhaseKind.COMMENT, received_at)
        if not known and actor is None:
            raise Invalid("ties", _("区との関わりを選んでください"))
        comment = Comment(
            consultation_id=consultation.id,
            key=key,
            channel=channel,
            ties=known,
            account_id=account.id if account else None,
            received_at=received_at,
            items=[
                CommentItem(position=position, section_id=section_id)
                for position, (section_id, _body) in enumerate(points, start=1)
            ],
        )
        tx.add(comment)
        tx.flush()
        _keep_person(comment, name, email)
        _enter(comment, points, account=account, actor=actor)
        receipt = receipts.issue(consultation, submission_of(comment), at=received_at)
        if lookup_url and (address := accepted_email(email)):
            _mail(address, consultation, receipt, lookup_url)
        return comment


def accepted_items(
    consultation: Consultation, items: Sequence[Item], *, limit: int = LIMIT
) -> list[Item]:
    """The points as they may be stored; raises `Invalid` for "items"."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise Invalid(
            "items",
            _("ご意見は、1つから%(most)s個までの欄に分けて書いてください。", most=MAX_ITEMS),
        )
    places = {section.id for section in consultation.sections}
    if any(place is not None and place not in places for place, _body in items):
        raise Invalid("items", _("案にない場所です。もう一度お選びください"))
    return [(place, text.accepted("items", body, limit=limit)) for place, body in items]


def accepted_email(email: str) -> str:
    """The address as it may be stored, "" for none; raises `Invalid`."""
    kept = text.accepted("email", email, limit=254, required=False)
    return people.normal_email(kept) if kept else ""


def submission_of(comment: Comment) -> str:
    """The name under which the ledger knows this submission (通)."""
    return f"comment:{comment.id}"


def receipt_of(comment: Comment) -> Receipt:
    """The receipt that was issued with the submission."""
    query = select(Receipt).where(Receipt.submission == submission_of(comment))
    return db.session().scalars(query).one()


def _sent_with(consultation: Consultation, key: str) -> Comment | None:
    query = select(Comment).where(Comment.consultation_id == consultation.id, Comment.key == key)
    return db.session().scalars(query).one_or_none()


def _require_same(sent: Comment, points: list[Item], ties: list[str]) -> None:
    """Raise `AlreadySent` unless these are the words that were sent: none may vanish silently."""
    query = select(Opinion).where(
        Opinion.submission == submission_of(sent), Opinion.revision == 0, Opinion.part == 0
    )
    lines = list(db.session().scalars(query.order_by(Opinion.source_id)))
    if any(line.text.erased_at for line in lines):
        return
    if [(line.section_id, line.text.body) for line in lines] != points or sent.ties != ties:
        raise AlreadySent(receipt_of(sent).number)


def _keep_person(comment: Comment, name: str, email: str) -> None:
    """Keep name and address apart from what was said, and only when they were given."""
    kept = text.accepted("name", name, limit=NAME_LIMIT, required=False)
    address = accepted_email(email)
    if kept or address:
        db.session().add(CommentPerson(comment_id=comment.id, name=kept, email=address))


def _enter(comment: Comment, points: list[Item], *, account: Account | None, actor: Any) -> None:
    who = f"account:{account.public_id}" if account else f"submission:{comment.public_id}"
    voice = voices.of(comment.consultation, who)
    said = [
        Said(
            channel=Channel(comment.channel),
            source=SOURCE,
            source_id=item.id,
            body=body,
            submission=submission_of(comment),
            voice_id=voice,
            said_at=comment.received_at,
            received_at=comment.received_at,
            section_id=section_id,
        )
        for item, (section_id, body) in zip(comment.items, points, strict=True)
    ]
    by = "resident" if account else "guest"
    role = by if actor is None else people.acting_as(actor, Role.OFFICER)
    opinions.enter_all(comment.consultation, said, role=role)


def _mail(address: str, consultation: Consultation, receipt: Receipt, lookup_url: str) -> None:
    """Send the number, never the secret: a mailbox is not a drawer.

    The address is unproved: past some letters an hour nothing more is sent to it.
    """
    if mail.count_to(address, since=clock.now() - timedelta(hours=1)) >= LETTERS_PER_HOUR:
        return
    mail.send(
        address,
        subject=str(_("ご意見を受け付けました（受付番号 %(number)s）", number=receipt.number)),
        body=str(
            _(
                "「%(title)s」へのご意見を受け付けました。\n\n"
                "受付番号　%(number)s\n\n"
                "区がどう扱ったかは、次の画面で調べられます。\n%(url)s\n\n"
                "調べるには、照会番号も要ります。照会番号は、このメールには書いていません。"
                "送ったあとの画面に出た受付票をご覧ください。\n",
                title=consultation.title,
                number=receipt.number,
                url=f"{lookup_url}?number={receipt.number}",
            )
        ),
    )
