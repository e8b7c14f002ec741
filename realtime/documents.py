"""What any document of ours for Word looks like: its page, fonts, lists, tables and pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from core import clock, pictures

FONT = "Yu Gothic"  # on every Windows and Mac; elsewhere the program takes what it has
MARGIN, WIDE = 22, 166  # mm: A4 less two margins
PICTURE = (120, 105)  # mm: two photos and their captions on a page
_STYLES = (
    *("Normal", "Title", "Heading 1", "Heading 2", "Header", "Footer", "Caption"),
    *("List Bullet", "List Bullet 2"),
)
_INK, _SUB, _WASH = "1A1A1A", "4D4D4D", "F2F2F2"


def blank(title: str, author: str) -> Any:
    """A document without a word: A4, a Japanese font for every style, its title on each page."""
    from docx import Document  # 0.2 s: only where a document is asked for
    from docx.enum.section import WD_ORIENTATION
    from docx.shared import Mm

    paper = Document()
    page = paper.sections[0]
    page.orientation = WD_ORIENTATION.PORTRAIT
    page.page_width, page.page_height = Mm(210), Mm(297)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(page, side, Mm(MARGIN))
    _set_styles(paper)
    _set_foot(page.footer.paragraphs[0], title)
    about = paper.core_properties
    about.title, about.author, about.language = title, author, "ja-JP"
    about.comments, about.created = "", clock.now().replace(tzinfo=None)
    return paper


def add_table(
    paper: Any, rows: Sequence[Sequence[str]], widths: Sequence[int], *, head: bool = False
) -> None:
    """A table with a head on top, repeated on each page, or else one in its first column.

    A paragraph follows it, or Word would make two tables one.
    """
    from docx.shared import Mm, Pt

    table = paper.add_table(rows=0, cols=len(widths), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for place, row in enumerate(rows):
        line = table.add_row()
        _mark(line._tr.get_or_add_trPr(), "w:cantSplit")
        if head and place == 0:
            _mark(line._tr.get_or_add_trPr(), "w:tblHeader")
        for column, (cell, said, width) in enumerate(zip(line.cells, row, widths, strict=True)):
            cell.width = Mm(width)
            cell.text = said
            about = cell.paragraphs[0]
            about.paragraph_format.space_before = about.paragraph_format.space_after = Pt(3)
            if (place if head else column) == 0:
                about.runs[0].bold = True
                _mark(cell._tc.get_or_add_tcPr(), "w:shd", val="clear", color="auto", fill=_WASH)


def add_picture(paper: Any, content: bytes, about: str, caption: str = "") -> None:
    """A picture as large as fits, described, its caption on the same page."""
    from docx.image.exceptions import UnrecognizedImageError
    from docx.shared import Mm

    try:
        shape = paper.add_picture(io.BytesIO(content))
    except UnrecognizedImageError:  # WebP, which Word opens only of late
        shape = paper.add_picture(io.BytesIO(pictures.flattened(content)))
    less = min(Mm(PICTURE[0]) / shape.width, Mm(PICTURE[1]) / shape.height)
    shape.width, shape.height = round(shape.width * less), round(shape.height * less)
    shape._inline.docPr.set("descr", about)
    if caption:
        paper.paragraphs[-1].paragraph_format.keep_with_next = True
        paper.add_paragraph(caption, style="Caption")


def _set_styles(paper: Any) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name in _STYLES:
        style = paper.styles[name]
        style.font.name = FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for which in ("w:ascii", "w:hAnsi", "w:eastAsia"):
            fonts.set(qn(which), FONT)
        for which in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(which), None)
        if name not in ("Normal", "List Bullet", "List Bullet 2"):
            style.font.color.rgb = RGBColor.from_string(_INK)
    paper.styles["Normal"].font.size = Pt(10.5)
    paper.styles["Title"].font.size = Pt(22)
    for name in ("List Bullet", "List Bullet 2"):
        about = paper.styles[name].paragraph_format
        about.space_before, about.space_after = Pt(0), Pt(3)
    for name in ("Footer", "Caption"):
        small = paper.styles[name].font
        small.size, small.bold, small.color.rgb = Pt(9), False, RGBColor.from_string(_SUB)
    language = paper.styles.element.find(".//" + qn("w:lang"))
    if language is not None:
        language.set(qn("w:eastAsia"), "ja-JP")
        language.set(qn("w:val"), "ja-JP")


def _set_foot(foot: Any, title: str) -> None:
    """The title, and at the right the page and how many there are."""
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.shared import Mm

    foot.style.paragraph_format.tab_stops.clear_all()
    foot.paragraph_format.tab_stops.add_tab_stop(Mm(WIDE), WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run(f"{title[:40]}\t")
    _add_field(foot, "PAGE")
    foot.add_run("／")
    _add_field(foot, "NUMPAGES")


def _add_field(paragraph: Any, name: str) -> None:
    """A number that Word works out."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _mark(properties: Any, name: str, **about: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement(name)
    for key, value in about.items():
        mark.set(qn(f"w:{key}"), value)
    properties.append(mark)
