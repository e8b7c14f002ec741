"""The one door into the ledger, and every way an opinion's state may change."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, update

from core import clock, db, events, record, text
from core.errors import Conflict
from core.messages import _
from ledger import consultations, themes
from ledger.events import OpinionChanged, OpinionsReceived
from ledger.models import Answer, Channel, Consultation, Opinion, OpinionText, State

ALLOWED: dict[str, frozenset[str]] = {
    State.HELD: frozenset({State.COUNTED, State.WITHHELD, State.WITHDRAWN}),
    State.COUNTED: frozenset({State.WITHHELD, State.WITHDRAWN, State.SUPERSEDED}),
    State.WITHHELD: frozenset({State.COUNTED, State.SUPERSEDED}),
    State.WITHDRAWN: frozenset(),
    State.SUPERSEDED: frozenset(),
}
LIMIT = 20_000
BATCH = 2000  # rows built at a time: 50,000 at once take 50 MB more
# inserts into the tables: through the mapper 50,000 opinions take twice as long
_OPINIONS = cast(Table, Opinion.__table__)
_TEXTS = cast(Table, OpinionText.__table__)


@dataclass(frozen=True)
class Said:
    """One point as a channel hands it in.

    `source` is the name its kind of row is registered by in `ledger.sources` ("post",
    "comment_item", "import_row"): with `source_id`, where it was said; `channel` is how it arrived.
    `is_public` says that readers may see it at once (a post); otherwise it is shown when a report
    that covers it is published.
    """

    source: str
    source_id: int
    channel: Channel
    body: str
    submission: str
    voice_id: str | None
    said_at: datetime
    received_at: datetime
    is_public: bool = False
    part: int = 0
    revision: int = 0
    section_id: int | None = None
    context: str = ""
    state: State = State.COUNTED
    parent_id: int | None = None
    begins: int | None = None
    ends: int | None = None


def fold_key(body: str) -> str:
    """Equal for texts that are copies: the same after NFKC and white-space folding. Hex SHA-256."""
    return hashlib.sha256(text.folded(body).encode()).hexdigest()


def enter(consultation: Consultation, said: Said, *, role: str) -> Opinion:
    """Enter one opinion in the ledger; see `enter_all`."""
    (opinion_id,) = enter_all(consultation, [said], role=role)
    return db.session().get_one(Opinion, opinion_id)


def enter_all(consultation: Consultation, said: Sequence[Said], *, role: str) -> list[int]:
    """Enter opinions in the ledger, in order, and return their ids.

    The one door from any channel, inside the channel's own transaction. Lines are numbered without
    gaps; each is an act in the record with a commitment to its text.
    """
    if not said:
        return []
    with db.transaction() as tx:
        last = tx.execute(
            update(Consultation)
            .where(Consultation.id == consultation.id)
            .values(last_seq=Consultation.last_seq + len(said))
            .returning(Consultation.last_seq)
        ).scalar_one()
        tx.expire(tx.get_one(Consultation, consultation.id), ["last_seq"])
        first = last - len(said) + 1
        ids: list[int] = []
        for start in range(0, len(said), BATCH):
            ids += _enter_batch(consultation, said[start : start + BATCH], first + start, role)
        events.emit(OpinionsReceived(consultation.id, tuple(ids)))
        return ids


def _enter_batch(
    consultation: Consultation, said: Sequence[Said], first: int, role: str
) -> list[int]:
    """Insert some opinions as the lines from `first` on; their ids, in order."""
    tx = db.session()
    now = clock.now()
    rows: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for number, one in enumerate(said, start=first):
        salt = secrets.token_hex(16)
        rows.append(
            {
                "public_id": db.public_id(),
                "consultation_id": consultation.id,
                "seq": number,
                "channel": one.channel,
                "source": one.source,
                "source_id": one.source_id,
                "part": one.part,
                "revision": one.revision,
                "parent_id": one.parent_id,
                "begins": one.begins,
                "ends": one.ends,
                "submission": one.submission,
                "section_id": one.section_id,
                "context": one.context[:200],
                "voice_id": one.voice_id,
                "said_at": one.said_at,
                "received_at": one.received_at,
                "state": one.state,
                "state_reason": "",
                "state_at": now,
                "published_at": now if one.is_public else None,
                "commitment": record.commit_to(salt, one.body),
            }
        )
        texts.append({"body": one.body, "salt": salt, "fold_key": fold_key(one.body)})
    ids = _insert(rows)
    tx.execute(
        insert(_TEXTS),
        [{"opinion_id": id_, **said_text} for id_, said_text in zip(ids, texts, strict=True)],
    )
    for row in rows:
        record.append(
            "opinion.received",
            f"opinion:{row['public_id']}",
            role=role,
            scope=consultation.scope,
            commitment=row["commitment"],
            seq=row["seq"],
            channel=str(row["channel"]),
            state=str(row["state"]),
        )
    return ids


def _insert(rows: list[dict[str, object]]) -> list[int]:
    """Insert opinions and return their ids in the order of `rows` (line numbers are unique)."""
    tx = db.session()
    tx.execute(insert(_OPINIONS), rows)
    query = select(Opinion.id).where(
        Opinion.consultation_id == rows[0]["consultation_id"],
        Opinion.seq.between(rows[0]["seq"], rows[-1]["seq"]),
    )
    return list(tx.scalars(query.order_by(Opinion.seq)))


def following(line: Opinion, body: str, **other: Any) -> Said:
    """What takes the place of a line: said in the same place by the same voice, in other words.

    Said now, in the same state, as the next revision of the same part, unless `other` (fields of
    `Said`) says otherwise.
    """
    now = clock.now()
    said = Said(
        source=line.source,
        source_id=line.source_id,
        channel=Channel(line.channel),
        body=body,
        submission=line.submission,
        voice_id=line.voice_id,
        said_at=now,
        received_at=now,
        is_public=line.published_at is not None,
        part=line.part,
        revision=line.revision + 1,
        section_id=line.section_id,
        context=line.context,
        state=State(line.state),
        parent_id=line.id,
    )
    return replace(said, **other)


def supersede(opinion: Opinion, body: str, *, role: str, reason: str = "") -> Opinion:
    """Enter the reworded text as a new line and let the old line say so (law 3).

    The new line keeps place and voice; it is filed anew by a person.
    """
    with db.transaction() as tx:
        consultations.lock(opinion.consultation_id)
        old = tx.scalars(db.locked(select(Opinion).where(Opinion.id == opinion.id))).one()
        newest = enter(old.consultation, following(old, body), role=role)
        change_state(old, State.SUPERSEDED, role=role, reason=reason)
        return newest


def reword(lines: Sequence[Opinion], body: str, *, role: str, reason: str) -> Opinion | None:
    """Let new words take the place of every line that says the old ones; the line they became.

    `lines` are those of one source row: several, when it had been split. None without any.
    """
    newest: Opinion | None = None
    with db.transaction():
        for line in lines:
            if newest is None:
                newest = supersede(line, body, role=role, reason=reason)
            else:  # its words are in the new ones, or were dropped
                change_state(line, State.SUPERSEDED, role=role, reason=reason)
    return newest


def change_state(opinion: Opinion, to: State, *, role: str, reason: str = "") -> None:
    """Bring an opinion to another state; raises `Conflict` where the contract allows none.

    Leaving "counted" takes the opinion out of its theme and drops its own answer; the theme's
    approval opens again, because its members changed.
    """
    with db.transaction() as tx:
        row = tx.scalars(db.locked(select(Opinion).where(Opinion.id == opinion.id))).one()
        before = row.state
        if to not in ALLOWED[before]:
            raise Conflict(_("このご意見は、いまの状態からは変えられません。"))
        if before == State.COUNTED:
            themes.take_out([row.id])
            tx.execute(delete(Answer).where(Answer.opinion_id == row.id))
        row.state, row.state_reason, row.state_at = to, reason[:400], clock.now()
        tx.flush()
        record.append(
            "opinion.state",
            f"opinion:{row.public_id}",
            role=role,
            scope=row.consultation.scope,
            before=before,
            after=str(to),
            reason=reason[:400],
        )
        events.emit(OpinionChanged(row.consultation_id, row.id, str(to)))


def withdraw(opinion: Opinion, *, role: str, reason: str = "") -> None:
    """Take back what one said; a tombstone stays."""
    change_state(opinion, State.WITHDRAWN, role=role, reason=reason)


def withhold(opinion: Opinion, *, role: str, reason: str) -> None:
    """Hide an opinion by a moderation decision."""
    change_state(opinion, State.WITHHELD, role=role, reason=reason)


def restore(opinion: Opinion, *, role: str, reason: str) -> None:
    """Show an opinion again that a decision had hidden, or let in one that was held."""
    change_state(opinion, State.COUNTED, role=role, reason=reason)


def of_source(source: str, source_id: int) -> list[Opinion]:
    """The opinions of one source row that are not superseded, in the order they were said."""
    query = select(Opinion).where(
        Opinion.source == source,
        Opinion.source_id == source_id,
        Opinion.state != State.SUPERSEDED,
    )
    return list(db.session().scalars(query.order_by(Opinion.begins, Opinion.part, Opinion.seq)))


def publish(opinion_ids: Iterable[int]) -> None:
    """Let readers see these opinions' texts from now on: a report covers them."""
    with db.transaction() as tx:
        ids = list(opinion_ids)
        for start in range(0, len(ids), 500):
            tx.execute(
                update(Opinion)
                .where(Opinion.id.in_(ids[start : start + 500]), Opinion.published_at.is_(None))
                .values(published_at=clock.now())
                .execution_options(synchronize_session=False)
            )
