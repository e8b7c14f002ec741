"""The ledger's fixed keys in the words people read: channels, states, stages."""

from __future__ import annotations

from core.messages import Message, _
from ledger.models import Channel, Stage, State

CHANNELS: dict[str, Message] = {
    Channel.ROOM: _("電子会議室"),
    Channel.WORKSHOP: _("ワークショップ"),
    Channel.WEB: _("ウェブの意見書"),
    Channel.EMAIL: _("電子メール"),
    Channel.FAX: _("ファクス"),
    Channel.POST: _("郵送"),
    Channel.COUNTER: _("窓口"),
    Channel.IMPORT: _("ファイルの読み込み"),
}

STATES: dict[str, Message] = {
    State.COUNTED: _("数えた"),
    State.HELD: _("確認待ち"),
    State.WITHHELD: _("非公開"),
    State.WITHDRAWN: _("取り下げ"),
    State.SUPERSEDED: _("書き直し・分割"),
}

STAGES: dict[str, Message] = {
    Stage.DISCOVERY: _("課題発見"),
    Stage.DRAFTING: _("立案"),
    Stage.DECISION: _("決定"),
    Stage.IMPLEMENTATION: _("実施"),
    Stage.EVALUATION: _("評価"),
}


def stage_number(stage: str) -> int:
    """Which of the five stages this is; 1 is the first."""
    return [str(key) for key in STAGES].index(stage) + 1
