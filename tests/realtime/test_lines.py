"""Notes are voices like any other: one line each, in one state, answered, found by receipt."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from analysis import reports
from core import db, jobs
from core.people import Account
from ledger import check, parts, queries, receipts
from ledger.models import Consultation, Filing, Opinion, Placement, State, Theme
from moderation.models import Decision
from realtime import hidings, lines, members, papers, records, workshops
from realtime.asks import Answer, Ask
from realtime.models import Member, Note, Workshop
from tests.answered import NO, YES, Case, again
from tests.realtime.hands import QUESTION, Hand, join, lead, open_workshop
from tests.visitors import Visitor


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return open_workshop(officer, consultation, plan={"tables": 1})


@pytest.fixture
def chair(workshop: Workshop, officer: Account) -> Hand:
    return lead(workshop, officer)


@pytest.fixture
def ann(workshop: Workshop) -> Hand:
    return join(workshop, ["けやき"])[0]


@pytest.fixture
def ben(workshop: Workshop) -> Hand:
    return join(workshop, ["つばめ"])[0]


def ledger() -> list[tuple[str, str]]:
    """Every line as (state, words)."""
    db.session().expire_all()
    query = select(Opinion).where(Opinion.source == lines.SOURCE).order_by(Opinion.seq)
    return [(line.state, line.text.body) for line in db.session().scalars(query)]


def laws() -> list[Any]:
    db.session().expire_all()
    return list(check.laws())


# copies


def test_a_copy_shares_its_line_until_it_says_something_else(
    both_engines: str, workshop: Workshop, chair: Hand, ann: Hand
) -> None:
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木陰がほしい", color=1)
    ann.do("note.copy", id="n002", of="n001")
    chair.do("phase.set", id="p5")
    assert ledger() == [("counted", "木陰がほしい")]
    chair.do("phase.set", id="p4")
    assert ann.do("note.text", id="n002", text="夏の木陰がほしい", base=1).row
    assert ledger() == [("counted", "木陰がほしい"), ("counted", "夏の木陰がほしい")]
    assert laws() == []


def test_what_a_copy_still_says_stays_counted(workshop: Workshop, chair: Hand, ann: Hand) -> None:
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木陰がほしい", color=1)
    chair.do("phase.set", id="p5")
    chair.do("phase.set", id="p4")
    ann.do("note.copy", id="n002", of="n001")
    ann.do("note.del", id="n001")
    assert ledger() == [("counted", "木陰がほしい")]
    ann.do("note.del", id="n002")
    assert ledger() == [("withdrawn", "木陰がほしい")]
    ann.do("note.back", id="n002")
    assert ledger() == [("withdrawn", "木陰がほしい"), ("counted", "木陰がほしい")]
    assert laws() == []


def test_shown_again_and_taken_back_in_one_tick_is_withdrawn(
    workshop: Workshop, chair: Hand, ann: Hand
) -> None:
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木陰がほしい", color=1)
    chair.do("phase.set", id="p4")
    chair.do("note.hide", id="n001", reason="人の名前がありました")
    heard: list[Answer] = []
    show, gone = chair.ask("note.show", heard, id="n001"), ann.ask("note.del", heard, id="n001")
    chair.owner.do([show, gone])
    assert [answer.code for answer in heard] == ["", ""]
    assert ledger() == [("withdrawn", "木陰がほしい")]
    assert laws() == []


def test_a_lead_rewords_in_their_own_name_and_takes_nothing_away_unsaid(
    workshop: Workshop, chair: Hand, ann: Hand
) -> None:
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木かげ", color=1)
    chair.do("phase.set", id="p4")
    assert chair.do("note.del", id="n001").code == "own"
    ann.do("note.del", id="n001")
    assert chair.do("note.back", id="n001").code == "own"
    assert ann.do("note.back", id="n001").row
    assert chair.do("note.text", id="n001", text="木陰", base=1).row


def test_a_facilitator_s_own_note_is_no_opinion_and_what_they_key_in_is(
    both_engines: str, workshop: Workshop, chair: Hand, ann: Hand, officer: Account
) -> None:
    """Contracts: a facilitator's texts are none; a paper card is somebody's, nobody knows whose."""
    chair.do("phase.set", id="p4")
    chair.do("note.add", id="n001", text="次は15時から", color=1)
    ann.do("note.add", id="n002", text="木かげ", color=1)
    member = members.of_account(workshop, officer)
    assert member is not None
    papers.key_in(workshop, member, ["夜の明かり"], key="card" * 4)
    workshops.close(officer, workshop)
    assert ledger() == [("counted", "木かげ"), ("counted", "夜の明かり")]
    query = select(Opinion.voice_id).order_by(Opinion.seq)
    assert [voice is None for voice in db.session().scalars(query)] == [False, True]
    assert laws() == []


# hiding


@pytest.mark.parametrize("after_the_close", [False, True])
def test_what_is_hidden_stands_in_no_copy_of_it(
    both_engines: str,
    workshop: Workshop,
    chair: Hand,
    ann: Hand,
    ben: Hand,
    officer: Account,
    after_the_close: bool,
) -> None:
    secret = "角の佐藤さんの家の木"
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text=secret, color=1)
    ann.do("note.copy", id="n002", of="n001")
    ann.do("note.copy", id="n003", of="n001")
    assert ann.do("note.text", id="n003", text="角の木", base=1).row
    ann.do("note.copy", id="n004", of="n001")
    ann.do("note.del", id="n004")
    chair.do("phase.set", id="p4")  # words are settled
    if after_the_close:
        workshops.close(officer, workshop)
        hidings.hide(again(officer), again(workshop), "n002", "人の名前がありました")
    else:
        assert chair.do("note.hide", id="n002", reason="人の名前がありました").row
        assert ann.do("note.back", id="n004").row
    seen = ben.owner.seen_by(ben.id)[0]
    assert secret not in str(seen)
    assert seen["notes"]["n003"]["text"] == "角の木"
    assert ledger() == [("withheld", secret), ("counted", "角の木")]
    assert len(list(db.session().scalars(select(Decision)))) == 1
    if after_the_close:
        hidings.show(again(officer), again(workshop), "n001", "考え直しました")
    else:
        assert chair.do("note.show", id="n001").row
    shown = ben.owner.seen_by(ben.id)[0]["notes"]
    assert [shown[one]["text"] for one in ("n001", "n002")] == [secret, secret]
    assert ledger() == [("counted", secret), ("counted", "角の木")]
    assert laws() == []


def test_hiding_at_the_board_stands_in_the_public_log(
    both_engines: str,
    workshop: Workshop,
    chair: Hand,
    ann: Hand,
    officer: Account,
    client: FlaskClient,
) -> None:
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="となりの山田さんがうるさい", color=1)
    chair.do("phase.set", id="p4")
    assert chair.do("note.hide", id="n001", reason="").code == "text"
    assert chair.do("note.hide", id="n001", reason="人の名前がありました").row
    assert chair.do("note.show", id="n001").row
    chair.do("note.hide", id="n001", reason="人の名前がありました")
    acts = [
        (d.act, d.role, d.decided_by_id, d.reason) for d in db.session().scalars(select(Decision))
    ]
    assert acts[0] == ("hide", "facilitator", officer.id, "人の名前がありました")
    assert [act for act, *_rest in acts] == ["hide", "restore", "hide"]
    page = client.get("/moderation").text
    assert "人の名前がありました" in page
    assert "駅前広場の使い方を考える" in page
    assert "進行役" in page
    assert "山田" not in page
    assert ledger() == [("withheld", "となりの山田さんがうるさい")]
    assert laws() == []


def test_a_note_can_be_hidden_and_shown_after_the_close(
    workshop: Workshop,
    chair: Hand,
    ann: Hand,
    officer: Account,
    facilitator: Account,
    stranger: Account,
) -> None:
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="山田さんへ", color=1)
    workshops.close(officer, workshop)
    with pytest.raises(Exception, match="担当の方だけ"):
        hidings.hide(stranger, workshop, "n001", "だめ")
    hidings.hide(facilitator, workshop, "n001", "人の名前がありました")
    assert ledger() == [("withheld", "山田さんへ")]
    hidings.show(facilitator, workshop, "n001", "仮の名前でした")
    assert ledger() == [("counted", "山田さんへ")]
    reasons = [d.reason for d in db.session().scalars(select(Decision))]
    assert reasons == ["人の名前がありました", "仮の名前でした"]
    assert laws() == []


def test_a_moderator_decides_about_a_note_like_about_a_post(
    workshop: Workshop,
    chair: Hand,
    ann: Hand,
    officer: Account,
    moderator: Account,
    browser_of: Callable[[Account], FlaskClient],
) -> None:
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="山田さんへ", color=1)
    workshops.close(officer, workshop)
    url = f"/moderation/note/{workshop.public_id}.n001"
    browser = browser_of(moderator)
    page = browser.get(url)
    assert page.status_code == 200
    assert "山田さんへ" in page.text
    said = {"rule": again(workshop).rules[2], "reason": "人が分かります", "act": "decide"}
    assert browser.post(url, data=said).status_code == 303
    assert ledger() == [("withheld", "山田さんへ")]
    assert "いまは表示していません" in browser.get(url).text
    browser.post(url, data={"reason": "仮の名前でした", "act": "decide"})
    assert ledger() == [("counted", "山田さんへ")]
    assert browser.get("/moderation/note/nothing.n001").status_code == 404
    assert laws() == []


# receipts


def test_a_note_is_taken_back_by_receipt_after_the_close_with_its_copies(
    both_engines: str,
    workshop: Workshop,
    chair: Hand,
    ann: Hand,
    officer: Account,
    client: FlaskClient,
) -> None:
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木陰がほしい", color=1)
    ann.do("note.copy", id="n002", of="n001")
    ann.do("note.add", id="n003", text="水場もほしい", color=1)
    workshops.close(officer, workshop)
    records.publish(officer, workshop, 0)
    receipt = members.receipt(member_of(ann))
    proof = {"number": receipt.number, "secret": receipts.secret(receipt)}
    page = client.post("/receipt", data=proof).text
    assert "木陰がほしい" in page
    assert "水場もほしい" in page
    visitor = Visitor(client).open("/receipt").press("確かめる", **proof)
    visitor.press("この意見を取り下げる").press("取り下げる")
    assert ledger() == [("withdrawn", "木陰がほしい"), ("counted", "水場もほしい")]
    told = {note.key: note.text for note in records.tell(again(workshop)).notes}
    assert told.get("n001") is None
    assert told.get("n002") is None
    assert told["n003"] == "水場もほしい"
    assert laws() == []


# the whole way


def test_notes_are_grouped_answered_published_and_found_by_their_writer(
    workshop: Workshop,
    chair: Hand,
    ann: Hand,
    ben: Hand,
    officer: Account,
    approver: Account,
    consultation: Consultation,
    client: FlaskClient,
    browser_of: Callable[[Account], FlaskClient],
) -> None:
    shade = ["木陰のあるベンチがほしい", "ベンチの上に木陰がほしい", "木陰のベンチを増やす"]
    water = ["水飲み場を広場に置く", "広場に水飲み場がほしい", "水飲み場のそばに日よけ"]
    chair.do("phase.set", id="p4")
    for n, words in enumerate([*shade, "夜は静かに"]):
        ann.do("note.add", id=f"a{n:03d}", text=words, color=1)
    for n, words in enumerate(water):
        ben.do("note.add", id=f"b{n:03d}", text=words, color=2)
    ann.do("island.add", id="i001", title="木陰", notes=["a000", "a001", "a002"])
    workshops.close(officer, workshop)
    said = {line.text.body: line for line in db.session().scalars(select(Opinion))}
    assert said[shade[0]].context == f"{QUESTION} ＞ 木陰"
    assert said[water[0]].context == QUESTION
    assert queries.counts(consultation).people == 2

    from analysis import runs

    runs.start(officer, consultation)
    jobs.run_due()
    db.session().expire_all()
    made = list(db.session().scalars(select(Theme).where(Theme.dissolved_at.is_(None))))
    filed = queries.counts(again(consultation))
    assert filed.received == filed.counted == 7
    assert filed.unfiled + filed.in_themes + filed.lone == 7
    case = Case(consultation, officer, approver)
    for theme in made:
        case.answer(theme, YES)
    for opinion_id in _placed(None):
        case.lone(opinion_id)
    for opinion_id in _placed(Placement.LONE):
        case.answer(db.session().get_one(Opinion, opinion_id), NO)
    edition = case.approve().publish()
    assert edition.figures["counted"] == 7

    receipt = members.receipt(member_of(ann))
    proof = {"number": receipt.number, "secret": receipts.secret(receipt)}
    page = client.post("/receipt", data=proof).text
    for words in [*shade, "夜は静かに"]:
        assert words in page
    assert water[0] not in page
    assert "案を直しました。" in page or "そのままにします。" in page
    report = client.get(f"/r/{again(edition).report.public_id}").text
    assert "ワークショップ" in report
    for path in ("ledger", ""):
        shown = client.get(f"/c/park/{path}".rstrip("/")).text
        assert "ワークショップ" in shown
    assert "ワークショップ" in client.get(f"/r/{again(edition).report.public_id}/1.csv").text
    desk = browser_of(officer).get("/desk/c/park/opinions?channel=workshop").text
    assert shade[0] in desk
    assert reports.current(again(consultation)) is not None
    assert laws() == []


def _placed(placement: Placement | None) -> list[int]:
    """Opinions that lie alone, or (None) nowhere yet."""
    query = select(Opinion.id).outerjoin(Filing, Filing.opinion_id == Opinion.id)
    return list(db.session().scalars(query.where(Filing.placement == placement)))


def member_of(hand: Hand) -> Member:
    return db.session().scalars(select(Member).where(Member.public_id == hand.id)).one()


# whatever is done


LIVES = int(os.environ.get("TOMONI_LIVES", "8"))  # 60 ticks each; more of them find what is rarer
WORDS = ("木陰", "水場", "ベンチ", "夜の灯り")
ACTS = ("add", "text", "text", "copy", "copy", "del", "del", "back", "hide", "show", "island")
PHASES = ("p4", "p4", "p4", "p4", "p2", "p5", "p7")  # most can be done while islands are made


@pytest.mark.parametrize("seed", range(LIVES))
def test_the_laws_hold_whatever_people_do(
    officer: Account, consultation: Consultation, seed: int
) -> None:
    chance = random.Random(seed)
    workshop = open_workshop(officer, consultation, plan={"tables": 1})
    chair, hands = lead(workshop, officer), join(workshop, ["けやき", "つばめ"])
    chair.do("phase.set", id="p4")
    done: Counter[str] = Counter()
    for _tick in range(60):
        if chance.random() < 0.25:
            done["split"] += _split(chance, officer)
        heard: list[Answer] = []
        asks = [_ask(chance, chair, hands, heard) for _n in range(chance.choice((1, 1, 2, 3)))]
        chair.owner.do(asks)
        assert all(answer.code != "busy" for answer in heard)
        done.update(answer.row.effect["op"] for answer in heard if answer.row)
        _holds(workshop)
    assert min(done[op] for op in ("split", "note.add", "note.del", "note.hide", "phase.set")) > 1
    workshops.close(officer, again(workshop))
    _holds(workshop, is_closed=True)
    decided = list(db.session().scalars(select(Decision)))
    assert len(decided) == done["note.hide"] + done["note.show"]
    assert laws() == []
    _take_all_back(workshop)
    _holds(workshop, is_closed=True)
    assert laws() == []


def _ask(chance: random.Random, chair: Hand, hands: list[Hand], heard: list[Answer]) -> Ask:
    """Something that somebody may well do now; some of it is refused."""
    notes = chair.owner.whole()[0]["notes"]
    if chance.random() < 0.15:
        return chair.ask("phase.set", heard, id=chance.choice(PHASES))
    op = chance.choice(ACTS) if len(notes) > 2 else "add"
    hand, said = chance.choice(hands), chance.choice(WORDS)
    fresh = f"n{len(notes):03d}{chance.randrange(10**6)}"
    if op == "add":
        return hand.ask("note.add", heard, id=fresh, text=said, color=1)
    fits = {
        "back": lambda note: note["gone"],
        "show": lambda note: note["hid"],
    }.get(op, lambda note: not note["gone"] and not note["hid"])
    key = chance.choice([i for i, note in notes.items() if fits(note)] or list(notes))
    author = next((one for one in hands if one.id == notes[key]["by"]), hand)
    if op == "text":
        return author.ask("note.text", heard, id=key, text=said, base=notes[key]["v"])
    if op == "copy":
        return author.ask("note.copy", heard, id=fresh, of=key)
    if op == "hide":
        return chair.ask("note.hide", heard, id=key, reason="きまり")
    if op == "island":
        return author.ask("island.add", heard, id=fresh, title=said, notes=[key])
    if op == "show":
        return chair.ask("note.show", heard, id=key)
    return author.ask(f"note.{op}", heard, id=key)


def _split(chance: random.Random, officer: Account) -> int:
    """An officer splits what some note says, or a part of it."""
    query = select(Opinion).where(Opinion.source == lines.SOURCE, Opinion.state == State.COUNTED)
    long = [line for line in db.session().scalars(query) if len(line.text.body) > 1]
    if not long:
        return 0
    line = chance.choice(long)
    parts.split(officer, line, [chance.randrange(1, len(line.text.body))])
    return 1


def _holds(workshop: Workshop, is_closed: bool = False) -> None:
    """What the board shows is counted, what it does not show is not; said without `speakers`."""
    db.session().expire_all()
    notes = list(db.session().scalars(select(Note).where(Note.board_id == workshop.id)))
    of = {note.id: note for note in notes}
    said: dict[int, list[Opinion]] = {}
    for line in db.session().scalars(select(Opinion).where(Opinion.source == lines.SOURCE)):
        if line.source_id in of:
            said.setdefault(line.source_id, []).append(line)
    counted: list[tuple[Note, str]] = []
    for note_id, found in said.items():
        live = [line for line in found if line.state == State.COUNTED]
        if live:
            live.sort(key=lambda line: line.begins or 0)
            assert len({parts.whole_of(line).id for line in live}) == 1, "one line, or its parts"
            counted.append((of[note_id], "".join(line.text.body for line in live)))
    for note, words in counted:
        assert not note.hidden_reason
        family = [one for one in notes if (one.of_key or one.key) == (note.of_key or note.key)]
        there = [one for one in family if not one.is_gone and not one.hidden_reason]
        assert words in {one.body for one in there}
    for note in notes:
        assert not (note.is_veiled and note.id in said), "what nobody may read yet was never said"
        if note.is_gone or note.hidden_reason or note.is_veiled:
            continue
        if note.settled_at is None and not is_closed:
            continue
        family = {one.id for one in notes if (one.of_key or one.key) == (note.of_key or note.key)}
        heard = {words for other, words in counted if other.id in family}
        censored = {one.body for one in notes if one.id in family and one.hidden_reason}
        assert note.body in heard | censored


def _take_all_back(workshop: Workshop) -> None:
    for member in list(
        db.session().scalars(select(Member).where(Member.workshop_id == workshop.id))
    ):
        submission = f"member:{member.public_id}"
        query = select(Opinion).where(
            Opinion.submission == submission, Opinion.state == State.COUNTED
        )
        for line in list(db.session().scalars(query)):
            receipts.withdraw(receipts.of(submission), line.public_id)
    counted = select(Opinion.id).where(
        Opinion.source == lines.SOURCE,
        Opinion.state == State.COUNTED,
        Opinion.source_id.in_(select(Note.id).where(Note.board_id == workshop.id)),
    )
    assert list(db.session().scalars(counted)) == []
