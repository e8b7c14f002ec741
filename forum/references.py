"""Words that point at other words: 発言12 and >>12 become links, @名前 is marked, a post is quoted.

Works on the text of what `core.text` rendered and sanitised; nothing a resident typed becomes
markup here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from html.parser import HTMLParser

from sqlalchemy import delete, select

from core import db, text
from core.people import Account
from forum.models import Mention, Post, Topic
from forum.queries import shown

QUOTE_LIMIT = 200
# Not 発言3件, which counts; not a longer run of digits.
_REFERENCE = re.compile(
    r"(?:発言[ \u3000]?|(?:>>|＞＞)[ \u3000]?)([0-9０-９]{1,6})(?![0-9０-９]|[件個回人つ通字])"
)
_UNTOUCHED = {"a", "code", "pre"}
_QUOTED = re.compile(r"^ {0,3}>.*\n?", re.MULTILINE)
_MAIL_ADDRESS = re.compile(r"[0-9A-Za-z._%+-]")


@dataclass
class People:
    """Those who wrote in a topic, by folded name; read only when somebody is spoken to.

    An officer speaks as the department: their own name is nobody's business here.
    """

    topic_id: int

    @cached_property
    def ids(self) -> dict[str, list[int]]:
        query = (
            select(Account.id, Account.display_name)
            .join(Post, Post.author_id == Account.id)
            .where(Post.topic_id == self.topic_id, Post.role != "officer", shown())
            .distinct()
        )
        found: dict[str, list[int]] = {}
        for account_id, name in db.session().execute(query):
            found.setdefault(_folded(name), []).append(account_id)
        found.pop("", None)
        return found

    @cached_property
    def lengths(self) -> list[int]:
        """How long the names are, the longest first."""
        return sorted({len(name) for name in self.ids}, reverse=True)


@dataclass(frozen=True)
class Found:
    """A piece of text that points at the post `number`, or, when that is 0, at people."""

    start: int
    end: int
    number: int = 0


def render(markdown: str, topic: Topic) -> str:
    """`text.render` with links to the posts that are named, and people spoken to marked.

    Costs a statement when there is an @. Call it once, before the transaction.
    """
    html = text.render(markdown)
    return _Pointing(topic.public_id, topic.post_count, People(topic.id)).through(html)


def mentioned(html: str, topic: Topic) -> set[int]:
    """The accounts spoken to in what `render` made."""
    if 'class="mention"' not in html:
        return set()
    seeing = _Pointing(topic.public_id, 0, People(topic.id))
    seeing.through(html)
    return seeing.mentioned


def note_mentions(post: Post) -> None:
    """Keep who is spoken to in a post, in the transaction that writes or edits it."""
    with db.transaction() as tx:
        now = mentioned(post.body_html, post.topic) - {post.author_id}
        before = set(tx.scalars(select(Mention.account_id).where(Mention.post_id == post.id)))
        gone = Mention.post_id == post.id, Mention.account_id.in_(before - now)
        if before - now:
            tx.execute(delete(Mention).where(*gone))
        tx.add_all(Mention(post_id=post.id, account_id=one) for one in sorted(now - before))


def quote(post: Post, said: str = "") -> str:
    """A post, or what was `said` in it, as the beginning of an answer: a quotation and its place.

    What the post itself quotes is left out: a quotation is of one voice.
    """
    own = _QUOTED.sub("", said or post.body).strip() or (said or post.body).strip()
    short = own if len(own) <= QUOTE_LIMIT else own[: QUOTE_LIMIT - 1].rstrip() + "…"
    lines = [line.rstrip() for line in short.splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines) + f"\n\n発言{post.number}\n"


class _Pointing(HTMLParser):
    """Copies sanitised HTML, and sees to its texts; everything else passes byte for byte."""

    def __init__(self, topic: str, last: int, people: People) -> None:
        super().__init__(convert_charrefs=False)
        self.topic, self.last, self.people = topic, last, people
        self.out: list[str] = []
        self.run: list[tuple[str, str]] = []  # letters of a text, and how they are written
        self.inside: dict[str, int] = dict.fromkeys([*_UNTOUCHED, "blockquote"], 0)
        self.mentioned: set[int] = set()

    def through(self, html: str) -> str:
        self.feed(html)
        self.close()
        self._end_run()
        return "".join(self.out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_run()
        self.out.append(self.get_starttag_text() or "")
        if tag in self.inside:
            self.inside[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        self._end_run()
        self.out.append(f"</{tag}>")
        if tag in self.inside:
            self.inside[tag] -= 1

    def handle_data(self, data: str) -> None:
        self.run += ((ch, ch) for ch in data)

    def handle_entityref(self, name: str) -> None:
        self._escaped(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._escaped(f"&#{name};")

    def _escaped(self, raw: str) -> None:
        said = unescape(raw)
        self.run += [(said[:1], raw), *((ch, "") for ch in said[1:])]

    def _end_run(self) -> None:
        said = "".join(ch for ch, _raw in self.run)
        raw = [raw for _ch, raw in self.run]
        self.run.clear()
        done = 0
        if said and not any(self.inside[tag] for tag in _UNTOUCHED):
            for one in self._found(said):
                words = "".join(raw[one.start : one.end])
                self.out += raw[done : one.start]
                if one.number:
                    href = f"/t/{self.topic}/{one.number}"
                    self.out.append(f'<a class="ref" href="{href}">{words}</a>')
                else:
                    self.out.append(f'<span class="mention">{words}</span>')
                done = one.end
        self.out += raw[done:]

    def _found(self, said: str) -> Iterator[Found]:
        """What points at something, from left to right; a piece of another one is left out."""
        done = 0
        for one in sorted((*self._references(said), *self._mentions(said)), key=_start):
            if one.start >= done:
                yield one
                done = one.end

    def _references(self, said: str) -> Iterator[Found]:
        for match in _REFERENCE.finditer(said):
            number = int(match[1])  # int() reads full-width digits too
            if 1 <= number <= self.last:
                yield Found(match.start(), match.end(), number=number)

    def _mentions(self, said: str) -> Iterator[Found]:
        if self.inside["blockquote"] or ("@" not in said and "＠" not in said):
            return
        folded, places = _folded_with_places(said)
        at = folded.find("@")
        while at >= 0:
            found = self._name_at(folded, at + 1, places)
            if found and not (at and _MAIL_ADDRESS.match(folded[at - 1])):
                end, ids = found
                self.mentioned.update(ids)
                yield Found(places[at], places[end])
                at = folded.find("@", end)
            else:
                at = folded.find("@", at + 1)

    def _name_at(self, folded: str, start: int, places: list[int]) -> tuple[int, list[int]] | None:
        """The longest name that begins at `start`, and where it ends in the folded text."""
        for length in self.people.lengths:
            end = start + length
            ids = self.people.ids.get(folded[start:end]) if end <= len(folded) else None
            if ids is None or places[end] == places[end - 1]:
                continue  # the same letter goes on: ㌔ is two letters when folded
            if _goes_on(folded, end):
                continue
            return end, ids
        return None


def _start(found: Found) -> int:
    return found.start


def _goes_on(folded: str, end: int) -> bool:
    """Whether a name in Latin letters ends within a longer word: @Ken is not in @Kenji."""
    return end < len(folded) and all(
        ch.isascii() and ch.isalnum() for ch in folded[end - 1 : end + 1]
    )


def _folded(name: str) -> str:
    return _folded_with_places(name)[0]


def _folded_with_places(said: str) -> tuple[str, list[int]]:
    """NFKC without case, and for each of its letters (and the end) where it stands in `said`."""
    out: list[str] = []
    places: list[int] = []
    start = 0
    for end in range(1, len(said) + 1):
        if end < len(said) and _joins(said[end]):
            continue
        piece = unicodedata.normalize("NFKC", said[start:end]).casefold()
        out.append(piece)
        places += [start] * len(piece)
        start = end
    return "".join(out), [*places, len(said)]


def _joins(ch: str) -> bool:
    """Whether a character belongs to the one before: ｶﾞ is ガ."""
    return ch in "ﾞﾟ" or unicodedata.combining(ch) != 0
