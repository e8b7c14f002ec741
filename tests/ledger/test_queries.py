"""Reading the ledger: figures, who may read what, and answers that are public."""

from __future__ import annotations

from itertools import product
from typing import TypeVar

from sqlalchemy import inspect, select

from core import clock, db
from core.people import Account
from ledger import answers, editions, opinions, queries, themes
from ledger.answers import Draft
from ledger.models import Channel, Consultation, Opinion, Placement, Report, State
from ledger.opinions import Said

T = TypeVar("T", bound=db.Base)


def here(thing: T) -> T:
    return db.session().get_one(type(thing), inspect(thing).identity[0])


def said(number: int, **more: object) -> Said:
    values: dict[str, object] = {
        "source": "test_row",
        "source_id": number,
        "channel": Channel.WEB,
        "body": f"声{number}",
        "submission": f"comment:{number}",
        "voice_id": f"{number:064x}",
        "said_at": clock.now(),
        "received_at": clock.now(),
    }
    return Said(**{**values, **more})  # type: ignore[arg-type]


def enter(consultation: Consultation, *said_: Said) -> list[Opinion]:
    ids = opinions.enter_all(consultation, said_, role="resident")
    return [db.session().get_one(Opinion, i) for i in ids]


def test_people_submissions_and_opinions_are_three_numbers(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    voice = "a" * 64
    rows = enter(
        consultation,
        said(1, voice_id=voice, submission="comment:1"),
        said(2, voice_id=voice, submission="comment:1"),
        said(3, voice_id=voice, submission="comment:2"),
        said(4, voice_id=None, channel=Channel.FAX),
        said(5, state=State.HELD),
    )
    theme = themes.create(officer, consultation, "池")
    themes.move(officer, consultation, [rows[0].id], theme)
    themes.move(officer, consultation, [rows[1].id], Placement.LONE)
    counts = queries.counts(consultation)
    assert (counts.people, counts.unknown, counts.submissions, counts.counted) == (1, 1, 3, 4)
    assert (counts.in_themes, counts.lone, counts.unfiled, counts.held) == (1, 1, 2, 1)
    assert counts.balances
    web, fax = queries.by_channel(consultation)
    assert (web.channel, web.people, web.unknown, web.submissions, web.opinions) == (
        "web",
        1,
        0,
        2,
        3,
    )
    assert (fax.people, fax.unknown, fax.opinions) == (0, 1, 1)


def test_a_cutoff_leaves_later_voices_out(consultation: Consultation) -> None:
    enter(consultation, *[said(n) for n in range(1, 5)])
    assert queries.counts(consultation, upto=3).received == 3
    assert sum(c.opinions for c in queries.by_channel(consultation, upto=3)) == 3


def test_counts_of_several_consultations_are_counted_at_once(
    consultation: Consultation, empty_consultation: Consultation, statements: list[str]
) -> None:
    enter(consultation, said(1))
    both = [here(consultation), here(empty_consultation)]
    statements.clear()
    found = queries.counts_of(both)
    assert len(statements) == 2, "the record's head, and one count"
    assert [found[c.id].received for c in both] == [1, 0]


def test_who_may_read_is_the_same_in_sql_and_in_hand(
    consultation: Consultation,
    resident: Account,
    stranger: Account,
    officer: Account,
    moderator: Account,
) -> None:
    kinds = list(product(State, (True, False)))
    rows = enter(
        consultation,
        *[said(n, state=s, is_public=p) for n, (s, p) in enumerate(kinds, start=1)],
    )
    public = {
        row.id for row, (state, shown) in zip(rows, kinds, strict=True)
        if shown and state == State.COUNTED
    }  # fmt: skip
    assert {row.id for row in rows if queries.is_public(row)} == public
    for viewer in (None, resident, stranger, officer, moderator):
        query = select(Opinion.id).where(queries.visible_to(viewer, consultation))
        by_sql = set(db.session().scalars(query))
        assert by_sql == {row.id for row in rows if queries.may_read(viewer, row)}
        assert by_sql == ({r.id for r in rows} if viewer in (officer, moderator) else public)


def test_an_answer_is_public_with_the_newest_edition_that_covers_it(
    both_engines: str, consultation: Consultation, approver: Account
) -> None:
    first, second, third = enter(consultation, said(1), said(2), said(3))
    assert queries.published_answers([first.id]) == {}
    with db.transaction() as tx:
        report = Report(consultation_id=consultation.id, title="区の考え方", cutoff_seq=3)
        tx.add(report)
        tx.flush()
        for number, ids in ((1, (first.id, second.id)), (2, (first.id,))):
            group = editions.Group("池", "reflected", f"第{number}版の答え", ids, 1)
            editions.freeze(
                report, [group], figures={"counted": len(ids)}, at=clock.now(),
                approver_id=approver.id,
            )  # fmt: skip
    found = queries.published_answers([first.id, second.id, third.id])
    assert found[first.id].group.view == "第2版の答え"
    assert found[first.id].edition == 2
    assert found[second.id].group.view == "第1版の答え"
    assert third.id not in found


def test_figures_are_counted_again_after_every_act_and_only_then(
    consultation: Consultation, officer: Account, statements: list[str]
) -> None:
    ids = opinions.enter_all(consultation, [said(1), said(2)], role="officer")
    assert queries.counts(consultation).unfiled == 2
    statements.clear()
    assert queries.counts(consultation).unfiled == 2
    assert len(statements) == 1, "only the record's head is read"
    themes.move(officer, consultation, ids[:1], Placement.LONE)
    assert queries.counts(consultation).lone == 1
    opinion = db.session().get_one(Opinion, ids[1])
    answers.save(officer, opinion, Draft(view="お答えします。"), version=0)
    assert queries.counts(consultation).lone == 2, "answering alone is a recorded act of filing"
    opinions.withdraw(opinion, role="resident")
    assert (queries.counts(consultation).counted, queries.counts(consultation).withdrawn) == (1, 1)
    with db.transaction():
        opinions.enter(consultation, said(3), role="officer")
        assert queries.counts(consultation).received == 3, "inside a unit nothing is remembered"
