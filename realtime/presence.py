"""How many people have a topic open: told now and then, never at each coming and going."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

AT_MOST_EVERY = 2.0  # seconds: 200 people who arrive at once are one piece of news


class Presence:
    """Who listens to what. A signed-in person with three tabs is one; a visitor's tab is one.

    `tell(topic, count)` is called at most once in `AT_MOST_EVERY` for each topic, from a timer.
    """

    def __init__(self, tell: Callable[[str, int], None], *, every: float = AT_MOST_EVERY) -> None:
        self._tell = tell
        self._every = every
        self._here: dict[str, dict[str, str]] = defaultdict(dict)
        self._topics: dict[str, set[str]] = defaultdict(set)
        self._timers: dict[str, threading.Timer] = {}
        self._told: dict[str, int] = {}
        self._lock = threading.Lock()

    def came(self, topic: str, sid: str, who: str) -> None:
        """A connection listens to a topic; `who` is the same for all tabs of one person."""
        with self._lock:
            self._here[topic][sid] = who
            self._topics[sid].add(topic)
            self._soon(topic)

    def left(self, sid: str) -> None:
        """A connection is over."""
        with self._lock:
            for topic in self._topics.pop(sid, set()):
                self._here[topic].pop(sid, None)
                self._soon(topic)

    def count(self, topic: str) -> int:
        """How many people listen to a topic now."""
        with self._lock:
            return len(set(self._here.get(topic, {}).values()))

    def stop(self) -> None:
        """Say nothing more."""
        with self._lock:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    def _soon(self, topic: str) -> None:
        if topic in self._timers:
            return
        timer = self._timers[topic] = threading.Timer(self._every, self._say, [topic])
        timer.daemon = True
        timer.start()

    def _say(self, topic: str) -> None:
        with self._lock:
            self._timers.pop(topic, None)
            count = len(set(self._here.get(topic, {}).values()))
            if not self._here.get(topic):
                self._here.pop(topic, None)
                self._told.pop(topic, None)
                return
            if self._told.get(topic) == count:
                return
            self._told[topic] = count
        self._tell(topic, count)
