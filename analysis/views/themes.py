"""The themes desk."""

from __future__ import annotations
