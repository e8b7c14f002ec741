"""Files that wait between being handed in and being read in, each tied to who brought it and where.

They may hold names: only this process can read them, and they are gone after the import or a day.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core import db
from core.errors import NotFound
from core.messages import _
from core.permissions import require
from ledger import files
from ledger.models import Consultation

KEPT_SECONDS = 24 * 3600
_ID = re.compile(r"[0-9a-z]{26}")


@dataclass(frozen=True)
class Upload:
    """A file that was handed in; `public_id` becomes that of its import."""

    public_id: str
    name: str
    path: Path


def keep(
    actor: Any, consultation: Consultation, name: str, stream: BinaryIO, *, folder: Path
) -> Upload:
    """Put a file aside when it is a table that can be read; raises `files.Refused`."""
    require(actor, "opinions.import", consultation)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(folder)
    public_id = db.public_id()
    path = folder / public_id
    try:
        _write(path, stream)
        files.sheets(path)
    except files.Refused:
        path.unlink(missing_ok=True)
        raise
    label = {"account": actor.id, "consultation": consultation.id, "name": _base(name)}
    path.with_suffix(".json").write_text(json.dumps(label), encoding="utf-8")
    return Upload(public_id, label["name"], path)


def find(actor: Any, consultation: Consultation, public_id: str, *, folder: Path) -> Upload:
    """The file this very person brought for this consultation; raises `NotFound`."""
    path = folder / public_id
    if (
        not _ID.fullmatch(public_id)
        or not path.with_suffix(".json").is_file()
        or not path.is_file()
    ):
        raise NotFound(
            _(
                "読み込みを待つファイルがありません。一日たつと消えます。もう一度ファイルをお選びください。"
            )
        )
    label = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if (label["account"], label["consultation"]) != (actor.id, consultation.id):
        raise NotFound
    return Upload(public_id, label["name"], path)


def drop(upload: Upload) -> None:
    """Forget a file."""
    upload.path.with_suffix(".json").unlink(missing_ok=True)
    upload.path.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Forget every file that has waited for more than a day."""
    for path in folder.iterdir():
        if path.stat().st_mtime < time.time() - KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _write(path: Path, stream: BinaryIO) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    size = 0
    with os.fdopen(handle, "wb") as out:
        while block := stream.read(1 << 16):
            size += len(block)
            out.write(block)
            if size > files.MAX_BYTES:
                break  # files.sheets says so


def _base(name: str) -> str:
    """The file's own name, without a path or what a page can not show."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(ch for ch in last if ch.isprintable())[:200] or "file"
