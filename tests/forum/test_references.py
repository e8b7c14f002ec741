"""Words that point at posts and people, and what must never come of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from html.parser import HTMLParser

import nh3
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select

from core import db, people, text
from core.people import Account
from forum import posts, references
from forum.models import Mention, Post, Topic
from forum.references import People, _Pointing
from moderation import decisions

Browser = Callable[[Account], FlaskClient]
PIECES = [
    *(
        "発言12",
        "発言１",
        ">>3",
        "＞＞１２",
        "@坂の上",
        "＠坂の上さん",
        "@Ken",
        "発言",
        ">>",
        "@",
        "＠",
    ),
    *(
        "`発言1`",
        "[発言1](https://example.jp/)",
        "> ",
        "\n",
        "\n\n",
        "```\n",
        "**",
        "<b>",
        "&gt;&gt;1",
    ),
    *(
        "https://example.jp/@坂の上",
        "&",
        "<",
        ">",
        '"',
        "'",
        "- ",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
    ),
    *("<script>", "javascript:", "]( ", "発言3件", "　", "髙😊", "ｶﾞ", "㌔", "\u200b"),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=14).map("".join)


def pointing(html: str, last: int = 20, names: dict[str, list[int]] | None = None) -> str:
    """`references.render` from the HTML on, without a database."""
    known = People(0)
    known.__dict__["ids"] = {references._folded(n): i for n, i in (names or {}).items()}
    return _Pointing("topic1", last, known).through(html)


def said(body: str, names: dict[str, list[int]] | None = None) -> str:
    return pointing(text.render(body), names=names).strip()


def ref(number: int, words: str) -> str:
    return f'<a class="ref" href="/t/topic1/{number}">{words}</a>'


def bare(html: str) -> str:
    """The HTML with what `references` puts in taken out again."""

    class Bare(HTMLParser):
        def __init__(self) -> None:
            super().__init__(convert_charrefs=False)
            self.out: list[str] = []
            self.ours: list[bool] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            ours = dict(attrs).get("class") in ("ref", "mention")
            if tag in ("a", "span"):
                self.ours.append(ours)
            if not ours:
                self.out.append(self.get_starttag_text() or "")

        def handle_endtag(self, tag: str) -> None:
            if tag in ("a", "span") and self.ours.pop():
                return
            self.out.append(f"</{tag}>")

        def handle_data(self, data: str) -> None:
            self.out.append(data)

        def handle_entityref(self, name: str) -> None:
            self.out.append(f"&{name};")

        def handle_charref(self, name: str) -> None:
            self.out.append(f"&#{name};")

    found = Bare()
    found.feed(html)
    found.close()
    return "".join(found.out)


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("発言12です", f"<p>{ref(12, '発言12')}です</p>"),
        ("発言１２です", f"<p>{ref(12, '発言１２')}です</p>"),
        ("短い便（発言7）なら", f"<p>短い便（{ref(7, '発言7')}）なら</p>"),
        (">>12 そうです", f"<p>{ref(12, '&gt;&gt;12')} そうです</p>"),
        ("前\n>>3\n後", f"<p>前<br>\n{ref(3, '&gt;&gt;3')}<br>\n後</p>"),
        ("＞＞１２", f"<p>{ref(12, '＞＞１２')}</p>"),
        ("発言1・発言2", f"<p>{ref(1, '発言1')}・{ref(2, '発言2')}</p>"),
        ("**発言1**", f"<p><strong>{ref(1, '発言1')}</strong></p>"),
        ("発言3件", "<p>発言3件</p>"),
        ("発言21", "<p>発言21</p>"),  # nobody has said that yet
        ("発言0", "<p>発言0</p>"),
        ("発言1234567", "<p>発言1234567</p>"),
        ("`発言1`", "<p><code>発言1</code></p>"),
        ("```\n>>1\n```", "<pre><code>&gt;&gt;1\n</code></pre>"),
        ("発言<b>1", "<p>発言&lt;b&gt;1</p>"),
    ],
)
def test_what_points_at_a_post_is_a_link(body: str, html: str) -> None:
    assert said(body) == html


def test_a_link_is_not_made_within_a_link() -> None:
    html = said("[発言1](https://example.jp/)と発言2")
    assert html.count("<a ") == 2
    assert ref(1, "発言1") not in html
    assert ref(2, "発言2") in html


def test_a_quotation_stays_one() -> None:
    assert "<blockquote>" in said("> 木を残す\n\n発言1")
    assert "<blockquote>\n<blockquote>" in said("> > 木を残す")


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        ("@坂の上さん、", "@坂の上"),
        ("＠坂の上", "＠坂の上"),
        ("@坂の上の住人へ", "@坂の上の住人"),  # the longest name
        ("ですね@ＫＥＮ。", "@ＫＥＮ"),
        ("@ガーデン", "@ガーデン"),
        ("@ｶﾞｰﾃﾞﾝ", "@ｶﾞｰﾃﾞﾝ"),
        ("**@坂の上**", "@坂の上"),
    ],
)
def test_who_is_spoken_to_is_marked(body: str, marked: str) -> None:
    names = {"坂の上": [1], "坂の上の住人": [2], "Ken": [3], "ガーデン": [4], "A&B": [5]}
    assert f'<span class="mention">{marked}</span>' in said(body, names)


@pytest.mark.parametrize(
    "body",
    ["@坂", "@Kenji", "a@Ken.jp", "`@Ken`", "> @坂の上", "@", "https://example.jp/@Ken", "坂の上"],
)
def test_who_is_not_spoken_to_is_not_marked(body: str) -> None:
    assert "mention" not in said(body, {"坂の上": [1], "Ken": [3]})


def test_a_name_that_looks_like_markup_is_text() -> None:
    html = said("@<b>&\"'", {"<b>&\"'": [1]})
    assert html == """<p><span class="mention">@&lt;b&gt;&amp;&quot;'</span></p>"""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts)
@example(">>1<b>")
@example("@坂の上@坂の上発言1発言2")
def test_any_text_stays_as_it_was_sanitised_but_for_our_links(body: str) -> None:
    plain = text.render(body)
    html = pointing(plain, names={"坂の上": [1], "Ken": [2]})
    assert bare(html) == plain
    allowed = {"a": {"href", "class", "rel"}, "span": {"class"}, "ol": {"start"}, "th": {"scope"}}
    judged = nh3.clean(
        html,
        tags=text.TAGS | {"span"},
        attributes=allowed,
        url_schemes={"http", "https"},
        link_rel=None,
    )
    assert words(judged) == words(html)
    assert judged.count("<a ") == html.count("<a ")


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(exclude_characters="@＠>＞発", exclude_categories=["Cs"]), max_size=200)
)
def test_what_points_at_nothing_is_rendered_as_ever(body: str) -> None:
    plain = text.render(body)
    assert pointing(plain, names={"坂の上": [1]}) == plain


def words(html: str) -> str:
    """All text of a page, as a browser would read it."""

    class Words(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.out: list[str] = []

        def handle_data(self, data: str) -> None:
            self.out.append(data)

    found = Words()
    found.feed(html)
    found.close()
    return "".join(found.out)


@pytest.mark.parametrize("body", ["@" * 800, "@坂" * 400, ">>1 " * 200, "＞" * 800, "発言1" * 260])
def test_a_hostile_post_is_read_fast(body: str) -> None:
    names = {f"坂{number}" + "の" * (number % 38): [number] for number in range(3000)}
    html = text.render(body)
    pointing("", names=names)
    begun = time.process_time()
    pointing(html, names=names)
    assert time.process_time() - begun < 2


def test_people_of_the_topic_are_spoken_to_and_noted(
    both_engines: str, topic: Topic, resident: Account, neighbour: Account, officer: Account
) -> None:
    posts.reply(neighbour, topic, "停留所が遠いです。")
    posts.reply(officer, topic, "調べます。")
    post = posts.reply(resident, topic, "@坂の上 @坂の上 さん、@けやき坂の住人 @公園みどり課 森川")
    assert post.body_html.count('class="mention"') == 2
    assert noted(post) == {neighbour.id}  # an officer's name is nobody's; oneself is not told
    posts.edit(resident, post, "だれにも言っていません。", version=1)
    assert noted(post) == set()


def noted(post: Post) -> set[int]:
    return set(db.session().scalars(select(Mention.account_id).where(Mention.post_id == post.id)))


def test_two_of_one_name_are_both_told(topic: Topic, resident: Account, neighbour: Account) -> None:
    with db.transaction():
        other = people.create("other@example.jp", "坂の上", ties=["在住"])
    for author in (neighbour, other):
        posts.reply(author, topic, "ここにいます。")
    assert noted(posts.reply(resident, topic, "＠坂の上さん")) == {neighbour.id, other.id}


def test_who_only_wrote_what_is_hidden_is_not_found(
    topic: Topic, resident: Account, neighbour: Account, moderator: Account
) -> None:
    hidden = posts.reply(neighbour, topic, "決めつけ")
    decisions.hide(moderator, "post", hidden.public_id, "第4条", "決めつけでした。")
    assert "mention" not in posts.reply(resident, topic, "@坂の上").body_html


def test_a_text_without_an_at_asks_the_database_nothing(
    topic: Topic, statements: list[str]
) -> None:
    assert topic.public_id
    statements.clear()
    references.render("発言1を読みました。", topic)
    assert statements == []


def test_a_reference_leads_to_the_post(
    client: FlaskClient, topic: Topic, resident: Account
) -> None:
    posts.reply(resident, topic, "はじめ")
    posts.reply(resident, topic, "発言1のとおりです。")
    path = f"/t/{topic.public_id}"
    assert f'<a class="ref" href="{path}/1">発言1</a>' in client.get(path).text
    assert client.get(f"{path}/1").location.endswith(f"{path}#p-1")


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        ("木を残す。", "> 木を残す。\n\n発言4\n"),
        ("一行目\n\n三行目", "> 一行目\n>\n> 三行目\n\n発言4\n"),
        ("> 前の人の言葉\n\n発言1\n賛成です。", "> 発言1\n> 賛成です。\n\n発言4\n"),
        ("> 引用だけ", "> > 引用だけ\n\n発言4\n"),
        ("あ" * 300, f"> {'あ' * 199}…\n\n発言4\n"),
    ],
)
def test_a_post_is_quoted_with_its_place(body: str, quoted: str) -> None:
    assert references.quote(Post(body=body, number=4)) == quoted


def test_the_composer_begins_with_the_quotation(
    browser_of: Browser, topic: Topic, resident: Account, neighbour: Account, moderator: Account
) -> None:
    post = posts.reply(neighbour, topic, "停留所が遠いです。")
    path, public_id = f"/t/{topic.public_id}?quote={post.public_id}", post.public_id
    page = browser_of(resident).get(path).text
    assert "&gt; 停留所が遠いです。\n\n発言1" in page.replace("\r\n", "\n")
    assert f'value="{public_id}"' in page
    again = db.session().get_one(Account, inspect(moderator).identity[0])
    decisions.hide(again, "post", public_id, "第4条", "決めつけでした。")
    assert browser_of(resident).get(path).status_code == 404
