"""What a channel asks before it takes a text. A text is refused only for what the contract names:
controls, lone surrogates, nothing visible, too long. Opinions are never refused for what they say.
"""

from __future__ import annotations

from core import text


def admit(field: str, said: str, *, limit: int) -> str:
    """The text as it may be published; raises `Invalid` naming `field`."""
    return text.accepted(field, said, limit=limit)
