"""Search must answer at once: find, and load the page's documents, over many posts.

    ./dev bench search [POSTS]

Milliseconds, p50 and p95, of finding and loading the first page (50 documents), and of the whole
page as a browser gets it; by kind of query, with the words taken from the texts themselves. Then
what the worker does: the index made anew, and one post brought up to date.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import insert, select

from bench import wards
from core import clock, db, grams, jobs, search
from core.documents import ANYTHING, Filters
from core.people import Account
from forum import rooms, topics
from forum.models import Post, Room, Topic
from ledger.models import Consultation

QUERIES = 60  # of each kind
ROOMS, TOPICS = 4, 10
WHO = "うちの子は|坂の上に住む母は|通勤で通る私は|近くの店の人たちは|犬と歩く人は|雨の日は"
WHERE = (
    "公園の北口で|広場のまわりで|図書館の前で|駅前のバス停で|川沿いの道で|学童クラブで|池のほとりで"
)
WHAT = (
    "街灯が足りず足もとが見えません|ベンチがなくて休めません|段差でつまずきました|木かげに助けられています|"
    "自転車とぶつかりそうになりました|掲示が小さくて読めません|水たまりができて通れません|花の手入れを手伝っています"
)
WISH = (
    "明かりを低く増やしてほしいです|大きなケヤキは残してください|調査の結果を公表してください|予算の内訳も知りたいです|"
    "開館を夜9時まで延ばせませんか|もう一度みんなで話したいです|案の12ページの書き方を直してください|髙い木は剪定でよいと思います"
)
LINKS = "それに|ただし|たとえば|というのも|一方で|もう一つ"


def main(arguments: list[str]) -> None:
    """Print the figures for each kind of query."""
    numbers = [int(one) for one in arguments if one.isdecimal()]
    count = numbers[0] if numbers else 10_000
    with wards.ward() as (app, officer):
        texts = _fill(officer, wards.consultation(officer, "talk"), count)
        job = jobs.enqueue("search.rebuild", {})
        began = time.perf_counter()
        jobs.run(job.id)
        made = time.perf_counter() - began
        room = db.session().scalars(select(Room.public_id).limit(1)).one()
        day = clock.now() - timedelta(days=1)
        narrowed = Filters(room=room, since=day, is_official=False)
        client = app.test_client()
        columns = f"{'p50':>9}{'p95':>9}{'p95 CPU':>9}"
        print(
            f"{count} posts of {_length(texts)} characters; milliseconds by the clock, and of CPU"
        )
        print(f"{'':30}{'find + load':>27}{'whole page':>27}      hits")
        print(f"{'query':30}{f'{columns}{columns}'}    median")
        for name, asked in _asked(texts).items():
            filters = narrowed if "room" in name else ANYTHING
            _measure(name, asked, filters, lambda q: client.get("/search", query_string={"q": q}))
        print(f"index made anew: {made:.1f} s; one post brought up to date: {_one_post():.0f} ms")


def _measure(name: str, asked: list[str], filters: Filters, page: Callable[[str], object]) -> None:
    counts = []

    def find(query: str) -> None:
        found = search.find(query, None, filters)
        search.documents(found.keys[:50], None)
        db.session().rollback()
        counts.append(len(found.keys))

    find(asked[0])
    found = _figures(find, asked)
    whole = _figures(page, asked) if filters is ANYTHING else " " * 27
    print(f"{name:30}{found}{whole}{sorted(counts)[len(counts) // 2]:10}")


def _figures(act: Callable[[str], object], asked: list[str]) -> str:
    """By the clock p50 and p95, then p95 of the processor: others may use it at the same time."""
    clocked, spent = [], []
    for query in asked:
        began, at = time.perf_counter(), time.process_time()
        act(query)
        spent.append(1000 * (time.process_time() - at))
        clocked.append(1000 * (time.perf_counter() - began))
    most = int(len(asked) * 0.95)
    figures = sorted(clocked)[len(asked) // 2], sorted(clocked)[most], sorted(spent)[most]
    return "".join(f"{ms:9.1f}" for ms in figures)


def _asked(texts: list[str]) -> dict[str, list[str]]:
    """Queries of each kind, cut out of the texts at random: frequent words come often."""
    chance = random.Random(11)

    def cut(length: int) -> str:
        while True:
            said = chance.choice(texts)
            at = chance.randrange(len(said) - length)
            if len(grams.words(said[at : at + length])) == 1:
                return said[at : at + length]

    return {
        "one character": [cut(1) for _ in range(QUERIES)],
        "two characters": [cut(2) for _ in range(QUERIES)],
        "four characters": [cut(4) for _ in range(QUERIES)],
        "two words": [f"{cut(2)} {cut(3)}" for _ in range(QUERIES)],
        "one character, room and day": [cut(1) for _ in range(QUERIES)],
        "of a hundred characters": [" ".join(cut(1) for _ in range(50)) for _ in range(QUERIES)],
        "not there": [f"{cut(3)}{cut(3)}" for _ in range(QUERIES)],
    }


def _fill(officer: Account, target: Consultation, count: int) -> list[str]:
    """Posts put into the table at once: what a search reads, without the ledger's lines."""
    phase, now = target.phases[0], clock.now()
    where: list[Topic] = []
    for number in range(ROOMS):
        room = rooms.open_room(
            officer,
            target,
            title=f"公園のこれからを話す会議室 {number + 1}",
            purpose="測ります。",
            rules=["一つの発言に一つのことを書きます。"],
            opens_at=phase.opens_at,
            closes_at=phase.closes_at,
        )
        asked = [
            topics.open_topic(officer, room, f"話題{n}", "どうですか。") for n in range(TOPICS)
        ]
        where += asked
    texts = _texts(count)
    rows = [
        {
            "public_id": db.public_id(),
            "topic_id": where[n % len(where)].id,
            "number": n // len(where) + 1,
            "path": f"{n // len(where) + 1:06}",
            "role": "officer" if n % 20 == 0 else "resident",
            "author_id": officer.id,
            "body": body,
            "body_html": body,
            "renderer": "1",
            "key": f"bench-{n}",
            "created_at": now - timedelta(minutes=count - n),
        }
        for n, body in enumerate(texts)
    ]
    with db.transaction() as tx:
        tx.execute(insert(Post), rows)
    return texts


def _texts(count: int) -> list[str]:
    chance = random.Random(7)
    parts = [one.split("|") for one in (WHO, WHERE, WHAT, LINKS, WHERE, WISH)]

    def said() -> str:
        wanted, text = chance.randint(80, 200), ""
        while len(text) < wanted:
            who, place, what, link, there, wish = (chance.choice(some) for some in parts)
            seen = f"{there}{chance.randint(1, 99)}回は見ました"
            text += f"{who}、{place}{what}。{link}、{seen}。{wish}。"
        return text[: max(wanted, 80)]

    return [said() for _ in range(count)]


def _one_post() -> float:
    """What the worker spends on one changed post, the median."""
    spent = []
    for number in range(1, 12):
        with db.transaction():
            search.enqueue("post", number)
        began = time.perf_counter()
        jobs.run_due()
        spent.append(1000 * (time.perf_counter() - began))
    return sorted(spent)[len(spent) // 2]


def _length(texts: list[str]) -> str:
    lengths = sorted(map(len, texts))
    return f"{lengths[0]}–{lengths[-1]}"
