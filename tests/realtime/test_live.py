"""Boards under fire: what breaks for one breaks for nobody else, and nobody hears too much."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from core import db
from core.people import Account
from ledger.models import Consultation
from realtime import (
    asks,
    attendance,
    boards,
    folds,
    listeners,
    live,
    members,
    ops,
    owners,
    seats,
    workshops,
)
from realtime.asks import Answer, Ask, Row
from realtime.models import BoardOp, Workshop
from realtime.owners import Owner
from realtime.phases import Role
from tests.realtime import hands
from tests.realtime.hands import Hand
from tests.realtime.hearing import Hall


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    yield
    boards.forget()
    assert [one for one in threading.enumerate() if one.name == "board"] == []


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return hands.open_workshop(officer, consultation)


@pytest.fixture
def lead(workshop: Workshop, officer: Account) -> Hand:
    return hands.lead(workshop, officer)


@pytest.fixture
def ann(workshop: Workshop) -> Hand:
    return hands.join(workshop, ["けやき"])[0]


@pytest.fixture
def ben(workshop: Workshop) -> Hand:
    return hands.join(workshop, ["つばめ"])[0]


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Hall:
    return Hall(monkeypatch)


def several(hand: Hand, *said: tuple[str, dict[str, Any]]) -> list[Answer]:
    """Operations in one go; their answers in the same order."""
    heard: list[list[Answer]] = [[] for _one in said]
    listed = [hand.ask(op, box, **more) for (op, more), box in zip(said, heard, strict=True)]
    hand.owner.do(listed)
    return [box[0] for box in heard]


def note(id_: str, text: str = "木陰") -> dict[str, Any]:
    return {"id": id_, "text": text, "color": 1}


def again(owner: Owner, member: str, cid: str, n: int, **op: Any) -> Answer:
    heard: list[Answer] = []
    owner.do([Ask(member, cid, n, op, heard.append)])
    return heard[0]


def log(workshop: Workshop) -> list[tuple[int, str, int]]:
    query = select(BoardOp.seq, BoardOp.cid, BoardOp.n).where(BoardOp.board_id == workshop.id)
    return [tuple(row) for row in db.session().execute(query.order_by(BoardOp.seq))]  # type: ignore[misc]


def test_what_was_busy_is_done_even_behind_what_followed_it(
    both_engines: str, workshop: Workshop, lead: Hand, ann: Hand
) -> None:
    lead.do("phase.set", id="p2")
    cid = f"tab-{ann.id}"
    assert again(ann.owner, ann.id, cid, 2, op="note.add", **note("n002")).row
    assert again(ann.owner, ann.id, cid, 1, op="note.add", **note("n001")).row
    boards.forget()
    owner = boards.of(workshop)
    assert again(owner, ann.id, cid, 1, op="note.add", **note("n001")).is_again
    assert set(owner.whole()[0]["notes"]) == {"n001", "n002"}


def test_only_the_last_of_many_moves_is_kept_and_none_comes_back(
    both_engines: str, workshop: Workshop, lead: Hand, ann: Hand
) -> None:
    lead.do("phase.set", id="p2")
    ann.do("note.add", **note("n001"))
    before = ann.owner.seq
    moves = [("note.move", {"id": "n001", "x": x, "y": 0}) for x in range(5)]
    told = several(ann, *moves)
    assert [bool(one.row) for one in told] == [False] * 4 + [True]
    assert ann.owner.seq == before + 1
    boards.forget()
    owner = boards.of(workshop)
    sent_again = again(owner, ann.id, f"tab-{ann.id}", 2, op="note.move", id="n001", x=0, y=0)
    assert sent_again.is_again
    assert owner.whole()[0]["notes"]["n001"]["x"] == 4


def test_a_move_is_not_lost_because_a_later_one_is_refused(
    workshop: Workshop, lead: Hand, ann: Hand
) -> None:
    lead.do("phase.set", id="p2")
    ann.do("note.add", **note("n001"))
    moved, refused = several(
        ann,
        ("note.move", {"id": "n001", "x": 7, "y": 0}),
        ("note.move", {"id": "n001", "x": "7", "y": 0}),
    )
    assert (bool(moved.row), refused.code) == (True, "shape")
    assert ann.owner.whole()[0]["notes"]["n001"]["x"] == 7


def test_nobody_can_use_up_somebody_elses_numbers(
    workshop: Workshop, lead: Hand, ann: Hand, ben: Hand
) -> None:
    lead.do("phase.set", id="p2")
    ann.do("note.add", **note("n001"))
    stolen = again(ben.owner, ben.id, f"tab-{ann.id}", 2, op="note.add", **note("n002"))
    assert stolen.code == "shape"
    for cid in ("join-" + "a" * 34, "role-1234", "gone-" + ann.id, "server12"):
        assert again(ben.owner, ben.id, cid, 1, op="note.add", **note("n003")).code == "shape"
    assert ann.do("note.add", **note("n002")).row


def test_what_cannot_be_judged_is_its_senders_refusal_alone(
    workshop: Workshop, lead: Hand, ann: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead.do("phase.set", id="p2")
    judge = ops.judged

    def trip(before: Any, who: Any, op: Any) -> Any:
        return {}["x"] if op.get("id") == "trap" else judge(before, who, op)

    monkeypatch.setattr(ops, "judged", trip)
    first, broken, last = several(
        ann, ("note.add", note("n001")), ("note.add", note("trap")), ("note.add", note("n002"))
    )
    assert (bool(first.row), broken.code, bool(last.row)) == (True, "shape", True)


def test_what_cannot_be_written_takes_nothing_else_along(
    workshop: Workshop, lead: Hand, ann: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead.do("phase.set", id="p2")

    def trip(_board: int, rows: list[Row]) -> None:
        if any(row.effect.get("id") == "trap" for row in rows):
            raise ValueError

    monkeypatch.setattr(listeners, "noters", [*listeners.noters, trip])
    told = several(ann, *[("note.add", note(id_)) for id_ in ("n001", "n002", "trap", "n003")])
    assert [one.code for one in told] == ["", "", "busy", ""]
    assert set(ann.owner.whole()[0]["notes"]) == {"n001", "n002", "n003"}
    assert [seq for seq, _cid, _n in log(workshop)] == list(range(1, ann.owner.seq + 1))


def test_what_breaks_behind_the_commit_is_told_and_not_done_twice(
    workshop: Workshop, lead: Hand, ann: Hand, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead.do("phase.set", id="p2")
    sid = hall.sit(workshop, lead.id, Role.LEAD)

    def trip(_board: int, _rows: list[Row]) -> None:
        db.on_commit(lambda: {}["x"])

    monkeypatch.setattr(listeners, "noters", [trip])
    ann.do("note.add", **note("n001"))
    assert [one["id"] for one in hall.effects(sid)] == ["n001"]
    monkeypatch.setattr(listeners, "noters", [])
    sent_again = again(ann.owner, ann.id, f"tab-{ann.id}", 1, op="note.add", **note("n001"))
    assert sent_again.is_again


def test_a_failing_listener_does_not_undo_what_was_done(
    workshop: Workshop, lead: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "tellers", [lambda _owner, _rows: {}["x"]])
    assert lead.do("phase.set", id="p2").row


def test_what_somebody_else_wrote_is_told_before_what_follows_it(
    workshop: Workshop, lead: Hand, ann: Hand, hall: Hall
) -> None:
    lead.do("phase.set", id="p2")
    sid = hall.sit(workshop, ann.id, Role.MEMBER)
    elsewhere = Owner(workshop.id, workshop.public_id)
    elsewhere.do([Ask(lead.id, "elsewhere", 1, {"op": "lock.set", "on": True}, print)])
    hall.heard.clear()
    assert lead.do("lock.set", on=False).row
    told = hall.frames(sid)
    assert [(frame["from"], len(frame["ops"])) for frame in told] == [(lead.owner.seq - 2, 2)]


def test_those_who_wait_for_a_board_do_not_keep_it_from_writing(
    workshop: Workshop, lead: Hand, ann: Hand
) -> None:
    lead.do("phase.set", id="p2")
    owner, begun = ann.owner, threading.Barrier(16)

    def read() -> None:
        db.session().get(Workshop, board_id)  # as a page does: with a connection in hand
        begun.wait()
        owner.seen_by(ann.id)
        db.session.remove()

    board_id = workshop.id
    readers = [threading.Thread(target=read) for _n in range(15)]  # all that the pool has
    with owner.still():
        db.pause()
        for reader in readers:
            reader.start()
        begun.wait()
        time.sleep(0.1)
        started = time.monotonic()
        assert ann.do("note.add", **note("n001")).row
        assert time.monotonic() - started < 15
    for reader in readers:
        reader.join(5)


def test_inside_a_transaction_nobody_waits_for_a_board(workshop: Workshop, ann: Hand) -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"), db.transaction():
        ann.owner.whole()


def test_a_boards_thread_ends_when_nothing_is_asked(
    workshop: Workshop, lead: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owners, "IDLE", 0.05)
    heard: list[Answer] = []
    lead.owner.ask([lead.ask("phase.set", heard, id="p1")])  # explaining: five minutes
    for _n in range(100):
        if heard:
            break
        time.sleep(0.02)
    assert lead.owner.is_running
    time.sleep(0.2)
    assert lead.owner.is_running  # the timer is still to be ended
    lead.do("timer.set", act="clear")
    lead.owner._wake.set()
    for _n in range(100):
        if not lead.owner.is_running:
            break
        time.sleep(0.02)
    assert not lead.owner.is_running
    lead.owner.ask([lead.ask("phase.set", heard, id="p2")])
    for _n in range(100):
        if len(heard) == 2:
            break
        time.sleep(0.02)
    assert heard[1].row


def test_one_member_who_floods_is_busy_and_nobody_else(
    workshop: Workshop, lead: Hand, ann: Hand, ben: Hand
) -> None:
    lead.do("phase.set", id="p2")
    many = int(asks.BURST) + 50
    told = several(ann, *[("note.color", {"id": "none", "color": 1})] * many)
    codes = [one.code for one in told]
    assert codes[: int(asks.BURST)] == ["gone"] * int(asks.BURST)
    assert set(codes[int(asks.BURST) + 5 :]) == {"busy"}
    assert ben.do("note.add", **note("n001")).row


def test_a_full_queue_says_busy(
    workshop: Workshop, lead: Hand, ann: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead.do("phase.set", id="p2")
    monkeypatch.setattr(owners, "QUEUE", 2)
    told = several(ann, *[("note.add", note(f"n00{n}")) for n in range(4)])
    assert [one.code for one in told] == ["", "", "busy", "busy"]


def test_who_is_sent_away_hears_nothing_more(
    workshop: Workshop, lead: Hand, ann: Hand, ben: Hand, hall: Hall
) -> None:
    lead.do("phase.set", id="p2")
    tabs = [hall.sit(workshop, ann.id, Role.MEMBER, sid) for sid in ("a1", "a2")]
    other = hall.sit(workshop, ben.id, Role.MEMBER)
    lead.do("member.gone", id=ann.id)
    for sid in tabs:
        [frame] = hall.frames(sid)
        assert (frame["from"], frame["ops"]) == (lead.owner.seq, [])  # join again: refused
        hall.heard[sid].clear()
    ben.do("note.add", **note("n001", "ひみつ"))
    assert [hall.heard[sid] for sid in tabs] == [[], []]
    assert [one["op"] for one in hall.effects(other)] == ["member.gone", "note.add"]
    assert ann.do("note.add", **note("n002")).code == "stranger"
    assert members.known(workshop, ann.id) is None


def test_who_becomes_a_lead_joins_again_and_hears_as_one(
    workshop: Workshop, lead: Hand, ann: Hand, ben: Hand, hall: Hall, officer: Account
) -> None:
    sid = hall.sit(workshop, ann.id, Role.MEMBER)
    before = ann.owner.seq
    members._become(workshop, members.known(workshop, ann.id), Role.LEAD)  # type: ignore[arg-type]
    [frame] = hall.frames(sid)
    assert (frame["from"], frame["ops"]) == (ann.owner.seq, [])
    assert ann.owner.since(before, ann.id) is None  # reads the board anew: names and all
    hall.heard.clear()
    hands.join(workshop, ["うぐいす"])
    assert [one["name"] for one in hall.effects(sid)] == ["うぐいす"]
    members.trust(officer, workshop, ben.id, Role.HOST)
    assert ben.owner.role_of(ben.id) == Role.HOST


def test_every_tab_of_one_person_hears_their_own_words(
    workshop: Workshop, lead: Hand, ann: Hand, ben: Hand, hall: Hall
) -> None:
    lead.do("phase.set", id="p2")
    tabs = [hall.sit(workshop, ann.id, Role.MEMBER, sid) for sid in ("a1", "a2")]
    others = [hall.sit(workshop, ben.id, Role.MEMBER), hall.sit(workshop, lead.id, Role.LEAD)]
    ann.do("note.add", **note("n001", "ひみつの木陰"))
    assert [hall.effects(sid)[0]["text"] for sid in tabs] == ["ひみつの木陰"] * 2
    assert [hall.effects(sid)[0]["text"] for sid in others] == [""] * 2


def test_what_is_taken_away_before_it_is_shown_stays_its_writers(
    workshop: Workshop, lead: Hand, ann: Hand, ben: Hand, hall: Hall, officer: Account
) -> None:
    seen = {hand.id: hand.owner.seen_by(hand.id)[0] for hand in (lead, ann, ben)}
    sids = {
        hand.id: hall.sit(workshop, hand.id, hand.owner.role_of(hand.id) or "")
        for hand in (lead, ann, ben)
    }
    lead.do("phase.set", id="p2")
    for n in range(4):
        ann.do("note.add", **note(f"n00{n}", f"ひみつ{n}"))
    ann.do("note.del", id="n001")
    lead.do("note.hide", id="n002", reason="名前が入っていました")
    lead.do("phase.set", id="p3")
    lead.do("phase.set", id="p2")
    ben.do("note.add", **note("n009", "もう一つ"))
    workshops.close(officer, workshop)
    for hand in (lead, ann, ben):
        for effect in hall.effects(sids[hand.id]):
            folds.apply(seen[hand.id], effect)
        assert seen[hand.id] == hand.owner.seen_by(hand.id)[0]


def test_a_connection_hears_of_one_board_at_a_time(
    workshop: Workshop,
    lead: Hand,
    ann: Hand,
    hall: Hall,
    officer: Account,
    consultation: Consultation,
) -> None:
    other = hands.open_workshop(officer, consultation, key="w-2")
    sid = hall.sit(workshop, ann.id, Role.MEMBER)
    hall.sit(other, ann.id, Role.MEMBER, sid)
    lead.do("phase.set", id="p2")
    assert hall.heard[sid] == []


def test_a_numbered_thing_is_an_operation_and_nothing_else() -> None:
    assert live.is_op({"n": 1})
    for odd in (None, 1, "n", [], {}, {"n": "1"}, {"n": True}, {"n": 0}, {"n": 2**31}, {"n": 1.0}):
        assert not live.is_op(odd)


def test_leads_hear_who_is_here_and_everybody_how_many(
    workshop: Workshop, lead: Hand, ann: Hand, ben: Hand, hall: Hall
) -> None:
    lead.do("phase.set", id="p2")
    ann.do("note.add", **note("n001", "ひみつの木陰"))
    tabs = [hall.sit(workshop, ann.id, Role.MEMBER, sid) for sid in ("a1", "a2")]
    others = [hall.sit(workshop, ben.id, Role.MEMBER), hall.sit(workshop, lead.id, Role.LEAD)]
    seats.write("a1", True)
    hall.heard.clear()
    assert attendance._tell(workshop.id, workshop.public_id, None) == 3
    assert attendance._tell(workshop.id, workshop.public_id, 3) == 3
    for sid in (*tabs, others[0]):
        assert hall.heard[sid] == [("board.here", '{"n": 3}')]
    first, _second = [said for event, said in hall.heard[others[1]] if event == "board.stats"]
    told = json.loads(first)
    mine, bens = (lead.owner.whole()[0]["members"][one.id]["table"] for one in (ann, ben))
    assert (told["here"], told["writing"]) == (3, 1)
    assert told["tables"][mine] == {"here": 1, "notes": 1, "idle_s": 0}
    assert told["tables"][bens]["here"] == told["tables"][""]["here"] == 1
    assert "ひみつ" not in first
    seats.write("a1", False)
    seats.write(others[1], True)  # the lead gives a reason, and waits for nobody
    assert attendance.counted(workshop.id, workshop.public_id)["writing"] == 0


def test_nobody_is_counted_any_more_when_all_have_left(
    workshop: Workshop, ann: Hand, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance, "EVERY", 0.02)
    sid = hall.sit(workshop, ann.id, Role.MEMBER)
    attendance.begin()
    for _n in range(100):
        if hall.heard[sid]:
            break
        time.sleep(0.02)
    seats.leave(sid)
    for _n in range(100):
        if not attendance._threads:
            break
        time.sleep(0.02)
    assert attendance._threads == []
    assert hall.heard[sid] == [("board.here", '{"n": 1}')]


def test_who_moves_what_is_told_to_a_small_room_and_kept_nowhere(
    workshop: Workshop,
    lead: Hand,
    ann: Hand,
    ben: Hand,
    hall: Hall,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead.do("members.seat", seats={ann.id: "t001", ben.id: "t002"})
    lead.do("phase.set", id="p2")
    ann.do("note.add", **note("n001", "ひみつの木陰"))
    sids = [hall.sit(workshop, one.id, Role.MEMBER) for one in (ann, ben)]
    sids.append(hall.sit(workshop, lead.id, Role.LEAD))
    board = (workshop.id, workshop.public_id)
    seats.move(sids[0], "n001")
    assert attendance.moving(*board) == {}  # not even that one moves it, while it is covered
    lead.do("phase.set", id="p4")
    ann.do("island.add", id="i001", title="日かげ")
    before, log_before = ann.owner.whole(), log(workshop)
    hall.heard.clear()
    told = attendance._tell_moving(*board, {})
    assert told == {"n001": ann.id}
    assert attendance._tell_moving(*board, told) == told
    for sid in sids:
        (said,) = [said for event, said in hall.heard[sid] if event == "board.moving"]
        assert json.loads(said) == {"by": {"n001": ann.id}}
        assert "けやき" not in said
    seats.move(sids[1], "i001")  # of another table: it may not be moved by them
    assert attendance.moving(*board) == told
    seats.move(sids[0], "i001")
    assert attendance.moving(*board) == {"i001": ann.id}
    monkeypatch.setattr(attendance, "FEW", 2)
    assert attendance.moving(*board) == {}
    monkeypatch.setattr(attendance, "FEW", 3)
    seats.move(sids[0], "")
    assert attendance._tell_moving(*board, told) == {}
    assert (ann.owner.whole(), log(workshop)) == (before, log_before)
    seats.move(sids[0], "nothing")
    assert attendance.moving(*board) == {}


def test_in_a_world_cafe_hosts_stay_and_everybody_else_moves(
    officer: Account, consultation: Consultation
) -> None:
    plan = {"tables": 3}
    workshop = hands.open_workshop(officer, consultation, template="cafe", plan=plan, key="w-cafe")
    lead = hands.lead(workshop, officer)
    six = hands.join(workshop, ["一", "二", "三", "四", "五", "六"])

    def seated() -> dict[str, str]:
        here = lead.owner.whole()[0]["members"]
        return {one.id: here[one.id]["table"] for one in six}

    hosts = {seated()[one.id]: one.id for one in six}  # one at each of the three tables
    assert len(hosts) == 3
    assert six[0].do("member.host", id=six[0].id, on=True).code == "phase"
    for one in hosts.values():
        assert lead.do("member.host", id=one, on=True).row
    assert lead.do("member.host", id=lead.id, on=True).code == "gone"
    first = seated()
    for round_, phase in enumerate(("p2", "p3", "p4"), 1):
        assert lead.do("phase.set", id=phase).row
        before = seated()
        assert lead.do("members.shuffle", seed=round_).row
        after = seated()
        for one in six:
            assert (after[one.id] == before[one.id]) == (one.id in hosts.values())
        assert sorted(after.values()) == sorted(before.values())
    if seated() == first:  # by chance
        assert lead.do("members.shuffle", seed=4).row
    boards.forget()  # as after a restart
    lead.owner = boards.of(workshop)
    assert seated() != first
    assert lead.do("members.home").row
    assert seated() == first
    assert lead.do("members.home").code == "home"
    roles = {one.public_id: one.role for one in members.here(workshop)}
    assert {one for one, role in roles.items() if role == Role.HOST} == set(hosts.values())
    for one in hosts.values():
        assert lead.do("member.host", id=one, on=False).row
