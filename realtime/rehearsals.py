"""Rehearsals: simulated residents who take part in a workshop as people do, over HTTP.

They join by the page's own form and act by the forms' way, on this machine only; what they may not
do they are refused like anybody else.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from core.errors import Conflict
from core.messages import _
from realtime.state import State

MOST = 100
NAMES = (
    "けやき",
    "つばめ",
    "かえで",
    "すずめ",
    "いちょう",
    "めだか",
    "さくら",
    "ひばり",
    "もみじ",
    "とんぼ",
)
WORDS = (
    "駅前に腰かけられる場所がほしい",
    "木陰を残してほしい",
    "夜も明るい道にしてほしい",
    "段差を少なくしてほしい",
    "雨の日に待てる屋根がほしい",
    "小さな市を開きたい",
    "自転車を置く場所を決めてほしい",
    "子どもが水にふれられる場所",
    "バスの行き先が分かる表示",
    "花の手入れに加わりたい",
)
HEADINGS = ("休む場所", "歩きやすさ", "みどり", "夜の安心", "集まる楽しみ")
LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass
class Resident:
    """One simulated resident: a browser without a picture."""

    site: str
    workshop: str
    number: int
    chance: random.Random = field(default_factory=random.Random)
    cookie: str = ""
    token: str = ""
    n: int = 0
    done: int = 0
    cid: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    def join(self, code: str) -> None:
        """Take part under a name; raises `Conflict` when the page does not let one in."""
        page = self._ask("GET", "")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        if found is None:
            raise Conflict(_("参加の画面が開けませんでした。"))
        self.token = found[1]
        name = f"{NAMES[self.number % len(NAMES)]}{self.number + 1}"
        form = {"csrf_token": self.token, "name": name, "code": code, "key": secrets.token_hex(13)}
        self._ask("POST", "/join", urlencode(form), "application/x-www-form-urlencoded")

    def act(self) -> None:
        """Look at the board and do what somebody might do next."""
        told = json.loads(self._ask("GET", "/state"))
        op = next_act(self.chance, told["me"], told["state"])
        if op is not None:
            self.n += 1
            said = json.dumps({"c": self.cid, "ops": [{**op, "n": self.n}]})
            answers = json.loads(self._ask("POST", "/ops", said, "application/json"))["answers"]
            self.done += sum("seq" in one for one in answers)

    def _ask(self, method: str, path: str, body: str = "", kind: str = "") -> str:
        parts = urlsplit(self.site)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=20)
        headers = {"Cookie": self.cookie, "Accept": "text/html, application/json"}
        if kind:
            headers |= {"Content-Type": kind, "X-CSRFToken": self.token}
        try:
            line.request(method, f"/w/{self.workshop}{path}", body.encode(), headers)
            answer = line.getresponse()
            said = answer.read().decode()
        finally:
            line.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("session="):
                self.cookie = value.partition(";")[0]
        if answer.status >= 400:
            raise Conflict(_("断られました（%(status)s）。", status=answer.status))
        return said


def next_act(chance: random.Random, me: str, state: State) -> dict[str, Any] | None:
    """What a resident may do next on a board as they see it; None: they look and think."""
    shown = {i: n for i, n in state["notes"].items() if not (n["gone"] or n["hid"] or n["veil"])}
    mine = [i for i, n in state["notes"].items() if n["by"] == me and not n["gone"]]
    table = state["members"].get(me, {}).get("table", "")
    near = [i for i, n in shown.items() if n["table"] in ("", table)]
    isles = {i: one for i, one in state["islands"].items() if not one["gone"]}
    isles = {i: one for i, one in isles.items() if one["table"] in ("", table)}
    lying = [n for n in state["notes"].values() if not n["gone"] and not n["island"]]
    lying = [n for n in lying if n["table"] == table]
    at = _spot(len(lying), 4, 164, 108)
    new, kind = secrets.token_urlsafe(9), state["kind"]
    write = {"op": "note.add", "id": new, "text": chance.choice(WORDS), "q": 0, **at}
    write["color"] = chance.randint(1, 3)
    if kind in ("write", "share") and len(mine) < 8:
        return (
            write if chance.random() < 0.8 or not mine else {**at, "op": "note.move", "id": mine[0]}
        )
    if kind == "group" and near:
        if len(isles) < 3 or chance.random() < 0.05:
            said = {"title": chance.choice(HEADINGS), "notes": [chance.choice(near)]}
            return {"op": "island.add", "id": new, **said, **_spot(len(isles), 2, 520, 400)}
        loose = [i for i in near if not shown[i]["island"]]
        if loose and chance.random() < 0.6:
            place = {"island": chance.choice(sorted(isles)), "o": f"V{chance.randrange(10**6)}"}
            return {"op": "note.place", "id": chance.choice(loose), **place}
        return {"op": "note.move", "id": chance.choice(near), **at}
    if kind == "vote" and state["tally"] is None and shown:
        chosen = state["votes"].get(me, {})
        free = [i for i in shown if i not in chosen]
        if free and len(chosen) < state["budget"]:
            return {"op": "vote.set", "note": chance.choice(free), "k": 1}
    if kind in ("share", "present", "sum_up") and shown and chance.random() < 0.1:
        return {
            "op": "talk.add",
            "id": new,
            "note": chance.choice(sorted(shown)),
            "text": "同感です。",
        }
    return None


def _spot(place: int, columns: int, wide: int, high: int) -> dict[str, int]:
    """The next free place on a table's sheet, row by row, as people choose it."""
    return {"x": 14 + place % columns * wide, "y": 14 + place // columns * high}


def rehearse(site: str, workshop: str, code: str, count: int, seconds: float) -> int:
    """Let `count` residents take part for so long; returns how many operations were done.

    Raises `Conflict` for a site that is not on this machine, and when nobody could join.
    """
    if urlsplit(site).scheme != "http" or urlsplit(site).hostname not in LOCAL:
        raise Conflict(_("練習の参加者は、このコンピューターのサイトにだけ送れます。"))
    people = [Resident(site, workshop, n) for n in range(max(1, min(count, MOST)))]
    for one in people:
        one.join(code)
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=_live, args=(one, until)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(one.done for one in people)


def _live(one: Resident, until: float) -> None:
    """Act every few seconds, as a person does; a refusal or a lost line is waited out."""
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, one.chance.uniform(1, 8)))
        try:
            one.act()
        except (Conflict, OSError, http.client.HTTPException, ValueError):
            continue
