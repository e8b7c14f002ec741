"""Voices: who said it, as a pseudonym that is the same within one consultation and only there."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from ledger.models import Consultation


def new_secret() -> str:
    """A consultation's secret, 256 bits in hex."""
    return secrets.token_hex(32)


def of(consultation: Consultation, identity: str) -> str:
    """The pseudonym of `identity` ("account:…", "submission:…", "sender:…"), 64 hex digits."""
    return hmac.new(
        bytes.fromhex(consultation.voice_secret), identity.encode(), hashlib.sha256
    ).hexdigest()
