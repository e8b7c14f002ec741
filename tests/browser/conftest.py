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
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from core.config import ROOT

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)
BIN = Path(sys.executable).parent


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
                if said.type == "error" and "status of" not in said.text
                else None
            ),
        )

    def look(self, name: str) -> None:
        """Judge the page as it stands now."""
        self.seen.add(name)
        found = Axe().run(
            self.page,
            options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]},
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
