"""One line of HTML in somebody else's page."""

from __future__ import annotations
