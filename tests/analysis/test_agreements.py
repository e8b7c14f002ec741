"""Who answers alike: numbers of people only, nothing of few, and nobody's name."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import func, select

from analysis import agreements, hearings
from analysis.agreements import Heard
from analysis.picture_models import Hearing
from core import db, jobs
from core.people import Account
from ledger import opinions
from ledger.models import Choice, Consultation, Stance
from tests.analysis.pictured import again, opinion, say, take

Browser = Callable[[Account], FlaskClient]
URL = "/desk/c/park/voices"
YES, NO, PASS = Choice.AGREE, Choice.DISAGREE, Choice.UNSURE
SHARED, LEFT, RIGHT = range(2), range(2, 5), range(5, 8)


def camps(consultation: Consultation, left: int, right: int) -> list[int]:
    """Eight public opinions: all agree with two, each camp with three of its own."""
    ids = say(consultation, *(f"発言の{n}" for n in range(8)))
    everybody = [("l", n) for n in range(left)] + [("r", n) for n in range(right)]
    take(
        {
            f"{camp}{n:063x}": {
                ids[i]: YES if i in SHARED or (i in LEFT) == (camp == "l") else NO
                for i in range(8)
                if i in SHARED or i in LEFT or i in RIGHT
            }
            for camp, n in everybody
        }
    )
    return ids


def hear(officer: Account, consultation: Consultation) -> Heard:
    hearings.hear(again(officer), again(consultation))
    jobs.run_due()
    found = agreements.heard(again(consultation))
    assert found is not None
    return found


def test_what_all_agree_with_and_what_divides(
    both_engines: str, consultation: Consultation, officer: Account
) -> None:
    ids = camps(consultation, 8, 6)
    found = hear(officer, consultation)
    assert found.groups == (8, 6)
    assert (found.people, found.stances, found.apart) == (14, 112, 0)
    pids = [opinion(i).public_id for i in ids]
    assert {one.public_id for one in found.agreed} == set(pids[:2])
    assert {one.public_id for one in found.dividing} == set(pids[2:])
    assert {one.public_id for one in found.typical[0]} == set(pids[2:5])
    answers = found.agreed[0].answers
    assert [a.people for a in answers if a] == [8, 6]


def test_a_group_of_fewer_than_five_is_not_spoken_of(
    consultation: Consultation, officer: Account
) -> None:
    camps(consultation, 8, 4)
    found = hear(officer, consultation)
    assert not found.has_groups
    assert found.agreed == found.dividing == ()
    assert found.people == 12


def test_of_few_answers_in_a_group_no_figure_is_kept(
    consultation: Consultation, officer: Account
) -> None:
    ids = camps(consultation, 8, 6)
    rare = say(consultation, "あまり読まれていない発言")[0]
    take({f"l{n:063x}": {rare: YES} for n in range(5)} | {f"r{0:063x}": {rare: NO}})
    found = hear(officer, consultation)
    told = next(one for part in found.typical for one in part if one.public_id)
    assert told
    kept = again_hearing(consultation).found
    for part in (kept["agreed"], kept["dividing"], *kept["typical"]):
        for one in part:
            assert all(stand is None or sum(stand) >= 3 for stand in one["stands"])
            assert one["opinion"] != rare or one["stands"][1] is None
    assert ids


def again_hearing(consultation: Consultation) -> Hearing:
    query = select(Hearing).where(Hearing.consultation_id == again(consultation).id)
    return db.session().scalars(query.order_by(Hearing.id.desc()).limit(1)).one()


def test_no_voice_is_kept_or_shown(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    camps(consultation, 8, 6)
    hear(officer, consultation)
    kept = str(again_hearing(consultation).found)
    page = browser_of(again(officer)).get(URL).text
    for voice in db.session().scalars(select(Stance.voice_id).distinct()):
        assert voice not in kept
        assert voice not in page
    assert "多数決ではありません" in page
    assert "8人" in page
    assert "%" not in page.split("<main")[1].split("</main>")[0].replace("%E", "")


def test_what_was_hidden_since_is_not_told(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    ids = camps(consultation, 8, 6)
    hear(officer, consultation)
    opinions.withhold(opinion(ids[0]), reason="第4条", role="moderator")
    found = agreements.heard(again(consultation))
    assert found is not None
    assert opinion(ids[0]).public_id not in {one.public_id for one in found.agreed}
    assert "発言の0" not in browser_of(again(officer)).get(URL).text
    assert "発言の1" in browser_of(again(officer)).get(URL).text


def test_texts_that_are_not_public_take_no_part(
    consultation: Consultation, officer: Account
) -> None:
    camps(consultation, 8, 6)
    private = say(consultation, "意見書の文", is_public=False)[0]
    take({f"l{n:063x}": {private: YES} for n in range(8)})
    assert hear(officer, consultation).stances == 112


def test_the_number_of_groups_changes_only_after_several_hearings(
    consultation: Consultation, officer: Account
) -> None:
    camps(consultation, 8, 6)
    assert hear(officer, consultation).groups == (8, 6)
    third = say(consultation, *(f"三つ目の{n}" for n in range(8)))
    take({f"t{n:063x}": dict.fromkeys(third, YES) for n in range(9)})
    take({f"{c}{n:063x}": dict.fromkeys(third, NO) for c in "lr" for n in range(6)})
    shown = []
    for n in range(5):
        take({f"x{n:063x}": {third[0]: PASS}})
        hear(officer, consultation)
        last = again_hearing(consultation)
        shown.append((last.group_count, last.shown_count))
    came = shown[0][0]
    assert came not in (None, 2), "another number comes out"
    assert [one for _came, one in shown[:3]] == [2, 2, 2]
    assert shown[3][1] == shown[3][0]


def test_the_same_stances_are_heard_once(consultation: Consultation, officer: Account) -> None:
    camps(consultation, 8, 6)
    first = hear(officer, consultation)
    assert hear(officer, consultation) == first
    assert db.session().scalar(select(func.count()).select_from(Hearing)) == 1


def test_without_stances_the_page_says_so(
    browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    browser = browser_of(officer)
    assert "まだいません" in browser.get(URL).text
    say(consultation, "発言")
    hearings.renew()
    take({"v": {1: YES}})
    assert "まだ調べていません" in browser.get(URL).text
    hearings.renew()
    jobs.run_due()
    assert "まだ声が足りません" in browser.get(URL).text
