"""What became of mine: by receipt number, or signed in."""

from __future__ import annotations
