"""The laws of product.md as code: what does not hold, said so that it can be found and mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from core import db, record
from ledger import editions, parts, queries, sources
from ledger.models import (
    Consultation,
    Edition,
    EditionLine,
    Filing,
    Opinion,
    OpinionText,
    State,
    Theme,
)


@dataclass(frozen=True)
class Breach:
    """One place where a law does not hold."""

    law: str
    where: str
    what: str


def laws() -> Iterator[Breach]:
    """Every breach in the whole installation; nothing when all laws hold."""
    for consultation in db.session().scalars(select(Consultation)):
        yield from conservation(consultation)
    yield from _texts()
    yield from _filings()
    yield from _sources()
    yield from _editions()
    for fault in record.verify():
        yield Breach("record", f"entry {fault.seq}", fault.reason)


def conservation(consultation: Consultation) -> Iterator[Breach]:
    """Law 1 for one consultation: every line is there, in exactly one state and place."""
    counts = queries.count([consultation])[consultation.id]
    if not counts.balances:
        yield Breach("conservation", consultation.slug, f"the figures do not balance: {counts}")
    lowest, highest, rows = (
        db.session()
        .execute(
            select(func.min(Opinion.seq), func.max(Opinion.seq), func.count()).where(
                Opinion.consultation_id == consultation.id
            )
        )
        .one()
    )
    last = db.session().scalar(
        select(Consultation.last_seq).where(Consultation.id == consultation.id)
    )
    if (rows, highest or 0) != (last, last) or (rows and lowest != 1):
        yield Breach(
            "conservation",
            consultation.slug,
            f"{last} lines were numbered, {rows} are there ({lowest} to {highest})",
        )


def _texts() -> Iterator[Breach]:
    """Law 3: what was said stays as said."""
    query = select(
        Opinion.public_id,
        Opinion.commitment,
        OpinionText.salt,
        OpinionText.body,
        OpinionText.erased_at,
    ).outerjoin(OpinionText, OpinionText.opinion_id == Opinion.id)
    for public_id, commitment, salt, body, erased_at in db.session().execute(
        query.execution_options(yield_per=2000)
    ):
        if salt is None:
            yield Breach("text", public_id, "has no text row")
        elif erased_at is None and record.commit_to(salt, body) != commitment:
            yield Breach("text", public_id, "the text is not the one that was entered")
    for public_id, fault in parts.breaches():
        yield Breach("parts", public_id, fault)


def _filings() -> Iterator[Breach]:
    strangers = (
        select(Opinion.public_id, Opinion.state)
        .join(Filing, Filing.opinion_id == Opinion.id)
        .where(Opinion.state != State.COUNTED)
    )
    for public_id, state in db.session().execute(strangers):
        yield Breach("filing", public_id, f"is filed but {state}")
    lost = (
        select(Opinion.public_id)
        .join(Filing, Filing.opinion_id == Opinion.id)
        .join(Theme, Theme.id == Filing.theme_id)
        .where(
            (Theme.dissolved_at.is_not(None)) | (Theme.consultation_id != Opinion.consultation_id)
        )
    )
    for public_id in db.session().scalars(lost):
        yield Breach("filing", public_id, "is filed in a theme that is not there")


def _sources() -> Iterator[Breach]:
    """Both directions: every line was said somewhere, everything said has its line."""
    for name, source in sources.all_sources().items():
        in_ledger = set(
            db.session().scalars(select(Opinion.source_id).where(Opinion.source == name).distinct())
        )
        there = source.existing(in_ledger)
        for missing in sorted(in_ledger - there):
            yield Breach("source", f"{name} {missing}", "was said nowhere")
        for unheard in sorted(set(source.entered()) - in_ledger):
            yield Breach("source", f"{name} {unheard}", "was said but is not in the ledger")
        if source.states is not None:
            yield from _standing(name, source.states())
    kinds = set(db.session().scalars(select(Opinion.source).distinct()))
    for kind in sorted(kinds - set(sources.all_sources())):
        yield Breach("source", kind, "is a kind of source that nobody registered")


def _standing(name: str, wanted: Iterable[tuple[int, str]]) -> Iterator[Breach]:
    """What a channel shows is counted, and what it does not show is not (laws 1 and 7)."""
    query = select(Opinion.source_id, Opinion.state).where(
        Opinion.source == name, Opinion.state != State.SUPERSEDED
    )
    found: dict[int, set[str]] = {}
    for source_id, state in db.session().execute(query.distinct()):
        found.setdefault(source_id, set()).add(state)
    for source_id, state in wanted:
        live = found.get(source_id, set())
        rest = live - {state, State.WITHDRAWN}  # a held line that was reworded stays withdrawn
        if state not in live or (rest and state != State.COUNTED) or State.HELD in rest:
            was = ", ".join(sorted(live)) or "nowhere"
            yield Breach("source", f"{name} {source_id}", f"is {state} there, {was} in the ledger")


def _editions() -> Iterator[Breach]:
    for edition in db.session().scalars(select(Edition)):
        name = f"{edition.report.public_id} edition {edition.number}"
        if editions.digest(edition) != edition.hash:
            yield Breach("edition", name, "was changed after it was published")
        doubles = select(func.count() - func.count(func.distinct(EditionLine.opinion_id))).where(
            EditionLine.edition_id == edition.id
        )
        if db.session().scalar(doubles):
            yield Breach("edition", name, "has an opinion twice")
        if edition.figures.get("counted") != db.session().scalar(
            select(func.count()).where(EditionLine.edition_id == edition.id)
        ):
            yield Breach("edition", name, "has not one line for each counted opinion")
