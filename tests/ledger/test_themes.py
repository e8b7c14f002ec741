"""Themes: whatever staff and machine do, every counted opinion stands in exactly one place."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from core import clock, db, record
from core.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from core.people import Account
from ledger import adoptions, answers, check, filings, opinions, queries, themes
from ledger.adoptions import Proposal
from ledger.answers import Draft
from ledger.models import Channel, Consultation, Opinion, Placement, Theme
from ledger.opinions import Said

ACTS = ("run", "move", "lone", "unfile", "new", "split", "merge", "withdraw", "edit", "answer")
ENDORSED = Draft(disposition="endorsed", view="ありがとうございます。")


def enter(consultation: Consultation, *bodies: str) -> list[int]:
    start = queries.counts(consultation).received
    return opinions.enter_all(
        consultation,
        [
            Said(
                source="test",
                source_id=start + number,
                channel=Channel.IMPORT,
                body=body,
                submission=f"test:{start + number}",
                voice_id=f"{start + number:064x}",
                said_at=clock.now(),
                received_at=clock.now(),
            )
            for number, body in enumerate(bodies, start=1)
        ],
        role="officer",
    )


def breaches(consultation: Consultation) -> list[check.Breach]:
    return [*check.conservation(consultation), *check._texts(), *check._filings()]


def living(consultation: Consultation) -> list[Theme]:
    return [row.theme for row in queries.themes_of(consultation)]


def members(theme: Theme) -> set[int]:
    return {o.id for o in queries.opinions_in(theme.consultation, theme, limit=1000)}


def propose(*groups: Sequence[int], quote: str = "木を残して") -> list[Proposal]:
    return [Proposal(f"案{n}", quote, 50, tuple(ids)) for n, ids in enumerate(groups)]


def test_a_run_files_what_it_proposes(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abcdef")
    adoptions.adopt(officer, consultation, propose(ids[:2], ids[2:4]), ids[4:5])
    counts = queries.counts(consultation)
    assert (counts.in_themes, counts.lone, counts.unfiled) == (4, 1, 1)
    assert breaches(consultation) == []


def test_a_run_twice_ends_in_the_same_state(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abcdef")
    for _again in range(2):
        adoptions.adopt(officer, consultation, propose(ids[:2], ids[2:4]), ids[4:])
    assert [members(t) for t in living(consultation)] == [set(ids[:2]), set(ids[2:4])]
    assert queries.counts(consultation).lone == 2
    assert breaches(consultation) == []


@pytest.mark.parametrize("touch", ["rename", "move", "answer", "answer_one"])
def test_a_run_leaves_alone_what_a_person_has_touched(
    consultation: Consultation, officer: Account, touch: str
) -> None:
    ids = enter(consultation, *"abcdef")
    kept, _loose = adoptions.adopt(officer, consultation, propose(ids[:3], ids[3:5]), ids[5:])
    match touch:
        case "rename":
            themes.rename(officer, kept, "木のこと", version=1)
        case "move":
            themes.move(officer, consultation, ids[5:], kept)
        case "answer":
            answers.save(officer, kept, Draft(view="下書き"), version=0)
        case "answer_one":
            one = db.session().get_one(Opinion, ids[0])
            answers.save(officer, one, Draft(view="下書き"), version=0)
    before = members(kept)
    adoptions.adopt(officer, consultation, propose(ids), [])
    assert kept.id in {t.id for t in living(consultation)}
    assert members(kept) == before
    assert breaches(consultation) == []


def test_only_free_opinions_are_given_to_the_machine(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abcdefg")
    kept, _loose = adoptions.adopt(officer, consultation, propose(ids[:2], ids[2:4]), ids[4:5])
    themes.rename(officer, kept, "木のこと", version=1)
    themes.move(officer, consultation, ids[5:6], Placement.LONE)
    free = set(db.session().scalars(select(Opinion.id).where(filings.free(consultation))))
    assert free == {*ids[2:4], ids[4], ids[6]}


def test_the_machines_lone_opinion_with_an_answer_stays(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abc")
    adoptions.adopt(officer, consultation, [], ids)
    answers.save(officer, db.session().get_one(Opinion, ids[0]), ENDORSED, version=0)
    adoptions.adopt(officer, consultation, propose(ids), [])
    assert queries.opinions_in(consultation, Placement.LONE)[0].id == ids[0]
    assert members(living(consultation)[0]) == set(ids[1:])


def test_a_group_that_lost_all_but_one_becomes_a_lone_opinion(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"ab")
    opinions.withdraw(db.session().get_one(Opinion, ids[1]), role="resident")
    assert adoptions.adopt(officer, consultation, propose(ids), []) == []
    assert queries.counts(consultation).lone == 1
    assert breaches(consultation) == []


def test_who_has_no_business_here_can_not_adopt(
    consultation: Consultation, stranger: Account
) -> None:
    with pytest.raises(Forbidden):
        adoptions.adopt(stranger, consultation, [], [])


def test_a_withdrawn_opinion_is_quoted_nowhere(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, "木を残してほしいです。", "木陰がほしいです。", "木が好きです。")
    title = f"{filings.UNNAMED}木を残してほしいです。"
    (theme,) = adoptions.adopt(
        officer, consultation, [Proposal(title, "木を残してほしいです。", 10, tuple(ids))], []
    )
    opinions.withdraw(db.session().get_one(Opinion, ids[1]), role="resident")
    assert db.session().get_one(Theme, theme.id).machine_quote
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    row = db.session().get_one(Theme, theme.id)
    assert (row.machine_quote, row.title) == ("", filings.UNNAMED)


def test_a_merge_keeps_the_older_theme_and_redirects_the_other(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abcd")
    older, newer = adoptions.adopt(officer, consultation, propose(ids[:2], ids[2:]), [])
    assert themes.merge(officer, newer, older).id == older.id
    assert members(older) == set(ids)
    assert queries.theme(newer.public_id, consultation).id == older.id
    with pytest.raises(Conflict):
        themes.merge(officer, older, older)
    assert breaches(consultation) == []


def test_a_merge_brings_an_answer_along_when_the_older_has_none(
    consultation: Consultation, officer: Account, approver: Account
) -> None:
    ids = enter(consultation, *"abcd")
    older, newer = adoptions.adopt(officer, consultation, propose(ids[:2], ids[2:]), [])
    answer = answers.hand_in(officer, newer, ENDORSED, version=0)
    answers.approve(approver, answer, version=1)
    themes.merge(officer, older, newer)
    moved = answers.of(older)
    assert moved is not None
    assert (moved.view, moved.state) == (ENDORSED.view, "draft")


@pytest.mark.parametrize("taken", [1, 3])
def test_the_larger_part_keeps_the_theme(
    both_engines: str, consultation: Consultation, officer: Account, taken: int
) -> None:
    ids = enter(consultation, *"abcd")
    (theme,) = adoptions.adopt(officer, consultation, propose(ids), [])
    title = theme.title
    fresh = themes.split(officer, theme, ids[:taken], "分けたもの")
    named = {t.title: members(t) for t in living(consultation)}
    assert named == {title: set(ids[taken:]), "分けたもの": set(ids[:taken])}
    assert len(members(theme)) == 3
    assert len(members(fresh)) == 1
    assert breaches(consultation) == []


@pytest.mark.parametrize("taken", [0, 4])
def test_all_or_nothing_is_no_split(
    consultation: Consultation, officer: Account, taken: int
) -> None:
    ids = enter(consultation, *"abcd")
    (theme,) = adoptions.adopt(officer, consultation, propose(ids), [])
    with pytest.raises(Invalid):
        themes.split(officer, theme, ids[:taken], "分けたもの")
    assert len(living(consultation)) == 1


def test_a_change_of_members_reopens_an_approval(
    both_engines: str, consultation: Consultation, officer: Account, approver: Account
) -> None:
    ids = enter(consultation, *"abcdef")
    (theme,) = adoptions.adopt(officer, consultation, propose(ids[:3]), [])

    def approve() -> None:
        answer = answers.of(theme)
        version = answer.version if answer else 0
        answer = answers.hand_in(officer, theme, ENDORSED, version=version)
        answers.approve(approver, answer, version=answer.version)

    def state() -> str:
        answer = answers.of(theme)
        assert answer is not None
        db.session().refresh(answer)
        return answer.state

    for change in (
        lambda: themes.move(officer, consultation, ids[3:4], theme),
        lambda: themes.move(officer, consultation, ids[3:4], Placement.LONE),
        lambda: themes.split(officer, theme, ids[:1], "分けたもの"),
        lambda: opinions.withdraw(db.session().get_one(Opinion, ids[1]), role="resident"),
    ):
        approve()
        assert state() == "approved"
        change()
        assert state() == "draft"
    assert breaches(consultation) == []


def test_an_opinion_of_another_consultation_is_not_there(
    consultation: Consultation, empty_consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, "a")
    theme = themes.create(officer, empty_consultation, "よそのテーマ")
    with pytest.raises(NotFound):
        themes.move(officer, empty_consultation, ids, theme)
    with pytest.raises(NotFound):
        themes.move(officer, consultation, ids, theme)
    assert queries.counts(consultation).unfiled == 1


def test_an_opinion_taken_back_meanwhile_is_not_filed(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"ab")
    theme = themes.create(officer, consultation, "木のこと")
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    with pytest.raises(Conflict):
        themes.move(officer, consultation, ids, theme)
    assert queries.counts(consultation).unfiled == 1
    assert breaches(consultation) == []


def test_a_stale_name_is_refused_with_both_names(
    consultation: Consultation, officer: Account, other_officer: Account
) -> None:
    theme = themes.create(officer, consultation, "木のこと")
    themes.rename(other_officer, theme, "大きな木", version=1)
    with pytest.raises(Stale) as refused:
        themes.rename(officer, theme, "古い木", version=1)
    assert (refused.value.current, refused.value.yours) == ("大きな木", "古い木")


def test_only_an_empty_theme_can_be_taken_away(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, "a")
    theme = themes.gather(officer, consultation, ids, "木のこと")
    with pytest.raises(Conflict):
        themes.dissolve(officer, theme)
    themes.move(officer, consultation, ids, None)
    themes.dissolve(officer, theme)
    assert living(consultation) == []


def test_a_theme_stands_under_a_heading(consultation: Consultation, officer: Account) -> None:
    theme = themes.create(officer, consultation, "木のこと")
    themes.put_under(officer, theme, "1-1 木とみどり", version=1)
    assert living(consultation)[0].level1 == "1-1 木とみどり"


@pytest.mark.parametrize("seed", range(4))
def test_nothing_gets_lost_whatever_is_done(
    consultation: Consultation, officer: Account, seed: int
) -> None:
    """A seeded walk through every act: the laws hold after each step."""
    dice = random.Random(seed)
    enter(consultation, *(f"意見{n}" for n in range(14)))
    for _step in range(20):
        _act(dice, consultation, officer)
        assert breaches(consultation) == []
    assert list(record.verify()) == []


def _act(dice: random.Random, consultation: Consultation, officer: Account) -> None:
    here = (Opinion.consultation_id == consultation.id, Opinion.state == "counted")
    counted = list(db.session().scalars(select(Opinion.id).where(*here)))
    some = dice.sample(counted, min(len(counted), dice.randint(1, 4)))
    present = living(consultation)
    theme = dice.choice(present) if present else None
    try:
        match dice.choice(ACTS):
            case "run":
                dice.shuffle(counted)
                cut = len(counted) // 3
                groups = propose(counted[:cut], counted[cut : 2 * cut])
                adoptions.adopt(officer, consultation, groups, counted[2 * cut : -2])
            case "move" if theme:
                themes.move(officer, consultation, some, theme)
            case "lone":
                themes.move(officer, consultation, some, Placement.LONE)
            case "unfile":
                themes.move(officer, consultation, some, None)
            case "new":
                themes.gather(officer, consultation, some, "新しいテーマ")
            case "split" if theme:
                themes.split(officer, theme, some, "分けたテーマ")
            case "merge" if len(present) > 1:
                themes.merge(officer, *dice.sample(present, 2))
            case "withdraw" if len(counted) > 4:
                opinions.withdraw(db.session().get_one(Opinion, some[0]), role="resident")
            case "edit":
                old = db.session().get_one(Opinion, some[0])
                opinions.supersede(old, "書き直した意見", role="resident")
            case "answer":
                one = db.session().get_one(Opinion, some[0])
                answers.save_many(officer, [one], ENDORSED)
    except (Invalid, Conflict):
        pass  # refused: nothing may have changed, which the caller checks
