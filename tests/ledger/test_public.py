"""Home, a consultation's page, the public ledger and one opinion, as anybody sees them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect

from core import clock, db, jobs, record
from core.messages import _
from core.people import Account, Department
from ledger import consultations, editions, opinions, overviews, registers, sources
from ledger.consultations import Span
from ledger.models import Channel, Consultation, Edition, Opinion, PhaseKind, Report, State
from ledger.opinions import Said
from ledger.sources import Action, Source

SECRET_WORDS = "池の北側を埋めないでください。"
T = TypeVar("T", bound=db.Base)
Browser = Callable[[Account], FlaskClient]


def said(number: int, body: str = SECRET_WORDS, **more: object) -> Said:
    values: dict[str, object] = {
        "source": "test_row",
        "source_id": number,
        "channel": Channel.WEB,
        "body": body,
        "submission": f"comment:t{number}",
        "voice_id": f"{number:064x}",
        "said_at": clock.now(),
        "received_at": clock.now(),
    }
    return Said(**{**values, **more})  # type: ignore[arg-type]


def here(thing: T) -> T:
    """The same row in the session of now: a request ends the session it had."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])


def enter(consultation: Consultation, *said_: Said) -> list[Opinion]:
    ids = opinions.enter_all(here(consultation), said_, role="resident")
    return [db.session().get_one(Opinion, i) for i in ids]


def publish(
    consultation: Consultation,
    members: list[Opinion],
    approver: Account,
    *,
    disposition: str = "reflected",
    view: str = "足元灯を加えます。",
) -> Edition:
    """A report with one answer to these opinions, published now."""
    consultation, approver = here(consultation), here(approver)
    members = [here(o) for o in members]
    group = editions.Group(
        "池を残す", disposition, view, tuple(o.id for o in members), len(members),
        place="2-1 さらし池", after="池は埋めません。",
    )  # fmt: skip
    with db.transaction() as tx:
        report = Report(consultation_id=consultation.id, title="ご意見と区の考え方", cutoff_seq=999)
        tx.add(report)
        tx.flush()
        figures = {
            "people": 1, "submissions": 1, "counted": len(members), "changed_places": 1,
            "by_disposition": {disposition: len(members)},
        }  # fmt: skip
        return editions.freeze(
            report, [group], figures=figures, at=clock.now(), approver_id=approver.id
        )


@pytest.fixture
def closing() -> dict[str, datetime | None]:
    """When the test channel's action closes."""
    return {"at": clock.now() + timedelta(days=5)}


@pytest.fixture
def channel(database: object, closing: dict[str, datetime | None]) -> Iterator[None]:
    """A channel of the test's own: it offers one thing to do while its phase is open."""
    kept = sources.all_sources()

    def actions(consultation: Consultation, viewer: object) -> list[Action]:
        return [
            Action(
                _("パブリックコメント"), "document", "素案に意見を書く", "案を読みながら",
                _("案を読んで意見を書く"), "/write-here", closing["at"],
            )
        ]  # fmt: skip

    sources._sources.clear()
    sources.register(
        "test_row",
        Source(lambda ids: set(ids), list, lambda o: f"/said/{o.source_id}", actions),
    )
    yield
    sources._sources.clear()
    sources._sources.update(kept)


# ── home ──


def test_home_says_what_to_do_when_nothing_is_open(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "いま募集している案件はありません" in page.text
    assert "公表した答えは、まだありません" in page.text


def test_home_shows_what_can_be_done_until_when(
    client: FlaskClient,
    channel: None,
    closing: dict[str, datetime | None],
    consultation: Consultation,
) -> None:
    enter(consultation, said(1), said(2))
    closing["at"] = datetime(2026, 12, 8, 17, tzinfo=clock.TOKYO)
    with clock.at(datetime(2026, 11, 23, 10, tzinfo=clock.TOKYO)):
        moved(consultation)
        page = client.get("/").text
    assert "12月8日（火）17時まで" in page
    assert "あと15日" in page
    assert "2人から 2件" in page
    assert "案を読んで意見を書く" in page
    assert "/write-here" in page


def moved(consultation: Consultation) -> None:
    """Open every phase around the clock's moment."""
    with db.transaction() as tx:
        for phase in tx.get_one(Consultation, consultation.id).phases:
            phase.opens_at = clock.now() - timedelta(days=1)
            phase.closes_at = clock.now() + timedelta(days=20)


def test_a_deadline_is_said_as_people_say_it(
    client: FlaskClient,
    channel: None,
    closing: dict[str, datetime | None],
    consultation: Consultation,
) -> None:
    with clock.at(datetime(2026, 11, 23, 10, tzinfo=clock.TOKYO)):
        moved(consultation)
        for closes, words in (
            (datetime(2026, 11, 23, 17, tzinfo=clock.TOKYO), "きょう締め切り"),
            (datetime(2026, 11, 24, 17, tzinfo=clock.TOKYO), "あす締め切り"),
            (datetime(2026, 11, 25, 0, 0, tzinfo=clock.TOKYO), "あす締め切り"),
            (datetime(2026, 11, 26, 0, 0, tzinfo=clock.TOKYO), "25日（水）まで"),
            (None, "いつでも"),
        ):
            closing["at"] = closes
            assert words in client.get("/").text


def test_home_keeps_coming_preparing_and_ended_apart(
    client: FlaskClient, department: Department, officer: Account, approver: Account
) -> None:
    now, day = clock.now(), timedelta(days=1)

    def opened(slug: str, opens: int, closes: int) -> Consultation:
        span = Span(PhaseKind.COMMENT, "意見の募集", now + opens * day, now + closes * day)
        return consultations.open_consultation(
            officer, department, slug, f"案件 {slug}", summary="…", phases=[span]
        )

    opened("later", 3, 9)
    opened("working", -9, -3)
    publish(opened("done", -9, -3), [], approver)
    page = client.get("/").text
    for key, slug in (("coming", "later"), ("preparing", "working"), ("ended", "done")):
        fold = page.split(f'id="{key}"')[1].split("</details>")[0]
        assert f"/c/{slug}" in fold
        assert "1件" in fold


def test_home_shows_answers_of_editions_only_and_no_hidden_voice(
    client: FlaskClient, consultation: Consultation, approver: Account
) -> None:
    first, second = enter(consultation, said(1, "一つめの声です"), said(2, "二つめの声です"))
    assert "一つめの声です" not in client.get("/").text
    publish(consultation, [first, second], approver)
    page = client.get("/").text
    assert "一つめの声です" in page
    assert "足元灯を加えます。" in page
    opinions.withhold(here(first), role="moderator", reason="きまり4")
    page = client.get("/").text
    assert "一つめの声です" not in page
    assert "二つめの声です" in page


def test_the_years_figures_add_up(
    client: FlaskClient, consultation: Consultation, approver: Account
) -> None:
    members = enter(consultation, *[said(n) for n in range(1, 6)])
    opinions.withdraw(members[4], role="submitter")
    publish(consultation, members[:2], approver)
    year = overviews.year()
    assert (year.received, year.answered, year.preparing) == (4, 2, 2)
    long_ago = clock.now() - timedelta(days=800)
    enter(consultation, said(9, received_at=long_ago))
    assert overviews.year() == year


def test_home_needs_no_more_statements_for_more_consultations(
    client: FlaskClient,
    statements: list[str],
    department: Department,
    officer: Account,
) -> None:
    def more(name: str) -> None:
        now = clock.now()
        span = Span(PhaseKind.ANALYSIS, "整理", now, now + timedelta(days=3))
        consultations.open_consultation(
            here(officer), here(department), name, name, summary="…", phases=[span]
        )

    def counted() -> int:
        db.session.remove()
        statements.clear()
        client.get("/")
        return len(statements)

    more("a")
    first = counted()
    for name in "bcdefg":
        more(name)
    assert counted() == first


# ── consultation ──


def test_a_consultation_shows_its_step_and_what_can_be_done(
    client: FlaskClient, channel: None, consultation: Consultation
) -> None:
    page = client.get("/c/park").text
    assert "全3ステップ中、1ステップ目" in page
    assert "素案に意見を書く" in page
    assert 'id="s-2-1"' in page
    assert "「パブリックコメント」の期間です" in page


def test_a_published_report_is_what_is_now(
    client: FlaskClient, consultation: Consultation, approver: Account
) -> None:
    publish(consultation, enter(consultation, said(1)), approver)
    page = client.get("/c/park").text
    assert "区の答えを公表しました" in page
    assert "案を1か所直しました" in page


def test_a_phase_that_opens_later_is_newer_than_the_report(
    client: FlaskClient, channel: None, consultation: Consultation, approver: Account
) -> None:
    with clock.at(clock.now() - timedelta(days=6)):
        publish(consultation, enter(consultation, said(1)), approver)
    page = client.get("/c/park").text
    assert "区の答えを公表しました" not in page
    assert "前のレポートを読む" in page


def test_unknown_people_are_said_to_be_unknown(
    client: FlaskClient, consultation: Consultation
) -> None:
    enter(consultation, said(1), said(2, channel=Channel.FAX, voice_id=None))
    assert "1（ほか不明1件）" in client.get("/c/park").text


def test_an_absent_consultation_is_not_found(client: FlaskClient) -> None:
    for path in ("/c/none", "/c/none/ledger", "/c/none/ledger.csv", "/o/none"):
        assert client.get(path).status_code == 404
    assert client.post("/c/none").status_code == 405


# ── the public ledger ──


def one_of_each(consultation: Consultation) -> dict[str, Opinion]:
    """Lines in every state, each with a text of its own."""
    rows = enter(
        consultation,
        said(1, "公表前の文"),
        said(2, "会議室の文", is_public=True, channel=Channel.ROOM),
        said(3, "確認待ちの文", state=State.HELD),
        said(4, "非公開の文"),
        said(5, "取り下げの文"),
        said(6, "書き直し前の文"),
    )
    opinions.withhold(rows[3], role="moderator", reason="きまり4による")
    opinions.withdraw(rows[4], role="submitter")
    opinions.supersede(rows[5], "書き直した文", role="resident")
    names = ("before", "public", "held", "withheld", "withdrawn", "superseded")
    return dict(zip(names, rows, strict=True))


HIDDEN = ("公表前の文", "確認待ちの文", "非公開の文", "取り下げの文", "書き直し前の文")


@pytest.mark.parametrize("path", ["/c/park/ledger", "/c/park/ledger.csv"])
def test_every_line_is_there_and_only_public_texts_are_shown(
    both_engines: str, client: FlaskClient, consultation: Consultation, path: str
) -> None:
    one_of_each(consultation)
    page = client.get(path).text
    assert "会議室の文" in page
    for text in HIDDEN:
        assert text not in page
    for why in ("公表前です", "確認待ちです", "きまり4による", "取り下げ", "書き直されました"):
        assert why in page


def test_the_ledger_can_be_filtered_by_state(
    client: FlaskClient, consultation: Consultation
) -> None:
    rows = {name: row.seq for name, row in one_of_each(consultation).items()}
    page = client.get("/c/park/ledger?state=withheld").text
    assert f'id="l-{rows["withheld"]}"' in page
    assert f'id="l-{rows["public"]}"' not in page
    assert client.get("/c/park/ledger?state=nonsense&page=-3").status_code == 200


def test_the_ledger_says_the_head_of_the_record(
    client: FlaskClient, consultation: Consultation
) -> None:
    enter(consultation, said(1))
    page = client.get("/c/park/ledger").text
    assert record.head()[1] in page
    assert "1行目から1行目まで、欠けている行はありません" in page


def test_an_empty_ledger_says_so(client: FlaskClient, consultation: Consultation) -> None:
    page = client.get("/c/park/ledger").text
    assert "まだ一行もありません" in page


def test_staff_see_more_and_are_told_that_it_is_only_theirs(
    client: FlaskClient, browser_of: Browser, officer: Account, stranger: Account,
    consultation: Consultation,
) -> None:  # fmt: skip
    one_of_each(consultation)
    page = browser_of(officer).get("/c/park/ledger").text
    assert "公表前の文" in page
    assert "職員だけに見えています" in page
    assert "公表前の文" not in browser_of(stranger).get("/c/park/ledger").text
    assert "公表前の文" not in browser_of(officer).get("/c/park/ledger.csv").text


def test_a_ledger_of_many_lines_takes_the_same_statements(
    client: FlaskClient, statements: list[str], consultation: Consultation, approver: Account
) -> None:
    def counted(page: int) -> int:
        db.session.remove()
        statements.clear()
        assert client.get(f"/c/park/ledger?page={page}").status_code == 200
        return len(statements)

    rows = enter(consultation, *[said(n) for n in range(1, 4)])
    opinions.supersede(rows[2], "新しい文", role="resident")
    publish(consultation, rows[:2], approver)
    few = counted(1)
    enter(consultation, *[said(n) for n in range(10, 130)])
    assert counted(1) == few
    assert counted(2) <= few


def test_themes_and_dispositions_come_with_the_edition(
    client: FlaskClient, consultation: Consultation, approver: Account
) -> None:
    rows = enter(consultation, said(1))
    assert "池を残す" not in client.get("/c/park/ledger").text
    publish(consultation, rows, approver)
    page = client.get("/c/park/ledger").text
    assert "池を残す" in page
    assert "chip--reflected" in page


# ── CSV ──


def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing(
    client: FlaskClient, consultation: Consultation, approver: Account
) -> None:
    texts = [
        "=1+1",
        "＝HYPERLINK()",
        "+81",
        "-5",
        "@a",
        "\tx",
        "ふつうの文、\n「二行」",
        "髙﨑𠮷😊",
    ]
    rows = enter(consultation, *[said(n, t) for n, t in enumerate(texts, start=1)])
    publish(consultation, rows, approver)
    answer = client.get("/c/park/ledger.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    said_ = [row[table[0].index("本文")] for row in table[1:]]
    assert said_ == [*("'" + t for t in texts[:6]), *texts[6:]]
    assert [row[0] for row in table[1:]] == [str(n) for n in range(1, 9)]


def test_the_csv_of_many_lines_has_them_all(
    client: FlaskClient, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registers, "BATCH", 5)
    enter(consultation, *[said(n, f"文{n}", is_public=True) for n in range(1, 13)])
    lines = client.get("/c/park/ledger.csv").text.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [str(n) for n in range(1, 13)]


# ── one opinion ──


def test_an_opinion_shows_where_it_was_said_and_its_answer(
    client: FlaskClient, channel: None, consultation: Consultation, approver: Account
) -> None:
    rows = enter(consultation, said(7))
    publish(consultation, rows, approver)
    page = client.get(f"/o/{here(rows[0]).public_id}").text
    assert SECRET_WORDS in page
    assert "/said/7" in page
    assert "足元灯を加えます。" in page
    assert "受け取りました" in page


def test_a_text_that_is_not_public_leaves_a_tombstone(
    client: FlaskClient, channel: None, consultation: Consultation
) -> None:
    addresses = {name: row.public_id for name, row in one_of_each(consultation).items()}
    for name, text, status in (
        ("before", "公表前の文", 200),
        ("held", "確認待ちの文", 200),
        ("withheld", "非公開の文", 410),
        ("withdrawn", "取り下げの文", 410),
        ("superseded", "書き直し前の文", 200),
    ):
        page = client.get(f"/o/{addresses[name]}")
        assert page.status_code == status
        assert text not in page.text
        assert name == "before" or "/said/" not in page.text


def test_a_rewritten_line_leads_to_the_new_one(
    client: FlaskClient, consultation: Consultation
) -> None:
    found = one_of_each(consultation)["superseded"]
    newest = db.session().get_one(Opinion, found.id + 1).public_id
    assert f"/o/{newest}" in client.get(f"/o/{found.public_id}").text


def test_an_erased_text_stays_a_line(client: FlaskClient, consultation: Consultation) -> None:
    (row,) = enter(consultation, said(1, is_public=True))
    with db.transaction() as tx:
        kept = tx.get_one(Opinion, row.id).text
        kept.body, kept.salt, kept.erased_at = "", "", clock.now()
    assert "消去しました" in client.get(f"/o/{here(row).public_id}").text
    assert "消去しました" in client.get("/c/park/ledger").text


# ── search ──


def test_a_consultation_is_found_by_a_word_of_its_draft(
    client: FlaskClient, consultation: Consultation
) -> None:
    with db.transaction():
        job = jobs.enqueue("search.rebuild", {})
    jobs.run(job.id)
    assert "/c/park" in client.get("/search?q=見通しをよく").text
    assert "/c/park" not in client.get("/search?q=水族館").text
