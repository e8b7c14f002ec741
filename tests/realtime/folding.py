"""Boards by chance: what `tests/realtime/folds.json` holds, and what writes it anew.

`python -m tests.realtime.folding` writes the file. Effects come from operations judged as in life,
as one member hears them, with ids a browser could stumble over.
"""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

from realtime import folds, ops, orders, phases, sights
from realtime.phases import Phase, Plan
from realtime.refusals import Refused
from realtime.rights import Asking
from realtime.state import Effect, State, empty

FILE = Path(__file__).with_name("folds.json")
PLAN = Plan(
    tuple(Phase(f"p{n}", kind, kind, n) for n, kind in enumerate(list(phases.Kind)[:-1], 1)), 2
)
MEMBERS = {"lead01": "lead", "anne01": "member", "ben001": "member", "host01": "host"}
ODD = ("__proto__", "constructor", "toString", "0123", "hasOwnProperty")
WORDS = ("ベンチ", "木陰がほしい", "𠮷野家の前", "🌳を植える", "夜も明るく", "a\u3000b")


SELF: dict[int, Effect] = {  # what the server does by itself, and when
    30: {"op": "timer.end"},
    40: {"op": "member.join", "id": "late01", "name": "あとから", "role": "member", "table": ""},
    70: {"op": "member.gone", "id": "late01"},
}


def sequence(seed: int, length: int = 90) -> dict[str, Any]:
    """One board: what a viewer starts from and hears, what they then see, and order keys."""
    chance = random.Random(seed)
    board = empty()
    setup: list[Effect] = [
        {"op": "board.open", "budget": 2},
        *(
            {"op": "table.add", "id": f"t{n:03d}", "title": f"{n}班", "o": f"{n:04d}"}
            for n in (1, 2)
        ),
        *(
            {"op": "member.join", "id": i, "name": i, "role": role, "table": f"t00{n % 2 + 1}"}
            for n, (i, role) in enumerate(MEMBERS.items())
        ),
    ]
    if seed % 2:  # else few boards come to where islands are made and votes are given
        at = {"x": 0, "y": 0, "table": "t001", "by": "lead01"}
        note = {"text": "木陰", "color": 1, "q": 0, "island": "", "o": "", "veil": False, "of": ""}
        for n in range(3):
            isle = {"op": "island.add", "id": f"isle{n:02d}", "title": f"島{n}", "o": "1"}
            setup.append({**isle, **at, "notes": []})
            setup.append({"op": "note.add", "id": f"note{n:02d}", **note, **at})
        phase = ("p4", "group") if seed % 4 == 1 else ("p5", "vote")
        setup.append({"op": "phase.set", "id": phase[0], "kind": phase[1], "timer": None})
    folds.folded(setup, board)
    viewer = chance.choice([*MEMBERS, ""])
    role = MEMBERS.get(viewer, "member")
    begins = sights.seen(board, viewer, role)
    heard: list[Effect] = []
    for n in range(length):
        if n in SELF:
            folds.apply(board, SELF[n])
            heard.append(copy.deepcopy(sights.outgoing(board, SELF[n], viewer, role)))
        who = chance.choice([*MEMBERS, "lead01", "lead01"])
        asked = _operation(chance, board, n)
        try:
            asking = Asking(who, MEMBERS[who], 1_000_000 + n, PLAN)
            effect = ops.judged(board, asking, asked)
        except Refused:
            continue
        folds.apply(board, effect)
        heard.append(copy.deepcopy(sights.outgoing(board, effect, viewer, role)))
    end: Effect = {"op": "board.close", "unveil": sorted(board["notes"])}
    if seed % 5 == 0:
        folds.apply(board, end)
        heard.append(end)
        seen = sights.seen(board, viewer, role)
        heard[-1] = {**end, "texts": {i: one["text"] for i, one in seen["notes"].items()}}
    folded = folds.folded(copy.deepcopy(heard), copy.deepcopy(begins))
    return {"begins": begins, "effects": heard, "ends": folded}


def order_keys(seed: int = 7) -> list[list[str]]:
    """Order keys: low, high, and what lies between."""
    chance = random.Random(seed)
    row = [orders.between("", "")]
    found: list[list[str]] = []
    for _n in range(200):
        place = chance.choice([0, len(row), chance.randrange(len(row) + 1)])
        low = row[place - 1] if place else ""
        high = row[place] if place < len(row) else ""
        key = orders.between(low, high)
        found.append([low, high, key])
        row.insert(place, key)
    return found


def everything() -> dict[str, Any]:
    return {"folds": [sequence(seed) for seed in range(80)], "keys": order_keys()}


def written(found: dict[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


def _operation(chance: random.Random, board: State, n: int) -> dict[str, Any]:
    notes, islands = [*board["notes"], "none"], [*board["islands"], "none"][-4:]
    note, island = chance.choice(notes), chance.choice(islands)
    new = chance.choice(ODD) if chance.random() < 0.1 else f"new{n:03d}"
    at = {"x": chance.randint(-500, 500), "y": chance.randint(-500, 500)}
    word = chance.choice(WORDS)
    some = chance.sample(notes, min(len(notes), chance.randint(0, 3)))
    on = chance.random() < 0.3
    made: list[dict[str, Any]] = [
        {"op": "note.add", "id": new, "text": word, "color": chance.randint(1, 4), **at},
        {"op": "note.add", "id": new, "text": word, "island": island, "o": f"V{n}"},
        {"op": "note.copy", "id": new, "of": note, **at},
        {"op": "note.text", "id": note, "text": word, "base": chance.randint(0, 2)},
        {"op": "note.color", "id": note, "color": chance.randint(1, 4)},
        {"op": "note.move", "id": note, **at},
        {"op": "note.place", "id": note, "island": island, "o": f"{n:03d}V"},
        {"op": "note.del", "id": note},
        {"op": "note.back", "id": note},
        {"op": "note.hide", "id": note, "reason": "名前"},
        {"op": "note.show", "id": note},
        {"op": "island.add", "id": new, "title": word, "notes": some, **at},
        {"op": "island.title", "id": island, "title": word},
        {"op": "island.move", "id": island, **at},
        {"op": "island.order", "id": island, "o": f"{chance.randint(1, 9)}V"},
        {"op": "island.hide", "id": island, "reason": "名前"},
        {"op": "island.show", "id": island},
        {"op": "island.del", "id": island},
        {"op": "island.back", "id": island, "notes": some},
        {"op": "link.add", "id": new, "a": island, "b": chance.choice(islands), "word": word},
        {"op": "link.hide", "id": chance.choice([*board["links"], "none"]), "reason": "名前"},
        {"op": "link.show", "id": _hidden(chance, board, "links")},
        {"op": "link.del", "id": chance.choice([*board["links"], "none"])},
        {"op": "talk.add", "id": new, "note": note, "text": word},
        {"op": "talk.del", "id": chance.choice([*board["talks"], "none"])},
        {"op": "talk.hide", "id": chance.choice([*board["talks"], "none"]), "reason": "名前"},
        {"op": "talk.show", "id": _hidden(chance, board, "talks")},
        {"op": "vote.set", "note": note, "k": chance.randint(0, 1)},
        {"op": "sum.set", "id": chance.choice(["all", "t001", "t002"]), "text": word, "base": 0},
        {"op": "sum.hide", "id": chance.choice([*board["sums"], "none"]), "reason": "名前"},
        {"op": "sum.show", "id": _hidden(chance, board, "sums")},
        {"op": "phase.set", "id": f"p{chance.choice([2, 3, 4, 4, 4, 5, 5, 6, 7])}"},
        {"op": "timer.set", "act": chance.choice(["add", "start", "stop", "clear"])},
        {"op": "reveal.notes"},
        {"op": "reveal.votes"},
        {"op": chance.choice(["lock.set", "freeze.set", "names.set"]), "on": on and n % 3 == 0},
        {"op": "look.set", "at": chance.choice([island, "t001", None])},
        {"op": "table.add", "id": new, "title": word},
        {"op": "table.title", "id": "t001", "title": word},
        {"op": "members.shuffle", "seed": n},
        {"op": "members.home"},
        {"op": "member.host", "id": chance.choice(["ben001", "host01"]), "on": on},
        {"op": "members.seat", "seats": {"anne01": "t001", "ben001": ""}},
        {"op": "speakers.set", "order": ["t001", "t002"], "now": "t002"},
    ]
    often = {
        "vote.set": 40,
        "island.back": 20,
        "link.add": 30,
        "link.del": 12,
        "link.hide": 14,
        "link.show": 30,
        "sum.set": 14,
        "sum.hide": 12,
        "sum.show": 12,
        "talk.add": 14,
        "talk.hide": 9,
        "talk.show": 9,
        "phase.set": 4,
    }
    weights = [
        often.get(str(one["op"]), 8 if str(one["op"]).startswith(("note", "island")) else 2)
        for one in made
    ]
    return chance.choices(made, weights)[0]


def _hidden(chance: random.Random, board: State, kind: str) -> str:
    """Something of a kind that is hidden, when there is any."""
    found = [id_ for id_, one in board[kind].items() if one["hid"]]
    return chance.choice(found or ["none"])


if __name__ == "__main__":
    FILE.write_text(written(everything()), "utf-8")
