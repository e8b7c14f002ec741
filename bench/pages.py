"""A page's cost must not grow with what lies behind it: server CPU at two sizes, in one run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from flask.testing import FlaskClient

from bench import wards
from core import clock, db
from core.people import Account
from forum import posts, rooms, topics
from ledger.models import Consultation

ROUNDS = 15


def cpu(client: FlaskClient, url: str) -> float:
    """Milliseconds of CPU for one GET, the median of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        answer = client.get(url)
        spent.append(1000 * (time.process_time() - started))
        assert answer.status_code == 200, (url, answer.status_code)
    return sorted(spent)[ROUNDS // 2]


def main(arguments: list[str]) -> None:
    """Print CPU for each page at 100 and at 10,000 opinions, and their ratio."""
    few, many = (int(arguments[0]), int(arguments[1])) if len(arguments) > 1 else (100, 10_000)
    with wards.ward() as (app, officer):
        small, large = wards.consultation(officer, "small"), wards.consultation(officer, "large")
        wards.fill(small, few, start=1_000_000)
        wards.fill(large, many, start=2_000_000)
        topic = {
            "small": _topic(officer, small, few // 10),
            "large": _topic(officer, large, many // 10),
        }
        public_id = officer.public_id
        visitor, staff = app.test_client(), app.test_client()
        with staff.session_transaction() as kept:
            kept["_user_id"], kept["_fresh"] = public_id, True
        asked: list[tuple[str, FlaskClient, Callable[[str], str]]] = [
            ("home", visitor, lambda slug: "/"),
            ("consultation", visitor, lambda slug: f"/c/{slug}"),
            ("public ledger", visitor, lambda slug: f"/c/{slug}/ledger"),
            ("public ledger, last page", visitor, lambda slug: f"/c/{slug}/ledger?page=9999"),
            ("topic (a tenth as many posts)", visitor, lambda slug: topic[slug]),
            ("desk: opinions", staff, lambda slug: f"/desk/c/{slug}/opinions"),
            ("desk: themes", staff, lambda slug: f"/desk/c/{slug}/themes"),
        ]
        sys.stdout.write(f"{'page':32}{few:>10}{many:>10}   ratio (ms CPU)\n")
        for name, client, url in asked:
            one, other = cpu(client, url("small")), cpu(client, url("large"))
            sys.stdout.write(f"{name:32}{one:10.1f}{other:10.1f}{other / one:8.2f}\n")


def _topic(officer: Account, target: Consultation, count: int) -> str:
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
    topic = topics.open_topic(officer, room, title="測る話題", question="どうですか。")
    with db.transaction():
        for n in range(count):
            posts.reply(officer, topic, f"{n}番目の発言です。", key=f"bench-{n}-{clock.now()}")
    return f"/t/{topic.public_id}"
