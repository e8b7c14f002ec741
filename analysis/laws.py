"""What still keeps a report from being published, each with its number and the way to mend it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.render import HEARING, Material, Part, parts
from core.messages import Message, _
from ledger import check, dispositions
from ledger.models import Answer, AnswerState, Consultation, Report

LINKS = 5  # ways to mend one law that are named; the page behind the first shows the rest


@dataclass(frozen=True)
class Mend:
    """A page where something can be mended: its name, and the address by endpoint and values."""

    label: Message | str
    endpoint: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Law:
    """One thing that must hold. `count` is how many things it lacks; 0 means that it holds."""

    key: str
    count: int
    sentence: Message
    detail: Message | str = ""
    mends: tuple[Mend, ...] = ()
    more: int = 0
    awaits_approval: bool = False

    @property
    def holds(self) -> bool:
        return not self.count


@dataclass
class _Finding:
    """Parts that break one law, counted and linked the same way everywhere."""

    slug: str
    found: list[Part] = field(default_factory=list)

    @property
    def opinions(self) -> int:
        return sum(len(part.lines) for part in self.found)

    def law(self, key: str, lacking: Message, held: Message, **more: Any) -> Law:
        if not self.found:
            return Law(key, 0, held, **more)
        return Law(
            key,
            len(self.found),
            lacking,
            mends=tuple(_mend(self.slug, part) for part in self.found[:LINKS]),
            more=max(0, len(self.found) - LINKS),
            **more,
        )


def _mend(slug: str, part: Part) -> Mend:
    if part.theme is not None and not part.is_apart:
        values = {"slug": slug, "t": part.theme.public_id}
        return Mend(part.theme.title, "analysis.themes", values)
    return _one(slug, part)


def _one(slug: str, part: Part) -> Mend:
    where = {"t": part.theme.public_id} if part.theme else {"list": "lone"}
    values = {"slug": slug, **where, "o": part.lines[0].public_id}
    return Mend(_("%(number)s番", number=part.lines[0].seq), "analysis.themes", values)


def laws(consultation: Consultation, material: Material, report: Report | None) -> list[Law]:
    """Every law a report must keep, in the order in which the work is done."""
    pieces = parts(material)
    answered = [part for part in pieces if part.answer is not None]
    return [
        _balance(consultation, material, pieces),
        _texts(material),
        _head(consultation, report),
        _filed(consultation, material),
        _answered(consultation, material, pieces),
        *_complete(consultation, answered),
        *_signed(consultation, answered),
    ]


def _balance(consultation: Consultation, material: Material, pieces: Sequence[Part]) -> Law:
    counts = material.counts
    inside = sum(len(part.lines) for part in pieces)
    breaches = len(list(check.conservation(consultation))) + (inside != counts.counted)
    figures = " ＋ ".join(
        f"{n:,}"
        for n in (counts.counted, counts.held, counts.withheld, counts.withdrawn, counts.superseded)
    )
    detail = (
        f"{counts.received:,} ＝ {figures}　　"
        f"{counts.counted:,} ＝ {counts.in_themes:,} ＋ {counts.lone:,} ＋ {counts.unfiled:,}"
    )
    held, lacking = _("数がつりあっています"), _("数がつりあっていません")
    mends = (Mend(_("公開台帳を見る"), "ledger.public_ledger", {"slug": consultation.slug}),)
    return Law(
        "balance", breaches, lacking if breaches else held, detail, mends if breaches else ()
    )


def _texts(material: Material) -> Law:
    lacking = _(
        "原文が、受け取ったときと違うものが %(count)s件あります", count=material.changed_texts
    )
    held = _("原文は変わっていません（%(count)s行を照合）", count=f"{material.counts.received:,}")
    return Law("texts", material.changed_texts, lacking if material.changed_texts else held)


def _head(consultation: Consultation, report: Report | None) -> Law:
    lacks: list[Message] = []
    mends: list[Mend] = []
    if not any(phase.kind in HEARING for phase in consultation.phases):
        lacks.append(_("募集した期間"))
        mends.append(
            Mend(_("期間を加える"), "ledger.desk_consultation", {"slug": consultation.slug})
        )
    if consultation.department is None:
        lacks.append(_("担当課"))
    if report is None or not report.title.strip():
        lacks.append(_("レポートの題"))
    if report is None or not report.notice.strip():
        lacks.append(_("知らせた方法"))
    if not lacks:
        return Law("head", 0, _("題・期間・知らせた方法・担当課が入っています"))
    names = "、".join(str(one) for one in lacks)
    if report is None or not (report.title.strip() and report.notice.strip()):
        mends.append(
            Mend(_("題と知らせた方法を書く"), "analysis.publish", {"slug": consultation.slug})
        )
    return Law(
        "head", len(lacks), _("レポートの頭に、書かれていない所があります"), names, tuple(mends)
    )


def _filed(consultation: Consultation, material: Material) -> Law:
    count = sum(not one.is_filed and one.id not in material.own_answers for one in material.lines)
    if not count:
        return Law("filed", 0, _("数えたご意見は、すべて整理されています"))
    values = {"slug": consultation.slug, "list": "unfiled"}
    return Law(
        "filed",
        count,
        _("未整理のご意見が %(count)s件あります", count=f"{count:,}"),
        _("数えたご意見には、必ず一つの扱いが要ります。テーマに入れるか、単独にしてください。"),
        (Mend(_("未整理の%(count)s件をひらく", count=f"{count:,}"), "analysis.themes", values),),
    )


def _answered(consultation: Consultation, material: Material, pieces: Sequence[Part]) -> Law:
    filed = {one.id for one in material.lines if one.is_filed}
    open_ = [p for p in pieces if p.answer is None and p.lines[0].id in filed]
    themes, lone = sum(p.theme is not None for p in open_), sum(p.theme is None for p in open_)
    found = _Finding(consultation.slug, open_)
    return found.law(
        "answered",
        _(
            "答えのないテーマが %(themes)s、単独のご意見が %(lone)s件あります",
            themes=themes,
            lone=lone,
        ),
        _("どのテーマにも、単独のご意見にも、答えがあります"),
    )


def _complete(consultation: Consultation, answered: Sequence[Part]) -> list[Law]:
    """The rest of law 2: what an answer must say besides the ward's view."""

    def lacking(field: str, keys: frozenset[str] | None = None) -> _Finding:
        found = [
            part
            for part in answered
            if part.answer is not None
            and (keys is None or part.answer.disposition in keys)
            and field in {name for name, _said in _missing(part.answer)}
        ]
        return _Finding(consultation.slug, found)

    def with_key(*keys: str) -> str:
        return (
            f"{sum(len(p.lines) for p in answered if p.answer and p.answer.disposition in keys):,}"
        )

    key, view, reason = lacking("disposition"), lacking("view"), lacking("reason")
    place = lacking("place", dispositions.CHANGED)
    page = lacking("place", frozenset({dispositions.Disposition.ALREADY_INCLUDED}))
    return [
        key.law(
            "disposition",
            _("対応区分のない答えが %(count)sつあります", count=len(key.found)),
            _("どの答えにも、対応区分が一つあります"),
        ),
        view.law(
            "view",
            _("区の考え方が書かれていない答えが %(count)sつあります", count=len(view.found)),
            _("どの答えにも、区の考え方が書かれています"),
        ),
        reason.law(
            "reason",
            _("「反映しない」の理由が %(count)sつで空いています", count=len(reason.found)),
            _("「反映しない」%(count)s件に、理由がついています", count=with_key("not_reflected")),
        ),
        place.law(
            "place",
            _("「反映」「一部反映」の直した所が %(count)sつで空いています", count=len(place.found)),
            _(
                "「反映」「一部反映」%(count)s件に、直した所がついています",
                count=with_key(*dispositions.CHANGED),
            ),
        ),
        page.law(
            "page",
            _("「既に記載」のページが %(count)sつで空いています", count=len(page.found)),
            _(
                "「既に記載」%(count)s件に、ページがついています",
                count=with_key("already_included"),
            ),
        ),
    ]


def _signed(consultation: Consultation, answered: Sequence[Part]) -> list[Law]:
    """Answers are handed in by one person and approved by another."""

    def those(fact: Callable[[Answer], bool]) -> _Finding:
        found = [p for p in answered if p.answer and not _missing(p.answer) and fact(p.answer)]
        return _Finding(consultation.slug, found)

    handed = those(lambda a: a.state == AnswerState.DRAFT)
    waiting = those(lambda a: a.state == AnswerState.SUBMITTED)
    alone = those(
        lambda a: (
            a.state == AnswerState.APPROVED
            and (a.approved_by_id is None or a.approved_by_id == a.drafted_by_id)
        )
    )
    return [
        handed.law(
            "handed_in",
            _("確認に回していない答えが %(count)sつあります", count=len(handed.found)),
            _("答えは、すべて確認に回しました"),
        ),
        waiting.law(
            "approved",
            _("確認が済んでいない答えが %(count)sつあります", count=len(waiting.found)),
            _("答えは、すべて確認が済みました") if answered else _("確認する答えはありません"),
            awaits_approval=True,
        ),
        alone.law(
            "two_people",
            _("書いた人が自分で確認した答えが %(count)sつあります", count=len(alone.found)),
            _("書いた人と確認した人は、別の人です"),
            awaits_approval=True,
        ),
    ]


def _missing(answer: Answer) -> list[tuple[str, Message]]:
    return dispositions.missing(
        answer.disposition, view=answer.view, reason=answer.reason, place=answer.place
    )
