"""Parts: a letter that makes several points becomes several opinions, when a person says so.

The whole is superseded, its parts keep offsets into its text; together they say all of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import func, select

from core import db, text
from core.errors import Conflict, Invalid
from core.messages import _
from core.permissions import require
from ledger import consultations, filings, opinions, queries
from ledger.models import (
    Answer,
    AnswerState,
    Filing,
    Opinion,
    OpinionText,
    Placement,
    Report,
    State,
    Theme,
)
from ledger.opinions import Said

MOST = 100  # parts of one letter; a letter has 20,000 characters at most
_SENTENCE = re.compile(r"[。！？!?．]+[」』）)】]*\s*|(?<!\s)[^\S\n]*\n\s*")
_CLAUSE = re.compile(_SENTENCE.pattern + r"|[、，,;；：]\s*|[ 　]+")


def split(actor: Any, opinion: Opinion, cuts: Iterable[int]) -> list[Opinion]:
    """Let an opinion be several: `cuts` are the offsets at which another point begins.

    Each part stands where the whole stood and has its place, channel, voice and dates; an answer
    the whole had of its own is a draft for each. Raises `Invalid` without a cut that leaves words
    on both sides, `Conflict` when the opinion counts no more or a report covers it already.
    """
    require(actor, "themes.work", opinion)
    with db.transaction() as tx:
        consultations.lock(opinion.consultation_id)
        whole = _to_change(opinion)
        spans = list(spans_of(whole.text.body, cuts))
        if len(spans) < 2:
            raise Invalid("cuts", _("どこから次のご意見になるかを、一つ以上選んでください。"))
        if len(spans) > MOST:
            raise Invalid("cuts", _("一度に分けられるのは%(most)s件までです。", most=MOST))
        stood = select(Filing.placement, Filing.theme_id, Filing.by_person, Filing.looked_at)
        place = tx.execute(stood.where(Filing.opinion_id == whole.id)).one_or_none()
        ids = opinions.enter_all(whole.consultation, _said(whole, spans), role="officer")
        rows = [tx.get_one(Opinion, id_) for id_ in ids]
        _hand_down_answer(whole, rows)
        _stand_in(whole, rows, place)
        return rows


def join(actor: Any, whole: Opinion) -> Opinion:
    """Make one of what was split from `whole`: a new line that says all of it again.

    It stands nowhere until a person files it. Raises `Conflict` when a part was withdrawn, hidden
    or answered in a report meanwhile.
    """
    require(actor, "themes.work", whole)
    with db.transaction():
        consultations.lock(whole.consultation_id)
        rows = [_to_change(part) for part in living(whole)]
        if not rows or not can_join(whole):
            raise Conflict(_("このご意見は、いまは一つに戻せません。"))
        again = opinions.enter(whole.consultation, _again(whole), role="officer")
        for row in rows:
            opinions.change_state(
                row, State.SUPERSEDED, role="officer", reason=str(_("分ける前の一つに戻しました"))
            )
        return again


def living(whole: Opinion) -> list[Opinion]:
    """What an opinion was split into and speaks for it now, in the order of its text."""
    found: list[Opinion] = []
    query = select(Opinion).where(Opinion.parent_id == whole.id, Opinion.begins.is_not(None))
    for part in db.session().scalars(query.order_by(Opinion.begins, Opinion.seq)):
        found += living(part) if part.state == State.SUPERSEDED else [part]
    return found


def can_join(whole: Opinion) -> bool:
    """Whether everything it was split into counts still and is in no report."""
    parts = living(whole)
    covered = queries.covered([part.id for part in parts])
    return bool(parts) and not covered and all(part.is_counted for part in parts)


def whole_of(opinion: Opinion) -> Opinion:
    """The line that a part was split from first; itself, when nobody split it."""
    tx = db.session()
    while opinion.is_part and opinion.parent_id is not None:
        opinion = tx.get_one(Opinion, opinion.parent_id)
    return opinion


def places(body: str, *, finely: bool = False) -> list[int]:
    """The offsets at which a point may begin: after sentences, or `finely` after clauses too."""
    ends = (match.end() for match in (_CLAUSE if finely else _SENTENCE).finditer(body))
    return [end for end in ends if text.visible(body[:end]) and text.visible(body[end:])]


def spans_of(body: str, cuts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The stretches of a text between cuts, without the white space around them.

    A stretch in which nothing can be seen is left out: it makes no point.
    """
    inner = sorted({cut for cut in cuts if 0 < cut < len(body)})
    for begin, end in zip([0, *inner], [*inner, len(body)], strict=True):
        said = body[begin:end]
        if text.visible(said):
            yield end - len(said.lstrip()), begin + len(said.rstrip())


def _to_change(opinion: Opinion) -> Opinion:
    """The opinion, locked, unless it counts no more or a report covers it.

    The reports are locked first: one that is being handed in covers either the whole or its parts.
    """
    tx = db.session()
    tx.scalars(db.locked(select(Report).where(Report.consultation_id == opinion.consultation_id)))
    query = select(Opinion).where(Opinion.id == opinion.id)
    row = tx.scalars(db.locked(query.execution_options(populate_existing=True))).one()
    if not row.is_counted:
        raise Conflict(
            _("このご意見は、取り下げや書き直しなどで変わりました。一覧を開き直してください。")
        )
    if queries.covered([row.id]):
        raise Conflict(
            _(
                "このご意見に答えるレポートを、もう確認に出したか公表したので、分け方は変えられません。"
            )
        )
    return row


def _said(whole: Opinion, spans: Sequence[tuple[int, int]]) -> list[Said]:
    last = db.session().scalar(
        select(func.max(Opinion.part)).where(
            Opinion.source == whole.source, Opinion.source_id == whole.source_id
        )
    )
    start = whole.begins or 0
    return [
        opinions.following(
            whole,
            whole.text.body[begin:end],
            said_at=whole.said_at,
            received_at=whole.received_at,
            part=number,
            revision=0,
            begins=start + begin,
            ends=start + end,
        )
        for number, (begin, end) in enumerate(spans, start=(last or 0) + 1)
    ]


def _again(whole: Opinion) -> Said:
    newest = db.session().scalar(
        select(func.max(Opinion.revision)).where(
            Opinion.source == whole.source,
            Opinion.source_id == whole.source_id,
            Opinion.part == whole.part,
        )
    )
    return opinions.following(
        whole,
        whole.text.body,
        said_at=whole.said_at,
        received_at=whole.received_at,
        revision=(newest or 0) + 1,
        state=State.COUNTED,
        begins=whole.begins,
        ends=whole.ends,
    )


def _hand_down_answer(whole: Opinion, parts: Sequence[Opinion]) -> None:
    """What was written on the whole alone is a draft for each part: no colleague's text is lost."""
    tx = db.session()
    own = tx.scalars(select(Answer).where(Answer.opinion_id == whole.id)).one_or_none()
    if own is None:
        return
    names = ("disposition", "summary", "view", "reason", "place", "before", "after")
    written = {name: getattr(own, name) for name in names}
    for part in parts:
        tx.add(
            Answer(
                **written,
                opinion_id=part.id,
                state=AnswerState.DRAFT,
                drafted_by_id=own.drafted_by_id,
                version=1,
            )
        )


def _stand_in(whole: Opinion, parts: Sequence[Opinion], place: Any) -> None:
    """Put the parts where the whole stood, and take the whole out of the count.

    Whoever filed the whole filed them, machine or person: who splits a letter says nothing of its
    theme. Kept for a person's, they fell out of a theme that the next run made anew.
    """
    tx = db.session()
    theme = tx.get(Theme, place.theme_id) if place is not None and place.theme_id else None
    was = (theme.title, theme.machine_label, theme.machine_quote) if theme is not None else None
    reason = str(_("%(count)s件に分けました", count=len(parts)))
    opinions.change_state(whole, State.SUPERSEDED, role="officer", reason=reason)
    if place is None:
        return
    filings.put(
        [part.id for part in parts],
        Placement(place.placement),
        place.theme_id,
        by_person=place.by_person,
        looked_at=place.looked_at,
    )
    if theme is not None and was is not None:
        if any(was[2] in part.text.body for part in parts):  # what it quotes still stands in it
            theme.title, theme.machine_label, theme.machine_quote = was
        theme.version += 1


def breaches() -> Iterator[tuple[str, str]]:
    """Where parts do not say, each and together, what their whole says: for `check`."""
    lines = _split_lines()
    under: defaultdict[int, list[Any]] = defaultdict(list)
    for line in sorted(lines.values(), key=lambda line: (line.begins or 0, line.id)):
        if line.begins is not None:
            under[line.parent_id or 0].append(line)
    for parent_id, parts in under.items():
        if parent_id not in lines:
            yield f"line {parent_id}", "was split but is not there"
            continue
        parent = whole = lines[parent_id]
        while whole.begins is not None:
            whole = lines[whole.parent_id]
        if whole.erased_at is None:
            yield from _unlike(whole.body, parent, parts)


def _split_lines() -> dict[int, Any]:
    """Every part and what it was split from, by id: two statements, however deep they stand."""
    columns = (Opinion.id, Opinion.public_id, Opinion.parent_id, Opinion.begins, Opinion.ends)
    query = select(*columns, OpinionText.body, OpinionText.erased_at).join(
        OpinionText, OpinionText.opinion_id == Opinion.id
    )
    split_up = select(Opinion.parent_id).where(Opinion.begins.is_not(None))
    wanted = (Opinion.begins.is_not(None), Opinion.id.in_(split_up))
    return {row.id: row for where in wanted for row in db.session().execute(query.where(where))}


def _unlike(body: str, parent: Any, parts: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """What `parts` of `parent` say otherwise than `body`, leave out, or still show of it."""
    end = parent.ends if parent.ends is not None else len(body)
    at = parent.begins or 0
    for part in parts:
        if part.erased_at is not None:
            yield part.public_id, "was erased, but its words stand in the text it is from"
        elif part.body != body[part.begins : part.ends]:
            yield part.public_id, "does not say what stands there in the text it is from"
        if text.visible(body[at : part.begins]):
            yield parent.public_id, "was split, and a stretch of it is in no part"
        at = max(at, part.ends)
    if text.visible(body[at:end]):
        yield parent.public_id, "was split, and a stretch of it is in no part"
