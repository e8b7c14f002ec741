"""A long topic must open like a short one, and cost less than the same page of a known forum.

    ./dev bench topics [FEW MANY] [--no-peer]

Server CPU of one GET (median), signed out and signed in with unread posts, on the first, middle
and last page and by permalink; the number of SQL statements; then django-spirit from PyPI, in a
throw-away environment, seeded alike, in the same run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import event, select

from bench import wards
from core import db, people
from core.people import Account
from forum import posts, rooms, topics
from forum.models import Post, Topic
from ledger.models import Consultation

ROUNDS = 25
PER_PAGE = 50
SAID = (
    "公園の木は、できるだけ残してほしいです。夏の木かげに助けられています。",
    "ベンチが木の近くにあると、年をとっても休みながら歩けます。坂の上から通う人は多いです。",
    "遊び場は、小さい子と大きい子を分けてほしいです。ぶつかりそうになったことが何度もあります。",
    "夜の入口が暗いので、足もとを照らす明かりがあると助かります。虫や眠る鳥への配慮もお願いします。",
    "案では駐輪場が南だけですが、北から来る人も多いです。数を数えてから決めてはどうでしょうか。",
)


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU and SQL statements for one GET."""

    ms: float
    statements: int


def main(arguments: list[str]) -> None:
    """Print the figures for a topic of few and of many posts, and for the peer."""
    numbers = [int(one) for one in arguments if one.isdecimal()]
    few, many = numbers if len(numbers) == 2 else (100, 10_000)
    with wards.ward() as (app, officer):
        target = wards.consultation(officer, "talk")
        authors = _authors(40)
        made = {count: _topic(officer, target, authors, count) for count in (few, many)}
        reader = _reader(authors[0], made.values())
        addresses = {count: _addresses(db.session().merge(made[count])) for count in made}
        visitor, member = app.test_client(), app.test_client()
        with member.session_transaction() as kept:
            kept["_user_id"], kept["_fresh"] = reader, True
        engine = app.extensions["engine"]
        write = sys.stdout.write
        write(f"{'page of 50 posts':34}{few:>9}{many:>9}  ratio   SQL statements\n")
        best: dict[str, float] = {}
        for who, client in (("signed out", visitor), ("signed in, unread", member)):
            for name in addresses[few]:
                one, other = _costs(client, engine, [addresses[few][name], addresses[many][name]])
                best[f"{who}/{name}"] = other.ms
                write(
                    f"{who + ': ' + name:34}{one.ms:9.1f}{other.ms:9.1f}"
                    f"{other.ms / one.ms:7.2f}   {one.statements} / {other.statements}\n"
                )
    if "--no-peer" not in arguments:
        _beside_the_peer(many, best)


def _authors(count: int) -> list[Account]:
    with db.transaction():
        return [people.create(f"r{n}@example.jp", f"住民{n}", ties=["在住"]) for n in range(count)]


def _topic(officer: Account, target: Consultation, authors: list[Account], count: int) -> Topic:
    phase = target.phases[0]
    room = rooms.open_room(
        officer,
        target,
        title="測る部屋",
        purpose="測ります。",
        rules=["一つの発言に一つのことを書きます。"],
        opens_at=phase.opens_at,
        closes_at=phase.closes_at,
    )
    topic = topics.open_topic(officer, room, title=f"{count}の発言", question="どうですか。")
    said: list[Post] = []
    for start in range(0, count, 500):
        with db.transaction():
            for n in range(start, min(start + 500, count)):
                parent = said[n - 1 - n % 3] if n % 5 and said else None
                body = f"{n}番目です。{SAID[n % len(SAID)]}"
                author = authors[n % len(authors)]
                said.append(posts.reply(author, topic, body, parent, key=f"b-{n}"))
    return db.session().get_one(Topic, topic.id)


def _reader(account: Account, read: Iterable[Topic]) -> str:
    """Somebody who has read every second page of each topic."""
    from forum import readings

    for topic in read:
        numbers = [n for n in range(1, topic.post_count + 1) if (n // PER_PAGE) % 2 == 0]
        readings.mark(account, topic, numbers)
    return account.public_id


def _addresses(topic: Topic) -> dict[str, str]:
    """Where the pages stand; a request ends the session that the topic belongs to."""
    pages = -(-topic.post_count // PER_PAGE)
    query = select(Post.public_id).where(
        Post.topic_id == topic.id, Post.number == topic.post_count // 2
    )
    at = {"first": 1, "middle": pages // 2, "last": pages}
    found = {name: f"/t/{topic.public_id}?page={page}" for name, page in at.items()}
    return found | {"permalink": f"/p/{db.session().scalars(query).one()}"}


def _costs(client: FlaskClient, engine: object, urls: list[str]) -> list[Cost]:
    """What each of these pages costs, asked for in turn: what disturbs one disturbs all."""
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    spent: list[list[float]] = [[] for _ in urls]
    statements = [0 for _ in urls]
    for _ in range(ROUNDS + 3):
        for place, url in enumerate(urls):
            said.clear()
            started = time.process_time()
            answer = client.get(url, follow_redirects=True)
            spent[place].append(1000 * (time.process_time() - started))
            statements[place] = len(said)
            assert answer.status_code == 200, (url, answer.status_code)
    event.remove(engine, "before_cursor_execute", note)
    medians = (sorted(one[3:])[ROUNDS // 2] for one in spent)
    return [Cost(ms, count) for ms, count in zip(medians, statements, strict=True)]


def _beside_the_peer(count: int, best: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "env" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", Path(folder) / "env"], check=True)
        installed = subprocess.run(
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "django-spirit"],
            check=False,
        )
        if installed.returncode:
            sys.stdout.write("django-spirit can not be installed here: nothing to stand beside\n")
            return
        bodies = Path(folder) / "bodies.json"
        bodies.write_text(json.dumps(list(SAID), ensure_ascii=False), "utf-8")
        script = Path(__file__).with_name("peer_forum.py")
        answer = subprocess.run(
            [python, script, folder, str(count), bodies],
            check=True,
            capture_output=True,
            text=True,
        )
        found = json.loads(answer.stdout)
    sys.stdout.write(f"\n{'CPU per post shown (ms)':34}{'spirit':>9}{'tomoni':>9}  ratio\n")
    for name in ("first", "middle", "last"):
        for key, who in (("out", "signed out"), ("in", "signed in, unread")):
            peer = found[name][key]["ms"] / found[name][key]["posts"]
            ours = best[f"{who}/{name}"] / PER_PAGE
            sys.stdout.write(f"{who + ': ' + name:34}{peer:9.2f}{ours:9.2f}{ours / peer:7.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
