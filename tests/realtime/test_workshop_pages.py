"""The pages around a board: planning, coming in, people, paper; without JavaScript."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, inspect, select

from core import auth, clock, db
from core.mail import Letter
from core.people import Account
from ledger import check
from ledger.models import Consultation
from realtime import boards, members, plans, workshops
from realtime.models import Joining, Member, Note, Workshop, WorkshopPhoto, WorkshopTemplate
from realtime.phases import Role
from tests.realtime.hands import open_workshop
from tests.visitors import Visitor

Browser = Callable[[Account], FlaskClient]
T = TypeVar("T")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def again(thing: T) -> T:
    """The row anew: a request before has let go of it."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])  # type: ignore[union-attr]


def at(workshop: Workshop) -> str:
    return again(workshop).public_id


def ended(officer: Account, workshop: Workshop) -> Workshop:
    return workshops.close(again(officer), again(workshop))


def opened(officer: Account, consultation: Consultation, key: str = "w-1", **more: Any) -> Workshop:
    officer, consultation = again(officer), again(consultation)
    plan = {**plans.begun_from("kj", consultation.department), **more.pop("plan", {})}
    given = {
        "title": "駅前広場の使い方を考える",
        "held_at": clock.now() + timedelta(hours=1),
        "questions": ["広場で何をしたいですか"],
        **more,
    }
    made = workshops.open_workshop(officer, consultation, plan=plan, key=key, **given)
    db.session().refresh(made)  # whole, so that it can be read when a request has let go of it
    return made


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return opened(officer, consultation)


def fresh(workshop: Workshop) -> Workshop:
    db.session.remove()
    return again(workshop)


def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


def joined(app: Flask, workshop: Workshop, name: str = "けやき", **fields: str) -> Visitor:
    return visitor(app).open(f"/w/{at(workshop)}").press("参加する", name=name, **fields)


# ── planning ──


def test_from_a_template_to_an_open_board_in_three_clicks(
    browser_of: Browser, officer: Account, consultation: Consultation
) -> None:
    officer_sees = Visitor(browser_of(officer)).open("/desk/c/park")
    officer_sees.follow("KJ法")  # click 1
    assert officer_sees.status == 200
    assert "一人で書く" in officer_sees.text
    officer_sees.press("このまま開いて")  # click 2
    assert officer_sees.status == 200, officer_sees.text[:300]
    assert re.fullmatch(r"/w/\w{26}/board", officer_sees.url)
    [found] = db.session().scalars(select(Workshop))
    assert [phase["kind"] for phase in found.phases] == [
        "explain", "write", "share", "group", "vote", "present", "sum_up",
    ]  # fmt: skip
    assert found.template == "kj"
    [lead] = members.here(found)
    assert (lead.role, lead.account_id) == (Role.LEAD, officer.id)


def test_the_form_sent_twice_is_one_workshop(
    browser_of: Browser, officer: Account, consultation: Consultation
) -> None:
    page = Visitor(browser_of(officer)).open("/desk/c/park/workshops/new?template=cafe")
    again = Visitor(page.client).open("/desk/c/park/workshops/new?template=cafe")
    key = "k" * 26
    first = page.press("このまま開いて", key=key).url
    assert again.press("このまま開いて", key=key).url == first
    assert db.session().scalar(select(func.count()).select_from(Workshop)) == 1


def test_only_those_who_may_open_one_find_the_form(
    client: FlaskClient,
    browser_of: Browser,
    consultation: Consultation,
    facilitator: Account,
    stranger: Account,
    resident: Account,
) -> None:
    path = "/desk/c/park/workshops/new?template=kj"
    assert client.get(path).status_code == 302
    assert browser_of(resident).get(path).status_code == 403
    assert browser_of(stranger).get(path).status_code == 404
    assert browser_of(facilitator).get(path).status_code == 200
    assert browser_of(stranger).get("/desk/c/park/workshops/new?template=x").status_code == 404


def test_rows_are_added_moved_and_dropped_without_saving(
    browser_of: Browser, officer: Account, consultation: Consultation
) -> None:
    page = Visitor(browser_of(officer)).open("/desk/c/park/workshops/new?template=retro")

    def act(value: str) -> list[str]:
        form = next(form for form in page._page.forms if any(b[1] == "act" for b in form.buttons))
        data = dict(form.values) | {"act": value, "title": "手直し中の名前"}
        page._see(page.client.post(page.url, data=data))
        assert page.status == 200
        assert 'value="手直し中の名前"' in page.html
        return re.findall(r'name="phases-\d+-title"[^>]*value="([^"]*)"', page.html)

    names = ["説明", "一人で書く", "島にまとめる", "選ぶ", "まとめ"]
    assert act("down-0") == ["一人で書く", "説明", *names[2:]]
    assert act("up-1") == names
    assert act("drop-3") == [*names[:3], "まとめ"]
    assert act("add") == [*names[:3], "まとめ", ""]
    assert act("up-0") == act("up-99") == act("drop-x") == [*names[:3], "まとめ", ""]
    assert db.session().scalar(select(func.count()).select_from(Workshop)) == 0
    refused = page.press("このまま開いて", title="名前", phases__4__title="")
    assert refused.status == 422  # the new row still has no name
    assert refused.press("このまま開いて", title="名前", phases__4__title="お茶").status == 200
    [found] = db.session().scalars(select(Workshop))
    assert [row["title"] for row in found.phases] == [*names[:3], "まとめ", "お茶"]
    assert len({row["id"] for row in found.phases}) == 5


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "", "入力してください"),
        ("title", "あ" * 121, "120文字まで"),
        ("questions", "\n　\n", "問いを一つは"),
        ("questions", "\n".join("あ" * 10), "問いは9つまで"),
        ("held_at", "あした", "のように書いてください"),
        ("capacity", "0", "1人から600人"),
        ("capacity", "６０１", "1人から600人"),
        ("capacity", "たくさん", "数字で入力"),
        ("tables", "61", "1から60"),
        ("budget", "21", "1から20"),
        ("joining", "everybody", ""),
        ("phases__0__kind", "over", "場面の種類"),
        ("phases__0__kind", "x", "場面の種類"),
        ("phases__0__minutes", "241", "0分から240分"),
        ("consent", "あ" * 601, "600文字まで"),
        ("rules", "あ" * 201, "200文字まで"),
        ("place", "\x00", "画面に出せない文字"),
    ],
)
def test_what_a_plan_can_not_be_comes_back_filled(
    browser_of: Browser,
    officer: Account,
    consultation: Consultation,
    field: str,
    value: str,
    said: str,
) -> None:
    page = Visitor(browser_of(officer)).open("/desk/c/park/workshops/new?template=kj")
    page.press("このまま開いて", **{"aim": "のこるねらい", field: value})
    assert page.status == 422
    assert said in page.text
    assert "のこるねらい" in page.text
    assert db.session().scalar(select(func.count()).select_from(Workshop)) == 0


def test_settings_change_once_and_a_stale_form_gets_both(
    browser_of: Browser, officer: Account, other_officer: Account, workshop: Workshop
) -> None:
    path = f"/w/{at(workshop)}/settings"
    mine, theirs = (Visitor(browser_of(who)).open(path) for who in (officer, other_officer))
    assert (
        mine.press("設定を変える", title="わたしの名前", phases__0__say="はじめます").status == 200
    )
    assert fresh(workshop).title == "わたしの名前"
    stale = theirs.press("設定を変える", title="あなたの名前")
    assert stale.status == 409
    assert "わたしの名前" in stale.text
    assert "あなたの名前" in stale.text
    assert "はじめます" in stale.text
    assert fresh(workshop).title == "わたしの名前"
    assert stale.press("設定を変える").status == 200
    assert fresh(workshop).title == "あなたの名前"
    assert [row["id"] for row in fresh(workshop).phases] == [f"p{n}" for n in range(1, 8)]


def test_settings_are_closed_to_others_and_when_it_is_over(
    client: FlaskClient,
    browser_of: Browser,
    officer: Account,
    stranger: Account,
    resident: Account,
    workshop: Workshop,
) -> None:
    path = f"/w/{at(workshop)}/settings"
    assert client.get(path).status_code == 302
    for who in (stranger, resident):
        assert browser_of(who).get(path).status_code == 403
    open_page = Visitor(browser_of(officer)).open(path)
    ended(officer, workshop)
    assert open_page.press("設定を変える", title="あと").status == 422
    assert fresh(workshop).title == "駅前広場の使い方を考える"
    assert "もう変えられません" in Visitor(browser_of(officer)).open(path).text


def test_a_way_of_running_one_is_kept_and_chosen_again(
    browser_of: Browser, officer: Account, stranger: Account, workshop: Workshop
) -> None:
    page = Visitor(browser_of(officer)).open(f"/w/{at(workshop)}/settings")
    page.press("ひな形として残す", title="公園課の型")
    [kept] = db.session().scalars(select(WorkshopTemplate))
    assert kept.title == "公園課の型"
    page.open("/desk/c/park").follow("公園課の型")
    assert page.press("このまま開いて").url.endswith("/board")
    newest = db.session().scalars(select(Workshop).order_by(Workshop.id.desc())).first()
    assert newest is not None
    assert newest.template == kept.public_id
    refused = browser_of(stranger).post(f"/w/{at(workshop)}/template", data={"title": "盗んだ型"})
    assert refused.status_code == 403


def test_the_list_is_of_those_one_leads_and_asks_the_same_few_questions(
    browser_of: Browser,
    officer: Account,
    stranger: Account,
    consultation: Consultation,
    workshop: Workshop,
    statements: list[str],
) -> None:
    browser = browser_of(officer)
    assert workshop.title in browser.get("/desk/workshops").text
    assert workshop.title not in browser_of(stranger).get("/desk/workshops").text
    counted = []
    for _again in range(2):
        statements.clear()
        assert browser.get("/desk/workshops").status_code == 200
        counted.append(len(statements))
        for n in range(6):
            opened(officer, consultation, key=f"more-{len(counted)}-{n}")
    assert counted[0] == counted[1] <= 12


def test_the_pages_of_consultations_ask_the_same_few_questions(
    client: FlaskClient,
    officer: Account,
    consultation: Consultation,
    workshop: Workshop,
    statements: list[str],
) -> None:
    for path in ("/", "/c/park"):
        counted = []
        for again in range(2):
            statements.clear()
            page = client.get(path)
            counted.append(len(statements))
            if path == "/c/park":
                assert f"/w/{at(workshop)}" in page.text
            closed = opened(officer, consultation, key=f"closed-{path}-{again}", title="済み")
            ended(officer, closed)
            opened(officer, consultation, key=f"open-{path}-{again}")
        if path == "/":
            assert counted[0] == counted[1]
    assert "終わったワークショップ" in client.get("/c/park").text


def test_a_rehearsal_is_on_no_public_list(
    client: FlaskClient, officer: Account, consultation: Consultation
) -> None:
    quiet = opened(officer, consultation, is_rehearsal=True, title="ないしょの練習")
    assert "ないしょの練習" not in client.get("/c/park").text
    page = client.get(f"/w/{at(quiet)}")
    assert "意見に数えません" in page.text


# ── coming in ──


def test_the_page_says_what_it_is_and_joining_gives_a_number_and_a_secret(
    app: Flask, client: FlaskClient, officer: Account, consultation: Consultation
) -> None:
    workshop = opened(
        officer, consultation, aim="方針の資料にします。", place="集会所", programme=["1時　開会"]
    )
    page = visitor(app).open(f"/w/{at(workshop)}")
    for said in (workshop.title, "集会所", "1時　開会", "広場で何をしたいですか", "方針の資料"):
        assert "".join(said.split()) in page.text
    page.press("同意して参加する", name="けやき")
    assert page.url == f"/w/{at(workshop)}/ticket"
    [member] = members.here(workshop)
    receipt = members.receipt(member)
    assert receipt.number in page.text
    assert page.open(f"/w/{at(workshop)}").text.count("参加しています")
    page.open(f"/w/{at(workshop)}/ticket")
    assert receipt.number in page.text
    elsewhere = visitor(app).open(f"/w/{at(workshop)}/ticket")
    assert receipt.number not in elsewhere.text
    assert elsewhere.url == f"/w/{at(workshop)}"


def test_joining_twice_is_one_member_and_names_are_judged(
    app: Flask, client: FlaskClient, workshop: Workshop
) -> None:
    page = visitor(app).open(f"/w/{at(workshop)}")
    for name, said in (
        ("", "入力してください"),
        ("　", "入力してください"),
        ("公園課の職員", "まちがえられる名前"),
        ("進\u200b行\u200b役", "まちがえられる名前"),
        ("ＦＡＣＩＬＩＴＡＴＯＲ", "まちがえられる名前"),
        ("あ" * 21, "20文字まで"),
        ("a\x07", "画面に出せない文字"),
    ):
        page.press("参加する", name=name, key="n" * 26)
        assert page.status == 422, name
        assert said in page.text
    again = Visitor(page.client).open(f"/w/{at(workshop)}")
    page.press("参加する", name="𠮷野 髙", key="n" * 26)
    again.press("参加する", name="𠮷野 髙", key="n" * 26)
    other_window = Visitor(page.client)
    path, form = f"/w/{at(workshop)}/join", {"name": "べつの名前", "key": "o" * 26}
    assert other_window.client.post(path, data=form).status_code == 303
    assert [one.name for one in members.here(workshop)] == ["𠮷野 髙"]


def test_a_full_one_says_so_and_a_facilitator_still_gets_in(
    app: Flask, browser_of: Browser, officer: Account, consultation: Consultation
) -> None:
    small = opened(officer, consultation, capacity=1)
    late = visitor(app).open(f"/w/{at(small)}")
    joined(app, small)
    refused = late.press("参加する", name="つばめ")
    assert refused.status == 409
    assert "定員になりました" in refused.text
    assert "定員になりました" in visitor(app).open(f"/w/{at(small)}").text
    lead = Visitor(browser_of(officer)).open(f"/w/{at(small)}")
    assert lead.press("進行役としてボードへ進む").url.endswith("/board")
    assert members.count(again(small)) == 1


def test_a_code_is_read_however_it_is_typed(
    app: Flask, client: FlaskClient, officer: Account, consultation: Consultation
) -> None:
    coded = opened(officer, consultation, joining=Joining.CODE)
    assert coded.code is not None
    page = visitor(app).open(f"/w/{at(coded)}")
    wrong = "222222" if coded.code != "222222" else "333333"
    for typed in ("", wrong, "𝟚" * 7):
        assert page.press("参加する", name="けやき", code=typed).status == 403
        assert "番号がちがいます" in page.text
    wide = "".join(chr(ord(ch) + 0xFEE0) for ch in coded.code.lower())
    for typed in (coded.code, coded.code.lower(), wide, f" {coded.code[:3]}-{coded.code[3:]} "):
        entry = visitor(app).open("/join").press("進む", code=typed)
        assert entry.url.startswith(f"/w/{at(coded)}?code={coded.code}")
    by_qr = visitor(app).open(f"/j/{coded.code}")
    assert by_qr.press("参加する", name="けやき").url.endswith("/ticket")
    assert visitor(app).open(f"/j/{wrong}").status == 404
    assert visitor(app).open("/join").press("進む", code=wrong).status == 404
    assert visitor(app).open("/join").press("進む", code="").status == 422
    ended(officer, coded)
    assert visitor(app).open(f"/j/{coded.code or by_qr.url}").status == 404


def test_a_hall_behind_one_address_gets_in_and_only_guessing_is_stopped(
    app: Flask, client: FlaskClient, officer: Account, consultation: Consultation
) -> None:
    coded = opened(officer, consultation, joining=Joining.CODE, capacity=600)
    for _person in range(300):
        assert client.get(f"/j/{coded.code}").status_code == 303
    wrong = "222222" if coded.code != "222222" else "333333"
    seen = [client.get(f"/j/{wrong}").status_code for _guess in range(201)]
    assert seen == [404] * 200 + [429]
    assert client.get(f"/j/{coded.code}").status_code == 429
    form = {"name": "けやき", "code": wrong, "key": "k" * 26}
    assert client.post(f"/w/{at(coded)}/join", data=form).status_code == 429
    auth.limiter.reset()
    assert client.get(f"/j/{coded.code}").status_code == 303


def test_after_the_end_nobody_joins_and_the_page_leads_on(
    app: Flask, client: FlaskClient, officer: Account, workshop: Workshop
) -> None:
    page = visitor(app).open(f"/w/{at(workshop)}")
    ended(officer, workshop)
    assert page.press("参加する", name="おそい").status == 403
    assert "終わりました" in page.text
    assert members.here(workshop) == []


def test_only_who_leads_takes_the_facilitators_place_or_ends_it(
    app: Flask,
    client: FlaskClient,
    browser_of: Browser,
    resident: Account,
    stranger: Account,
    officer: Account,
    workshop: Workshop,
) -> None:
    for act in ("lead", "close"):
        path = f"/w/{at(workshop)}/{act}"
        assert client.post(path).status_code == 403
        for who in (resident, stranger):
            assert browser_of(who).post(path).status_code == 403
        assert browser_of(officer).post(path).status_code == 303
    assert not fresh(workshop).is_open
    assert browser_of(officer).post(f"/w/{at(workshop)}/close").status_code == 303


def test_the_poster_is_for_who_leads(
    client: FlaskClient, browser_of: Browser, officer: Account, workshop: Workshop
) -> None:
    path = f"/w/{at(workshop)}/poster"
    assert client.get(path).status_code == 302
    page = browser_of(officer).get(path)
    assert workshop.code is not None
    assert workshop.code in page.text
    assert "<svg" in page.text
    ended(officer, workshop)
    assert browser_of(officer).get(path).status_code == 404


def test_what_people_type_is_shown_as_typed(
    app: Flask, browser_of: Browser, officer: Account, consultation: Consultation
) -> None:
    hostile = HOSTILE[:60]
    nasty = opened(
        officer, consultation, title=hostile, aim=HOSTILE, place=hostile, programme=[hostile],
        questions=[hostile], plan={"rules": [hostile], "consent": hostile},
    )  # fmt: skip
    joined(app, nasty, name="<b>けやき")
    staff = browser_of(officer)
    staff.post(f"/w/{at(nasty)}/lead")
    pages = [
        *(f"/w/{at(nasty)}{end}" for end in ("", "/settings", "/people", "/cards", "/paper")),
        *(f"/w/{at(nasty)}/{end}" for end in ("ticket", "poster")),
        "/desk/workshops", "/desk/c/park", "/c/park", "/",
        f"/w/{at(nasty)}?code={HOSTILE}&invite={HOSTILE}&as={HOSTILE}",
    ]  # fmt: skip
    for path in pages:
        page = staff.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
        assert "<b>けやき" not in page.text, path


# ── people ──


def test_a_facilitator_is_named_for_this_workshop_only(
    app: Flask,
    browser_of: Browser,
    officer: Account,
    stranger: Account,
    facilitator: Account,
    workshop: Workshop,
    consultation: Consultation,
) -> None:
    other = opened(officer, consultation, key="w-2", title="ほかの回")
    page = Visitor(browser_of(officer)).open(f"/w/{at(workshop)}/people")
    assert page.press("進行役を加える", email="host@example.jp").status == 422
    assert "表示する名前を入力すると" in page.text
    page.press("進行役を加える", email="host@example.jp", display_name="進行 はな")
    assert "進行はな" in page.text
    [letter] = db.session().scalars(select(Letter))
    assert f"/w/{at(workshop)}" in letter.body
    host = db.session().scalars(select(Account).where(Account.display_name == "進行 はな")).one()
    hers, workshop = browser_of(host), again(workshop)
    assert hers.post(f"/w/{at(workshop)}/lead").status_code == 303
    assert hers.post(f"/w/{at(other)}/lead").status_code == 403
    listed = hers.get("/desk/workshops").text
    assert workshop.title in listed
    assert "ほかの回" not in listed
    path = f"/w/{at(workshop)}/people/leads"
    for who in (host, facilitator, stranger):
        refused = browser_of(who).post(path, data={"email": "x@example.jp", "display_name": "x"})
        assert refused.status_code == 403
    page.press("受け持ちを終える")
    assert browser_of(host).post(f"/w/{at(workshop)}/lead").status_code == 403


def test_personal_links_let_in_one_person_each_and_no_address_is_kept(
    app: Flask, client: FlaskClient, browser_of: Browser, officer: Account, stranger: Account,
    consultation: Consultation,
) -> None:  # fmt: skip
    closed = opened(officer, consultation, joining=Joining.INVITED)
    page = Visitor(browser_of(officer)).open(f"/w/{at(closed)}/people")
    assert page.press("招待のメールを送る", addresses="a@example.jp\nだれか").status == 422
    assert db.session().scalar(select(func.count()).select_from(Letter)) == 0
    page.press("招待のメールを送る", addresses="Ann@example.jp\n\nben@example.jp\nann@example.jp")
    assert page.status == 200
    assert "a***@example.jp" in page.text
    page.press("招待のメールを送る", addresses="ann@example.jp")
    letters = list(db.session().scalars(select(Letter).order_by(Letter.id)))
    assert [one.to for one in letters] == ["ann@example.jp", "ben@example.jp"]
    links = [re.search(r"(/w/\S+)", one.body) for one in letters]
    ann, ben = (found.group(1) for found in links if found)
    assert "招待された方だけ" in visitor(app).open(f"/w/{at(closed)}").text
    form = {"name": "だれか", "key": "k" * 26, "invite": "guessed"}
    assert client.post(f"/w/{at(closed)}/join", data=form).status_code == 403
    visitor(app).open(ann).press("参加する", name="あん")
    visitor(app).open(ann).press("参加する", name="あんの電話")
    assert [one.name for one in members.here(closed)] == ["あん"]
    page.open(f"/w/{at(closed)}/people").press("取り消す")
    assert visitor(app).open(ben).press("参加する", name="べん").status == 403
    refused = browser_of(stranger).post(
        f"/w/{at(closed)}/people/invites", data={"addresses": "x@example.jp"}
    )
    assert refused.status_code == 403


def test_a_member_becomes_a_helper_and_is_sent_away(
    app: Flask, browser_of: Browser, officer: Account, resident: Account, workshop: Workshop
) -> None:
    guest = joined(app, workshop)
    [member] = members.here(workshop)
    page = Visitor(browser_of(officer)).open(f"/w/{at(workshop)}/people")
    assert guest.open(f"/w/{at(workshop)}/paper").status == 403
    page.press("助手にする")
    assert guest.open(f"/w/{at(workshop)}/paper").status == 200
    path = f"/w/{at(workshop)}/people/{member.public_id}"
    lead = browser_of(officer)
    assert lead.post(f"{path}/role", data={"role": "lead"}).status_code == 404
    assert lead.post(f"{path}/role", data={"role": "king"}).status_code == 404
    assert browser_of(resident).post(f"{path}/away").status_code == 403
    assert lead.post(f"{path}/away").status_code == 303
    assert lead.post(f"{path}/away").status_code == 303
    assert guest.open(f"/w/{at(workshop)}/paper").status == 403
    assert members.here(workshop) == []


def test_the_helpers_link_lets_helpers_in_beside_the_capacity(
    app: Flask, browser_of: Browser, officer: Account, consultation: Consultation
) -> None:
    small = opened(officer, consultation, capacity=1, joining=Joining.CODE)
    other = opened(officer, consultation, key="w-2")
    html = browser_of(officer).get(f"/w/{at(small)}/people").text
    found = re.search(r"/w/\w{26}\?as=[\w.-]+", html)
    assert found
    small = again(small)
    members.join(small, "けやき", code=small.code or "", key="a")
    helper = visitor(app).open(found.group(0)).press("参加する", name="てつだい")
    assert helper.status == 200
    assert [one.role for one in members.here(small)] == [Role.MEMBER, Role.HELPER]
    stolen = found.group(0).replace(at(small), at(other))
    visitor(app).open(stolen).press("参加する", name="なりすまし")
    assert [one.role for one in members.here(other)] == [Role.MEMBER]


# ── paper ──


def helper_of(browser_of: Browser, officer: Account, workshop: Workshop) -> Visitor:
    page = Visitor(browser_of(officer)).open(f"/w/{again(workshop).public_id}/paper")
    return page.press("進行役として入力をはじめる")


def test_notes_are_keyed_in_line_by_line_at_one_table(
    browser_of: Browser, officer: Account, workshop: Workshop
) -> None:
    page = helper_of(browser_of, officer, workshop)
    page.press("加えて、次へ", table="t002", text="日陰のベンチ")
    page.press("加えて、次へ", text="水飲み場")  # the table stays chosen
    page.press("加えて、次へ", text="", many="朝市\n\n　\n水遊び")
    notes = list(db.session().scalars(select(Note).order_by(Note.id)))
    assert [(note.body, note.table_key) for note in notes] == [
        ("日陰のベンチ", "t002"), ("水飲み場", "t002"), ("朝市", "t002"), ("水遊び", "t002"),
    ]  # fmt: skip
    assert len({(note.x, note.y) for note in notes}) == 4
    assert "4枚" in page.text
    page.press("取り消す")
    assert page.text.count("水遊び") == 0
    assert list(check.laws()) == []


def test_the_same_line_sent_twice_is_one_note_and_a_long_one_comes_back(
    browser_of: Browser, officer: Account, workshop: Workshop
) -> None:
    page = helper_of(browser_of, officer, workshop)
    double = Visitor(page.client).open(page.url)
    page.press("加えて、次へ", table="t001", text="木陰", key="k" * 26)
    double.press("加えて、次へ", table="t001", text="木陰", key="k" * 26)
    assert db.session().scalar(select(func.count()).select_from(Note)) == 1
    long = "あ" * 101
    refused = page.press("加えて、次へ", table="t001", text=long, many="短い")
    assert refused.status == 409
    assert long in refused.html
    assert refused.press("加えて、次へ", text="直した").status == 200
    bodies = [note.body for note in db.session().scalars(select(Note).order_by(Note.id))]
    assert bodies == ["木陰", "短い", "直した"]
    assert page.press("加えて、次へ", text="").status == 422
    assert page.press("加えて、次へ", text="x", table="t999").status == 409


def test_paper_is_keyed_in_by_helpers_while_writing_is_open(
    app: Flask,
    client: FlaskClient,
    browser_of: Browser,
    officer: Account,
    resident: Account,
    workshop: Workshop,
) -> None:
    path = f"/w/{again(workshop).public_id}/paper"
    assert client.get(path).status_code == 403
    assert client.post(path, data={"text": "x", "key": "k" * 26}).status_code == 403
    assert browser_of(resident).get(path).status_code == 403
    page = helper_of(browser_of, officer, workshop)
    ended(officer, workshop)
    refused = page.press("加えて、次へ", table="t001", text="おそい付せん")
    assert refused.status == 409
    assert "おそい付せん" in refused.text
    assert db.session().scalar(select(func.count()).select_from(Note)) == 0


def test_cards_are_drawn_for_a_question(client: FlaskClient, workshop: Workshop) -> None:
    path = f"/w/{at(workshop)}/cards"
    assert client.get(path).text.count("card__ask") == 8
    assert client.get(f"{path}?sheets=3&q=99").text.count("card__ask") == 24
    assert client.get(f"{path}?sheets=999999").text.count("card__ask") == 240
    assert client.get(f"{path}?sheets=x&q=-1").status_code == 200


def _picture(color: str = "red") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(out, "JPEG", exif=b"Exif\x00\x00secretplace")
    out.seek(0)
    return out


def test_a_photo_is_drawn_anew_and_seen_by_those_who_take_part(
    app: Flask, client: FlaskClient, browser_of: Browser, officer: Account, workshop: Workshop
) -> None:
    page = helper_of(browser_of, officer, workshop)
    send = {"table": "t001", "caption": "<b>1班"}
    page.press("写真を加える", {"photo": (_picture(), "desk.jpg")}, **send)
    assert page.status == 200, page.text[:400]
    page.press("写真を加える", {"photo": (_picture(), "desk.jpg")}, **send)
    [photo] = db.session().scalars(select(WorkshopPhoto))
    assert (photo.table_key, photo.caption) == ("t001", "<b>1班")
    found = re.search(r'src="(/w/\w+/photos/[^"]+)"', page.html)
    assert found
    shown = page.client.get(found.group(1))
    assert shown.status_code == 200
    assert b"secretplace" not in shown.data
    assert client.get(found.group(1)).status_code == 404
    guest = joined(app, workshop)
    assert guest.client.get(found.group(1)).status_code == 200
    for sent in ((io.BytesIO(b"<svg/>"), "x.svg"), (io.BytesIO(b""), "")):
        refused = page.press("写真を加える", {"photo": sent}, **send)
        assert refused.status == 422
    remove = f"/w/{at(workshop)}/photos/{photo.public_id}/remove"
    assert guest.client.post(remove).status_code == 403
    page.press("写真を取りのぞく")
    assert page.client.get(found.group(1)).status_code == 404
    add = f"/w/{at(workshop)}/photos"
    assert guest.client.post(add, data={"photo": (_picture("blue"), "b.jpg")}).status_code == 403


def test_everybody_is_on_the_board_as_in_the_tables(
    app: Flask, browser_of: Browser, officer: Account, workshop: Workshop
) -> None:
    helper_of(browser_of, officer, workshop).press("加えて、次へ", table="t001", text="木陰")
    joined(app, workshop)
    Visitor(browser_of(officer)).open(f"/w/{at(workshop)}/people").press("助手にする")
    whole, seq = boards.of(workshop).whole()
    boards.forget()
    assert boards.of(workshop).whole() == (whole, seq)
    rows = {one.public_id: one.role for one in db.session().scalars(select(Member))}
    assert rows == {id_: one["role"] for id_, one in whole["members"].items()}


def test_tables_are_changed_and_found_again_without_a_script(
    app: Flask, browser_of: Browser, officer: Account, consultation: Consultation, stranger: Account
) -> None:
    workshop = open_workshop(officer, consultation, template="cafe", plan={"tables": 2})
    assert [one["seats"] for one in workshop.phases] == ["", "", "mix", "mix", "home", "", ""]
    for name in ("けやき", "つばめ"):
        joined(app, workshop, name)

    def seats() -> list[str]:
        db.session().expire_all()
        return [one.table_key for one in members.here(again(workshop))]

    first = seats()
    here = f"/w/{at(workshop)}/people"
    assert browser_of(stranger).post(f"{here}/seats", data={"act": "mix"}).status_code == 403
    page = Visitor(browser_of(officer)).open(here)
    assert "はじめの班にもどる" not in page.text
    page.press("席替えをする")
    assert seats() == list(reversed(first))
    assert "席替えをしました" in page.text
    page.press("はじめの班にもどる")
    assert seats() == first
    assert "はじめの班にもどりました" in page.text
    workshops.close(again(officer), again(workshop))
    assert "席替えをする" not in page.open(here).text


def test_a_phase_keeps_what_it_proposes_for_the_seats(
    browser_of: Browser, officer: Account, consultation: Consultation
) -> None:
    page = Visitor(browser_of(officer)).open("/desk/c/park/workshops/new?template=cafe")
    page.press("このまま開いて", **{"phases-1-seats": "home", "phases-2-seats": ""})
    [found] = db.session().scalars(select(Workshop))
    assert [one["seats"] for one in found.phases] == ["", "home", "", "mix", "home", "", ""]
