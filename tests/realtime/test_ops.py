"""What may be asked of a board: every phase, role and operation, and whatever else may come in."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from realtime import folds, limits, ops, orders, phases, sights
from realtime.phases import ALLOW, Kind, Phase, Plan, Role
from realtime.refusals import REFUSALS, Refused
from realtime.rights import Asking
from realtime.state import Effect, State

NOW = 1_700_000_000_000
PLAN = Plan(tuple(Phase(f"p{n}", kind, kind, n) for n, kind in enumerate(list(Kind)[:-1])), 2)
MEMBERS = {str(role): str(role) for role in Role}


def board(kind: str = Kind.GROUP) -> State:
    """Two tables; everybody of the first; a note of each kind of owner, an island, a link."""
    made = folds.folded(
        [
            {"op": "board.open", "budget": 2},
            {"op": "table.add", "id": "t001", "title": "1班", "o": "0001"},
            {"op": "table.add", "id": "t002", "title": "2班", "o": "0002"},
            *(
                {"op": "member.join", "id": one, "name": one, "role": one, "table": "t001"}
                for one in MEMBERS
            ),
            {"op": "member.join", "id": "other", "name": "other", "role": "member", "table": ""},
            {"op": "member.join", "id": "away", "name": "", "role": "member", "table": "t001"},
            {"op": "members.seat", "seats": {"away": "t002"}, "round": True},
            *(note(f"n-{one}", one) for one in MEMBERS),
            note("n-far", "other", table="t002"),
            note("n-veil", "other", veil=True),
            {"op": "note.del", "id": "n-far"},
            note("n-there", "other"),
            *(island(f"is-{n}") for n in range(4)),
            island("is-far", table="t002"),
            {"op": "island.del", "id": "is-3"},
            {"op": "link.add", "id": "link", "a": "is-0", "b": "is-1", "word": "だから"},
            {"op": "link.add", "id": "l-hid", "a": "is-0", "b": "is-2", "word": "だから"},
            {"op": "link.hide", "id": "l-hid", "reason": "名前"},
            {"op": "sum.set", "id": "t002", "text": "まとめ", "v": 1},
            {"op": "sum.set", "id": "all", "text": "まとめ", "v": 1},
            {"op": "sum.hide", "id": "all", "reason": "名前"},
            *(
                {"op": "talk.add", "id": f"k-{m}", "note": "n-there", "by": m, "text": "x"}
                for m in MEMBERS
            ),
            *({**note(f"d-{m}", m)} for m in MEMBERS),
            *({"op": "note.del", "id": f"d-{m}"} for m in MEMBERS),
            note("n-hid", "other"),
            {"op": "note.hide", "id": "n-hid", "reason": "名前"},
            {"op": "talk.add", "id": "k-hid", "note": "n-there", "by": "other", "text": "x"},
            {"op": "talk.hide", "id": "k-hid", "reason": "名前"},
            island("is-hid"),
            {"op": "island.hide", "id": "is-hid", "reason": "名前"},
        ]
    )
    made["kind"] = kind
    return made


def note(id_: str, by: str, table: str = "t001", veil: bool = False) -> Effect:
    place: dict[str, Any] = {"x": 0, "y": 0, "island": "", "o": "", "q": 0, "color": 1, "of": ""}
    return {
        "op": "note.add",
        "id": id_,
        "by": by,
        "table": table,
        "text": "木陰",
        "veil": veil,
        **place,
    }


def island(id_: str, table: str = "t001") -> Effect:
    at: dict[str, Any] = {"x": 0, "y": 0, "o": "1", "by": "other", "notes": []}
    return {"op": "island.add", "id": id_, "title": "島", "table": table, **at}


def proper(kind: str, who: str) -> dict[str, Any]:
    """An operation that only phase and role can speak against."""
    said: dict[str, dict[str, Any]] = {
        "note.add": {"id": "new1", "text": "ベンチ", "color": 1},
        "note.copy": {"id": "new1", "of": "n-there"},
        "note.text": {"id": f"n-{who}", "text": "ベンチ", "base": 1},
        "note.color": {"id": f"n-{who}", "color": 2},
        "note.move": {"id": f"n-{who}", "x": 1, "y": 1},
        "note.place": {"id": f"n-{who}", "island": "is-0", "o": "V"},
        "note.del": {"id": f"n-{who}"},
        "note.back": {"id": f"d-{who}"},
        "note.hide": {"id": "n-there", "reason": "名前"},
        "note.show": {"id": "n-hid"},
        "island.add": {"id": "new1", "title": "座る"},
        "island.fill": {"id": "new1", "title": "座る", "notes": ["n-there"]},
        "island.title": {"id": "is-0", "title": "座る"},
        "island.move": {"id": "is-0", "x": 1, "y": 1},
        "island.order": {"id": "is-0", "o": "0V"},
        "island.hide": {"id": "is-0", "reason": "名前"},
        "island.show": {"id": "is-hid"},
        "island.del": {"id": "is-2"},
        "island.back": {"id": "is-3"},
        "link.add": {"id": "new1", "a": "is-1", "b": "is-2"},
        "link.hide": {"id": "link", "reason": "名前"},
        "link.show": {"id": "l-hid"},
        "link.del": {"id": "link"},
        "talk.add": {"id": "new1", "note": "n-there", "text": "同感です"},
        "talk.del": {"id": f"k-{who}"},
        "talk.hide": {"id": "k-member", "reason": "名前"},
        "talk.show": {"id": "k-hid"},
        "vote.set": {"note": "n-there", "k": 1},
        "sum.set": {"id": "t001", "text": "まとめ", "base": 0},
        "sum.hide": {"id": "t002", "reason": "名前"},
        "sum.show": {"id": "all"},
        "phase.set": {"id": "p1"},
        "timer.set": {"act": "add", "minutes": 1},
        "reveal.notes": {},
        "reveal.votes": {},
        "lock.set": {"on": True},
        "freeze.set": {"on": True},
        "names.set": {"on": True},
        "look.set": {"at": "t001"},
        "table.add": {"id": "new1", "title": "3班"},
        "table.title": {"id": "t001", "title": "1班"},
        "members.seat": {"seats": {"other": "t002"}},
        "members.shuffle": {"seed": 1},
        "members.home": {},
        "member.host": {"id": "other", "on": True},
        "member.gone": {"id": "other"},
        "speakers.set": {"order": ["t001"], "now": "t001"},
    }
    return {"op": kind, **said[kind]}


MATRIX = [(kind, role, op) for kind in Kind for role in Role for op in sorted(ops.KINDS)]


@pytest.mark.parametrize(("kind", "role"), [(kind, role) for kind in Kind for role in Role])
def test_every_role_does_in_every_phase_what_the_table_says(kind: Kind, role: Role) -> None:
    allowed = ALLOW[kind].get(role, frozenset())
    for op in sorted(ops.KINDS):
        before = board(kind)
        kept = copy.deepcopy(before)
        asked = proper(op, str(role))
        code, effect = said(before, role, asked)
        assert (op in allowed) == (effect is not None), (op, code)
        assert effect is not None or code == "phase"
        assert before == kept
        if effect is not None:
            folds.apply(before, effect)


def said(made: State, role: Role, asked: dict[str, Any]) -> tuple[str, Effect | None]:
    """What becomes of an operation: the code it is refused by, or its effect."""
    try:
        return "", ops.judged(made, Asking(str(role), role, NOW, PLAN), asked)
    except Refused as refused:
        return refused.code, None


def test_the_table_names_only_what_there_is() -> None:
    named = {op for roles in ALLOW.values() for allowed in roles.values() for op in allowed}
    assert named == ops.KINDS
    assert set(ALLOW) == set(Kind)
    assert ALLOW[Kind.OVER] == {}
    assert all(Role.VIEWER not in roles for roles in ALLOW.values())
    assert len(MATRIX) == 8 * 5 * len(ops.KINDS)


@pytest.mark.parametrize("op", sorted(ops.KINDS))
def test_a_stranger_and_a_board_that_is_over_refuse_everything(op: str) -> None:
    with pytest.raises(Refused) as refused:
        ops.judged(board(), Asking("nobody", Role.LEAD, NOW, PLAN), proper(op, "lead"))
    assert refused.value.code == "stranger"
    over = folds.apply(board(), {"op": "board.close", "unveil": []})
    with pytest.raises(Refused) as refused:
        ops.judged(over, Asking("lead", Role.LEAD, NOW, PLAN), proper(op, "lead"))
    assert refused.value.code == "closed"


def refusal(who: str, role: Role, made: State | None = None, **asked: Any) -> str:
    try:
        ops.judged(made or board(), Asking(who, role, NOW, PLAN), asked)
    except Refused as refused:
        return refused.code
    return ""


def test_nobody_touches_what_is_not_theirs() -> None:
    member = ("member", Role.MEMBER)
    veiled = {"id": "n-veil"}
    for asked in (
        {"op": "note.text", **veiled, "text": "x", "base": 1},
        {"op": "note.move", **veiled},
        {"op": "note.copy", "id": "new1", "of": "n-veil"},
        {"op": "note.place", **veiled, "island": "is-0", "o": "V"},
        {"op": "island.add", "id": "new1", "notes": ["n-veil"]},
        {"op": "talk.add", "id": "new1", "note": "n-veil", "text": "x"},
        {"op": "note.text", "id": "n-lead", "text": "x", "base": 1},
        {"op": "note.del", "id": "n-lead"},
        {"op": "talk.del", "id": "k-lead"},
    ):
        assert refusal(*member, **asked) == "own", asked
    for asked in (
        {"op": "island.title", "id": "is-far", "title": "x"},
        {"op": "island.order", "id": "is-far", "o": "0V"},
        {"op": "island.del", "id": "is-far"},
        {"op": "link.add", "id": "new1", "a": "is-0", "b": "is-far"},
        {"op": "note.place", "id": "n-member", "island": "is-far", "o": "V"},
    ):
        assert refusal(*member, **asked) == "table", asked


def test_an_island_brings_back_only_notes_its_asker_may_place() -> None:
    made = board()
    folds.apply(made, note("n-two", "other", table="t002"))
    asked = {"op": "island.back", "id": "is-3"}
    notes = ["n-there", "n-two", "n-veil", "n-hid", "d-member", "nothing", "n-there"]
    effect = ops.judged(made, Asking("member", Role.MEMBER, NOW, PLAN), {**asked, "notes": notes})
    assert effect["notes"] == ["n-there"]
    led = ops.judged(made, Asking("lead", Role.LEAD, NOW, PLAN), {**asked, "notes": notes})
    assert led["notes"] == ["n-there", "n-two"]


def test_a_board_holds_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ISLANDS", 5)
    monkeypatch.setattr(limits, "LINKS", 1)
    assert refusal("member", Role.MEMBER, op="island.add", id="new1", title="x") == "full"
    assert refusal("member", Role.MEMBER, op="link.add", id="new1", a="is-1", b="is-2") == "full"


@pytest.mark.parametrize("seed", range(30))
def test_who_changes_tables_goes_to_another_whatever_the_draw(seed: int) -> None:
    made = folds.folded([])
    for n in (1, 2, 3):
        made["tables"][f"t{n}"] = {"title": f"{n}班", "o": f"{n:04d}"}
    made["members"]["lead01"] = {"name": "", "role": "lead", "table": "", "home": ""}
    made["members"]["host01"] = {"name": "", "role": "host", "table": "t1", "home": "t1"}
    for n in range(5):
        seat = {"table": f"t{n % 3 + 1}", "home": f"t{n % 3 + 1}"}
        made["members"][f"m{n}"] = {"name": "", "role": "member", **seat}
    op = {"op": "members.shuffle", "seed": seed}
    seats_now = ops.judged(made, Asking("lead01", "lead", 0), op)["seats"]
    assert set(seats_now) == {f"m{n}" for n in range(5)}
    assert all(table != made["members"][one]["table"] for one, table in seats_now.items())
    assert sorted([*seats_now.values(), "t1"]) == ["t1", "t1", "t2", "t2", "t3", "t3"]


def test_everybody_but_the_hosts_returns_to_their_first_table() -> None:
    made = board()
    lead = Asking("lead", "lead", NOW, PLAN)

    def do(op: str, **said: Any) -> None:
        folds.apply(made, ops.judged(made, lead, {"op": op, **said}))

    def tables() -> dict[str, str]:
        return {one: made["members"][one]["table"] for one in ("member", "host", "other", "away")}

    do("members.seat", seats={"member": "t002", "other": "t001"})  # by hand, before any mixing
    first = tables()
    for seed in (1, 2):
        do("members.shuffle", seed=seed)
    do("member.host", id="away", on=True)  # who hosts now stays
    do("members.seat", seats={"other": "t002"}, round=True)
    mixed = tables()
    do("members.home")
    assert tables() == {**first, "away": mixed["away"]}
    assert refusal("lead", Role.LEAD, made, op="members.home") == "home"
    do("member.host", id="away", on=False)
    do("members.home")
    assert tables()["away"] == "t001"
    do("members.seat", seats=mixed, round=True)  # taken back
    assert tables() == mixed
    do("members.home")
    assert tables() == {**first, "away": "t001"}


def test_votes_are_set_within_the_budget_and_hidden_ones_are_not_counted() -> None:
    made = board(Kind.VOTE)
    for id_ in ("n-there", "n-lead"):
        asked = {"op": "vote.set", "note": id_, "k": 1}
        for _twice in range(2):
            who = Asking("member", Role.MEMBER, NOW, PLAN)
            folds.apply(made, ops.judged(made, who, asked))
    over = {"op": "vote.set", "note": "n-helper", "k": 1}
    assert refusal("member", Role.MEMBER, made, **over) == "budget"
    assert refusal("host", Role.HOST, made, **over) == ""
    for hidden in ("n-veil", "n-hid", "d-lead", "nothing"):
        assert refusal("host", Role.HOST, made, op="vote.set", note=hidden, k=1) in ("gone", "own")


WORDS = sorted(
    {"id", "text", "note", "island", "notes", "o", "x", "y", "k", "q", "base", "color", "table"}
    | {"of", "a", "b", "word", "act", "minutes", "on", "at", "seats", "seed", "order", "now"}
    | {"title", "reason", "round"}
)
KNOWN = [*board()["notes"], *board()["islands"], "t001", "t002", "all", "p1", "p3", "link", "other"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=12)
    | st.sampled_from([*KNOWN, "\x00", "\ud800", "a" * 41, "new1", "start", "stop", "add"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(KNOWN), inner, max_size=4)
    ),
    max_leaves=8,
)
OPS = st.fixed_dictionaries(
    {"op": st.sampled_from(sorted(ops.KINDS)) | JSON},
    optional=dict.fromkeys(WORDS, JSON),
)


@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=OPS, role=st.sampled_from(list(Role)), kind=st.sampled_from(list(Kind)[:-1]))
@example({"op": "note.move", "id": "n-lead", "x": 10**400}, Role.LEAD, Kind.GROUP)
@example({"op": ["note.add"]}, Role.LEAD, Kind.GROUP)
@example({"op": "members.seat", "seats": {"other": ["t001"]}}, Role.LEAD, Kind.GROUP)
@example({"op": "speakers.set", "order": [["t001"]], "now": {}}, Role.LEAD, Kind.GROUP)
def test_whatever_comes_in_is_an_effect_or_a_refusal(
    asked: dict[str, Any], role: Role, kind: Kind
) -> None:
    before = board(kind)
    kept = copy.deepcopy(before)
    code, effect = said(before, role, asked)
    if effect is None:
        assert code in REFUSALS
        assert before == kept
        return
    assert before == kept
    assert asked["op"] in phases.allowed(kind, role)
    folds.apply(before, effect)
    for viewer in ("lead", "member"):
        sights.outgoing(before, effect, viewer, viewer)
        sights.seen(before, viewer, viewer)
    sights.concerned(before, effect)


DIGITS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", max_size=6)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.integers(0, 10**6), max_size=60))
def test_there_is_always_room_between_two(places: list[int]) -> None:
    row: list[str] = []
    for place in places:
        at = place % (len(row) + 1)
        low, high = row[at - 1] if at else "", row[at] if at < len(row) else ""
        key = orders.between(low, high)
        assert low < key
        assert not high or key < high
        row.insert(at, key)
    assert row == sorted(set(row))
