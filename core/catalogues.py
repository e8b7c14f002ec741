"""Message catalogues: `python -m core.catalogues` compiles, `--update` extracts, `--check` judges.

The msgid is the Japanese sentence. A catalogue is complete when every sentence is translated.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from core.config import ROOT

OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do", "trimmed": "true"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
PACKAGES = ("core", "ledger", "moderation", "forum", "realtime", "analysis", "templates")
CATALOGUES = ROOT / "translations"


def extracted() -> Catalog:
    """Every sentence the code and the templates say, by package."""
    catalog = Catalog(project="tomoni", charset="utf-8")
    for package in PACKAGES:
        methods = [("**.html", "jinja2")] if package == "templates" else [("**.py", "python")]
        options = {"**.html": OPTIONS["templates/**.html"]}
        found = extract_from_dir(ROOT / package, methods, options, keywords=KEYWORDS)
        for name, _line, message, _comments, _context in found:
            catalog.add(message, locations=[(f"{package}/{name}", 0)])
    return catalog


def files() -> list[Path]:
    return sorted(CATALOGUES.glob("*/LC_MESSAGES/messages.po"))


def compile_all() -> None:
    """Write each .mo that is older than its .po."""
    for path in files():
        target = path.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < path.stat().st_mtime:
            with path.open("rb") as source, target.open("wb") as compiled:
                write_mo(compiled, read_po(source))


def update_all() -> None:
    """Bring each .po up to date, keeping translations and dropping what is no longer said."""
    template = extracted()
    for path in files():
        with path.open("rb") as source:
            catalog = read_po(source)
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        said = BytesIO()
        write_po(said, catalog, width=0, sort_output=True, no_location=True, omit_header=False)
        path.write_bytes(said.getvalue())


def missing() -> list[tuple[str, str]]:
    """(catalogue, sentence) pairs that have no translation."""
    template, found = extracted(), []
    for path in files():
        with path.open("rb") as source:
            catalog = read_po(source)
        for message in template:
            if not message.id:
                continue
            there = catalog.get(message.id if isinstance(message.id, str) else message.id[0])
            if (
                there is None
                or not there.string
                or (not isinstance(there.string, str) and not all(there.string))
            ):
                found.append((path.parent.parent.name, str(message.id)))
    return found


def main(arguments: list[str]) -> int:
    if "--update" in arguments:
        update_all()
    compile_all()
    lacking = missing() if "--check" in arguments else []
    for language, sentence in lacking:
        sys.stderr.write(f"{language}: not translated: {sentence}\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
