"""A record as a document that a department goes on editing: headings, lists and tables by style."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

from core import clock, files, i18n
from core.messages import _
from realtime import documents
from realtime.exports import WHY, heading_words, link_words, sum_words, talk_words
from realtime.models import WorkshopPhoto
from realtime.told import HIDDEN, NoteTold, TableTold, Told

COUNTED = _(
    "付せんは一枚ずつ、この案件のご意見として台帳に入りました。区は、ほかの方法で届いたご意見と合わせて、すべてに答えます。"
    "書いた方は、手もとの受付番号で扱いを確かめられます。"
)
UNCOUNTED = _("練習なので、付せんはご意見として数えません。")
_BLOCK = re.compile(r"<(h3|h4|h5|p|li|blockquote|pre)[^>]*>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"<br\s*/?>|<[^>]+>")


def document_of(told: Told) -> bytes:
    """The record as .docx."""
    paper = documents.blank(told.title, told.workshop.consultation.department.name)
    paper.add_paragraph(_kind(told), style="Caption")
    paper.add_heading(told.title, 0)
    _prose(paper, told.lead_html)
    _facts(paper, told)
    _flow(paper, told)
    if told.summary.is_there:
        paper.add_heading(str(_("全体のまとめ")), 1)
        _paragraphs(paper, sum_words(told.summary))
    if told.chosen:
        paper.add_heading(str(_("多くの人が選んだ付せん")), 1)
        for note in told.chosen:
            _note(paper, note)
    for table in told.tables:
        if not table.is_empty:
            _table(paper, table)
    if told.photos:
        paper.add_heading(str(_("会場の写真")), 1)
        _photos(paper, told.photos, str(_("会場の写真")))
    if told.closing_html:
        paper.add_heading(str(_("おわりに")), 1)
        _prose(paper, told.closing_html)
    paper.add_heading(str(_("このあと、どう扱われるか")), 1)
    paper.add_paragraph(str(UNCOUNTED if told.workshop.is_rehearsal else COUNTED))
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _facts(paper: Any, told: Told) -> None:
    figures, workshop = told.figures, told.workshop
    rows = [
        (_("日時"), i18n.date_and_time(workshop.held_at)),
        (_("場所"), workshop.place or str(_("オンライン"))),
        (_("問い"), "\n".join(workshop.questions)),
        (_("ねらい"), workshop.aim),
        (_("参加した人"), str(_("%(count)s人", count=figures.people))),
        (_("付せん"), str(_("%(count)s枚", count=figures.notes))),
        (_("島"), f"{figures.islands:,}"),
    ]
    if figures.votes is not None:
        rows.append((_("選んだ票"), str(_("%(count)s票", count=figures.votes))))
    if figures.hidden or figures.withdrawn:
        said = _(
            "非公開 %(hidden)s枚、取り下げ %(withdrawn)s枚",
            hidden=figures.hidden,
            withdrawn=figures.withdrawn,
        )
        rows.append((_("載せていない付せん"), str(said)))
    department = workshop.consultation.department
    phone = f"　{department.phone}" if department.phone else ""
    rows.append((_("担当"), f"{department.name}{phone}"))
    kept = [(str(name), said) for name, said in rows if said]
    documents.add_table(paper, kept, (36, documents.WIDE - 36))


def _flow(paper: Any, told: Told) -> None:
    if not told.stages:
        return
    paper.add_heading(str(_("当日の流れ")), 1)
    head = (_("時刻"), _("場面"), _("かかった時間"), _("終わりの付せん"), _("終わりの島"))
    rows = [[str(name) for name in head]]
    for stage in told.stages:
        took = _("%(count)s分", count=stage.minutes) if stage.minutes else _("1分未満")
        rows.append(
            [
                f"{clock.local(stage.began_at):%H:%M}",
                stage.title,
                str(took),
                str(_("%(count)s枚", count=stage.notes)),
                f"{stage.islands:,}",
            ]
        )
    documents.add_table(paper, rows, (22, 54, 30, 32, 28), head=True)


def _table(paper: Any, table: TableTold) -> None:
    paper.add_heading(table.title or str(_("付せん")), 1)
    counted = _("付せん %(notes)s枚、島 %(islands)s", notes=table.count, islands=len(table.islands))
    paper.add_paragraph(str(counted), style="Caption").paragraph_format.keep_with_next = bool(
        list(table.notes)
    )
    if table.summary.is_there:
        _paragraphs(paper, sum_words(table.summary))
    for island in table.islands:
        count = _("%(count)s枚", count=island.count)
        paper.add_heading(f"{heading_words(island)}（{count}）", 2)
        for note in island.notes:
            _note(paper, note)
        for link, other in island.links:
            paper.add_paragraph(f"→ {other or _('見出しのない島')}{link_words(link)}")
    if table.loose:
        if table.islands:
            paper.add_heading(str(_("島に入っていない付せん")), 2)
        for note in table.loose:
            _note(paper, note)
    _photos(paper, table.photos, str(_("%(table)sの机の写真", table=table.title)))


def _photos(paper: Any, photos: Iterable[WorkshopPhoto], about: str) -> None:
    for photo in photos:
        said = photo.caption if not photo.hidden_reason else f"（{WHY[HIDDEN]}）"
        documents.add_picture(paper, files.content(photo.file), about, said)


def _note(paper: Any, note: NoteTold) -> None:
    said = note.text if note.text is not None else f"（{WHY[note.why]}）"
    if note.reason:
        said += str(_("理由：%(reason)s", reason=note.reason))
    if note.is_copy:
        said += f"（{_('ほかの島にも置いた付せん')}）"
    if note.text is not None and note.meant:
        said += f"（{note.meant}）"
    if note.votes:
        said += f"　{_('%(count)s票', count=note.votes)}"
    paper.add_paragraph(said, style="List Bullet")
    for talk in note.talks:
        paper.add_paragraph(talk_words(talk), style="List Bullet 2")


def _paragraphs(paper: Any, said: str) -> None:
    for part in re.split(r"\n{2,}", said.strip("\n")):
        paper.add_paragraph(part)


def _prose(paper: Any, html: str) -> None:
    """Rendered Markdown as paragraphs: headings and lists by style, the rest as plain words."""
    from html import unescape

    for tag, inner in _BLOCK.findall(html):
        words = _TAG.sub(lambda m: "\n" if m[0].startswith("<br") else "", inner)
        said = unescape(words).strip()
        if not said:
            continue
        if tag in ("h3", "h4", "h5"):
            paper.add_heading(said, 2)
        else:
            paper.add_paragraph(said, style="List Bullet" if tag == "li" else None)


def _kind(told: Told) -> str:
    """What this is, since when everybody reads it, and when it last became another."""
    said = str(_("ワークショップの開催報告"))
    if told.published_at is not None:
        said += f"　{_('公表 %(day)s', day=i18n.date(told.published_at))}"
    if told.changed_at is not None:
        said += f"　{_('公表の後に変更 %(day)s', day=i18n.date(told.changed_at))}"
    return said
