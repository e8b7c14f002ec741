"""A published edition as files that others can work with: CSV for spreadsheets, JSON to verify."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from analysis import quotations
from core.messages import _
from ledger import editions
from ledger.dispositions import LABELS
from ledger.labels import CHANNELS, STATES
from ledger.models import Edition
from ledger.spreadsheets import csv_lines

_HEAD = (
    _("行"),
    _("台帳の番号"),
    _("章"),
    _("テーマ"),
    _("受け付けの方法"),
    _("ご意見"),
    _("いまの状態"),
    _("対応区分"),
    _("区の考え方"),
    _("反映しない理由"),
    _("案のどこ"),
    _("直す前"),
    _("直した後"),
    _("まとめて答えた件数"),
)


def csv_of(edition: Edition) -> str:
    """One row an opinion, copies too, each with its answer; what is not shown has no text."""
    return "".join(csv_lines(_rows(edition)))


def _rows(edition: Edition) -> Iterator[list[object]]:
    yield [str(name) for name in _HEAD]
    for group, voice in quotations.every(edition):
        yield [
            voice.number,
            voice.seq,
            voice.section or group.level1,
            "" if group.is_lone else group.title,
            str(CHANNELS[voice.channel]),
            voice.body,
            "" if voice.body is not None else str(STATES.get(voice.why, _("消去"))),
            str(LABELS[voice.disposition]),
            group.view,
            group.reason,
            group.place,
            group.before,
            group.after,
            group.opinion_count,
        ]


def json_of(edition: Edition) -> str:
    """What the hash covers, as it was, and the texts that are shown now with their salts.

    sha256(canonical(said)) is the edition's hash; sha256(salt NUL text) each line's commitment.
    """
    texts: dict[str, dict[str, Any]] = {}
    for _group, voice in quotations.every(edition):
        if voice.body is None:
            texts[voice.public_id] = {"state": voice.why}
        else:
            texts[voice.public_id] = {"text": voice.body, "salt": voice.salt}
    value = {"hash": edition.hash, "said": editions.said(edition), "texts": texts}
    return json.dumps(value, ensure_ascii=False, indent=1)
