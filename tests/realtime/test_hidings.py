"""Comments and headings are hidden as notes are: with a reason, in the open, and told nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import db
from core.errors import Conflict, Forbidden, NotFound
from core.people import Account
from ledger import check
from ledger.models import Consultation, Opinion
from moderation import decisions
from moderation.models import Decision
from realtime import boards, hidings, members, records, workshops
from realtime.models import Workshop
from realtime.state import Effect, State
from tests.answered import again
from tests.realtime.hands import Hand, join, lead, open_workshop
from tests.visitors import Visitor

Browser = Callable[[Account], FlaskClient]
SECRET = "山田さん"
WHY = "人の名前がありました"


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return open_workshop(officer, consultation, plan={"tables": 1})


@pytest.fixture
def hall(workshop: Workshop, officer: Account) -> tuple[Hand, Hand, Hand]:
    """A lead, who wrote a note, and who commented on it and named the island it lies on."""
    chair, (ann, ben) = lead(workshop, officer), join(workshop, ["けやき", "つばめ"])
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木陰のベンチ", color=1)
    ben.do("talk.add", id="k001", note="n001", text=f"{SECRET}も言っていた")
    ben.do("talk.add", id="k002", note="n001", text="背もたれも")
    ben.do("island.add", id="i001", title=f"{SECRET}の島", notes=["n001"])
    return chair, ann, ben


def seen(hand: Hand) -> State:
    return hand.owner.seen_by(hand.id)[0]


def missed(hand: Hand) -> str:
    """What somebody hears who was away since the last person came."""
    joins = [row.seq for _at, row in boards.history(hand.owner.board_id) if is_join(row.effect)]
    heard = hand.owner.since(joins[-1], hand.id)
    assert heard is not None
    return json.dumps(heard, ensure_ascii=False)


def is_join(effect: Effect) -> bool:
    return bool(effect["op"] == "member.join")


def acts() -> list[tuple[str, str, str]]:
    db.session().expire_all()
    rows = db.session().scalars(select(Decision).order_by(Decision.id))
    return [(d.act, d.subject.partition(":")[0], d.reason) for d in rows]


def test_the_comments_on_a_hidden_note_are_withheld_with_it(hall: tuple[Hand, Hand, Hand]) -> None:
    chair, ann, ben = hall
    assert seen(ben)["talks"]["k001"]["text"] == f"{SECRET}も言っていた"
    chair.do("note.hide", id="n001", reason="きまり")
    assert {one["text"] for one in seen(ben)["talks"].values()} == {""}
    assert "言っていた" not in missed(ben)
    for reads in (ann, chair):  # whoever still reads the note
        assert "言っていた" in seen(reads)["talks"]["k001"]["text"]
        assert "言っていた" in missed(reads)
    chair.do("note.show", id="n001")
    assert seen(ben)["talks"]["k002"]["text"] == "背もたれも"
    assert "言っていた" in missed(ben)


def test_the_comments_on_a_note_that_was_taken_back_go_with_it(
    hall: tuple[Hand, Hand, Hand],
) -> None:
    _chair, ann, ben = hall
    ann.do("note.del", id="n001")
    assert seen(ben)["talks"]["k001"]["text"] == ""
    assert "言っていた" not in missed(ben)
    ann.do("note.back", id="n001")
    assert "言っていた" in seen(ben)["talks"]["k001"]["text"]


def test_a_lead_hides_a_comment_from_everybody_and_shows_it_again(
    both_engines: str, workshop: Workshop, hall: tuple[Hand, Hand, Hand], client: FlaskClient
) -> None:
    chair, ann, ben = hall
    assert ann.do("talk.hide", id="k001", reason=WHY).code == "phase"
    assert chair.do("talk.hide", id="k001", reason="").code == "text"
    assert chair.do("talk.hide", id="k001", reason=WHY).row
    assert chair.do("talk.hide", id="k001", reason=WHY).code == "gone"
    for hand in hall:
        assert seen(hand)["talks"]["k001"]["text"] == ""
        assert seen(hand)["talks"]["k001"]["hid"] == WHY
        assert seen(hand)["talks"]["k002"]["text"] == "背もたれも"
        assert "言っていた" not in missed(hand)
    assert ben.do("talk.del", id="k001").code == "gone"
    boards.forget()  # as after a restart
    again_there = boards.of(again(workshop))
    assert again_there.seen_by(ben.id)[0]["talks"]["k001"]["text"] == ""
    assert acts() == [("hide", "talk", WHY)]
    page = client.get("/moderation").text
    assert WHY in page
    assert "付せんへのコメント" in page
    assert SECRET not in page
    chair.owner = again_there
    assert chair.do("talk.show", id="k001").row
    assert "言っていた" in again_there.seen_by(ann.id)[0]["talks"]["k001"]["text"]


def test_a_lead_takes_a_comment_away_only_with_a_reason(hall: tuple[Hand, Hand, Hand]) -> None:
    chair, _ann, ben = hall
    assert chair.do("talk.del", id="k002").code == "own"
    assert ben.do("talk.del", id="k002").row
    assert "背もたれ" not in missed(chair)  # who catches up does not hear what is gone


def test_a_lead_hides_a_heading_and_the_notes_stay(
    both_engines: str, workshop: Workshop, hall: tuple[Hand, Hand, Hand], client: FlaskClient
) -> None:
    chair, ann, ben = hall
    chair.do("phase.set", id="p4")
    assert context() == ["広場で何をしたいですか ＞ 山田さんの島"]
    assert ben.do("island.hide", id="i001", reason=WHY).code == "phase"
    assert chair.do("island.hide", id="i001", reason=WHY).row
    for hand in hall:
        island = seen(hand)["islands"]["i001"]
        assert (island["title"], island["hid"]) == ("", WHY)
        assert f"{SECRET}の島" not in missed(hand)
        assert seen(hand)["notes"]["n001"]["island"] == "i001"
    assert context() == ["広場で何をしたいですか"]
    assert SECRET not in client.get("/moderation").text
    assert chair.do("island.show", id="i001").row
    assert seen(ann)["islands"]["i001"]["title"] == f"{SECRET}の島"
    assert context() == ["広場で何をしたいですか ＞ 山田さんの島"]
    assert acts() == [("hide", "island", WHY), ("restore", "island", str(hidings.BACK))]
    assert list(check.laws()) == []


def context() -> list[str]:
    db.session().expire_all()
    return list(db.session().scalars(select(Opinion.context).order_by(Opinion.seq)))


def test_a_hidden_heading_can_be_worded_anew_by_the_table(hall: tuple[Hand, Hand, Hand]) -> None:
    chair, ann, ben = hall
    chair.do("island.hide", id="i001", reason=WHY)
    assert ann.do("island.title", id="i001", title="日かげ").row
    island = seen(ben)["islands"]["i001"]
    assert (island["title"], island["hid"]) == ("日かげ", "")
    assert chair.do("island.show", id="i001").code == "gone"
    assert SECRET not in missed(ben).replace(f"{SECRET}も", "")


def exits(client: FlaskClient, workshop: Workshop) -> str:
    """Everything that a record says to everybody."""
    from tests.realtime.test_record_pages import exits as urls
    from tests.realtime.test_record_pages import words

    return "".join(words(client, url) for url in urls(workshop))


def test_staff_hide_comments_and_headings_after_the_close_in_every_exit(
    both_engines: str,
    workshop: Workshop,
    hall: tuple[Hand, Hand, Hand],
    officer: Account,
    stranger: Account,
    client: FlaskClient,
) -> None:
    workshops.close(again(officer), again(workshop))
    records.publish(again(officer), again(workshop), 0)
    said = exits(client, again(workshop))
    assert f"{SECRET}の島" in said
    assert f"{SECRET}も言っていた" in said
    for kind, key in (("talk", "k001"), ("island", "i001")):
        with pytest.raises(Forbidden):
            hidings.hide(again(stranger), again(workshop), key, WHY, kind=kind)
        hidings.hide(again(officer), again(workshop), key, WHY, kind=kind)
        with pytest.raises(Conflict):
            hidings.hide(again(officer), again(workshop), key, WHY, kind=kind)
    told = exits(client, again(workshop))
    assert SECRET not in told
    assert WHY in told
    assert "木陰のベンチ" in told
    assert "背もたれも" in told
    assert SECRET not in missed(hall[2])
    line = db.session().scalars(select(Opinion.public_id)).one()
    assert SECRET not in client.get(f"/o/{line}").text
    assert records.tell(again(workshop)).figures.talks == 1
    for kind, key in (("talk", "k001"), ("island", "i001")):
        hidings.show(again(officer), again(workshop), key, "まちがいでした", kind=kind)
        with pytest.raises(Conflict):
            hidings.show(again(officer), again(workshop), key, "まちがいでした", kind=kind)
    assert f"{SECRET}の島" in exits(client, again(workshop))
    assert [act for act, *_rest in acts()] == ["hide", "hide", "restore", "restore"]


def test_what_is_not_there_can_not_be_hidden(
    workshop: Workshop, hall: tuple[Hand, Hand, Hand], officer: Account
) -> None:
    _chair, _ann, ben = hall
    ben.do("island.add", id="i002", title="", notes=[])
    ben.do("talk.del", id="k002")
    for kind, key in (("talk", "k002"), ("island", "none"), ("link", "i001")):
        with pytest.raises(NotFound):
            hidings.hide(again(officer), again(workshop), key, WHY, kind=kind)
    with pytest.raises(Conflict):  # no heading: nothing to hide
        hidings.hide(again(officer), again(workshop), "i002", WHY, kind="island")


def test_who_said_it_is_told_and_a_moderator_decides_as_everywhere(
    workshop: Workshop,
    officer: Account,
    resident: Account,
    moderator: Account,
    browser_of: Browser,
) -> None:
    chair = lead(workshop, officer)
    member = members.join(again(workshop), "坂の住人", account=again(resident))
    writer = Hand(again(workshop), member)
    chair.do("phase.set", id="p4")
    writer.do("note.add", id="n001", text="木陰のベンチ", color=1)
    writer.do("talk.add", id="k001", note="n001", text=f"{SECRET}も言っていた")
    chair.do("island.add", id="i001", title="はじめの見出し", notes=["n001"])
    writer.do("island.title", id="i001", title=f"{SECRET}の島")
    workshops.close(again(officer), again(workshop))
    here = again(workshop).public_id
    desk = Visitor(browser_of(again(moderator)))
    for kind, key in (("talk", "k001"), ("island", "i001")):
        thing = hidings.thing_of(again(workshop), kind, key)
        assert thing.author_id == again(resident).id, "who worded it last"
        page = desk.open(f"/moderation/{kind}/{here}.{key}")
        assert SECRET in page.text
        rule = again(workshop).rules[0]
        decisions.hide(again(moderator), kind, f"{here}.{key}", rule, WHY)
        assert "いまは表示していません" in desk.open(f"/moderation/{kind}/{here}.{key}").text
    assert acts() == [("hide", "talk", WHY), ("hide", "island", WHY)]
    assert SECRET not in repr(records.tell(again(workshop)))


def test_a_lead_hides_and_shows_from_the_record(
    workshop: Workshop,
    hall: tuple[Hand, Hand, Hand],
    officer: Account,
    facilitator: Account,
    stranger: Account,
    browser_of: Browser,
) -> None:
    workshops.close(again(officer), again(workshop))
    here = f"/w/{again(workshop).public_id}/record"
    assert browser_of(again(stranger)).get(f"{here}/talk/k001").status_code == 403
    chair = Visitor(browser_of(again(facilitator)))
    for kind, key in (("talk", "k001"), ("island", "i001")):
        chair.open(f"{here}/{kind}/{key}")
        assert SECRET in chair.text
        assert chair.press("非公開にする", reason="").status == 422
        chair.press("非公開にする", reason=WHY)
        assert WHY in chair.text
    assert SECRET not in chair.open(here).text
    chair.open(f"{here}/talk/k001").press("表示に戻す", reason="まちがいでした")
    assert f"{SECRET}も言っていた" in chair.text
    assert chair.open(f"{here}/talk/none").status == 404
    assert chair.open(f"{here}/link/i001").status == 404
