"""Order keys: letters that say where a note stands on its island, with room between any two."""

from __future__ import annotations

import re

KEY = re.compile(r"[0-9A-Za-z]{1,60}")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def between(low: str, high: str) -> str:
    """A key that sorts after `low` and before `high` ("" is no bound); both of [0-9A-Za-z].

    Fractional indexing (Figma, 2017): room is found by one more letter where there is none.
    """
    place = 0
    key = ""
    while True:
        a = _DIGITS.index(low[place]) if place < len(low) else 0
        b = _DIGITS.index(high[place]) if place < len(high) else len(_DIGITS)
        if b - a > 1:
            return key + _DIGITS[(a + b) // 2]
        key += _DIGITS[a]
        if b - a == 1:
            high = ""  # below the next letter everything is free
        place += 1
