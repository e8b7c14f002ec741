"""Consultations as the search knows them; a title and what it is about are public at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core import db, search
from core.messages import _
from core.search import Document
from ledger.models import Consultation


def register() -> None:
    """Make consultations findable."""
    search.register("consultation", _all_ids, _visible, readable=_readable, label=_("案件"))


def _document(consultation: Consultation) -> Document:
    drafted = "\n".join(f"{s.number} {s.title}\n{s.body}" for s in consultation.sections)
    return Document(
        "consultation",
        consultation.id,
        consultation.id,
        consultation.title,
        "\n".join([consultation.summary, consultation.purpose, drafted]),
        consultation.created_at,
        f"/c/{consultation.slug}",
        consultation.department.name,
        is_official=True,
    )


def _all_ids() -> Iterable[int]:
    return db.session().scalars(select(Consultation.id))


def _visible(ids: Collection[int], viewer: Any) -> Iterable[Document]:
    return [_document(c) for c in _by_ids(ids)]


def _readable(ids: Collection[int], viewer: Any) -> Iterable[int]:
    return db.session().scalars(select(Consultation.id).where(Consultation.id.in_(ids)))


def _by_ids(ids: Collection[int]) -> Iterable[Consultation]:
    query = select(Consultation).where(Consultation.id.in_(ids))
    return db.session().scalars(query.options(selectinload(Consultation.sections)))
