"""Publishing, and the reports everybody reads."""

from __future__ import annotations
