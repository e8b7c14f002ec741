"""点に分ける: the page on which a person splits a letter, and what the machine proposes there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from analysis import newcomers, places, pointings, runs
from analysis.models import Pointing
from core import db, jobs
from core.people import Account
from ledger import acts, adoptions, check, consultations, filings, opinions, parts, themes
from ledger.adoptions import Proposal
from ledger.models import Consultation, Filing, Opinion, State
from tests.ledger.test_opinions import said

Browser = Callable[[Account], FlaskClient]
LETTER = (
    "ベンチが足りないので、木陰に増やしてください。"
    "また、夜は園路の明かりが暗くて、歩くのがこわいです。"
    "さらに、トイレの段差をなくしてほしいです。"
)
CUTS = [LETTER.index("また"), LETTER.index("さらに")]


def entered(consultation: Consultation, *bodies: str) -> list[Opinion]:
    letters = [said(number, body) for number, body in enumerate(bodies, start=1)]
    ids = opinions.enter_all(consultation, letters, role="officer")
    return [db.session().get_one(Opinion, id_) for id_ in ids]


def address(opinion: Opinion) -> str:
    return f"/desk/c/park/opinions/{opinion.public_id}/parts"


def live() -> list[str]:
    """What counts now, in the order of its lines."""
    query = select(Opinion).where(Opinion.state == State.COUNTED)
    db.session().expire_all()
    return [one.text.body for one in db.session().scalars(query.order_by(Opinion.seq))]


@pytest.fixture
def letter(consultation: Consultation) -> Opinion:
    return entered(consultation, LETTER)[0]


def test_a_run_says_where_other_points_may_begin(
    consultation: Consultation, officer: Account, letter: Opinion
) -> None:
    (short,) = opinions.enter_all(consultation, [said(2, "木を残してください。")], role="officer")
    runs.start(officer, consultation)
    jobs.run_due()
    assert pointings.of([letter.id, short]) == {letter.id: CUTS}


def test_newcomers_are_looked_at_too(
    consultation: Consultation, officer: Account, letter: Opinion
) -> None:
    (other,) = opinions.enter_all(consultation, [said(2, "木陰を。")], role="officer")
    themes.gather(officer, consultation, [other], "木陰")
    newcomers.look(officer, consultation)
    jobs.run_due()
    assert pointings.of([letter.id]) == {letter.id: CUTS}


def test_the_page_offers_the_machines_cuts_and_splits_where_a_person_says(
    consultation: Consultation, officer: Account, letter: Opinion, browser_of: Browser
) -> None:
    with db.transaction() as tx:
        tx.add(Pointing(opinion_id=letter.id, cuts=CUTS[:1]))
    path, desk = address(letter), browser_of(officer)
    page = desk.get(path).text
    assert page.count(" checked") == 1
    assert "機械の案" in page
    assert f'value="{CUTS[1]}"' in page
    row = desk.get("/desk/c/park/themes?list=unfiled").text
    assert "2つの点がありそう" in row
    assert desk.get("/desk/c/park/themes?list=unfiled&state=many").text.count("data-op") >= 1
    done = desk.post(path, data={"cuts": CUTS}, follow_redirects=True)
    assert "1番を3件に分けました" in done.text
    assert live() == [LETTER[: CUTS[0]], LETTER[CUTS[0] : CUTS[1]], LETTER[CUTS[1] :]]
    assert "全文のうち2点目" in done.text
    again = desk.post(path, data={"cuts": CUTS[:1]}, follow_redirects=True)
    assert again.status_code == 200
    assert "1番は、もう分けてあります" in again.text, "split in another window with other marks"
    assert len(live()) == 3
    assert [act.kind for act in acts.listed(consultations.find("park"))] == ["parted"]
    assert list(check.conservation(consultations.find("park"))) == []


def test_a_refusal_keeps_what_was_chosen(
    letter: Opinion, officer: Account, browser_of: Browser
) -> None:
    path, desk, public_id = address(letter), browser_of(officer), letter.public_id
    refused = desk.post(path, data={"was_fine": "1", "copies": "1", "cuts": ["0", str(10**6)]})
    assert refused.status_code == 422
    assert "一つ以上選んでください" in refused.text
    assert "文の終わりだけで切る" in refused.text
    opinions.withdraw(db.session().scalars(select(Opinion)).one(), role="submitter")
    gone = desk.post(path, data={"cuts": CUTS})
    assert gone.status_code == 410
    assert "取り下げました" in gone.text
    own = desk.get(f"/desk/c/park/themes?list=unfiled&o={public_id}")
    assert own.status_code == 410
    assert LETTER[:20] not in gone.text + own.text


def test_finer_places_keep_the_choice_and_need_no_script(
    letter: Opinion, officer: Account, browser_of: Browser
) -> None:
    path, desk = address(letter), browser_of(officer)
    comma = LETTER.index("、") + 1
    plain = desk.get(path).text
    assert f'value="{comma}"' not in plain
    fine = desk.get(f"{path}?fine=1&cuts={CUTS[1]}").text
    assert f'value="{comma}"' in fine
    assert f'value="{CUTS[1]}" checked' in fine
    assert fine.count(" checked") == 1


def test_a_form_letter_is_split_in_all_its_copies(
    consultation: Consultation, officer: Account, browser_of: Browser
) -> None:
    first, *_others = entered(consultation, LETTER, LETTER, LETTER + "　", "別の文です。")
    path, desk = address(first), browser_of(officer)
    assert 'name="copies" value="1" checked' in desk.get(path).text
    assert 'name="copies" value="1">' in desk.post(path, data={}).text, "as it was sent"
    desk.post(path, data={"cuts": CUTS, "copies": "1"})
    assert len(live()) == 8, "what is not the same letter by letter stays whole"


def test_parts_of_what_only_the_machine_has_filed_are_grouped_with_the_others(
    consultation: Consultation, officer: Account
) -> None:
    first, second, third = (
        one.id for one in entered(consultation, LETTER, "木陰を。", "ベンチを。")
    )
    adoptions.adopt(officer, consultation, [Proposal("木陰", "", 90, (first, second))], [third])
    letter, lone = (db.session().get_one(Opinion, id_) for id_ in (first, third))
    ids = [one.id for one in pointings.split(officer, letter, CUTS)]
    assert not db.session().get_one(Filing, ids[0]).by_person, "split, and left where it stood"
    assert ids[0] in db.session().scalars(select(Opinion.id).where(filings.free(consultation)))
    adoptions.adopt(officer, consultation, [Proposal("木陰", "", 90, (*ids, second))], [third])
    assert filings.unfiled_ids(consultation) == set()
    themes.look(officer, consultation, [third])
    for one in pointings.split(officer, lone, [2]):
        filing = db.session().get_one(Filing, one.id)
        assert filing.by_person
        assert filing.looked_at is not None


def test_copies_beyond_one_go_are_told(
    consultation: Consultation,
    officer: Account,
    browser_of: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pointings, "MOST_COPIES", 1)
    letters = entered(consultation, LETTER, LETTER, LETTER)
    path, desk = address(letters[0]), browser_of(officer)
    assert "同じ文のほかの2件のうち1件も" in desk.get(path).text
    sent = {"cuts": CUTS, "copies": "1"}
    told = desk.post(path, data=sent, follow_redirects=True).text
    assert "同じ文のほかの1件も、同じ所で分けました" in told
    assert "同じ文が、あと1件あります" in told
    assert live().count(LETTER) == 1
    told = desk.post(address(letters[2]), data=sent, follow_redirects=True).text
    assert "3番を3件に分けました" in told
    assert "同じ文" not in told.split('id="flashes"')[1].split("</div>")[0]


def test_pressing_twice_leads_to_where_the_parts_stand(
    consultation: Consultation, officer: Account, letter: Opinion, browser_of: Browser
) -> None:
    theme = themes.gather(officer, consultation, [letter.id], "公園")
    path, desk = address(letter), browser_of(officer)
    both = [desk.post(path, data={"cuts": CUTS}).headers["Location"] for _press in range(2)]
    assert both == [f"/desk/c/park/themes?t={theme.public_id}"] * 2


def test_an_answer_to_what_was_split_meanwhile_is_given_back_with_the_way_on(
    officer: Account, letter: Opinion, browser_of: Browser
) -> None:
    desk, where = browser_of(officer), f"?list=unfiled&o={letter.public_id}"
    assert desk.get(f"/desk/c/park/themes{where}").status_code == 200
    pointings.split(officer, db.session().get_one(Opinion, letter.id), CUTS)
    sent = {"view": "書いた考え方", "disposition": "reference", "version": "0", "then": "hand_in"}
    answer = desk.post(f"/desk/c/park/themes/answer{where}", data=sent)
    assert answer.status_code == 410
    assert "書いた考え方" in answer.text
    assert "ほかの画面で分けられた" in answer.text
    assert 'href="/desk/c/park/themes"' in answer.text


def test_parts_become_one_again(
    consultation: Consultation, officer: Account, letter: Opinion, browser_of: Browser
) -> None:
    theme = themes.gather(officer, consultation, [letter.id], "公園")
    first, *_rest = pointings.split(officer, letter, CUTS)
    assert db.session().get_one(Filing, first.id).theme_id == theme.id
    path, part, desk = address(letter), address(first), browser_of(officer)
    assert "3件に分けてあります" in desk.get(path).text
    assert "分ける前の文（1番）" in desk.get(part).text
    done = desk.post(path, data={"act": "join"}, follow_redirects=True)
    assert "一つのご意見に戻しました" in done.text
    assert live() == [LETTER]
    assert desk.post(path, data={"act": "join"}).status_code == 409


def test_a_part_is_shown_in_its_letter(
    consultation: Consultation, officer: Account, letter: Opinion
) -> None:
    _first, second, _third = parts.split(officer, letter, CUTS)
    shown = places.letter(second)
    assert [is_it for _said, is_it in shown] == [False, True, False]
    assert "".join(said for said, _is_it in shown) == LETTER


def test_only_the_desk_sees_the_page(
    letter: Opinion, resident: Account, approver: Account, browser_of: Browser
) -> None:
    path, signs = address(letter), browser_of(approver)
    read = signs.get(path)
    assert read.status_code == 200
    assert "印の所で分ける" not in read.text
    assert signs.post(path, data={"cuts": CUTS}).status_code in (403, 404)
    assert browser_of(resident).get(path).status_code in (403, 404)


def test_a_long_letter_costs_as_few_statements_as_a_short_one(
    consultation: Consultation, officer: Account, browser_of: Browser, statements: list[str]
) -> None:
    short, long = entered(consultation, "木を。ベンチを。", "木を。" * 3_000)
    paths, desk = [address(short), address(long)], browser_of(officer)
    desk.get(paths[0])
    costs = []
    for path in paths:
        statements.clear()
        assert desk.get(path).status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1]
