"""What an officer looks for on the desk: words, channel, chapter, district, length, state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from analysis.models import Pointing
from core import text
from core.messages import Message, _
from ledger.models import Answer, Filing, ImportRow, Opinion, OpinionText, Section

SHORT, LONG = 40, 400  # letters: a sentence, and more than a page shows at a glance
LENGTHS: dict[str, Message] = {
    "short": _("40文字まで"),
    "middle": _("41〜400文字"),
    "long": _("401文字から"),
}
STATES: dict[str, Message] = {
    "todo": _("未回答"),
    "answered": _("回答あり"),
    "own": _("別に答えたもの"),
    "new": _("まだ見ていないもの"),
    "many": _("いくつもの点がありそうなもの"),
}
DISTRICTS = ("地区", "地域", "お住まいの地区", "居住地区", "住所地区", "district")


@dataclass(frozen=True)
class Sieve:
    """Empty fields let everything through."""

    q: str = ""
    channel: str = ""
    chapter: str = ""
    district: str = ""
    length: str = ""
    state: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Sieve:
        """Read from an address; what is not known lets everything through."""
        found = {one.name: str(args.get(one.name, ""))[:200].strip() for one in fields(cls)}
        if found["length"] not in LENGTHS:
            found["length"] = ""
        if found["state"] not in STATES:
            found["state"] = ""
        return cls(**found)

    @property
    def is_open(self) -> bool:
        return any(self.args.values())

    @property
    def args(self) -> dict[str, str]:
        """As it stands in an address."""
        return {one.name: v for one in fields(self) if (v := getattr(self, one.name))}

    def conditions(self) -> list[ColumnElement[bool]]:
        """For a query over Opinion, its text and its filing."""
        asked = [_says(word) for word in text.folded(self.q).split()[:10]]
        if self.channel:
            asked.append(Opinion.channel == self.channel)
        if self.chapter:
            number = select(Section.id).where(Section.number == self.chapter)
            asked.append(Opinion.section_id.in_(number))
        if self.district:
            asked.append(_lives_in(self.district))
        size = func.length(OpinionText.body)
        if self.length == "short":
            asked.append(size <= SHORT)
        elif self.length == "middle":
            asked.append(and_(size > SHORT, size <= LONG))
        elif self.length == "long":
            asked.append(size > LONG)
        if self.state:
            asked.append(stands(self.state))
        return asked


def _says(word: str) -> ColumnElement[bool]:
    """Contains a word as it was typed or in full-width letters, whatever their case.

    SQLite knows no capital letters but those of ASCII: the wide ones are asked for by name.
    """
    wide = {_widened(one) for one in (word, word.lower(), word.upper())} - {word}
    return or_(
        OpinionText.body.icontains(word, autoescape=True),
        *(OpinionText.body.contains(one, autoescape=True) for one in sorted(wide)),
    )


def _widened(word: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)


def _lives_in(district: str) -> ColumnElement[bool]:
    """Said in a column of the file an opinion was read in from."""
    rows = select(ImportRow.id).where(
        or_(*(ImportRow.columns[name].as_string() == district for name in DISTRICTS))
    )
    return and_(Opinion.source == "import_row", Opinion.source_id.in_(rows))


def stands(state: str) -> ColumnElement[bool]:
    """How far the answer to an opinion is, its own or its theme's."""
    own, theirs = aliased(Answer), aliased(Answer)
    by_itself = select(own.opinion_id).where(own.opinion_id == Opinion.id).exists()
    by_theme = select(theirs.id).where(theirs.theme_id == Filing.theme_id).exists()
    match state:
        case "own":
            return by_itself
        case "answered":
            return or_(by_itself, by_theme)
        case "new":
            return Filing.looked_at.is_(None)
        case "many":
            return select(Pointing.opinion_id).where(Pointing.opinion_id == Opinion.id).exists()
        case _:
            return and_(~by_itself, ~by_theme)


def districts(consultation_id: int) -> Any:
    """A query for the districts that opinions of a consultation came from."""
    said = func.coalesce(*(ImportRow.columns[name].as_string() for name in DISTRICTS))
    return (
        select(said)
        .join(Opinion, and_(Opinion.source == "import_row", Opinion.source_id == ImportRow.id))
        .where(Opinion.consultation_id == consultation_id, said.is_not(None), said != "")
        .group_by(said)
        .order_by(said)
        .limit(100)
    )
