"""Who is told what happened on a board, and who follows it inside the transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from realtime.asks import Row

if TYPE_CHECKING:
    from realtime.owners import Owner

Told = Callable[["Owner", list[Row]], None]
Noted = Callable[[int, list[Row]], None]
tellers: list[Told] = []
noters: list[Noted] = []


def tell_by(teller: Told) -> None:
    """Call `teller` with an owner and its new rows after each commit, in order."""
    if teller not in tellers:
        tellers.append(teller)


def note_by(noted: Noted) -> None:
    """Call `noted` with a board's id and its new rows inside the transaction that writes them."""
    if noted not in noters:
        noters.append(noted)
