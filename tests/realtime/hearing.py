"""Connections without a network: what `live` tells each, in order, from the rooms they are in."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from typing import Any

import pytest

from realtime import seats, sockets
from realtime.models import Workshop
from realtime.seats import Seat


class Hall:
    """Stands in for Socket.IO: rooms, and everything that was put on each connection's line."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rooms: dict[str, set[str]] = defaultdict(set)
        self.heard: dict[str, list[tuple[str, str]]] = defaultdict(list)
        monkeypatch.setattr(sockets, "tell", self.tell)
        monkeypatch.setattr(sockets, "enter", self.enter)
        monkeypatch.setattr(sockets, "leave", self.leave)
        monkeypatch.setattr(seats, "_seats", {})

    def enter(self, room: str, sid: str) -> None:
        self.rooms[room].add(sid)

    def leave(self, room: str, sid: str) -> None:
        self.rooms[room].discard(sid)

    def tell(
        self, room: str, event: str, said: dict[str, Any], *, skip: Collection[str] = ()
    ) -> None:
        said_once = json.dumps(said, ensure_ascii=False)
        for sid in {room} | self.rooms[room]:
            if sid not in skip:
                self.heard[sid].append((event, said_once))

    def sit(self, workshop: Workshop, member: str, role: str, sid: str = "") -> str:
        sid = sid or f"sid-{member}"
        seats.take(sid, Seat(workshop.id, workshop.public_id, member, role))
        return sid

    def frames(self, sid: str) -> list[dict[str, Any]]:
        return [json.loads(said) for event, said in self.heard[sid] if event == "ops"]

    def effects(self, sid: str) -> list[dict[str, Any]]:
        return [op for frame in self.frames(sid) for op in frame["ops"]]
