"""Reads the demo's texts; their shape is described at the head of each file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

PASSWORD = "tomoni-demo-2026"
SHOWN = ("hachijudan", "suzume")  # residents to sign in as; of staff, everybody
FOLDER = Path(__file__).resolve().parent / "content"


def read(name: str) -> dict[str, Any]:
    """The parsed file `content/<name>.toml`."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
