"""The record writes itself from the board; a person words it and lets everybody read it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, record
from core.errors import Closed, Conflict, Forbidden, Invalid, NotFound, Stale
from core.people import Account
from core.record import Entry
from ledger import queries
from ledger.models import Consultation, Opinion
from realtime import boards, hidings, records, workshops
from realtime.models import Workshop
from realtime.told import Told
from tests.answered import again
from tests.realtime.hands import Hand, join, lead, open_workshop


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return open_workshop(officer, consultation, plan={"tables": 2})


def told(workshop: Workshop) -> Told:
    db.session().expire_all()
    return records.tell(again(workshop))


def run(workshop: Workshop, officer: Account, *, reveals: bool = True) -> tuple[Hand, Hand, Hand]:
    """A small workshop from the first minute to the last, half an hour long."""
    begin = clock.now()
    with clock.at(begin):
        chair, (ann, ben) = lead(workshop, officer), join(workshop, ["けやき", "つばめ"])
        chair.do("phase.set", id="p2")
        ann.do("note.add", id="a001", text="木陰のあるベンチ", color=1, x=10, y=20)
        ann.do("note.add", id="a002", text="夏の日よけ", color=2)
        ann.do("note.add", id="a003", text="消した付せん", color=2)
        ann.do("note.del", id="a003")
        ben.do("note.add", id="b001", text="水飲み場", color=1)
    with clock.at(begin + timedelta(minutes=9)):
        chair.do("phase.set", id="p4")
        ann.do("island.add", id="i001", title="日かげ", x=0, y=0, notes=["a001", "a002"])
        ann.do("island.add", id="i002", title="休む", x=400, y=0)
        ann.do("link.add", id="l001", a="i001", b="i002", word="だから")
        ann.do("talk.add", id="k001", note="a001", text="背もたれも")
    with clock.at(begin + timedelta(minutes=20)):
        chair.do("phase.set", id="p5")
        ann.do("vote.set", note="a001", k=1)
        ben.do("vote.set", note="a001", k=1)
        if reveals:
            chair.do("reveal.votes")
        chair.do("sum.set", id="all", text="日かげを増やす。", base=0)
        chair.do("sum.set", id="t001", text="1班のまとめ", base=0)
    with clock.at(begin + timedelta(minutes=30)):
        workshops.close(again(officer), again(workshop))
    return chair, ann, ben


def test_a_record_tells_what_the_board_holds(
    both_engines: str, workshop: Workshop, officer: Account
) -> None:
    run(workshop, officer)
    found = told(workshop)
    assert (found.figures.people, found.figures.notes, found.figures.islands) == (2, 3, 2)
    assert (found.figures.votes, found.figures.voters, found.figures.talks) == (2, 2, 1)
    assert found.title == "駅前広場の使い方を考える"
    assert "2人が参加し、3枚の付せん" in found.lead
    assert found.summary.text == "日かげを増やす。"
    first, second = found.tables
    assert (first.title, first.summary.text) == ("1班", "1班のまとめ")
    shade, rest = first.islands
    assert [
        (note.text, note.votes, tuple(talk.text for talk in note.talks)) for note in shade.notes
    ] == [
        ("木陰のあるベンチ", 2, ("背もたれも",)),
        ("夏の日よけ", 0, ()),
    ]
    assert [(link.word, other) for link, other in shade.links] == [("だから", "休む")]
    assert [(link.word, other) for link, other in rest.links] == [("だから", "日かげ")]
    assert [note.text for note in second.loose] == ["水飲み場"]
    assert [note.text for note in found.chosen] == ["木陰のあるベンチ"]
    assert "消した付せん" not in repr(found)


def test_the_flow_is_told_as_it_really_was(workshop: Workshop, officer: Account) -> None:
    with clock.at(clock.now() + timedelta(hours=1)):
        run(workshop, officer)
    stages = told(workshop).stages
    assert [(one.title, one.minutes, one.planned) for one in stages] == [
        ("説明", 0, 5),
        ("一人で書く", 9, 8),
        ("島にまとめる", 11, 15),
        ("選ぶ", 10, 4),
    ]
    assert [(one.added, one.notes, one.islands) for one in stages[1:]] == [
        (4, 3, 0),
        (0, 3, 2),
        (0, 3, 2),
    ]
    assert stages[0].began_at >= clock.now()


def test_a_phase_counts_no_hidden_note_and_no_copy(workshop: Workshop, officer: Account) -> None:
    chair = lead(workshop, officer)
    [ann] = join(workshop, ["けやき"])
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木陰", color=1)
    ann.do("note.add", id="n002", text="水飲み場", color=1)
    ann.do("note.copy", id="n003", of="n001")
    ann.do("note.del", id="n003")
    ann.do("note.back", id="n003")
    assert told(workshop).stages[-1].notes == 2
    chair.do("note.hide", id="n001", reason="人の名前がありました。")
    assert told(workshop).stages[-1].notes == 1
    chair.do("note.show", id="n001")
    assert told(workshop).stages[-1].notes == 2


def test_votes_that_were_never_revealed_are_not_told(workshop: Workshop, officer: Account) -> None:
    run(workshop, officer, reveals=False)
    found = told(workshop)
    assert found.figures.votes is None
    assert found.figures.voters is None
    assert found.chosen == []
    assert {note.votes for note in found.notes} == {None}


def test_what_is_hidden_taken_back_or_not_yet_shown_has_no_words(
    workshop: Workshop, officer: Account
) -> None:
    chair, (ann,) = lead(workshop, officer), join(workshop, ["けやき"])
    chair.do("phase.set", id="p4")
    for n in range(4):
        ann.do("note.add", id=f"n00{n}", text=f"言葉{n}", color=1)
    ann.do("note.copy", id="n009", of="n001")
    chair.do("phase.set", id="p4")
    chair.do("note.hide", id="n001", reason="人の名前がありました")
    ann.do("note.del", id="n002")
    chair.do("phase.set", id="p2")
    ann.do("note.add", id="n005", text="まだ見せない", color=1)
    found = told(workshop)
    shown = {note.key: (note.text, note.why, note.reason) for note in found.notes}
    assert shown == {
        "n000": ("言葉0", "", ""),
        "n001": (None, "hidden", "人の名前がありました"),
        "n002": (None, "withdrawn", ""),
        "n003": ("言葉3", "", ""),
        "n009": (None, "hidden", "人の名前がありました"),
    }
    assert (found.figures.notes, found.figures.hidden, found.figures.withdrawn) == (2, 1, 1)


def test_an_erased_text_is_told_nowhere(workshop: Workshop, officer: Account) -> None:
    run(workshop, officer)
    line = db.session().scalars(select(Opinion).order_by(Opinion.seq)).first()
    assert line is not None
    with db.transaction():
        line.text.erased_at = clock.now()
    [note] = [note for note in told(workshop).notes if note.why == "erased"]
    assert note.text is None


def test_only_who_leads_reads_a_record_before_it_is_public(
    workshop: Workshop, officer: Account, facilitator: Account, resident: Account, stranger: Account
) -> None:
    run(workshop, officer)
    for reader in (None, resident, stranger):
        with pytest.raises(NotFound):
            records.readable(again(workshop), reader)
    assert records.readable(again(workshop), facilitator).published_at is None
    records.publish(facilitator, again(workshop), 0)
    assert records.readable(again(workshop), None).published_at is not None


def test_publishing_lets_the_ledger_show_the_notes(
    both_engines: str, workshop: Workshop, officer: Account, consultation: Consultation
) -> None:
    run(workshop, officer)

    def readable() -> int:
        query = select(Opinion).where(queries.visible_to(None, again(consultation)))
        return len(list(db.session().scalars(query)))

    assert readable() == 0
    records.publish(officer, again(workshop), 0)
    records.publish(officer, again(workshop), 0)  # pressed twice
    db.session().expire_all()
    assert readable() == 3
    acts = select(Entry).where(Entry.kind == "workshop.record_published")
    assert len(list(db.session().scalars(acts))) == 1
    assert list(record.verify()) == []
    assert [row.workshop_id for row in records.published_in(again(consultation))] == [workshop.id]


def test_a_record_is_not_published_too_early_by_strangers_or_from_a_rehearsal(
    workshop: Workshop, officer: Account, stranger: Account, consultation: Consultation
) -> None:
    with pytest.raises(Closed):
        records.publish(officer, workshop, 0)
    run(workshop, officer)
    with pytest.raises(Forbidden):
        records.publish(stranger, again(workshop), 0)
    with pytest.raises(Stale):
        records.publish(officer, again(workshop), 7)
    played = open_workshop(officer, again(consultation), is_rehearsal=True, key="w-2")
    workshops.close(officer, played)
    with pytest.raises(Conflict):
        records.publish(officer, again(played), 0)


def test_who_was_overtaken_sees_both_texts(
    both_engines: str, workshop: Workshop, officer: Account, facilitator: Account
) -> None:
    run(workshop, officer)
    first = {"title": "先の見出し", "lead": "先の文", "closing": ""}
    second = {"title": "後の見出し", "lead": "後の文", "closing": ""}
    records.write(officer, again(workshop), **first, version=0)
    with pytest.raises(Stale) as refused:
        records.write(facilitator, again(workshop), **second, version=0)
    assert "先の文" in refused.value.current
    assert "後の文" in refused.value.yours
    records.write(facilitator, again(workshop), **second, version=1)
    assert told(workshop).title == "後の見出し"
    assert told(workshop).version == 2


def test_words_are_rendered_once_and_refused_when_too_long(
    workshop: Workshop, officer: Account
) -> None:
    words = {"title": "題", "lead": "**太く** <script>x</script>", "closing": "## 次に\n\n- 測る"}
    records.write(officer, workshop, **words, version=0)
    found = told(workshop)
    assert "<strong>太く</strong>" in found.lead_html
    assert "<script" not in found.lead_html
    assert "<li>測る</li>" in found.closing_html
    with pytest.raises(Invalid):
        records.write(officer, workshop, title="", lead="", closing="", version=1)
    with pytest.raises(Invalid):
        records.write(officer, workshop, title="題", lead="あ" * 2001, closing="", version=1)


def test_a_published_record_says_that_it_was_changed(workshop: Workshop, officer: Account) -> None:
    run(workshop, officer)
    later = clock.now() + timedelta(hours=1)
    with clock.at(later):
        records.publish(officer, again(workshop), 0)
        assert told(workshop).changed_at is None
    with clock.at(later + timedelta(minutes=5)):
        words = {"title": "題", "lead": "文", "closing": ""}
        records.write(officer, again(workshop), **words, version=1)
    assert told(workshop).changed_at == later + timedelta(minutes=5)
    with clock.at(later + timedelta(minutes=9)):
        hidings.hide(officer, again(workshop), "a001", "人が分かります")
    assert told(workshop).changed_at == later + timedelta(minutes=9)


def test_telling_a_record_takes_a_known_number_of_statements(
    workshop: Workshop, officer: Account, statements: list[str]
) -> None:
    chair, (ann,) = lead(workshop, officer), join(workshop, ["けやき"])
    chair.do("phase.set", id="p4")
    counts = []
    for many in (3, 30):
        for n in range(many):
            ann.do("note.add", id=f"n{many}-{n}", text=f"付せん{n}", color=1)
        chair.do("phase.set", id="p5")
        chair.do("phase.set", id="p4")
        here = again(workshop)
        statements.clear()
        records.tell(here)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20


def test_boards_are_forgotten_and_records_are_not(workshop: Workshop, officer: Account) -> None:
    run(workshop, officer)
    before = told(workshop)
    boards.forget()
    assert told(workshop).tables == before.tables
