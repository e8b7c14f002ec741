"""Opening meeting rooms, and their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock, record
from core.db import session
from core.errors import Closed, Forbidden, Invalid
from core.people import Account
from forum import posts, rooms
from forum.models import Room, Topic
from ledger import sources
from ledger.models import Consultation, PhaseKind

DAY = timedelta(days=1)
Browser = Callable[[Account], FlaskClient]


def open_room(actor: Account, consultation: Consultation, **changes: object) -> Room:
    now = clock.now()
    values: dict[str, object] = {
        "title": "坂の町の会議室",
        "purpose": "案をつくる前に聞きます。",
        "rules": ["第1条　一つの発言には一つのこと。"],
        "opens_at": now - DAY,
        "closes_at": now + DAY,
    }
    return rooms.open_room(actor, consultation, **{**values, **changes})  # type: ignore[arg-type]


def test_an_officer_opens_a_room_and_it_is_recorded(
    consultation: Consultation, officer: Account
) -> None:
    room = open_room(officer, consultation)
    kinds = session().scalars(select(record.Entry.kind)).all()
    assert "room.opened" in kinds
    assert room.is_open(clock.now())


def test_an_officer_of_another_department_does_not(
    consultation: Consultation, stranger: Account, resident: Account
) -> None:
    for actor in (stranger, resident, None):
        with pytest.raises(Forbidden):
            open_room(actor, consultation)  # type: ignore[arg-type]


def test_a_room_lies_within_the_phase_of_talking(
    consultation: Consultation, officer: Account, empty_consultation: Consultation
) -> None:
    phase = consultation.phase(PhaseKind.DISCUSS)
    assert phase is not None
    open_room(officer, consultation, opens_at=phase.opens_at, closes_at=phase.closes_at)
    second = timedelta(seconds=1)
    for changes, field in (
        ({"opens_at": phase.opens_at - second}, "opens_at"),
        ({"closes_at": phase.closes_at + second}, "closes_at"),
        ({"opens_at": clock.now(), "closes_at": clock.now() - DAY}, "closes_at"),
    ):
        with pytest.raises(Invalid) as refused:
            open_room(officer, consultation, **changes)
        assert refused.value.field == field
    with pytest.raises(Closed):
        open_room(officer, empty_consultation)


def test_a_room_needs_rules(consultation: Consultation, officer: Account) -> None:
    with pytest.raises(Invalid):
        open_room(officer, consultation, rules=["", "　"])
    assert open_room(officer, consultation, rules=["第1条　ひとつ", ""]).rules == ["第1条　ひとつ"]


def test_the_list_shows_what_is_open_and_what_is_over(
    client: FlaskClient, consultation: Consultation, officer: Account
) -> None:
    open_room(officer, consultation, title="開いている部屋")
    open_room(officer, consultation, title="終わった部屋", closes_at=clock.now() - DAY / 2)
    open_room(officer, consultation, title="これからの部屋", opens_at=clock.now() + DAY / 2)
    page = client.get("/rooms").text
    order = [page.index(t) for t in ("開いている部屋", "これからの部屋", "終わった部屋")]
    assert order == sorted(order)


def test_without_rooms_the_list_says_where_to_look(client: FlaskClient) -> None:
    assert "いま開いている会議室はありません" in client.get("/rooms").text


def test_a_rooms_page_shows_purpose_rules_and_topics(
    client: FlaskClient, room: Room, topic: Topic, resident: Account
) -> None:
    posts.reply(resident, topic, "大きなけやきは残してください。")
    wanted = (room.purpose, *room.rules, topic.title, "1の発言", "1人が参加")
    page = client.get(f"/rm/{room.public_id}").text
    for said in wanted:
        assert said in page
    assert "話題を加える" not in page
    assert client.get("/rm/nowhere").status_code == 404


def test_a_room_is_opened_on_the_desk(
    browser_of: Browser, consultation: Consultation, officer: Account, stranger: Account
) -> None:
    path, now = f"/desk/c/{consultation.slug}/rooms/new", clock.local(clock.now())
    browser = browser_of(officer)
    assert "会議室を開く" in browser.get(path).text
    form = {
        "title": "新しい部屋",
        "purpose": "聞くため",
        "rules": "第1条　ひとつ\n第2条　ふたつ",
        "opens_at": f"{now:%Y-%m-%dT%H:%M}",
        "closes_at": f"{now + DAY:%Y年%-m月%-d日　１７時}",
    }
    refused = browser.post(path, data={**form, "closes_at": "あした"})
    assert refused.status_code == 422
    assert "聞くため" in refused.text
    answer = browser.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200
    assert "第2条　ふたつ" in answer.text
    assert browser_of(stranger).get(path).status_code == 403
    assert browser_of(stranger).post(path, data=form).status_code == 403


def test_open_rooms_are_among_what_can_be_done(
    client: FlaskClient, consultation: Consultation, room: Room, officer: Account
) -> None:
    open_room(officer, consultation, title="終わった部屋", closes_at=clock.now() - DAY / 2)
    with client.application.test_request_context("/"):
        titles = [action.title for action in sources.actions_of(consultation, None)]
    assert room.title in titles
    assert "終わった部屋" not in titles
