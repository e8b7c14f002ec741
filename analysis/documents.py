"""Published reports as the search knows them: the ward's words, never a resident's text."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select

from analysis import publications
from core import db, search
from core.messages import _
from core.search import Document
from ledger.models import Edition, EditionGroup

KIND = "report"


def register() -> None:
    """Make published reports findable."""
    search.register(KIND, _all_ids, _visible, readable=_readable, label=_("区の答え"))


def _all_ids() -> Iterable[int]:
    return db.session().scalars(select(Edition.report_id).distinct())


def _readable(ids: Collection[int], viewer: Any) -> Iterable[int]:
    published = select(Edition.report_id).where(Edition.report_id.in_(ids))
    return db.session().scalars(published.distinct())


def _visible(ids: Collection[int], viewer: Any) -> Iterable[Document]:
    """The newest editions: two statements. A draft has none and is not found."""
    editions = {edition.id: edition for edition in publications.newest_of(ids)}
    bodies: dict[int, list[str]] = {id_: [] for id_ in editions}
    columns = EditionGroup.title, EditionGroup.summary, EditionGroup.view, EditionGroup.reason
    query = select(EditionGroup.edition_id, *columns).where(
        EditionGroup.edition_id.in_(list(editions))
    )
    for edition_id, *said in db.session().execute(query.order_by(EditionGroup.number)):
        bodies[edition_id] += [one for one in said if one]
    return [_document(one, "\n".join(bodies[one.id])) for one in editions.values()]


def _document(edition: Edition, body: str) -> Document:
    consultation = edition.report.consultation
    return Document(
        KIND,
        edition.report_id,
        consultation.id,
        edition.figures["title"],
        body,
        edition.published_at,
        f"/r/{edition.report.public_id}",
        consultation.title,
        is_official=True,
    )
