"""The reports everybody reads: the list, each edition, and its files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response, render_template, request, url_for
from markupsafe import escape

from analysis import edition_maps, exports, publications
from analysis.publications import GROUPS
from analysis.quotations import Sieve
from analysis.views import bp
from core import record, text, web
from core.errors import NotFound
from core.web import permits
from ledger import editions
from ledger.dispositions import LABELS, MEANINGS
from ledger.labels import CHANNELS, STATES
from ledger.models import Edition

CHANGES = 10  # changed places on one page
OPINIONS = 50  # opinions of one theme on one page


@bp.route("/reports")
@permits("public")
def reports() -> str:
    """What the ward answered, newest first."""
    page = web.page_of(publications.published_count(), 20)
    found = publications.published(offset=page.offset, limit=page.size)
    cards = [(one, handled(one), periods(one)) for one in found]
    return render_template(
        "analysis/reports.html",
        cards=cards,
        page=page,
        page_url=lambda n: url_for("analysis.reports", page=n),
    )


@bp.route("/r/<public_id>")
@permits("public")
def report(public_id: str) -> str:
    """The newest edition of a report."""
    return _page("analysis/report.html", editions.find(public_id))


@bp.route("/r/<public_id>/<int(max=2147483647):number>")
@permits("public")
def edition(public_id: str, number: int) -> str:
    """One edition of a report, the same for good."""
    return _page("analysis/edition.html", editions.find(public_id, number))


@bp.route("/r/<public_id>/<int(max=2147483647):number>.csv")
@permits("public")
def report_csv(public_id: str, number: int) -> Response:
    """An edition for spreadsheets, UTF-8 with BOM."""
    found = editions.find(public_id, number)
    return _file(exports.csv_of(found), "text/csv", f"report-{public_id}-{number}.csv")


@bp.route("/r/<public_id>/<int(max=2147483647):number>.json")
@permits("public")
def report_json(public_id: str, number: int) -> Response:
    """An edition for programs, with all that is needed to verify it."""
    found = editions.find(public_id, number)
    return _file(exports.json_of(found), "application/json", f"report-{public_id}-{number}.json")


def _file(body: str, kind: str, name: str) -> Response:
    response = Response(body, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(template: str, shown: Edition) -> str:
    log = publications.editions_of(shown.report)
    common = {
        "edition": shown,
        "figures": shown.figures,
        "newest": log[0],
        "channel_labels": CHANNELS,
        "state_labels": STATES,
        "disposition_labels": LABELS,
        "here": lambda **more: _address(shown, **more),
        "pages": {
            "themes": lambda n: _address(shown, "themes", page=n),
            "lone": lambda n: _address(shown, "few", lone=n),
            "changes": lambda n: _address(shown, "changes", changes=n),
            "group": lambda n: _address(shown, page=n, group=request.args["group"]),
        },
    }
    if "group" in request.args:
        return render_template(template, **common, **_one_group(shown))
    return render_template(template, **common, **_whole(shown, log))


def _whole(shown: Edition, log: list[Edition]) -> dict[str, Any]:
    sieve = _sieve()
    theme_total = publications.count(shown, is_lone=False, sieve=sieve)
    themes = web.page_of(theme_total, GROUPS)
    lone_total = publications.count(shown, is_lone=True, sieve=sieve)
    lone = web.page_of(lone_total, GROUPS, name="lone")
    changed = publications.changes(shown)
    changes = web.page_of(len(changed), CHANGES, name="changes")
    return {
        "sieve": sieve,
        "counts": handled(shown),
        "chart": edition_maps.chart(shown),
        "map_url": _map_url(shown),
        "periods": periods(shown),
        "themes": publications.passages(shown, is_lone=False, sieve=sieve, offset=themes.offset),
        "theme_page": themes,
        "theme_total": theme_total,
        "lone": publications.passages(shown, is_lone=True, sieve=sieve, offset=lone.offset),
        "lone_page": lone,
        "lone_total": lone_total,
        "changes": changed[changes.offset : changes.offset + CHANGES],
        "change_page": changes,
        "change_total": len(changed),
        "log": [(one, _differences(older, one)) for one, older in _with_older(log)],
        "removals": publications.removals(shown),
        **_embed_lines(shown),
        "record_head": record.head(),
        "is_verified": editions.holds(shown) if "verify" in request.args else None,
    }


def _map_url(shown: Edition) -> Any:
    """From the map a theme opens with all its opinions; lone ones are in their own part."""

    def url(topic: Any, _where: str = "") -> str:
        if topic is None:
            return _address(shown, "few")
        return _address(shown, group=int(topic.public_id))

    return url


def _one_group(shown: Edition) -> dict[str, Any]:
    """All opinions under one answer, page by page."""
    number = request.args.get("group", type=int)
    group = publications.group(shown, number) if number and number < 2**31 else None
    if group is None:
        raise NotFound
    page = web.page_of(publications.texts_in(group), OPINIONS)
    passage = publications.passage(group, offset=page.offset, limit=page.size)
    return {"only": passage, "only_page": page}


def _sieve() -> Sieve:
    disposition = request.args.get("disposition", "")
    words = text.folded(request.args.get("q", "")[:200])[:50]
    return Sieve(disposition if disposition in LABELS else "", words)


def _address(shown: Edition, anchor: str = "", **more: Any) -> str:
    """This page with other values: what the reader looks for is kept."""
    kept = {k: v for k, v in request.args.items() if k in ("q", "disposition") and v}
    values: dict[str, Any] = {**kept, **more}
    if request.endpoint == "analysis.edition":
        values["number"] = shown.number
    endpoint = request.endpoint or "analysis.report"
    return url_for(endpoint, public_id=shown.report.public_id, _anchor=anchor or None, **values)


def handled(shown: Edition) -> list[tuple[str, Any, int, Any]]:
    """Rows for the bar and the table: key, word, 件, meaning, in the fixed order."""
    found = shown.figures["by_disposition"]
    return [(key, LABELS[key], found.get(key, 0), MEANINGS[key]) for key in LABELS]


def periods(shown: Edition) -> list[tuple[str, datetime, datetime, int]]:
    """When people could speak: title, first and last day, how many days."""
    rows = []
    for one in shown.figures["periods"]:
        opens, closes = (datetime.fromisoformat(one[key]) for key in ("opens_at", "closes_at"))
        last = closes - timedelta(seconds=1)  # half-open: "0:00 on the 4th" is spoken "the 3rd"
        rows.append((one["title"], opens, last, (last - opens).days + 1))
    return rows


def _with_older(log: list[Edition]) -> list[tuple[Edition, Edition | None]]:
    return list(zip(log, [*log[1:], None], strict=True))


_COMPARED = ("people", "submissions", "counted", "changed_places")


def _differences(older: Edition | None, newer: Edition) -> list[tuple[str, int, int]]:
    """The figures of the head that a correction changed: (figure, before, after)."""
    if older is None:
        return []
    pairs = [(key, older.figures[key], newer.figures[key]) for key in _COMPARED]
    return [(key, was, now) for key, was, now in pairs if was != now]


def _embed_lines(shown: Edition) -> dict[str, str]:
    """The lines of HTML that people copy into pages of theirs: this edition, or the newest."""
    report, title = shown.report, escape(shown.figures["title"])

    def line(endpoint: str, **values: Any) -> str:
        url = web.absolute(endpoint, **values)
        size = 'width="100%" height="460" loading="lazy"'
        return f'<iframe src="{url}" title="{title}" {size}></iframe>'

    pinned = {"public_id": report.public_id, "number": shown.number}
    return {
        "embed_line": line("analysis.embed_edition", **pinned),
        "embed_newest": line("analysis.embed", slug=report.consultation.slug),
    }
