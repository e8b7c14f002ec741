"""Setting a room anew, moving its end, and its pages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from core import clock, db, events, record
from core.errors import Closed, Conflict, DomainError, Forbidden, Invalid, Stale
from core.people import Account
from forum import posts, rooms, topics
from forum.events import RoomChanged
from forum.models import Checked, Room, RoomChange, Topic, TopicsBy, Writers
from ledger import consultations
from ledger.models import Consultation, PhaseKind
from tests.visitors import Visitor

DAY = timedelta(days=1)
Browser = Callable[[Account], FlaskClient]


def set_anew(actor: Account | None, room: Room, **changes: object) -> Room:
    values: dict[str, object] = {
        "title": room.title,
        "purpose": room.purpose,
        "rules": list(room.rules),
        "writers": room.writers,
        "checked": room.checked,
        "topics_by": room.topics_by,
        "has_stances": room.has_stances,
        "version": room.version,
        "reason": "話しやすくするため",
    }
    return rooms.change_settings(actor, room, **{**values, **changes})  # type: ignore[arg-type]


def kinds() -> list[str]:
    return list(db.session().scalars(select(record.Entry.kind).order_by(record.Entry.seq)))


def fresh(room: Room) -> Room:
    db.session().expire_all()
    found: Room = again(room)
    return found


def again(thing: Any) -> Any:
    """The same row, read anew: a page or another thread let go of it."""
    return db.session().get_one(type(thing), inspect(thing).identity[0])


def at_once(
    app: Flask, room: Room, *acts: tuple[Account, Callable[[Account, Room], object]]
) -> list[DomainError]:
    """Do several acts to a room at the same moment, each in a thread; what was refused."""
    refused: list[DomainError] = []
    ready = threading.Barrier(len(acts))

    def run(actor: Account, act: Callable[[Account, Room], object]) -> None:
        with app.app_context():
            here = again(actor), again(room)
            ready.wait()
            try:
                act(*here)
            except DomainError as error:
                refused.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=act) for act in acts]
    db.session().rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session().expire_all()
    return refused


def test_a_room_is_opened_as_it_is_settled(consultation: Consultation, officer: Account) -> None:
    now = clock.now()
    room = rooms.open_room(
        officer,
        consultation,
        "夜の会議室",
        "夜のバスを考えます。",
        ["第1条"],
        now,
        now + DAY,
        writers="guest",
        checked="before",
        topics_by="residents",
        has_stances=False,
    )
    assert room.takes_guests
    assert room.looks_first
    assert (room.topics_by, room.has_stances) == (TopicsBy.RESIDENTS, False)


def test_the_same_form_sent_twice_opens_one_room(
    consultation: Consultation, officer: Account, client: FlaskClient, browser_of: Browser
) -> None:
    form = {
        "title": "一つの会議室",
        "purpose": "目的",
        "rules": "第1条",
        "writers": "account",
        "checked": "after",
        "topics_by": "ward",
        "opens_at": f"{clock.local(clock.now()):%Y-%m-%dT%H:%M}",
        "closes_at": f"{clock.local(clock.now() + DAY):%Y-%m-%dT%H:%M}",
    }
    browser = browser_of(officer)
    first, second = (browser.post("/desk/c/park/rooms/new", data=form) for _try in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(list(db.session().scalars(select(Room)))) == 1
    assert db.session().scalars(select(Room)).one().has_stances is False


def test_settings_are_changed_in_public(
    room: Room, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[RoomChanged] = []
    monkeypatch.setitem(events._subscribers, RoomChanged, [heard.append])
    set_anew(officer, room, writers=Writers.GUEST, title="新しい名前")
    change = rooms.changes(room)[0]
    assert (change.kind, change.reason) == ("settings", "話しやすくするため")
    assert set(change.detail) == {"writers", "title"}
    assert change.detail["writers"] == ["account", "guest"]
    assert kinds()[-1] == "room.settings"
    assert heard == [RoomChanged(room.id)]
    assert fresh(room).takes_guests


def test_saving_what_is_there_already_changes_nothing(room: Room, officer: Account) -> None:
    set_anew(officer, room, version=0)
    assert rooms.changes(room) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("writers", "robots"),
        ("checked", ""),
        ("topics_by", None),
        ("title", " "),
        ("rules", [""]),
        ("rules", ["x"] * 21),
        ("reason", "　"),
    ],
)
def test_settings_nobody_offers_are_refused(
    room: Room, officer: Account, field: str, value: object
) -> None:
    with pytest.raises(Invalid) as refused:
        set_anew(officer, room, **{field: value})
    assert refused.value.field == field
    assert rooms.changes(room) == []


def test_only_officers_of_its_department_change_a_room(
    room: Room, stranger: Account, resident: Account, facilitator: Account
) -> None:
    for actor in (stranger, resident, facilitator, None):
        for act in (
            lambda who=actor: set_anew(who, room, title="他"),
            lambda who=actor: rooms.extend(who, room, room.closes_at + DAY, "なぜなら"),
            lambda who=actor: rooms.close_early(who, room, "なぜなら"),
        ):
            with pytest.raises(Forbidden):
                act()


def test_two_who_set_a_room_at_once_see_both_settings(
    both_engines: str, app: Flask, room: Room, officer: Account, other_officer: Account
) -> None:
    refused = at_once(
        app,
        room,
        (officer, lambda who, it: set_anew(who, it, title="みどりの会議室")),
        (
            other_officer,
            lambda who, it: set_anew(who, it, title="木の会議室", checked=Checked.BEFORE),
        ),
    )
    (stale,) = refused
    assert isinstance(stale, Stale)
    named = fresh(room).title
    assert named in {"みどりの会議室", "木の会議室"}
    assert named in stale.current
    assert ({"みどりの会議室", "木の会議室"} - {named}).pop() in stale.yours
    assert len(rooms.changes(room)) == 1


def test_two_who_extend_and_close_at_once_do_not_undo_each_other(
    both_engines: str, app: Flask, room: Room, officer: Account, other_officer: Account
) -> None:
    was = room.closes_at
    refused = at_once(
        app,
        room,
        (officer, lambda who, it: rooms.extend(who, it, was + DAY, "声が続いているため", was=was)),
        (other_officer, lambda who, it: rooms.close_early(who, it, "結論が出たため", was=was)),
    )
    assert [type(error) for error in refused] == [Stale]
    (change,) = rooms.changes(room)
    assert fresh(room).is_open(clock.now()) == (change.kind == "extended")


def test_two_who_close_at_once_close_once(
    both_engines: str, app: Flask, room: Room, officer: Account, other_officer: Account
) -> None:
    refused = at_once(
        app,
        room,
        (officer, lambda who, it: rooms.close_early(who, it, "結論が出たため")),
        (other_officer, lambda who, it: rooms.close_early(who, it, "結論が出たため")),
    )
    assert [type(error) for error in refused] == [Conflict]
    assert len(rooms.changes(room)) == 1


def test_two_who_extend_at_once_lose_no_extension(
    both_engines: str, app: Flask, room: Room, officer: Account, other_officer: Account
) -> None:
    was = room.closes_at
    refused = at_once(
        app,
        room,
        (officer, lambda who, it: rooms.extend(who, it, was + DAY, "理由", was=was)),
        (other_officer, lambda who, it: rooms.extend(who, it, was + 2 * DAY, "理由", was=was)),
    )
    assert [type(error) for error in refused] == [Stale]
    assert fresh(room).closes_at > was
    assert len(rooms.changes(room)) == 1


def test_a_room_is_extended_within_its_phase(room: Room, officer: Account) -> None:
    phase = room.consultation.phase(PhaseKind.DISCUSS)
    assert phase is not None
    for end in (room.closes_at, room.closes_at - DAY, phase.closes_at + timedelta(seconds=1)):
        with pytest.raises(Invalid) as refused:
            rooms.extend(officer, room, end, "声が続いているため")
        assert refused.value.field == "closes_at"
    with pytest.raises(Invalid):
        rooms.extend(officer, room, phase.closes_at, " ")
    rooms.extend(officer, room, phase.closes_at, "声が続いているため")
    assert fresh(room).closes_at == phase.closes_at
    assert kinds()[-1] == "room.extended"


def test_a_room_closed_early_takes_no_posts_and_can_be_opened_again(
    topic: Topic, officer: Account, resident: Account
) -> None:
    room, was = topic.room, topic.room.closes_at
    rooms.close_early(officer, room, "結論が出たため")
    with pytest.raises(Closed):
        posts.reply(resident, db.session().get_one(Topic, topic.id), "木を残す")
    with pytest.raises(Conflict, match="終わっています"):
        rooms.close_early(officer, fresh(room), "もう一度")
    rooms.extend(officer, fresh(room), was, "続けてほしいという声があるため")
    assert posts.reply(resident, db.session().get_one(Topic, topic.id), "木を残す").number == 1
    assert [change.kind for change in rooms.changes(room)] == ["extended", "closed_early"]


def test_a_room_whose_phase_is_over_stays_closed(
    room: Room, officer: Account, consultation: Consultation
) -> None:
    rooms.close_early(officer, room, "結論が出たため")
    phase = db.session().get_one(Consultation, consultation.id).phase(PhaseKind.DISCUSS)
    assert phase is not None
    consultations.change_phase(
        officer,
        phase,
        opens_at=phase.opens_at,
        closes_at=clock.now() - timedelta(seconds=1),
        reason="早く終えます",
    )
    with pytest.raises(Closed, match="案件の予定"):
        rooms.extend(officer, fresh(room), clock.now() + DAY, "続けます")


def test_a_room_that_has_not_begun_is_not_closed_early(
    consultation: Consultation, officer: Account
) -> None:
    now = clock.now()
    room = rooms.open_room(
        officer, consultation, "あす", "目的", ["第1条"], now + DAY, now + 2 * DAY
    )
    with pytest.raises(Conflict, match="まだ開いていません"):
        rooms.close_early(officer, room, "やめます")


def test_the_page_tells_what_changed_and_why(
    room: Room, officer: Account, client: FlaskClient
) -> None:
    rooms.extend(officer, room, room.closes_at + DAY, "<b>声が続いているため</b>")
    set_anew(officer, fresh(room), writers=Writers.GUEST, rules=["新しい第1条"])
    page = client.get(f"/rm/{room.public_id}").get_data(as_text=True)
    assert "期間を延ばしました" in page
    assert "&lt;b&gt;声が続いているため" in page
    assert "設定を変えました" in page
    assert "登録した人と、登録のない人" in page
    assert "第4条　人を決めつけません。" in page, "the old rules can still be read"


def test_the_page_says_in_plain_words_who_writes_and_who_leads(
    room: Room, facilitator: Account, client: FlaskClient
) -> None:
    page = client.get(f"/rm/{room.public_id}").get_data(as_text=True)
    for words in ("登録した人が書けます", "すぐに載ります", "進行役", "政策の段階", "03-0000-2222"):
        assert words in page
    assert facilitator.display_name in page


def test_an_officer_sets_a_room_through_its_pages(
    room: Room, officer: Account, browser_of: Browser
) -> None:
    path = f"/rm/{room.public_id}"
    visitor = Visitor(browser_of(officer)).open(path)
    visitor.follow("設定を変える")
    assert visitor.press("設定を変える", writers="guest", reason="").status == 422
    visitor.press("設定を変える", reason="外の声も聞くため")
    assert visitor.status == 200
    assert "設定を変えました" in visitor.text
    assert fresh(room).takes_guests
    visitor.follow("期間を延ばす")
    end = clock.local(fresh(room).closes_at + DAY)
    assert visitor.press("期間を延ばす", later__closes_at="いつか", later__reason="x").status == 422
    visitor.press(
        "期間を延ばす", later__closes_at=f"{end:%Y-%m-%dT%H:%M}", later__reason="続けます"
    )
    assert "期間を延ばしました" in visitor.text
    visitor.follow("期間を延ばす").press("いま終える", now__reason="")
    assert visitor.status == 422
    visitor.press("いま終える", now__reason="結論が出たため")
    assert "予定より早く終えました" in visitor.text
    assert "もう一度開いて" in "".join(visitor.follow("期間を延ばす").text)


def test_a_stale_form_comes_back_with_both_settings(
    room: Room, officer: Account, other_officer: Account, browser_of: Browser
) -> None:
    path = f"/rm/{room.public_id}/settings"
    visitor = Visitor(browser_of(officer)).open(path)
    set_anew(again(other_officer), again(room), title="先に変えた名前")
    visitor.press("設定を変える", title="あとの名前", reason="理由")
    assert visitor.status == 409
    assert "先に変えた名前" in visitor.text
    assert "あとの名前" in visitor.html
    visitor.press("設定を変える", reason="理由")
    assert visitor.status == 200
    assert fresh(room).title == "あとの名前"


def test_a_stale_end_is_not_moved(
    room: Room, officer: Account, other_officer: Account, browser_of: Browser
) -> None:
    path = f"/rm/{room.public_id}/dates"
    visitor = Visitor(browser_of(officer)).open(path)
    rooms.extend(again(other_officer), again(room), room.closes_at + DAY, "声が続いているため")
    visitor.press("いま終える", now__reason="結論が出たため")
    assert visitor.status == 409
    assert fresh(room).is_open(clock.now())


@pytest.mark.parametrize("page", ["settings", "dates", "facilitators"])
def test_others_do_not_open_these_pages(
    room: Room,
    resident: Account,
    stranger: Account,
    client: FlaskClient,
    browser_of: Browser,
    page: str,
) -> None:
    path = f"/rm/{room.public_id}/{page}"
    assert client.get(path).status_code == 302
    assert browser_of(resident).get(path).status_code == 403
    assert browser_of(stranger).get(path).status_code == 403
    assert browser_of(stranger).post(path, data={}).status_code == 403


def test_the_room_page_costs_the_same_however_much_is_there(
    room: Room,
    officer: Account,
    resident: Account,
    browser_of: Browser,
    statements: list[str],
) -> None:
    path = f"/rm/{room.public_id}"
    browser = browser_of(resident)

    def grow(start: int, count: int) -> None:
        for number in range(start, start + count):
            made = topics.open_topic(again(officer), fresh(room), f"話題{number}", "どうしますか。")
            posts.reply(again(resident), made, "発言です。")
            here = fresh(room)
            rooms.extend(again(officer), here, here.closes_at + timedelta(hours=1), "続けます")

    def cost() -> int:
        db.session.remove()
        statements.clear()
        assert browser.get(path).status_code == 200
        return len(statements)

    grow(0, 1)
    cost()
    few = cost()
    grow(1, 4)
    assert cost() == few
    assert few <= 24


def test_changes_are_kept_as_they_were(room: Room, officer: Account) -> None:
    was = room.closes_at
    rooms.extend(officer, room, was + DAY, "声が続いているため")
    (change,) = db.session().scalars(select(RoomChange))
    assert datetime.fromisoformat(change.detail["was"]) == was
    assert change.role == "officer"
