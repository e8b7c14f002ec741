"""The draft that people comment on, as it is read: chapters and the places in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.messages import Message, _
from ledger.models import Section

_STEP = re.compile(r"[-.‐–－]")


@dataclass
class Chapter:
    """One chapter: `head` is its own row, when the draft has one; `places` stand in it."""

    number: str
    head: Section | None = None
    places: list[Section] = field(default_factory=list)

    @property
    def name(self) -> Message | str:
        """第3章, or the draft's own word where chapters are not numbered."""
        return _("第%(number)s章", number=self.number) if self.number.isdecimal() else self.number

    @property
    def title(self) -> str:
        return self.head.title if self.head else ""

    @property
    def anchor(self) -> str:
        """A name for the chapter's address within the page."""
        return "ch-" + "".join(ch if ch.isalnum() else "-" for ch in self.number)

    def holds(self, number: str) -> bool:
        """Whether the place with this number is the chapter or stands in it."""
        return any(number == s.number for s in (self.head, *self.places) if s is not None)


def chapters(sections: Iterable[Section]) -> list[Chapter]:
    """Sections by chapter, in their order: "3" heads the chapter that "3-1" stands in."""
    found: dict[str, Chapter] = {}
    for section in sections:
        number = _STEP.split(section.number)[0]
        chapter = found.setdefault(number, Chapter(number))
        if section.number == number:
            chapter.head = section
        else:
            chapter.places.append(section)
    return list(found.values())


def place_name(section: Section | None) -> Message | str:
    """「3-2 かたちの選び方（19ページ）」, and for no place the whole of the draft."""
    if section is None:
        return _("案の全体について")
    number = section.number
    if number.isdecimal():
        number = str(_("第%(number)s章", number=number))
    if section.page is None:
        return f"{number} {section.title}"
    return _("%(place)s（%(page)sページ）", place=f"{number} {section.title}", page=section.page)
