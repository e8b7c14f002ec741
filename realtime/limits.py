"""How much a board takes: letters, things on it, units from its middle, colours, tables."""

from __future__ import annotations

NOTE_LIMIT = 100
TITLE_LIMIT = 60
TALK_LIMIT = 200
SUM_LIMIT = 1_000
REASON_LIMIT = 200
NOTES = 3_000  # on one board
ISLANDS = 600
LINKS = 600
EDGE = 100_000  # units from the middle of the board
COLORS = range(1, 5)
TABLES = 60
