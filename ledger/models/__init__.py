"""The tables of the ledger; each module holds one noun and what belongs to it."""

from ledger.models.acts import Act
from ledger.models.answers import Answer, AnswerState
from ledger.models.consultations import Consultation, Phase, PhaseKind, Section, Stage
from ledger.models.editions import Edition, EditionGroup, EditionLine, Report, ReportState
from ledger.models.imports import Import, ImportRow
from ledger.models.opinions import Channel, Opinion, OpinionText, State
from ledger.models.receipts import Receipt
from ledger.models.stances import Choice, Stance
from ledger.models.themes import Filing, Placement, Theme

__all__ = [
    "Act",
    "Answer",
    "AnswerState",
    "Channel",
    "Choice",
    "Consultation",
    "Edition",
    "EditionGroup",
    "EditionLine",
    "Filing",
    "Import",
    "ImportRow",
    "Opinion",
    "OpinionText",
    "Phase",
    "PhaseKind",
    "Placement",
    "Receipt",
    "Report",
    "ReportState",
    "Section",
    "Stage",
    "Stance",
    "State",
    "Theme",
]
