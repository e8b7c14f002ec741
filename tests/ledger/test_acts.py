"""Acts on the desk: noted with who, undone and redone, refused when somebody changed the same."""

from __future__ import annotations

import random
from threading import Thread

import pytest

from analysis import desks
from core import clock, db
from core.errors import Conflict, DomainError
from core.people import Account
from ledger import acts, adoptions, answers, check, opinions, queries, themes
from ledger.adoptions import Proposal
from ledger.answers import Draft
from ledger.filings import UNNAMED
from ledger.models import Channel, Consultation, Opinion, Placement, Theme
from ledger.opinions import Said
from tests.ledger.shown import on_the_desk

GOOD = Draft(disposition="endorsed", summary="賛成です。", view="ありがとうございます。")


def enter(consultation: Consultation, *bodies: str, start: int = 1) -> list[int]:
    return opinions.enter_all(
        consultation,
        [
            Said(
                source="test",
                source_id=number,
                channel=Channel.WEB,
                body=body,
                submission=f"test:{number}",
                voice_id=None,
                said_at=clock.now(),
                received_at=clock.now(),
            )
            for number, body in enumerate(bodies, start=start)
        ],
        role="officer",
    )


def breaches(consultation: Consultation) -> list[check.Breach]:
    return [*check.conservation(consultation), *check._texts(), *check._filings()]


def test_every_kind_of_act_is_undone_and_redone(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abcdefgh")
    made = desks.gather(officer, consultation, ids[:4], None, "木のこと")
    other = desks.gather(officer, consultation, ids[4:6], None, "明かり")
    doing = [
        lambda: desks.move(officer, consultation, ids[6:7], made),
        lambda: desks.move(officer, consultation, ids[6:7], Placement.LONE),
        lambda: desks.move(officer, consultation, ids[:1], None),
        lambda: desks.gather(officer, consultation, ids[1:2], made, "木陰"),
        lambda: desks.rename(officer, made, "大きな木", version=made.version),
        lambda: desks.put_under(officer, made, "1-1 木", version=made.version),
        lambda: desks.move(officer, consultation, ids[7:], Placement.LONE),
        lambda: desks.look(officer, consultation, ids[7:]),
        lambda: desks.move(officer, consultation, ids[7:], made),
        lambda: desks.unlock(officer, made),
        lambda: desks.move(officer, consultation, ids[:1], made),
        lambda: desks.unlock(officer, made),
        lambda: desks.lock(officer, made),
        lambda: desks.merge(officer, made, other),
    ]
    for act in doing:
        before = on_the_desk(consultation)
        act()
        after = on_the_desk(consultation)
        assert before != after
        desks.undo(officer, consultation)
        assert on_the_desk(consultation) == before
        desks.redo(officer, consultation)
        assert on_the_desk(consultation) == after
        assert breaches(consultation) == []
    said = [str(act.said) for act in acts.listed(consultation)]
    assert said[0] == "「明かり」を「大きな木」にまとめました。"
    assert {act.account_id for act in acts.listed(consultation)} == {officer.id}


def test_any_sequence_is_undone_to_where_it_began(
    consultation: Consultation, officer: Account
) -> None:
    """Seeded: 40 acts in any order, all undone, all redone; the laws hold after each."""
    ids = enter(consultation, *(f"意見{n}" for n in range(12)))
    chance = random.Random(5)
    start, done = on_the_desk(consultation), 0

    def living() -> list[Theme]:
        return [row.theme for row in queries.themes_of(consultation)]

    for turn in range(40):
        chosen = chance.sample(ids, chance.randint(1, 4))
        kind = chance.choice(["theme", "lone", "none", "new", "rename", "merge"])
        try:
            match kind:
                case "theme" if living():
                    desks.move(officer, consultation, chosen, chance.choice(living()))
                case "lone":
                    desks.move(officer, consultation, chosen, Placement.LONE)
                case "none":
                    desks.move(officer, consultation, chosen, None)
                case "rename" if living():
                    theme = chance.choice(living())
                    desks.rename(officer, theme, f"名前{turn}", version=theme.version)
                case "merge" if len(living()) > 1:
                    desks.merge(officer, *chance.sample(living(), 2))
                case _:
                    desks.gather(officer, consultation, chosen, None, f"テーマ{turn}")
        except DomainError:
            db.session().rollback()
        assert breaches(consultation) == []
    end = on_the_desk(consultation)
    while acts.next_undo(officer, consultation):
        desks.undo(officer, consultation)
        assert breaches(consultation) == []
        done += 1
    assert done > 20
    assert on_the_desk(consultation) == start
    while acts.next_redo(officer, consultation):
        desks.redo(officer, consultation)
    assert on_the_desk(consultation) == end


def test_what_somebody_else_changed_since_is_not_undone(
    both_engines: str, consultation: Consultation, officer: Account, other_officer: Account
) -> None:
    ids = enter(consultation, *"abc")
    first = desks.gather(officer, consultation, ids[:2], None, "木のこと")
    desks.move(officer, consultation, ids[2:], first)
    desks.move(other_officer, consultation, ids[2:], Placement.LONE)
    with pytest.raises(Conflict, match="ほかの人が"):
        desks.undo(officer, consultation)
    acts.give_up(officer, consultation, is_undo=True)
    desks.undo(officer, consultation)
    assert queries.counts(consultation).lone == 1, "the other's act stands"
    assert queries.counts(consultation).unfiled == 2


def test_one_person_undoes_only_their_own(
    consultation: Consultation, officer: Account, other_officer: Account
) -> None:
    ids = enter(consultation, *"ab")
    desks.move(officer, consultation, ids[:1], Placement.LONE)
    desks.move(other_officer, consultation, ids[1:], Placement.LONE)
    desks.undo(officer, consultation)
    assert [o.id for o in queries.opinions_in(consultation, Placement.LONE)] == ids[1:]
    assert acts.next_undo(officer, consultation) is None


def test_a_theme_somebody_answered_is_not_taken_away_by_undoing(
    consultation: Consultation, officer: Account, other_officer: Account
) -> None:
    made = desks.gather(officer, consultation, enter(consultation, *"ab"), None, "木のこと")
    answers.save(other_officer, made, GOOD, version=0)
    with pytest.raises(Conflict):
        desks.undo(officer, consultation)
    assert queries.counts(consultation).in_themes == 2


def test_an_opinion_taken_back_since_is_not_filed_again(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"ab")
    theme = desks.gather(officer, consultation, ids, None, "木のこと")
    desks.move(officer, consultation, ids, None)
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    with pytest.raises(Conflict, match="取り下げ"):
        desks.undo(officer, consultation)
    assert themes.current(theme).id == theme.id
    assert breaches(consultation) == []


def test_a_new_act_leaves_nothing_to_redo(consultation: Consultation, officer: Account) -> None:
    ids = enter(consultation, *"ab")
    desks.move(officer, consultation, ids[:1], Placement.LONE)
    desks.undo(officer, consultation)
    desks.move(officer, consultation, ids[1:], Placement.LONE)
    assert acts.next_redo(officer, consultation) is None


def test_undoing_reopens_what_was_approved(
    consultation: Consultation, officer: Account, approver: Account
) -> None:
    ids = enter(consultation, *"abc")
    theme = desks.gather(officer, consultation, ids[:2], None, "木のこと")
    desks.move(officer, consultation, ids[2:], theme)
    answer = desks.answer(officer, theme, GOOD, version=0, submit=True)
    answers.approve(approver, answer, version=answer.version)
    assert str(acts.listed(consultation)[0].said) == "「木のこと」の回答を確認に回しました。"
    desks.undo(officer, consultation)
    found = answers.of(theme)
    assert found is not None
    assert found.state == "draft", "its members changed"


def test_locking_is_noted_and_an_answer_keeps_the_lock(
    consultation: Consultation, officer: Account
) -> None:
    theme = desks.gather(officer, consultation, enter(consultation, *"ab"), None, "木のこと")
    desks.unlock(officer, theme)
    db.session().refresh(theme)
    assert theme.locked_at is None
    desks.lock(officer, theme)
    said = [str(act.said) for act in acts.listed(consultation)[:2]]
    assert said == ["「木のこと」を固定しました。", "「木のこと」の固定を外しました。"]
    answers.save(officer, theme, GOOD, version=0)
    with pytest.raises(Conflict):
        desks.unlock(officer, theme)


def test_acts_keep_nobodys_sentence(consultation: Consultation, officer: Account) -> None:
    """A theme that is only called by a resident's sentence is not named in what is kept."""
    ids = enter(consultation, "夜は真っ暗でこわいです。", "街灯がほしい。")
    said = "夜は真っ暗でこわい"
    proposal = Proposal(f"{UNNAMED}{said}", "夜は真っ暗でこわいです。", 10, tuple(ids))
    (theme,) = adoptions.adopt(officer, consultation, [proposal], [])
    desks.move(officer, consultation, ids[1:], Placement.LONE)
    desks.move(officer, consultation, ids[1:], theme)
    desks.rename(officer, theme, "明かり", version=theme.version)
    kept = [f"{act.said}{act.values}{act.before}{act.after}" for act in acts.listed(consultation)]
    assert len(kept) == 3
    assert not any(said in one for one in kept)
    desks.undo(officer, consultation)
    db.session().refresh(theme)
    assert theme.title == f"{UNNAMED}{said}"
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    db.session().refresh(theme)
    assert (theme.title, theme.machine_label, theme.machine_quote) == (UNNAMED, UNNAMED, "")


def test_acts_at_once_do_not_take_each_others_changes_for_their_own(
    both_engines: str, consultation: Consultation, officer: Account, other_officer: Account
) -> None:
    ids = enter(consultation, *"abcdefgh")
    people, place = (officer.id, other_officer.id), consultation.id
    db.session().rollback()
    failed: list[BaseException] = []

    def work(account_id: int, mine: list[int]) -> None:
        try:
            for opinion_id in mine:
                who = db.session().get_one(Account, account_id)
                here = db.session().get_one(Consultation, place)
                desks.move(who, here, [opinion_id], Placement.LONE)
        except BaseException as error:
            failed.append(error)
        finally:
            db.session.remove()

    threads = [Thread(target=work, args=(people[n], ids[n * 4 : n * 4 + 4])) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    listed = acts.listed(db.session().get_one(Consultation, place))
    assert len(listed) == 8
    for act in listed:
        (changed,) = act.after["filings"]
        assert (int(changed) in ids[:4]) == (act.account_id == people[0])


def test_undoing_takes_back_the_lock_and_brings_back_the_look(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"abc")
    (theme,) = adoptions.adopt(
        officer, consultation, [Proposal("木のこと", "", 90, tuple(ids[:2]))], ids[2:]
    )
    desks.look(officer, consultation, ids[2:])
    before = on_the_desk(consultation)
    desks.move(officer, consultation, ids[2:], theme)
    assert theme.locked_at is not None
    desks.undo(officer, consultation)
    assert on_the_desk(consultation) == before


def test_a_lock_stays_when_somebody_worked_there_since(
    consultation: Consultation, officer: Account, other_officer: Account
) -> None:
    ids = enter(consultation, *"abcd")
    (theme,) = adoptions.adopt(
        officer, consultation, [Proposal("木のこと", "", 90, tuple(ids[:2]))], ids[2:]
    )
    desks.move(officer, consultation, ids[2:3], theme)
    desks.rename(other_officer, theme, "大きな木", version=theme.version)
    desks.undo(officer, consultation)
    db.session().refresh(theme)
    assert theme.locked_at is not None
    assert theme.title == "大きな木"
    desks.unlock(officer, theme)
    desks.lock(officer, theme)
    desks.unlock(other_officer, theme)
    with pytest.raises(Conflict):
        desks.undo(officer, consultation)


def test_an_approval_comes_back_with_what_was_approved(
    both_engines: str,
    consultation: Consultation,
    officer: Account,
    approver: Account,
    other_officer: Account,
) -> None:
    ids = enter(consultation, *"abcd")
    theme = desks.gather(officer, consultation, ids[:2], None, "木のこと")
    answer = desks.answer(officer, theme, GOOD, version=0, submit=True)
    answers.approve(approver, answer, version=answer.version)
    desks.move(officer, consultation, ids[2:3], theme)
    db.session().refresh(answer)
    assert answer.state == "draft"
    version = answer.version
    desks.undo(officer, consultation)
    db.session().refresh(answer)
    assert (answer.state, answer.approved_by_id) == ("approved", approver.id)
    assert answer.version > version, "who looks at the draft is told"
    desks.redo(officer, consultation)
    desks.move(other_officer, consultation, ids[3:], theme)
    desks.undo(officer, consultation)
    db.session().refresh(answer)
    assert answer.state == "draft", "it is of other opinions than those approved"


def test_a_voice_taken_back_since_leaves_the_approval_reopened(
    consultation: Consultation, officer: Account, approver: Account
) -> None:
    ids = enter(consultation, *"abcd")
    theme = desks.gather(officer, consultation, ids[:3], None, "木のこと")
    answer = desks.answer(officer, theme, GOOD, version=0, submit=True)
    answers.approve(approver, answer, version=answer.version)
    desks.move(officer, consultation, ids[3:], theme)
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    desks.undo(officer, consultation)
    db.session().refresh(answer)
    assert answer.state == "draft"


def test_a_split_whose_larger_part_keeps_the_theme_takes_the_sentence_with_the_name(
    consultation: Consultation, officer: Account
) -> None:
    """A resident's sentence is the name of no theme that does not know whose it is."""
    ids = enter(consultation, "夜は真っ暗でこわいです。", "街灯がほしい。", "道が暗い。")
    quote = "夜は真っ暗でこわいです。"
    (theme,) = adoptions.adopt(
        officer, consultation, [Proposal(f"{UNNAMED}{quote}", quote, 10, tuple(ids))], []
    )
    made = desks.gather(officer, consultation, ids[1:], theme, "明かり")
    db.session().refresh(theme)
    assert (made.title, made.machine_quote) == (f"{UNNAMED}{quote}", quote)
    assert (theme.title, theme.machine_quote) == ("明かり", "")
    opinions.withdraw(db.session().get_one(Opinion, ids[0]), role="resident")
    db.session().refresh(made)
    assert made.title == UNNAMED


def test_acts_kept_before_are_undone_as_far_as_they_go(
    consultation: Consultation, officer: Account
) -> None:
    ids = enter(consultation, *"ab")
    theme = desks.gather(officer, consultation, ids, None, "木のこと")
    desks.rename(officer, theme, "大きな木", version=theme.version)
    act = acts.next_undo(officer, consultation)
    assert act is not None
    with db.transaction():
        kept = [[True, True, name, "", None, theme.position] for name in ("木のこと", "大きな木")]
        act.before, act.after = ({"themes": {str(theme.id): one}} for one in kept)
    desks.undo(officer, consultation)
    db.session().refresh(theme)
    assert theme.title == "木のこと"


def test_an_act_reads_what_it_touches_however_many_opinions_there_are(
    consultation: Consultation, officer: Account, statements: list[str]
) -> None:
    ids = enter(consultation, *(f"意見{n}" for n in range(6)))
    theme = desks.gather(officer, consultation, ids[:2], None, "木のこと")
    costs = []
    for more in (0, 300):
        made = enter(consultation, *(f"別{n}" for n in range(more)), start=1000) if more else []
        themes.move(officer, consultation, made, Placement.LONE)
        statements.clear()
        desks.move(officer, consultation, ids[2:3], theme)
        desks.undo(officer, consultation)
        costs.append(len(statements))
        unbound = [one for one in statements if "FROM filing" in one and " IN (" not in one]
        assert all("filing.theme_id = " in one or "LIMIT" in one for one in unbound), unbound
    assert costs[0] == costs[1] < 90
    (act,) = [one for one in acts.listed(consultation) if one.kind == "moved"][:1]
    assert list(act.after["filings"]) == [str(ids[2])]
