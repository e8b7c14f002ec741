"""Public comment: write, check, receipt."""

from __future__ import annotations
