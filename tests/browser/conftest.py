"""A real site for the browser: database, worker and gunicorn as `./dev run` starts them.

The demo ward fills it, so that pages are looked at with believable content.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from core.config import ROOT

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)
BIN = Path(sys.executable).parent
PATIENCE_MS = 15_000  # three windows beside other work on two cores: a page may take seconds
expect.set_options(timeout=PATIENCE_MS)
TOKYO = ZoneInfo("Asia/Tokyo")


def _chromium() -> str:
    named = os.environ.get("TOMONI_CHROMIUM", "")
    return named or shutil.which("chromium") or shutil.which("google-chrome") or ""


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    path = _chromium()
    if not path and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed; ./dev test says how")
    return {"executable_path": path, "args": FLAGS.split(), "headless": True}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {
        "locale": "ja-JP",
        "timezone_id": "Asia/Tokyo",
        "viewport": {"width": 1440, "height": 900},
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo ward."""
    folder = tmp_path_factory.mktemp("site")
    port = _free_port()
    env = {
        **os.environ,
        "TOMONI_DATA_DIR": str(folder),
        "TOMONI_DEMO": "1",
        "TOMONI_BASE_URL": f"http://127.0.0.1:{port}",
    }
    flask = [str(BIN / "flask"), "--app", "wsgi"]
    for command in (["db", "upgrade"], ["demo", "fill"]):
        subprocess.run([*flask, *command], cwd=ROOT, env=env, check=True, timeout=170)
    gunicorn = [str(BIN / "gunicorn"), "--config", "gunicorn.conf.py"]
    log = (folder / "log").open("w")
    running = [
        subprocess.Popen([*flask, "worker"], cwd=ROOT, env=env, stdout=log, stderr=log),
        subprocess.Popen(
            [*gunicorn, "--bind", f"127.0.0.1:{port}", "wsgi:app"],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
        ),
    ]
    address = f"http://127.0.0.1:{port}"
    _wait_for(f"{address}/healthz")
    yield address
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait(timeout=20)
    log.close()
    assert "Traceback" not in (folder / "log").read_text("utf-8")


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


def _is_expected(said: str) -> bool:
    """What the browser notes by itself: a page that was refused, or asked for without a line."""
    return "status of" in said or "ERR_INTERNET_DISCONNECTED" in said


class Eyes:
    """What a page must never have: an axe finding, sideways scroll, a word in the console."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seen: set[str] = set()
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda said: (
                self.errors.append(said.text)
                if said.type == "error" and not _is_expected(said.text)
                else None
            ),
        )

    def look(self, name: str) -> None:
        """Judge the page as it stands now."""
        self.seen.add(name)
        self.page.wait_for_load_state("load")  # a page is readable before its style sheet is there
        found = Axe().run(
            self.page,
            options={
                "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
                "resultTypes": ["violations"],  # what passed is not listed: half the time
            },
        )
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{name} is {wide} px wider than the window"
        assert self.errors == [], f"{name}: {self.errors}"


@pytest.fixture
def eyes(page: Page) -> Eyes:
    return Eyes(page)


class Keyboard:
    """A person without a mouse: Tab until something has the focus, then type or press."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, selector: str, *, tabs: int = 500) -> None:
        """Press Tab until an element that matches `selector` has the focus."""
        target = self.page.locator(selector)
        target.first.wait_for(state="attached")
        for _ in range(tabs):
            if target.evaluate_all("all => all.includes(document.activeElement)"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard never reaches {selector} on {self.page.url}")

    def press(self, selector: str, key: str = "Enter") -> None:
        self.to(selector)
        self.page.keyboard.press(key)

    def follow(self, selector: str) -> None:
        """Press Enter on a link or button and wait for the page it leads to."""
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, selector: str, text: str) -> None:
        self.to(selector)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


class Line:
    """Every frame that comes to a window over its live connection."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[str] = []
        page.on("websocket", lambda line: line.on("framereceived", self._heard))

    def _heard(self, frame: str | bytes) -> None:
        self.frames.append(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))

    def says(self, word: str) -> None:
        """Wait until a frame says this: what is seen may be there before its frame is counted."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while not any(word in frame for frame in self.frames):
            assert time.monotonic() < until, f"no frame says {word}"
            self.page.wait_for_timeout(50)

    def never_said(self, *words: str) -> None:
        """Raise if any of these words came in any frame so far."""
        found = [(word, frame) for frame in self.frames for word in words if word in frame]
        assert found == []
        assert any('"ops"' in frame for frame in self.frames), "nothing was listened to"


class Person:
    """One person's window, eyes and keyboard."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.eyes = Eyes(self.page)
        self.keys = Keyboard(self.page)
        self.line = Line(self.page)
        self.site = site

    def tab(self) -> Person:
        """Another tab of the same browser."""
        return Person(self.page.context, self.site)

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    def sign_in(self, name: str) -> None:
        self.open("/sign-in")
        self.keys.follow(f"button:has-text('{name}')")

    def awaits(self, path: str, selector: str, text: str) -> Locator:
        """Open a page without scripts until the worker has written what it is to show."""
        found = self.page.locator(selector, has_text=text)
        until = time.monotonic() + 20
        self.open(path)
        while found.count() == 0 and time.monotonic() < until:
            self.page.reload()
        assert found.count(), f"{path} never shows {text}"
        return found.first

    def post(self, text: str) -> Locator:
        """The post of the thread that says `text`."""
        return self.page.locator("#thread > li.said", has_text=text)

    def say(self, text: str) -> None:
        """Write in the topic that is open, and send it."""
        self.keys.type("#write textarea[name=body]", text)
        self.keys.follow("#write button[type=submit]")

    def more(self, number: int, word: str) -> None:
        """Follow `word` of what one can do with a post, behind its "more" button."""
        self.keys.press(f"#p-{number} summary[data-focus=more]")
        self.keys.follow(f"#p-{number} .post__menu :is(a, button):has-text('{word}')")


@pytest.fixture
def people(browser: Browser, site: str, browser_context_args: dict[str, Any]) -> Any:
    made: list[BrowserContext] = []

    def person(**more: Any) -> Person:
        context = browser.new_context(**{**browser_context_args, **more})
        made.append(context)
        return Person(context, site)

    yield person
    for context in made:
        context.close()


def phone(width: int) -> dict[str, Any]:
    """A window of this width; a narrow one is a phone that is touched."""
    return {"viewport": {"width": width, "height": 740}, "has_touch": width < 768}


def room_path(person: Person, title: str) -> str:
    person.open("/rooms")
    path = person.page.locator("main a", has_text=title).first.get_attribute("href")
    assert path is not None
    return path


def open_topic(host: Person, room: str, title: str) -> str:
    """A topic of its own for one test: pages stay short, and no test meets another's posts.

    `room` is a title or a path; the host leaves, not to be counted among those who are here.
    """
    host.open(f"{room if room.startswith('/') else room_path(host, room)}/topics/new")
    host.keys.type("input[name=title]", title)
    host.keys.type("textarea[name=question]", "この話題は、ためしに置いた問いです。")
    host.keys.follow("main form button[type=submit]")
    path = urlsplit(host.page.url).path
    host.page.goto("about:blank")
    return path


def fill_topic(person: Person, path: str, count: int) -> None:
    """Set a scene of many posts, without typing each."""
    person.open(path)
    token = person.page.locator("#write [name=csrf_token]").input_value()
    for number in range(1, count + 1):
        form = {
            "csrf_token": token,
            "key": f"scene-{number}",
            "body": f"{number}番目の発言です。" * 5,
        }
        assert person.page.request.post(person.site + path, form=form).ok
    person.page.reload()


def moment(days: float) -> str:
    return f"{(datetime.now(UTC) + timedelta(days=days)).astimezone(TOKYO):%Y-%m-%dT%H:%M}"


def open_room(officer: Person, title: str) -> str:
    """A room of its own for one test, in the demo's open discussion."""
    officer.open("/desk/c/bus/rooms/new")
    officer.keys.type("input[name=title]", title)
    officer.keys.type("textarea[name=purpose]", "ためしに開いた会議室です。")
    officer.keys.type("textarea[name=rules]", "第1条　一つの発言には、一つのことを書きます。")
    for name, days in (("opens_at", -0.01), ("closes_at", 3)):
        officer.keys.to(f"input[name={name}]")
        officer.page.fill(f"input[name={name}]", moment(days))  # parts of a date are the browser's
    officer.keys.follow("main form button[type=submit]")
    return urlsplit(officer.page.url).path
