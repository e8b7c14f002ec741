"""A record as a file for spreadsheets: every note with where it stood and what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from core import clock
from core.messages import Message, _
from ledger.spreadsheets import csv_lines
from realtime.told import (
    ERASED,
    HIDDEN,
    WITHDRAWN,
    IslandTold,
    LinkTold,
    NoteTold,
    SumTold,
    TalkTold,
    Told,
)

WHY: dict[str, Message] = {
    HIDDEN: _("非公開"),
    WITHDRAWN: _("取り下げ"),
    ERASED: _("消去"),
}
_HEAD = (
    *(_("付せん"), _("班"), _("島"), _("問い"), _("色"), _("色の意味"), _("横"), _("縦"), _("票")),
    *(_("いまの状態"), _("同じ付せん"), _("コメント"), _("台帳の番号"), _("書いた時刻")),
)


def csv_of(told: Told) -> str:
    """One row a note, copies too; what is not shown has no text."""
    return "".join(csv_lines(_rows(told)))


def talk_words(talk: TalkTold) -> str:
    """What a comment says, or that it is not shown."""
    return talk.text if talk.text is not None else f"（{WHY[HIDDEN]}）"


def link_words(link: LinkTold) -> str:
    """The word on a line in brackets, or that it is not shown; "" where there is none."""
    said = str(WHY[HIDDEN]) if link.reason else link.word
    return f"（{said}）" if said else ""


def sum_words(summary: SumTold) -> str:
    """A summary, or that it is not shown."""
    return summary.text or f"（{WHY[HIDDEN]}）"


def heading_words(island: IslandTold) -> str:
    """What stands over an island, where everything must have a heading."""
    if island.reason:
        return str(_("見出し（非公開）"))
    return island.title or str(_("見出しのない島"))


def _rows(told: Told) -> Iterator[list[object]]:
    yield [str(name) for name in _HEAD]
    for table in told.tables:
        for island in table.islands:
            for note in island.notes:
                yield _row(told, note, table.title, island.title)
        for note in table.loose:
            yield _row(told, note, table.title, "")


def _row(told: Told, note: NoteTold, table: str, island: str) -> list[object]:
    asked = told.workshop.questions
    return [
        note.text,
        table,
        island,
        asked[note.question] if note.question < len(asked) else "",
        note.color,
        note.meant,
        note.x,
        note.y,
        note.votes,
        str(WHY[note.why]) if note.why else str(_("数えた")),
        str(_("はい")) if note.is_copy else "",
        "\n".join(talk_words(talk) for talk in note.talks),
        note.seq,
        f"{clock.local(note.said_at):%Y-%m-%d %H:%M}",
    ]
