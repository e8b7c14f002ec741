"""The rules of the house, judged on the code itself (ARCHITECTURE.md says why each is one)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from flask import Flask

from core import permissions
from core.cli import alembic_config
from core.config import ROOT

PACKAGES = ("core", "ledger", "moderation", "forum", "realtime", "analysis", "demo")
MODULES = sorted(p for name in PACKAGES for p in (ROOT / name).rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
SHARED_TEMPLATES = {"core/layout.html", "core/staff.html", "core/error.html"}
SHARED_SCRIPTS = {"core/page.js", "core/progress.js"}


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Every call in a module as (line, dotted name)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_only_core_db_commits() -> None:
    found = [
        f"{named(path)}:{line}"
        for path in MODULES
        if named(path) != "core/db.py"
        for line, name in calls(path)
        if name.endswith(".commit") and name != "writer.commit"  # Whoosh's index, no database
    ]
    assert found == []


def test_no_time_is_naive() -> None:
    """The clock is asked in one place only, and a naive datetime is made nowhere."""
    forbidden = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "utcnow")
    found = [
        f"{named(path)}:{line} {name}"
        for path in MODULES
        if named(path) != "core/clock.py"
        for line, name in calls(path)
        if name in forbidden
    ]
    assert found == []


def test_every_route_declares_a_permission_that_exists(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        declared = getattr(app.view_functions[rule.endpoint], "permission", None)
        assert declared is not None, f"{rule} declares no permission"
        assert permissions.declared(declared), f"{rule} needs {declared}, which nobody declared"


def test_every_socket_event_declares_a_permission_that_exists(app: Flask) -> None:
    from realtime import sockets

    handlers = sockets.handlers()
    assert handlers
    for event, handler in handlers.items():
        declared = getattr(handler, "permission", None)
        assert declared is not None, f"{event} declares no permission"
        assert permissions.declared(declared), f"{event} needs {declared}"


def test_reading_routes_do_not_write() -> None:
    """A view that answers GET calls no verb: writing is for POST."""
    verbs = re.compile(r"db\.transaction|\.append\(.*record")
    for path in (p for p in MODULES if "views" in named(p)):
        assert not verbs.search(path.read_text("utf-8")), f"{named(path)} writes by itself"


def test_templates_mirror_views(app: Flask) -> None:
    """A page's template is named like its view: templates/<package>/<view>.html."""
    views = {
        endpoint.replace(".", "/", 1) + ".html"
        for endpoint in app.view_functions
        if "." in endpoint
    }
    rendered = set()
    for path in MODULES:
        rendered |= set(re.findall(r'"((?:\w+)/(?:\w+)\.html)"', path.read_text("utf-8")))
    for path in TEMPLATES:
        name = str(path.relative_to(ROOT / "templates"))
        if path.name.startswith("_") or name in SHARED_TEMPLATES:
            continue
        assert name in views | rendered, f"no view draws {name}"
    there = {str(p.relative_to(ROOT / "templates")) for p in TEMPLATES}
    assert rendered <= there, f"views draw what is not there: {rendered - there}"


def test_scripts_belong_to_a_page() -> None:
    said = "".join(p.read_text("utf-8") for p in TEMPLATES)
    for path in SCRIPTS:
        name = str(path.relative_to(ROOT / "static" / "js"))
        imported = any(f"/{path.name}" in p.read_text("utf-8") for p in SCRIPTS if p != path)
        assert f"js/{name}" in said or imported or name in SHARED_SCRIPTS, f"{name} is used nowhere"
        assert "// @ts-check" in path.read_text("utf-8")[:200], f"{name} is not checked"
        assert ".innerHTML" not in path.read_text("utf-8"), f"{name} writes HTML from strings"


FOCUSABLE_FOLD = re.compile(
    r"<details\b[^>]*\btabindex"
    r"|\bh\(\s*[\"']details[\"']\s*,\s*\{[^}]*\btabindex"
    r"|\bdetails\.(?:tabindex\b|setAttribute\(\s*[\"']tabindex)",
    re.I,
)


def test_only_the_summary_of_a_fold_takes_the_focus() -> None:
    """A <details> with a tabindex is a stop of the Tab key at which nothing can be done."""
    found = []
    for path in [*TEMPLATES, *SCRIPTS]:
        text = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text("utf-8"), flags=re.S)
        found += [f"{named(path)}: {one}" for one in FOCUSABLE_FOLD.findall(text)]
    assert found == []
    for wrong in (
        '<details class="fold"\n tabindex="-1">',
        'h("details", { class: "isle", tabindex: 0 }, h("summary"))',
        "details.tabIndex = 0;",
        'details.setAttribute("tabindex", "0")',
    ):
        assert FOCUSABLE_FOLD.search(wrong)
    assert not FOCUSABLE_FOLD.search('<details><summary tabindex="0">')


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_templates_hold_no_inline_style_script_or_unsafe_text(path: Path) -> None:
    text = path.read_text("utf-8")
    html = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", text, flags=re.S)
    assert not re.search(r"\sstyle=\"|<style|\son[a-z]+=\"|javascript:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"\|\s*safe\b|autoescape false", text)


def test_every_japanese_sentence_of_a_template_can_be_translated() -> None:
    """No Japanese stands bare in a template: each sentence is in `_()` or `{% trans %}`."""
    for path in TEMPLATES:
        text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.S)
        text = re.sub(r"\{%-?\s*trans.*?endtrans.*?%\}", "", text, flags=re.S)
        text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.S)
        bare = re.findall(r"[ぁ-んァ-ヶ一-龠]{2,}", text)
        assert not bare, f"{named(path)}: {bare[:3]}"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_migrations_go_up_and_down_and_match_the_models(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path / 'up.db'}"
    else:
        url = request.getfixturevalue("fresh_postgres")
    config = alembic_config(url)
    command.upgrade(config, "head")
    command.check(config)
    command.downgrade(config, "base")
    command.upgrade(config, "head")


def test_the_readme_opens_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    first = readme.index("./dev run")
    assert first < readme.index("./dev test") < 600
