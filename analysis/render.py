"""Composing a report: from what the ledger holds to answers in order, and to figures. All pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby
from typing import Any

from core import text
from ledger import dispositions
from ledger.editions import Group
from ledger.filings import UNNAMED
from ledger.models import Answer, Consultation, PhaseKind, Section, Theme
from ledger.queries import ChannelCounts, Counts

HEARING = (PhaseKind.DISCUSS, PhaseKind.WORKSHOP, PhaseKind.PROPOSAL, PhaseKind.COMMENT)


@dataclass(frozen=True)
class Line:
    """One counted opinion, without its text: enough to say where it belongs."""

    id: int
    public_id: str
    seq: int
    voice_id: str | None
    section_id: int | None
    theme_id: int | None
    is_filed: bool


@dataclass(frozen=True)
class Material:
    """Everything a report is composed of, as it stood at one moment, up to its cut-off."""

    counts: Counts
    channels: Sequence[ChannelCounts]
    lines: Sequence[Line]
    themes: Sequence[Theme]
    sections: Sequence[Section]
    theme_answers: Mapping[int, Answer]
    own_answers: Mapping[int, Answer]
    cutoff: int
    changed_texts: int = 0


@dataclass(frozen=True)
class Part:
    """One answer with the opinions it speaks to; `answer` is None while nobody wrote it.

    `theme` is None for an opinion that stands alone.
    """

    theme: Theme | None
    answer: Answer | None
    lines: tuple[Line, ...]

    @property
    def is_apart(self) -> bool:
        """Whether this is one opinion of a theme that got an answer of its own."""
        return self.theme is not None and bool(self.answer and self.answer.opinion_id)


def parts(material: Material) -> list[Part]:
    """The report in its order: themes by place in the draft, then what stands alone.

    Each counted opinion is in exactly one part (law 2). One that has an answer of its own stands
    by itself behind the theme it was filed in.
    """
    by_theme: dict[int | None, list[Line]] = {}
    for line in material.lines:
        by_theme.setdefault(line.theme_id, []).append(line)
    found: list[Part] = []
    for theme in ordered(material.themes, material.sections):
        inside = by_theme.pop(theme.id, [])
        shared = tuple(one for one in inside if one.id not in material.own_answers)
        if shared:
            found.append(Part(theme, material.theme_answers.get(theme.id), shared))
        found += [
            Part(theme, material.own_answers[one.id], (one,))
            for one in inside
            if one.id in material.own_answers
        ]
    rest = sorted((one for left in by_theme.values() for one in left), key=lambda one: one.seq)
    found += [Part(None, material.own_answers.get(one.id), (one,)) for one in rest]
    return found


def ordered(themes: Iterable[Theme], sections: Sequence[Section]) -> list[Theme]:
    """Themes in the order of the draft; those about the whole come last. Never by size (law 5)."""
    places = {section.number: section.position for section in sections}

    def key(theme: Theme) -> tuple[bool, int, str, int, int]:
        place = places.get(theme.level1.split(" ")[0], len(places) + 1)
        return (not theme.level1, place, theme.level1, theme.position, theme.id)

    return sorted(themes, key=key)


def _title(part: Part, seq: int) -> str:
    """What a group is called in an edition. Nothing frozen repeats a single resident's text, which
    may have to be taken down: a theme that nobody named goes by the number of its first line.
    """
    if part.theme is None:
        return f"ご意見 {seq}番"
    if part.theme.title.startswith(UNNAMED):
        return f"ご意見 {seq}番ほか"
    return part.theme.title


def compose(pieces: Iterable[Part], sections: Sequence[Section]) -> list[Group]:
    """The parts as an edition keeps them.

    The name of a lone opinion is its number, in the language of the record, and an answer to one
    opinion keeps no summary: nothing frozen repeats a single text, which may be taken down later.
    """
    titles = {section.number: f"{section.number} {section.title}" for section in sections}
    places = {section.id: titles[section.number] for section in sections}
    groups = []
    for part in pieces:
        answer, first = part.answer, part.lines[0]
        level1 = part.theme.level1 if part.theme else places.get(first.section_id or 0, "")
        groups.append(
            Group(
                title=_title(part, first.seq),
                disposition=answer.disposition if answer else "",
                view=answer.view if answer else "",
                opinion_ids=tuple(line.id for line in part.lines),
                people_count=len({line.voice_id for line in part.lines} - {None}),
                theme_id=part.theme.id if part.theme else None,
                is_lone=part.theme is None,
                level1=titles.get(level1, level1),
                summary=answer.summary if answer and len(part.lines) > 1 else "",
                reason=answer.reason if answer else "",
                place=answer.place if answer else "",
                before=answer.before if answer else "",
                after=answer.after if answer else "",
            )
        )
    return groups


def changed_places(groups: Iterable[Group]) -> int:
    """How many places of the draft were changed (か所): the same place under two themes is one."""
    changed = {text.folded(g.place) for g in groups if g.disposition in dispositions.CHANGED}
    return len(changed - {""})


def figures(
    consultation: Consultation,
    material: Material,
    groups: Sequence[Group],
    *,
    title: str,
    notice: str,
) -> dict[str, Any]:
    """What the head of a report says, as JSON: law 1 and what the figures were taken from."""
    counts = material.counts
    handled: Counter[str] = Counter()
    for group in groups:
        handled[group.disposition] += len(group.opinion_ids)
    return {
        "title": title,
        "notice": notice,
        "cutoff": material.cutoff,
        "received": counts.received,
        "counted": counts.counted,
        "held": counts.held,
        "withheld": counts.withheld,
        "withdrawn": counts.withdrawn,
        "superseded": counts.superseded,
        "people": counts.people,
        "unknown": counts.unknown,
        "submissions": counts.submissions,
        "in_themes": sum(len(g.opinion_ids) for g in groups if not g.is_lone),
        "lone": sum(len(g.opinion_ids) for g in groups if g.is_lone),
        "themes": len({g.theme_id for g in groups if not g.is_lone}),
        "changed_places": changed_places(groups),
        "by_disposition": {
            str(key): handled[key] for key in [*dispositions.LABELS, ""] if handled[key]
        },
        "by_channel": [
            {
                "channel": one.channel,
                "people": one.people,
                "unknown": one.unknown,
                "submissions": one.submissions,
                "opinions": one.opinions,
            }
            for one in material.channels
        ],
        "by_section": _by_section(material),
        "periods": [
            {
                "title": phase.title,
                "opens_at": phase.opens_at.isoformat(),
                "closes_at": phase.closes_at.isoformat(),
            }
            for phase in consultation.phases
            if phase.kind in HEARING
        ],
        "department": {
            "name": consultation.department.name,
            "phone": consultation.department.phone,
        },
    }


def _by_section(material: Material) -> list[dict[str, Any]]:
    said = Counter(line.section_id for line in material.lines)
    rows = [
        {"number": one.number, "title": one.title, "opinions": said[one.id]}
        for one in material.sections
    ]
    if said[None] and rows:
        rows.append({"number": "", "title": "", "opinions": said[None]})
    return rows


Pieces = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Change:
    """One place of the draft, and what it said before and after (see `difference`)."""

    place: str
    opinions: int
    title: str
    group: int
    sides: tuple[Pieces, Pieces]


_DIFF_LIMIT = 1000  # characters a side that are compared: the comparison is quadratic


@lru_cache(maxsize=1024)
def difference(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Both sides of a change in pieces (text, "same" | "del" | "ins"), as a reader compares them.

    One or two equal characters between changes join them: people compare phrases, not letters. A
    side that is empty or very long is marked as a whole.
    """
    old, new = (side.strip() for side in (before, after))
    if not old or not new or max(len(old), len(new)) > _DIFF_LIMIT:
        return _joined([(old, "del")]), _joined([(new, "ins")])
    left: list[tuple[str, str]] = []
    right: list[tuple[str, str]] = []
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for index, (tag, a1, a2, b1, b2) in enumerate(steps):
        is_crumb = a2 - a1 < 3 and 0 < index < len(steps) - 1
        is_same = tag == "equal" and not is_crumb
        left.append((old[a1:a2], "same" if is_same else "del"))
        right.append((new[b1:b2], "same" if is_same else "ins"))
    return _joined(left), _joined(right)


def _joined(pieces: Iterable[tuple[str, str]]) -> Pieces:
    runs = groupby((p for p in pieces if p[0]), key=lambda p: p[1])
    return tuple(("".join(p[0] for p in run), kind) for kind, run in runs)
