"""Facts of the ledger that others may react to, told after the commit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OpinionsReceived:
    consultation_id: int
    opinion_ids: tuple[int, ...]


@dataclass(frozen=True)
class OpinionChanged:
    consultation_id: int
    opinion_id: int
    state: str


@dataclass(frozen=True)
class ReportPublished:
    report_id: int
    edition_number: int
