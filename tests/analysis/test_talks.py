"""今、話されていること: only where the officer says so, and only what everybody may read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from analysis.talks import Quote
from core import clock, db
from core.errors import Forbidden, Invalid, Stale
from core.people import Account
from core.record import Entry
from ledger import adoptions, opinions, talks, themes
from ledger.adoptions import Proposal
from ledger.models import Consultation
from tests.analysis.pictured import again, laid_out, opinion, say, two_themes

Browser = Callable[[Account], FlaskClient]
URL = "/c/park/talk"


def show(officer: Account, consultation: Consultation, *, voices: bool = False) -> None:
    row = again(consultation)
    talks.show(again(officer), row, themes=True, voices=voices, version=row.version)


def test_it_is_shut_until_an_officer_opens_it(
    client: FlaskClient, browser_of: Browser, consultation: Consultation, officer: Account
) -> None:
    two_themes(officer, consultation)
    assert client.get(URL).status_code == 404
    assert URL not in client.get("/c/park").text
    browser = browser_of(officer)
    version = str(again(consultation).version)
    assert "talk-themes" in browser.get("/desk/c/park").text
    browser.post("/desk/c/park/talk", data={"version": version, "themes": "1"})
    page = client.get(URL)
    assert page.status_code == 200
    assert "多数決ではありません" in page.text
    assert URL in client.get("/c/park").text
    entry = db.session().scalars(select(Entry).where(Entry.kind == "talk.shown")).one()
    assert entry.detail == {"themes": True, "voices": False}
    assert browser.post("/desk/c/park/talk", data={"version": version}).status_code == 409
    browser.post("/desk/c/park/talk", data={"version": str(again(consultation).version)})
    assert client.get(URL).status_code == 404


def test_only_its_officers_turn_the_switch(
    browser_of: Browser,
    consultation: Consultation,
    approver: Account,
    officer: Account,
    stranger: Account,
    resident: Account,
) -> None:
    sent = {"version": "1", "themes": "1"}
    assert browser_of(stranger).post("/desk/c/park/talk", data=sent).status_code == 404
    assert browser_of(resident).post("/desk/c/park/talk", data=sent).status_code == 403
    assert browser_of(approver).post("/desk/c/park/talk", data=sent).status_code == 403
    assert not again(consultation).shows_themes
    with pytest.raises(Forbidden):
        talks.show(again(stranger), again(consultation), themes=True, voices=False, version=1)
    with pytest.raises(Invalid):
        talks.show(again(officer), again(consultation), themes=False, voices=True, version=1)
    with pytest.raises(Stale):
        talks.show(again(officer), again(consultation), themes=True, voices=False, version=7)


def test_numbers_and_a_sentence_of_each_theme_newest_first(
    both_engines: str, client: FlaskClient, consultation: Consultation, officer: Account
) -> None:
    trees, _lights = two_themes(officer, consultation)
    with clock.at(clock.now().replace(year=clock.now().year + 1)):
        (late,) = say(consultation, "桜の木のそばにベンチを")
        themes.move(again(officer), again(consultation), [late], again(trees))
    laid_out(officer, consultation)
    show(officer, consultation)
    page = client.get(URL).text
    told = page.split('class="talk"')[1]
    assert told.index("木のこと") < told.index("明かりのこと")
    assert "<b>5</b>件" in told
    assert "<b>3</b>件" in told
    assert "数えた9件のうち、8件が2のテーマに入っています" in page
    assert page.count("<blockquote") == 2


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            "同感です。木陰がなくて、夏の午後は歩けません。別の話です。",
            "同感です。木陰がなくて、夏の午後は歩けません。",
        ),
        ("木を残して", "木を残して"),
        ("", ""),
        (
            "「切らないで。」と孫が言います。どうか残してください。長く",
            "「切らないで。」と孫が言います。どうか残してください。",
        ),
        ("あ" * 300, "あ" * 139 + "…"),
    ],
)
def test_a_voice_is_quoted_to_the_end_of_a_sentence(body: str, sentence: str) -> None:
    assert Quote("x", 1, body, "web").sentence == sentence


def test_no_text_that_is_not_public_is_quoted(
    client: FlaskClient, consultation: Consultation, officer: Account
) -> None:
    ids = say(consultation, "ひみつの意見書", "もう一つの意見書", is_public=False)
    themes.gather(officer, consultation, ids, "意見書のこと")
    laid_out(officer, consultation)
    show(officer, consultation)
    page = client.get(URL).text
    assert "意見書のこと" in page
    assert "<b>2</b>件" in page
    assert "ひみつ" not in page
    assert "<blockquote" not in page


def test_what_is_hidden_goes_at_once(
    client: FlaskClient, consultation: Consultation, officer: Account
) -> None:
    ids = say(consultation, "乱暴な言葉", "乱暴な言葉")
    themes.gather(officer, consultation, ids, "ある話")
    show(officer, consultation)
    assert "乱暴な言葉" in client.get(URL).text
    for one in ids:
        opinions.withhold(opinion(one), reason="第4条", role="moderator")
    page = client.get(URL).text
    assert "乱暴な言葉" not in page
    assert "名前の付いたテーマは、まだありません" in page


def test_what_only_the_machine_named_stays_on_the_desk(
    client: FlaskClient, consultation: Consultation, officer: Account
) -> None:
    ids = say(consultation, "機械だけが見た声", "機械だけが見た声 二つ目")
    adoptions.adopt(
        officer, consultation, [Proposal("機械だけが見た", "機械だけが見た声", 90, tuple(ids))], []
    )
    laid_out(officer, consultation)
    show(officer, consultation)
    assert "機械だけが見た" not in client.get(URL).text


def test_groups_of_people_are_shown_only_where_allowed(
    client: FlaskClient, consultation: Consultation, officer: Account
) -> None:
    two_themes(officer, consultation)
    show(officer, consultation)
    assert "答え方の似た人のまとまり" not in client.get(URL).text
    show(officer, consultation, voices=True)
    assert "まだ声が足りません" in client.get(URL).text


def test_the_page_costs_the_same_for_many(
    client: FlaskClient, consultation: Consultation, officer: Account, statements: list[str]
) -> None:
    two_themes(officer, consultation)
    show(officer, consultation, voices=True)

    def cost() -> int:
        say(consultation, "もう一つ")
        statements.clear()
        assert client.get(URL).status_code == 200
        return len(statements)

    few = cost()
    for number in range(6):
        ids = say(consultation, *(f"{number}番目の{n}" for n in range(20)))
        themes.gather(again(officer), again(consultation), ids, f"テーマ{number}")
    assert cost() == few
    statements.clear()
    client.get(URL)
    assert len(statements) < few, "read again before anything changed, nothing is counted again"
