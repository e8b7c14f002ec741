"""The desk's first two steps: what came in, and reading in files."""

from __future__ import annotations
