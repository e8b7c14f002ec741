"""Days as people write them in tables: 2026/11/20, 令和8年11月20日 10:30, R8.11.20."""

from __future__ import annotations

import re
from datetime import datetime

from core import clock, text

_BEGAN = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
_DAY = re.compile(
    r"(?P<era>令和|平成|昭和|[RHS])? ?(?P<year>\d{1,4}|元) ?[年/.\-] ?"
    r"(?P<month>\d{1,2}) ?[月/.\-] ?"
    r"(?P<day>\d{1,2}) ?日? ?(?:\([月火水木金土日](?:曜日?)?\))?"
    r"(?:[T ]*(?P<hour>\d{1,2}) ?[:時] ?(?P<minute>\d{1,2})? ?分?"
    r"(?::(?P<second>\d{1,2})(?:\.\d+)?)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


def read(said: str) -> datetime:
    """The moment a cell names, aware; without a zone it is Tokyo's. Raises ValueError otherwise."""
    match = _DAY.fullmatch(text.folded(said))
    if match is None:
        raise ValueError(said)
    era, year = match["era"], match["year"]
    if era:
        number = _BEGAN[era.upper()] + (1 if year == "元" else int(year))
    elif len(year) == 4:
        number = int(year)
    else:
        raise ValueError(said)
    zone = (
        datetime.fromisoformat(f"2000-01-01T00:00{match['zone']}").tzinfo if match["zone"] else None
    )
    return datetime(
        number,
        int(match["month"]),
        int(match["day"]),
        int(match["hour"] or 0),
        int(match["minute"] or 0),
        int(match["second"] or 0),
        tzinfo=zone or clock.TOKYO,
    )
