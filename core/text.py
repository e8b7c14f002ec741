"""Texts as people send them, and the only caller of Markdown and bleach.

What a resident typed is kept byte for byte; NFKC is for comparing only. Markdown is rendered once,
when it is written, and sanitised on its output; pages print the stored HTML.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import bleach
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, table
from markupsafe import Markup

from core.errors import Invalid
from core.messages import _

RENDERER = "1"
_SPOKEN = "p br strong em del a ul ol li blockquote code pre h3 h4 h5 hr"
TAGS = frozenset(re.findall(r"\w+", f"{_SPOKEN} table thead tbody tr th td"))
# C0 and C1 controls other than TAB, LF, CR; lone surrogates; and NUL, which no database keeps.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE = {"Cf", "Zs", "Zl", "Zp", "Cc", "Mn", "Me"}
_FILLERS = "\u3164\u115f\u1160\uffa0\u2800"
# ASCII only: every stock linkifier swallows the 「、次に」 that follows a link.
_URL = re.compile(r"//[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
MOST_CELLS = 6_000  # of one table
_POINTER = re.compile(r">>[ \u3000]?[0-9０-９]")


def accepted(field: str, value: str, *, limit: int, required: bool = True) -> str:
    """`value` as it may be stored, line ends as LF; raises `Invalid` naming `field`.

    `limit` counts characters. Refused are only controls, lone surrogates and texts with nothing
    visible (contracts: "Text accepted").
    """
    kept = value.replace("\r\n", "\n").replace("\r", "\n")
    if len(kept) > limit:
        raise Invalid(
            field,
            _(
                "%(limit)s文字までで書いてください。いまは%(length)s文字です。",
                limit=f"{limit:,}",
                length=f"{len(kept):,}",
            ),
        )
    if _REFUSED.search(kept):
        raise Invalid(
            field, _("画面に出せない文字が入っています。消してから、もう一度お送りください。")
        )
    if not visible(kept):
        if required:
            raise Invalid(field, _("入力してください。"))
        return ""
    return kept


def visible(value: str) -> bool:
    """Whether a reader would see anything of `value`."""
    return any(unicodedata.category(ch) not in _INVISIBLE and ch not in _FILLERS for ch in value)


def folded(value: str) -> str:
    """NFKC with white space folded to single blanks: for comparing, never for storing."""
    return " ".join(unicodedata.normalize("NFKC", value).split())


def excerpt(value: str, length: int = 80) -> str:
    """The beginning of a text on one line, with … when there is more."""
    line = " ".join(value.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _validate_url(self: Any, said: str, pos: int) -> int:
    match = _URL.match(said, pos)
    if not match:
        return 0
    url = match.group().rstrip(".,:;!?'")
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1]
    return len(url) if len(url) > 4 else 0


def _quoting(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A quotation, unless the line begins with >>12: that is how a post is pointed at."""
    line = state.src[state.bMarks[first] + state.tShift[first] : state.eMarks[first]]
    return not _POINTER.match(line) and blockquote(state, first, last, silent)


def _tabulating(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A table, unless it has more cells than anybody reads.

    Short rows are filled up to the head's columns: 20,000 characters made 65,536 cells in 5 s.
    """
    columns = state.src[state.bMarks[first] : state.eMarks[first]].count("|") + 1
    rows = 0
    while first + rows < last and not state.isEmpty(first + rows):
        rows += 1
    return columns * rows <= MOST_CELLS and table(state, first, last, silent)


def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": False, "linkify": True, "breaks": True, "typographer": False}
    ).enable(["table", "strikethrough", "linkify"])
    parser.disable("image")
    parser.block.ruler.at(
        "blockquote", _quoting, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.block.ruler.at("table", _tabulating, {"alt": ["paragraph", "reference"]})
    linkify: Any = parser.linkify
    for schema in ("http:", "https:"):
        linkify.add(schema, {"validate": _validate_url})
    for schema in ("ftp:", "//", "mailto:"):
        linkify.add(schema, None)
    linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    return parser


_markdown = _parser()


def render(markdown: str) -> str:
    """HTML of a Markdown text, sanitised; call it once, when the text is written.

    Headings are lowered to h3 … h5 so that a post never outranks its page. Raw HTML is shown as
    typed. `markdown` is at most 20,000 characters (callers limit it long before).
    """
    if len(markdown) > 20_000:
        raise ValueError("a text to render is at most 20,000 characters")
    html = _markdown.render(markdown)
    for level in (6, 5, 4, 3, 2, 1):
        lowered = min(level + 2, 5)
        html = html.replace(f"<h{level}>", f"<h{lowered}>").replace(
            f"</h{level}>", f"</h{lowered}>"
        )
    html = re.sub(r'<a href="', '<a rel="nofollow ugc noopener" href="', html)
    clean: str = bleach.clean(
        html,
        tags=TAGS,
        attributes={"a": ["href", "rel"], "th": ["scope"], "ol": ["start"]},
        protocols=["http", "https"],
        strip=True,
    )
    return clean


def safe(rendered: str) -> Markup:
    """HTML that `render` made and the database kept, for printing in a page."""
    return Markup(rendered)  # noqa: S704 sanitised by render() when it was written


def lines(value: str) -> Markup:
    """Plain text as paragraphs and line breaks, everything escaped."""
    from markupsafe import escape

    parts = [p for p in re.split(r"\n{2,}", value.strip("\n")) if p]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(x) for x in p.split("\n")))
        for p in parts
    )
