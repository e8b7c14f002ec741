"""Sentences for people, kept as message ids until somebody's language is known.

The msgid is the Japanese sentence. `core.i18n` installs the translator; without one (a verb
called in a test or a script) the Japanese sentence is what is said.
"""

from __future__ import annotations

from collections.abc import Callable

Translator = Callable[[str], str]
_translate: list[Translator] = []


class Message:
    """A translatable sentence with its values; `str()` says it in the reader's language."""

    __slots__ = ("msgid", "values")

    def __init__(self, msgid: str, values: dict[str, object]) -> None:
        self.msgid = msgid
        self.values = values

    def __str__(self) -> str:
        said = _translate[-1](self.msgid) if _translate else self.msgid
        return said % self.values if self.values else said

    def __repr__(self) -> str:
        return f"Message({self.msgid!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return (self.msgid, self.values) == (other.msgid, other.values)

    def __hash__(self) -> int:
        return hash(self.msgid)

    def __html__(self) -> str:
        """Let templates print a message like any text, escaped."""
        from markupsafe import escape

        return escape(str(self))


def _(msgid: str, **values: object) -> Message:
    """Mark a Japanese sentence for translation; `%(name)s` stands for a value."""
    return Message(msgid, values)


def install(translator: Translator) -> None:
    """Let messages speak through `translator`; called once by `core.i18n`."""
    _translate[:] = [translator]
