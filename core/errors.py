"""What can go wrong in the domain, and how each is answered over HTTP.

Every error carries a sentence for the person at the screen: what happened and what to do next.
"""

from __future__ import annotations

from core.messages import Message, _


class DomainError(Exception):
    """A rule of the platform refused an act; `status` is how the web layer answers."""

    status = 400

    def __init__(self, message: Message | None = None) -> None:
        self.message = message or self.default()
        super().__init__(self.message)

    def default(self) -> Message:
        return _("この操作はできませんでした。もう一度お試しください。")


class Forbidden(DomainError):
    """The actor may not do this; what exists but may not be seen raises `NotFound` instead."""

    status = 403

    def default(self) -> Message:
        return _("この操作は、担当の方だけができます。")


class NotFound(DomainError):
    """Absent and invisible look alike."""

    status = 404

    def default(self) -> Message:
        return _(
            "住所（URL）がちがうか、場所が変わったようです。ご意見や答えが消えることはありません。"
        )


class Gone(DomainError):
    """It was here and is not shown any more; the message says why."""

    status = 410


class Stale(DomainError):
    """Someone else changed it first: `current` is what is stored, `yours` what was sent."""

    status = 409

    def __init__(self, current: str = "", yours: str = "") -> None:
        self.current = current
        self.yours = yours
        super().__init__()

    def default(self) -> Message:
        return _(
            "同じ欄が、先に書きかわりました。あなたの文は、まだ保存していません。"
            "いまの文と見くらべて、もう一度保存してください。"
        )


class Conflict(DomainError):
    """The thing is not in a state that allows this act."""

    status = 409


class Invalid(DomainError):
    """One field of what was sent can not be accepted."""

    status = 422

    def __init__(self, field: str, message: Message) -> None:
        self.field = field
        super().__init__(message)


class Closed(DomainError):
    """The phase or room does not take this act now; nothing that was typed is lost."""

    status = 403


class TooMany(DomainError):
    """Tried too often in a short time."""

    status = 429

    def default(self) -> Message:
        return _("短い時間に何度もお試しになりました。少し待ってから、もう一度お試しください。")
