"""How an opinion was handled (対応区分): fixed keys, and what each must say (law 2)."""

from __future__ import annotations

from enum import StrEnum

from core.messages import Message, _


class Disposition(StrEnum):
    REFLECTED = "reflected"
    PARTIALLY_REFLECTED = "partially_reflected"
    ALREADY_INCLUDED = "already_included"
    REFERENCE = "reference"
    NOT_REFLECTED = "not_reflected"
    ENDORSED = "endorsed"
    ANSWERED = "answered"
    OUT_OF_SCOPE = "out_of_scope"


LABELS: dict[str, Message] = {
    Disposition.REFLECTED: _("反映"),
    Disposition.PARTIALLY_REFLECTED: _("一部反映"),
    Disposition.ALREADY_INCLUDED: _("既に記載"),
    Disposition.REFERENCE: _("今後の参考"),
    Disposition.NOT_REFLECTED: _("反映しない"),
    Disposition.ENDORSED: _("賛同"),
    Disposition.ANSWERED: _("質問・感想"),
    Disposition.OUT_OF_SCOPE: _("対象外"),
}

# What a reader should take from the word, beside its figure.
MEANINGS: dict[str, Message] = {
    Disposition.REFLECTED: _("案を直しました"),
    Disposition.PARTIALLY_REFLECTED: _("ご意見の一部について、案を直しました"),
    Disposition.ALREADY_INCLUDED: _("同じ内容が案に書かれています（所を示します）"),
    Disposition.REFERENCE: _("これからの検討や取り組みに生かします"),
    Disposition.NOT_REFLECTED: _("反映できない理由を書きました"),
    Disposition.ENDORSED: _("案への賛同をいただきました"),
    Disposition.ANSWERED: _("お答えしました"),
    Disposition.OUT_OF_SCOPE: _("この案件の外のことなので、担当へ伝えました"),
}
CHANGED = frozenset({Disposition.REFLECTED, Disposition.PARTIALLY_REFLECTED})  # the draft changed

# What law 2 asks of an answer besides the ward's view: the field, and the sentence when it lacks.
NEEDS: dict[str, tuple[str, Message]] = {
    Disposition.REFLECTED: ("place", _("案を直した所を書いてください。")),
    Disposition.PARTIALLY_REFLECTED: ("place", _("案を直した所を書いてください。")),
    Disposition.ALREADY_INCLUDED: (
        "place",
        _("案のどこ（何ページ）に書いてあるかを書いてください。"),
    ),
    Disposition.NOT_REFLECTED: ("reason", _("反映しない理由を書いてください。")),
}


def missing(disposition: str, *, view: str, reason: str, place: str) -> list[tuple[str, Message]]:
    """What an answer still lacks before it can be published: (field, sentence) pairs."""
    found: list[tuple[str, Message]] = []
    if disposition not in LABELS:
        found.append(("disposition", _("対応区分を選んでください。")))
    if not view.strip():
        found.append(("view", _("区の考え方を書いてください。")))
    need = NEEDS.get(disposition)
    if need and not {"reason": reason, "place": place}[need[0]].strip():
        found.append(need)
    return found
