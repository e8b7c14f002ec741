from __future__ import annotations

import time
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import text
from core.errors import Invalid

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[押す](javascript:alert(1))",
    "[押す](JaVaScRiPt:alert(1))",
    "[押す](data:text/html;base64,PHNjcmlwdD4=)",
    "[押す](vbscript:x)",
    "![絵](http://example.jp/x.png)",
    "![絵](javascript:alert(1))",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src=//example.jp>",
    '"><b onmouseover=alert(1)>x',
    '[x](http://example.jp" onclick="alert(1))',
    '[x](<http://example.jp" onclick="alert(1)>)',
    'https://example.jp/"onmouseover=alert(1)//',
    "<style>*{display:none}</style>",
    '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
    "<form action=//example.jp><input>",
    "```html\n<script>alert(1)</script>\n```",
    "`<img src=x onerror=alert(1)>`",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x6A;avascript:alert(1)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<!--<img src=x onerror=alert(1)>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "# <b onclick=alert(1)>見出し</b>",
]


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, frozenset[tuple[str, str | None]]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, frozenset(attrs)))


def judged(html: str) -> str:
    """What another sanitiser, written by others, leaves of it."""
    return nh3.clean(
        html,
        tags=set(text.TAGS),
        attributes={"a": {"href", "rel"}, "th": {"scope"}, "ol": {"start"}},
        url_schemes={"http", "https"},
        link_rel=None,
    )


@pytest.mark.parametrize("markdown", HOSTILE)
def test_hostile_text_comes_out_as_another_sanitiser_would_leave_it(markdown: str) -> None:
    html = text.render(markdown)
    ours, theirs = Tags(html).found, Tags(judged(html)).found
    assert [tag for tag, _attrs in ours] == [tag for tag, _attrs in theirs]
    for (tag, attrs), (_tag, left) in zip(ours, theirs, strict=True):
        assert tag in text.TAGS
        # nh3 also drops an address whose host is no host; a dead link harms nobody
        assert all(k == "href" and (v or "").startswith("http://") for k, v in attrs - left)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>\"'&/=()[]!`*_#|\n :abjs\\あ；"), max_size=80))
def test_no_text_gives_more_tags_than_another_sanitiser_leaves(markdown: str) -> None:
    html = text.render(markdown)
    assert Tags(html).found == Tags(judged(html)).found


@pytest.mark.parametrize(
    "markdown", ["<b>" * 6000, "[" * 4000, "*" * 9000, "> " * 3000, "`" * 9000, "![](" * 4000]
)
def test_a_text_made_to_hang_does_not(markdown: str) -> None:
    began = time.process_time()
    text.render(markdown[:20_000])
    assert time.process_time() - began < 10


def test_a_table_that_would_be_blown_up_stays_text() -> None:
    head = "|" + "a|" * 2_400 + "\n|" + "-|" * 2_400 + "\n"
    shown = text.render(head + "|x\n" * 3_000)
    assert "<td>" not in shown
    assert text.render("|a|b|\n|-|-|\n" + "|x|y|\n" * 900).count("<td>") == 1_800


def test_a_longer_text_is_not_rendered() -> None:
    with pytest.raises(ValueError, match="20,000"):
        text.render("あ" * 20_001)


def test_a_link_ends_where_japanese_begins() -> None:
    html = text.render("資料（https://example.jp/a_(b)?c=1）を、https://example.jp/x、次に見ます。")
    assert 'href="https://example.jp/a_(b)?c=1"' in html
    assert 'href="https://example.jp/x"' in html
    assert html.count("nofollow ugc noopener") == 2


def test_headings_never_outrank_the_page() -> None:
    html = text.render("# 大\n\n## 中\n\n#### 小")
    assert "<h3>大</h3>" in html
    assert "<h4>中</h4>" in html
    assert "<h5>小</h5>" in html


@pytest.mark.parametrize(
    "kept", ["髙﨑𠮷", "葛\U000e0100飾", "👨\u200d👩\u200d👧", "e\u0301", "ｶﾞ①㌔", "a\tb\n\nc"]
)
def test_what_was_typed_is_kept_byte_for_byte(kept: str) -> None:
    assert text.accepted("body", kept, limit=100) == kept


def test_line_ends_are_one_character() -> None:
    assert text.accepted("body", "a\r\nb\rc", limit=5) == "a\nb\nc"


@pytest.mark.parametrize("bad", ["a\0b", "a\x07", "\x9b31m", "\ud800", "a\x7f"])
def test_only_what_no_page_can_show_is_refused(bad: str) -> None:
    with pytest.raises(Invalid) as refused:
        text.accepted("body", bad, limit=100)
    assert refused.value.field == "body"


@pytest.mark.parametrize(
    "empty", ["", "  \n\t", "\u200b\u2060", "\u3000", "\u3164", "\u2800", "\ufe0f"]
)
def test_a_text_with_nothing_to_see_is_no_text(empty: str) -> None:
    with pytest.raises(Invalid):
        text.accepted("body", empty, limit=100)
    assert text.accepted("body", empty, limit=100, required=False) == ""


def test_too_long_says_how_long(database: object) -> None:
    with pytest.raises(Invalid) as refused:
        text.accepted("body", "あ" * 1001, limit=1000)
    assert "1,000文字" in str(refused.value.message)
    assert "1,001文字" in str(refused.value.message)


def test_plain_text_is_escaped_line_by_line() -> None:
    assert text.lines("<b>一\n二\n\n三") == "<p>&lt;b&gt;一<br>二</p><p>三</p>"


def test_an_excerpt_is_one_line() -> None:
    assert text.excerpt("一\n二  三" + "四" * 100, 6) == "一 二 三…"
