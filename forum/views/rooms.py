"""Rooms, topics, posts."""

from __future__ import annotations
