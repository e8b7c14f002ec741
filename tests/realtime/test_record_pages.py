"""The record's pages and files: each shows the same, and none shows what is not public."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from PIL import Image

from core import db
from core.people import Account
from ledger.models import Consultation
from realtime import folds, hidings, members, papers, records, workshops
from realtime.models import Workshop
from tests.answered import again
from tests.realtime.hands import join, lead, open_workshop
from tests.visitors import Visitor

Browser = Callable[[Account], FlaskClient]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def workshop(officer: Account, consultation: Consultation) -> Workshop:
    """A workshop that is over: an island of two notes, one loose, one hidden, one taken back."""
    found = open_workshop(officer, consultation, plan={"tables": 1})
    chair, (ann,) = lead(found, officer), join(found, ["ひみつの名前"])
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="=1+1 の<木陰>", color=1, x=10, y=20)
    ann.do("note.add", id="n002", text="日よけ", color=2)
    ann.do("note.add", id="n003", text="山田さんの話", color=3)
    ann.do("note.add", id="n004", text="やめた話", color=4)
    ann.do("note.add", id="n005", text="水場", color=4)
    ann.do("island.add", id="i001", title="日かげ & 風", x=0, y=0, notes=["n001", "n002", "n003"])
    ann.do("note.text", id="n005", text="水飲み場", base=1)
    ann.do("talk.add", id="k001", note="n001", text="背もたれも")
    chair.do("phase.set", id="p5")
    ann.do("vote.set", note="n001", k=1)
    chair.do("reveal.votes")
    chair.do("note.hide", id="n003", reason="人の名前がありました")
    chair.do("phase.set", id="p7")
    ann.do("note.del", id="n004")
    workshops.close(officer, again(found))
    return again(found)


@pytest.fixture
def public(workshop: Workshop, officer: Account) -> Workshop:
    records.publish(officer, workshop, 0)
    return again(workshop)


def exits(workshop: Workshop) -> list[str]:
    here = f"/w/{workshop.public_id}"
    names = ("record", "record.docx", "record.csv", "record.svg", "replay", "replay.json")
    return [f"{here}/{name}" for name in names]


def docx_text(body: bytes) -> str:
    from docx import Document

    paper = Document(io.BytesIO(body))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in paper.paragraphs), *cells])


def words(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return docx_text(answer.data) if url.endswith("docx") else answer.text


def test_no_exit_opens_before_the_record_is_published(
    workshop: Workshop,
    client: FlaskClient,
    browser_of: Browser,
    resident: Account,
    officer: Account,
) -> None:
    for url in exits(workshop):
        assert client.get(url).status_code == 404
        assert browser_of(resident).get(url).status_code == 404
        assert browser_of(officer).get(url).status_code == 200
    assert client.get("/w/nothing/record").status_code == 404


def test_no_exit_shows_hidden_words_or_names(public: Workshop, client: FlaskClient) -> None:
    for url in exits(public):
        said = words(client, url)
        for secret in ("山田", "やめた話", "ひみつの名前"):
            assert secret not in said, url
        if not url.endswith("replay"):
            assert "日よけ" in said, url


def test_the_page_says_what_there_is(public: Workshop, client: FlaskClient) -> None:
    page = client.get(exits(public)[0]).text
    assert "=1+1 の&lt;木陰&gt;" in page
    assert "日かげ &amp; 風" in page
    assert "背もたれも" in page
    assert 'id="n-n001"' in page
    assert "人の名前がありました" in page
    assert "取り下げ" in page
    assert "当日の流れ" in page
    assert "文を直す" not in page
    line = client.get("/c/park/ledger").text
    assert "日よけ" in line


def test_the_table_is_safe_and_has_every_note(public: Workshop, client: FlaskClient) -> None:
    answer = client.get(exits(public)[2])
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == 6
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["付せん"] == "'=1+1 の<木陰>"
    assert (first["島"], first["横"], first["縦"], first["票"]) == ("日かげ & 風", "10", "20", "1")
    assert first["台帳の番号"] == "1"
    state = rows[0].index("いまの状態")
    assert {row[state] for row in rows[1:]} == {"数えた", "非公開", "取り下げ"}


def test_the_picture_is_well_formed_and_described(public: Workshop, client: FlaskClient) -> None:
    answer = client.get(exits(public)[3])
    assert answer.content_type.startswith("image/svg+xml")
    root = ET.fromstring(answer.text)
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None
    said = "".join(root.itertext())
    assert "（非公開）" in said
    assert "script" not in {el.tag.removeprefix(SVG) for el in root.iter()}


@pytest.fixture
def photographed(officer: Account, consultation: Consultation) -> Workshop:
    """A workshop with a photograph that lies on its side, and one that is partly see-through."""
    found = open_workshop(officer, consultation, plan={"tables": 2})
    chair = members.lead(officer, found)
    about = Image.Exif()
    about[0x0112] = 6  # what is at the left is the top
    about.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0)})
    lying = Image.new("RGB", (1200, 900), "white")
    lying.paste("red", (0, 0, 200, 900))
    noisy = Image.merge(
        "RGBA", [Image.effect_noise((900, 700), 90)] * 3 + [Image.new("L", (900, 700), 90)]
    )
    for table, picture, kind, more in (
        ("t001", lying, "JPEG", {"exif": about}),
        ("", noisy, "PNG", {}),
    ):
        out = io.BytesIO()
        picture.save(out, kind, **more)
        out.seek(0)
        papers.add_photo(again(found), again(chair), out, "IMG.jpg", table=table, caption="壁の紙")
    workshops.close(officer, again(found))
    records.publish(officer, again(found), 0)
    return again(found)


def test_photos_are_shown_with_their_size_and_lead_to_themselves(
    photographed: Workshop, client: FlaskClient
) -> None:
    page = client.get(exits(photographed)[0]).text
    assert 'alt="1班の机の写真（1枚目）" width="900" height="1200"' in page
    assert 'alt="会場の写真（1枚目）" width="900" height="700"' in page
    assert page.count("壁の紙") == 2
    (address,) = re.findall(r'<a href="([^"]+)"><img[^>]+alt="1班', page)
    assert client.get(address).status_code == 200


def test_a_document_holds_every_photo_upright_described_and_without_its_place(
    photographed: Workshop, client: FlaskClient
) -> None:
    from docx import Document

    kinds = {photo.file.media_type for photo in papers.photos(photographed)}
    assert kinds == {"image/jpeg", "image/webp"}
    paper = Document(io.BytesIO(client.get(exits(photographed)[1]).data))
    shapes = list(paper.inline_shapes)
    assert [shape._inline.docPr.get("descr") for shape in shapes] == ["1班の机の写真", "会場の写真"]
    for shape in shapes:
        assert shape.width.mm <= 121
        assert shape.height.mm <= 106
        part = paper.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
        picture = Image.open(io.BytesIO(part.blob))
        assert picture.format == "JPEG"
        assert dict(picture.getexif()) == {}
        assert abs(picture.width / picture.height - shape.width / shape.height) < 0.01
    first = paper.part.related_parts[shapes[0]._inline.graphic.graphicData.pic.blipFill.blip.embed]
    top = Image.open(io.BytesIO(first.blob)).convert("RGB").getpixel((450, 60))
    assert isinstance(top, tuple)
    assert top[0] > 200 > 60 > top[1]
    heads = [p.text for p in paper.paragraphs if p.style and p.style.name == "Heading 1"]
    assert "会場の写真" in heads


def test_a_document_is_set_in_a_japanese_font_with_numbered_pages(
    public: Workshop, client: FlaskClient
) -> None:
    from docx import Document
    from docx.oxml.ns import qn

    paper = Document(io.BytesIO(client.get(exits(public)[1]).data))
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "List Bullet", "Footer"):
        fonts = paper.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == "Yu Gothic", name
    foot = paper.sections[0].footer._element.xml
    assert "PAGE" in foot
    assert "NUMPAGES" in foot
    facts, flow = paper.tables
    assert facts.cell(0, 0).width < facts.cell(0, 1).width
    assert "w:tblHeader" in flow.rows[0]._tr.xml
    said = docx_text(client.get(exits(public)[1]).data)
    assert "（非公開）理由：人の名前がありました" in said
    assert "このあと、どう扱われるか" in said


def test_the_replay_folds_to_the_board_without_who_did_what(
    public: Workshop, client: FlaskClient
) -> None:
    log = json.loads(client.get(exits(public)[5]).text)
    folded = folds.folded(log["ops"])
    texts = {key: note["text"] for key, note in folded["notes"].items()}
    assert texts == {"n001": "=1+1 の<木陰>", "n002": "日よけ", "n005": "水飲み場"}
    assert {note["by"] for note in folded["notes"].values()} == {""}
    assert folded["members"] == folded["votes"] == {}
    assert folded["islands"]["i001"]["title"] == "日かげ & 風"
    assert {one["t"] for one in log["ops"]} <= {0, 1, 2, 3}  # not since it was planned
    assert "水場" not in json.dumps(log, ensure_ascii=False)


def test_the_whole_way_from_draft_to_published(
    workshop: Workshop, client: FlaskClient, browser_of: Browser, facilitator: Account
) -> None:
    url = exits(workshop)[0]
    chair = Visitor(browser_of(facilitator)).open(url)
    assert "まだ公表していません" in chair.text
    chair.follow("文を直す").press(
        "保存する", title="秋の広場の報告", closing="ありがとうございました。"
    )
    assert "秋の広場の報告" in chair.text
    chair.press("公表する")
    assert "公表しています" in chair.text
    visitor = Visitor(client).open(url)
    assert "秋の広場の報告" in visitor.text
    assert "公表の後に変えた" not in visitor.text
    chair.follow("文を直す").press("保存する", title="秋の広場のご報告")
    assert "公表の後に変えたところがあります" in visitor.open(url).text


def test_a_stale_form_shows_both_texts(
    workshop: Workshop, browser_of: Browser, officer: Account, facilitator: Account
) -> None:
    url = f"/w/{workshop.public_id}/record/edit"
    browser = browser_of(facilitator)
    assert browser.get(url).status_code == 200
    records.write(again(officer), again(workshop), title="先", lead="先の文", closing="", version=0)
    form = {"title": "後", "lead": "後の文", "closing": "", "version": "0"}
    answer = browser.post(url, data=form)
    assert answer.status_code == 409
    assert "先の文" in answer.text
    assert "後の文" in answer.text
    assert 'name="version" type="hidden" value="1"' in answer.text
    assert browser.post(url, data={**form, "version": "1"}).status_code == 303
    long = browser.post(url, data={**form, "version": "2", "lead": "あ" * 2_001})
    assert long.status_code == 422
    assert "2,000文字まで" in long.text


def test_a_lead_hides_a_note_of_a_record_and_shows_it_again(
    public: Workshop,
    client: FlaskClient,
    browser_of: Browser,
    facilitator: Account,
    stranger: Account,
) -> None:
    url, shown = f"/w/{public.public_id}/record/note/n002", exits(public)[0]
    assert client.get(url).status_code == 302
    assert browser_of(stranger).get(url).status_code == 403
    chair = Visitor(browser_of(facilitator)).open(url)
    assert chair.press("非公開にする", reason="").status == 422
    chair.press("非公開にする", reason="人が分かります")
    assert "日よけ" not in client.get(shown).text
    assert "人が分かります" in client.get("/moderation").text
    chair.open(url).press("表示に戻す", reason="まちがいでした")
    assert "日よけ" in client.get(shown).text
    assert chair.open(url.replace("n002", "none")).status == 404


def test_a_workshop_without_a_note_has_a_record_too(
    officer: Account, consultation: Consultation, client: FlaskClient
) -> None:
    empty = open_workshop(officer, consultation, plan={"tables": 1})
    workshops.close(officer, empty)
    records.publish(officer, again(empty), 0)
    for url in exits(again(empty)):
        assert client.get(url).status_code == 200
    assert "付せんは書かれませんでした" in client.get(exits(again(empty))[0]).text


def test_a_line_of_the_ledger_leads_to_the_note_once_the_record_is_public(
    workshop: Workshop, client: FlaskClient, officer: Account
) -> None:
    from sqlalchemy import select

    from ledger.models import Opinion

    line = db.session().scalars(select(Opinion).order_by(Opinion.seq)).first()
    assert line is not None
    url = f"/o/{line.public_id}"
    assert "/record#n-n001" not in client.get(url).text
    records.publish(again(officer), again(workshop), 0)
    assert "/record#n-n001" in client.get(url).text
    hidings.hide(again(officer), again(workshop), "n001", "人が分かります")
    assert "/record#n-n001" not in client.get(url).text


def test_everything_is_said_in_english_as_well(public: Workshop, client: FlaskClient) -> None:
    client.set_cookie("lang", "en")
    page = client.get(exits(public)[0]).text
    assert "How the day went" in page


def test_a_table_of_which_nothing_came_is_only_named(
    officer: Account, consultation: Consultation, client: FlaskClient
) -> None:
    workshop = open_workshop(officer, consultation, plan={"tables": 3})
    chair, (ann,) = lead(workshop, officer), join(workshop, ["けやき"])
    chair.do("phase.set", id="p4")
    ann.do("note.add", id="n001", text="木陰", color=1)
    workshops.close(again(officer), again(workshop))
    records.publish(again(officer), again(workshop), 0)
    here = f"/w/{again(workshop).public_id}/record"
    page = words(client, here)
    assert "付せんのない班：2班、3班" in page
    assert page.count("付せん 1枚、島 0") == 1
    assert "付せん 0枚" not in page + words(client, f"{here}.docx")
