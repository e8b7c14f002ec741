"""Home, consultation, the public ledger, one opinion."""

from __future__ import annotations
