"""What is settled about a room: read from a form, and said in words beside another's wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from core import clock, text
from core.errors import Invalid
from core.messages import Message, _
from forum.models import Checked, TopicsBy, Writers

RULE_LIMIT = 120
RULES_LIMIT = 20
TITLE_LIMIT = 120
PURPOSE_LIMIT = 2000

NAMES: dict[str, Message] = {
    "title": _("会議室の名前"),
    "purpose": _("目的"),
    "rules": _("会議室のきまり"),
    "writers": _("書ける人"),
    "checked": _("発言を確かめる時"),
    "topics_by": _("話題を開く人"),
    "has_stances": _("考えを示すボタン"),
}
CHOICES: dict[str, Message] = {
    Writers.ACCOUNT: _("登録した人"),
    Writers.GUEST: _("登録した人と、登録のない人"),
    Checked.AFTER: _("載せてから確かめます"),
    Checked.BEFORE: _("確かめてから載せます"),
    TopicsBy.WARD: _("区と進行役"),
    TopicsBy.RESIDENTS: _("区と進行役、区民"),
}
_STANCES = {True: _("使います"), False: _("使いません")}


def read(
    title: str,
    purpose: str,
    rules: Sequence[str],
    writers: str,
    checked: str,
    topics_by: str,
    has_stances: bool,
) -> dict[str, Any]:
    """The settings as a room keeps them; raises `Invalid` naming the field."""
    kept = [text.accepted("rules", rule, limit=RULE_LIMIT) for rule in rules if text.visible(rule)]
    if not kept or len(kept) > RULES_LIMIT:
        raise Invalid(
            "rules", _("きまりを1つから%(limit)sつまで書いてください。", limit=RULES_LIMIT)
        )
    return {
        "title": text.accepted("title", title, limit=TITLE_LIMIT),
        "purpose": text.accepted("purpose", purpose, limit=PURPOSE_LIMIT),
        "rules": kept,
        "writers": _chosen(Writers, "writers", writers),
        "checked": _chosen(Checked, "checked", checked),
        "topics_by": _chosen(TopicsBy, "topics_by", topics_by),
        "has_stances": bool(has_stances),
    }


def differing(was: Mapping[str, Any], wished: Mapping[str, Any]) -> tuple[str, str]:
    """What is settled and what somebody wishes, a line for each setting in which they differ."""
    names = [name for name in wished if was[name] != wished[name]]
    theirs, ours = (
        "\n".join(f"{NAMES[name]}：{in_words(name, values[name])}" for name in names)
        for values in (was, wished)
    )
    return theirs, ours


def in_words(name: str, value: Any) -> str:
    """One setting in words."""
    if name == "has_stances":
        return str(_STANCES[bool(value)])
    if name == "rules":
        return "／".join(value)
    return str(CHOICES.get(value, value)) if name not in {"title", "purpose"} else str(value)


def end(moment: datetime) -> str:
    """A room's end in words, short enough for a sentence."""
    local = clock.local(moment)
    return str(
        _(
            "%(year)s年%(month)s月%(day)s日 %(hour)s時%(minute)s分",
            year=local.year,
            month=local.month,
            day=local.day,
            hour=local.hour,
            minute=f"{local.minute:02d}",
        )
    )


def _chosen(of: type[StrEnum], field: str, value: str) -> str:
    try:
        return str(of(value))
    except ValueError as error:
        raise Invalid(field, _("どれか一つを選んでください。")) from error
