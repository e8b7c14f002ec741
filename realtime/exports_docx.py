"""A record as a document that a department goes on editing: headings, lists and tables by style."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

from core import clock, files, i18n
from core.messages import _
from realtime.exports import WHY
from realtime.models import WorkshopPhoto
from realtime.records import NoteTold, TableTold, Told

FONT = "Yu Gothic"
_BLOCK = re.compile(r"<(h3|h4|h5|p|li|blockquote|pre)[^>]*>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"<br\s*/?>|<[^>]+>")


def document_of(told: Told) -> bytes:
    """The record as .docx."""
    from docx import Document  # 0.2 s: only where a document is asked for

    paper = Document()
    _set(paper, told)
    paper.add_paragraph(str(_("ワークショップの開催報告")))
    paper.add_heading(told.title, 0)
    _prose(paper, told.lead_html)
    _facts(paper, told)
    _flow(paper, told)
    if told.summary:
        paper.add_heading(str(_("全体のまとめ")), 1)
        _paragraphs(paper, told.summary)
    if told.chosen:
        paper.add_heading(str(_("多くの人が選んだ付せん")), 1)
        for note in told.chosen:
            _note(paper, note)
    for table in told.tables:
        _table(paper, table)
    _photos(paper, told.photos)
    if told.closing_html:
        paper.add_heading(str(_("おわりに")), 1)
        _prose(paper, told.closing_html)
    paper.add_paragraph(str(_foot(told)))
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _set(paper: Any, told: Told) -> None:
    """Size of the paper, a Japanese font for every style, and what the file says of itself."""
    from docx.enum.section import WD_ORIENTATION
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    page = paper.sections[0]
    page.orientation = WD_ORIENTATION.PORTRAIT
    page.page_width, page.page_height = Mm(210), Mm(297)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(page, side, Mm(22))
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "List Bullet", "List Bullet 2"):
        style = paper.styles[name]
        style.font.name = FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for which in ("w:ascii", "w:hAnsi", "w:eastAsia"):
            fonts.set(qn(which), FONT)
        for which in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(which), None)
        if name != "Normal" and "List" not in name:
            style.font.color.rgb = RGBColor(0x1A, 0x1A, 0x1A)
    paper.styles["Normal"].font.size = Pt(10.5)
    language = paper.styles.element.find(".//" + qn("w:lang"))
    if language is not None:
        language.set(qn("w:eastAsia"), "ja-JP")
        language.set(qn("w:val"), "ja-JP")
    about = paper.core_properties
    about.title, about.language = told.title, "ja-JP"
    about.author = told.workshop.consultation.department.name
    about.comments, about.created = "", clock.now().replace(tzinfo=None)


def _facts(paper: Any, told: Told) -> None:
    figures, workshop = told.figures, told.workshop
    rows = [
        (_("日時"), i18n.date_and_time(workshop.held_at)),
        (_("場所"), workshop.place or str(_("オンライン"))),
        (_("問い"), "\n".join(workshop.questions)),
        (_("参加した人"), str(_("%(count)s人", count=figures.people))),
        (_("付せん"), str(_("%(count)s枚", count=figures.notes))),
        (_("島"), f"{figures.islands:,}"),
    ]
    if figures.votes is not None:
        rows.append((_("選んだ票"), str(_("%(count)s票", count=figures.votes))))
    if figures.hidden or figures.withdrawn:
        rows.append(
            (
                _("載せていない付せん"),
                str(
                    _(
                        "非公開 %(hidden)s枚、取り下げ %(withdrawn)s枚",
                        hidden=figures.hidden,
                        withdrawn=figures.withdrawn,
                    )
                ),
            )
        )
    table = paper.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for name, said in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = str(name), said


def _flow(paper: Any, told: Told) -> None:
    if not told.stages:
        return
    paper.add_heading(str(_("当日の流れ")), 1)
    table = paper.add_table(rows=1, cols=4)
    table.style = "Table Grid"
    head = (_("時刻"), _("場面"), _("かかった時間"), _("終わりの付せん"))
    for cell, name in zip(table.rows[0].cells, head, strict=True):
        cell.text = str(name)
    for stage in told.stages:
        cells = table.add_row().cells
        cells[0].text = f"{clock.local(stage.began_at):%H:%M}"
        cells[1].text = stage.title
        cells[2].text = str(_("%(count)s分", count=stage.minutes))
        cells[3].text = str(_("%(count)s枚", count=stage.notes))


def _table(paper: Any, table: TableTold) -> None:
    paper.add_heading(table.title or str(_("付せん")), 1)
    if table.summary:
        _paragraphs(paper, table.summary)
    for island in table.islands:
        paper.add_heading(
            f"{island.title or _('見出しのない島')}（{_('%(count)s枚', count=island.count)}）", 2
        )
        for note in island.notes:
            _note(paper, note)
        for word, other in island.links:
            paper.add_paragraph(
                f"→ {other or _('見出しのない島')}" + (f"（{word}）" if word else "")
            )
    if table.loose:
        if table.islands:
            paper.add_heading(str(_("島に入っていない付せん")), 2)
        for note in table.loose:
            _note(paper, note)
    _photos(paper, table.photos)


def _photos(paper: Any, photos: Iterable[WorkshopPhoto]) -> None:
    from docx.image.exceptions import UnrecognizedImageError
    from docx.shared import Mm

    for photo in photos:
        try:
            paper.add_picture(io.BytesIO(files.content(photo.file)), width=Mm(120))
        except UnrecognizedImageError:  # WebP: the page shows it, this format does not hold it
            continue
        if photo.caption:
            paper.add_paragraph(photo.caption)


def _note(paper: Any, note: NoteTold) -> None:
    said = note.text if note.text is not None else f"（{WHY[note.why]}）"
    if note.votes:
        said += f"　{_('%(count)s票', count=note.votes)}"
    paper.add_paragraph(said, style="List Bullet")
    for talk in note.talks:
        paper.add_paragraph(talk, style="List Bullet 2")


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


def _foot(told: Told) -> str:
    department = told.workshop.consultation.department
    said = department.name + (f"　{department.phone}" if department.phone else "")
    if told.published_at is not None:
        said += f"　{_('公表 %(day)s', day=i18n.date(told.published_at))}"
    if told.changed_at is not None:
        said += f"　{_('公表の後に変更 %(day)s', day=i18n.date(told.changed_at))}"
    return said
