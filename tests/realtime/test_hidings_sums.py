"""Summaries, words on lines and what stands under photos are hidden as notes are."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from core import db
from core.errors import Conflict, Forbidden, NotFound
from core.people import Account
from ledger import check
from ledger.models import Consultation
from moderation import decisions
from realtime import boards, hidings, members, papers, records, workshops
from realtime.models import Member, Workshop, WorkshopPhoto
from tests.answered import again
from tests.realtime.hands import Hand, join, lead, open_workshop
from tests.realtime.test_hidings import SECRET, WHY, acts, exits, missed, seen
from tests.visitors import Visitor

Browser = Callable[[Account], FlaskClient]
LINE, TABLE, ALL = ("link", "l001"), ("sum", "t001"), ("sum", "all")
ON_BOARD = (LINE, TABLE, ALL)


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    return open_workshop(officer, consultation, plan={"tables": 2})


@pytest.fixture
def hall(workshop: Workshop, officer: Account) -> tuple[Hand, Hand]:
    """A lead, and who drew a line, summed up their table, and said what all said."""
    chair, (ann,) = lead(workshop, officer), join(workshop, ["けやき"])
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木陰のベンチ", color=1)
    ann.do("island.add", id="i001", title="日かげ", notes=["n001"])
    ann.do("island.add", id="i002", title="休む", notes=[])
    ann.do("link.add", id="l001", a="i001", b="i002", word=f"{SECRET}の線")
    chair.do("phase.set", id="p7")
    ann.do("sum.set", id="t001", text=f"{SECRET}の班", base=0)
    chair.do("sum.set", id="all", text=f"{SECRET}と全体", base=0)
    return chair, ann


def photo_of(workshop: Workshop, chair: Hand) -> tuple[str, str]:
    """A photo of the table with words under it, added by the lead."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    member = db.session().scalars(select(Member).where(Member.public_id == chair.id)).one()
    said = f"{SECRET}の机"
    photo = papers.add_photo(
        again(workshop), member, io.BytesIO(out.getvalue()), "a.png", table="t001", caption=said
    )
    return "photo", photo.public_id


@pytest.mark.parametrize(("kind", "key"), ON_BOARD)
def test_a_lead_hides_words_from_everybody_and_shows_them_again(
    both_engines: str,
    kind: str,
    key: str,
    workshop: Workshop,
    hall: tuple[Hand, Hand],
    client: FlaskClient,
) -> None:
    chair, ann = hall
    before = [seen(hand)[f"{kind}s"][key] for hand in hall]
    assert ann.do(f"{kind}.hide", id=key, reason=WHY).code == "phase"
    assert chair.do(f"{kind}.hide", id=key, reason="").code == "text"
    assert chair.do(f"{kind}.hide", id=key, reason=WHY).row
    assert chair.do(f"{kind}.hide", id=key, reason=WHY).code == "gone"
    words = before[0]["word" if kind == "link" else "text"]
    boards.forget()  # as after a restart
    for hand in hall:
        hand.owner = boards.of(again(workshop))
        thing = seen(hand)[f"{kind}s"][key]
        assert thing["hid"] == WHY
        assert words not in json.dumps(seen(hand), ensure_ascii=False)
        assert words not in missed(hand)
    assert acts() == [("hide", kind, WHY)]
    page = client.get("/moderation").text
    assert WHY in page
    assert SECRET not in page
    assert chair.do(f"{kind}.show", id=key).row
    assert chair.do(f"{kind}.show", id=key).code == "gone"
    assert [seen(hand)[f"{kind}s"][key] for hand in hall] == before
    assert words in missed(ann)
    assert list(check.laws()) == []


def test_a_table_words_a_hidden_summary_anew(hall: tuple[Hand, Hand]) -> None:
    chair, ann = hall
    chair.do("sum.hide", id="t001", reason=WHY)
    assert ann.do("sum.set", id="t001", text=f"{SECRET}の班", base=1).code == "gone"
    assert ann.do("sum.set", id="t001", text="日かげを増やす", base=0).row
    assert seen(chair)["sums"]["t001"] == {"text": "日かげを増やす", "v": 2, "hid": ""}
    for hand in hall:
        assert f"{SECRET}の班" not in missed(hand)


def test_an_empty_summary_and_a_line_without_a_word_have_nothing_to_hide(
    hall: tuple[Hand, Hand],
) -> None:
    chair, ann = hall
    chair.do("sum.set", id="all", text="", base=1)
    chair.do("link.del", id="l001")
    chair.do("link.add", id="l002", a="i001", b="i002", word="")
    for kind, key in (("sum", "all"), ("sum", "none"), ("link", "l001"), ("link", "l002")):
        assert chair.do(f"{kind}.hide", id=key, reason=WHY).code == "gone"
    assert f"{SECRET}の線" not in missed(ann)


def test_staff_hide_them_after_the_close_in_every_exit(
    both_engines: str,
    workshop: Workshop,
    hall: tuple[Hand, Hand],
    officer: Account,
    stranger: Account,
    client: FlaskClient,
) -> None:
    chair, ann = hall
    things = (*ON_BOARD, photo_of(workshop, chair))
    workshops.close(again(officer), again(workshop))
    records.publish(again(officer), again(workshop), 0)
    said = exits(client, again(workshop))
    for words in ("の線", "の班", "と全体", "の机"):
        assert f"{SECRET}{words}" in said
    for kind, key in things:
        with pytest.raises(Forbidden):
            hidings.hide(again(stranger), again(workshop), key, WHY, kind=kind)
        hidings.hide(again(officer), again(workshop), key, WHY, kind=kind)
        with pytest.raises(Conflict):
            hidings.hide(again(officer), again(workshop), key, WHY, kind=kind)
    told = exits(client, again(workshop))
    assert SECRET not in told
    assert told.count(WHY) >= len(things)
    assert "木陰のベンチ" in told
    assert SECRET not in missed(ann)
    assert records.tell(again(workshop)).changed_at is not None
    for kind, key in things:
        hidings.show(again(officer), again(workshop), key, "まちがいでした", kind=kind)
        with pytest.raises(Conflict):
            hidings.show(again(officer), again(workshop), key, "まちがいでした", kind=kind)
    assert exits(client, again(workshop)).count(SECRET) == said.count(SECRET)
    assert [act for act, *_rest in acts()] == ["hide"] * 4 + ["restore"] * 4


def test_what_stands_under_a_photo_changes_the_record_when_it_is_hidden(
    workshop: Workshop, hall: tuple[Hand, Hand], officer: Account
) -> None:
    kind, key = photo_of(workshop, hall[0])
    workshops.close(again(officer), again(workshop))
    records.publish(again(officer), again(workshop), 0)
    assert records.tell(again(workshop)).changed_at is None
    hidings.hide(again(officer), again(workshop), key, WHY, kind=kind)
    assert records.tell(again(workshop)).changed_at is not None


def test_a_photo_without_words_or_taken_away_has_nothing_to_hide(
    workshop: Workshop, hall: tuple[Hand, Hand], officer: Account
) -> None:
    kind, key = photo_of(workshop, hall[0])
    photo = db.session().scalars(select(WorkshopPhoto)).one()
    papers.remove_photo(again(officer), None, photo)
    with pytest.raises(NotFound):
        hidings.thing_of(again(workshop), kind, key)
    with pytest.raises(Conflict):
        hidings.hide(again(officer), again(workshop), key, WHY, kind=kind)


def test_who_wrote_it_is_told_and_a_moderator_decides_as_everywhere(
    workshop: Workshop,
    officer: Account,
    resident: Account,
    moderator: Account,
    browser_of: Browser,
) -> None:
    chair = lead(workshop, officer)
    writer = Hand(again(workshop), members.join(again(workshop), "坂", account=again(resident)))
    chair.do("phase.set", id="p4")
    for n in (1, 2):
        writer.do("island.add", id=f"i00{n}", title="島", notes=[])
    writer.do("link.add", id="l001", a="i001", b="i002", word=f"{SECRET}の線")
    chair.do("phase.set", id="p7")
    chair.do("sum.set", id="t001", text="はじめのまとめ", base=0)
    writer.do("sum.set", id="t001", text=f"{SECRET}の班", base=1)
    photo = photo_of(workshop, chair)
    workshops.close(again(officer), again(workshop))
    here = again(workshop).public_id
    desk = Visitor(browser_of(again(moderator)))
    for kind, key in (LINE, TABLE, photo):
        thing = hidings.thing_of(again(workshop), kind, key)
        whose = officer if kind == "photo" else resident
        assert thing.author_id == again(whose).id, "who worded it last"
        assert SECRET in desk.open(f"/moderation/{kind}/{here}.{key}").text
        decisions.hide(again(moderator), kind, f"{here}.{key}", again(workshop).rules[0], WHY)
        assert "いまは表示していません" in desk.open(f"/moderation/{kind}/{here}.{key}").text
    told = records.tell(again(workshop))
    assert SECRET not in repr((told.tables, told.links, told.summary))


def test_a_lead_hides_them_from_the_record_while_the_board_is_open(
    workshop: Workshop,
    hall: tuple[Hand, Hand],
    facilitator: Account,
    stranger: Account,
    browser_of: Browser,
) -> None:
    chair, ann = hall
    things = (*ON_BOARD, photo_of(workshop, chair))
    here = f"/w/{again(workshop).public_id}"
    page = Visitor(browser_of(again(facilitator)))
    for kind, key in things:
        assert browser_of(again(stranger)).get(f"{here}/record/{kind}/{key}").status_code == 403
        page.open(f"{here}/record/{kind}/{key}")
        assert SECRET in page.text
        assert page.press("非公開にする", reason="").status == 422
        page.press("非公開にする", reason=WHY)
        assert WHY in page.text
    assert SECRET not in page.open(f"{here}/record").text
    assert SECRET not in missed(ann)
    assert SECRET not in json.dumps(seen(ann), ensure_ascii=False)
    paper = page.open(f"{here}/paper").press("進行役として入力をはじめる")
    assert SECRET not in paper.html
    assert WHY in paper.text
    still = page.open(f"{here}/board?list=1")
    assert SECRET not in still.html
    assert WHY in still.text
    kind, key = things[-1]
    page.open(f"{here}/record/{kind}/{key}").press("表示に戻す", reason="まちがいでした")
    assert f"{SECRET}の机" in page.text
