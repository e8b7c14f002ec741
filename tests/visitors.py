"""A browser without JavaScript: opens pages, follows links, fills forms as they were drawn.

It sends what the page's own form would send, hidden fields and CSRF token included, so a journey
through it fails when a page is wrong, not only when a view is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict


@dataclass
class Form:
    action: str = ""
    method: str = "get"
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str, str]] = field(default_factory=list)  # text name value action


class _Reader(HTMLParser):
    """Collects forms, links and the text of one page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[list[str]] = []
        self.by_id: dict[str, Form] = {}
        self.words: list[str] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self._into: tuple[str, Any] | None = None
        self._select: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if tag == "form":
            self._form = self.by_id.setdefault(given["id"], Form()) if "id" in given else Form()
            self._form.action = given.get("action", "")
            self._form.method = given.get("method", "get").lower()
            self.forms.append(self._form)
        form = self.by_id.setdefault(given["form"], Form()) if "form" in given else self._form
        if tag == "a" and "href" in given:
            self.links.append([given["href"], ""])
            self._open.append("a")
        if form is None or "disabled" in given:
            return
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in {"checkbox", "radio"}:
                if "checked" in given:
                    form.values.append((name, value or "on"))
            elif kind not in {"submit", "button", "file", "image"}:
                form.values.append((name, value))
        elif tag == "textarea" and name:
            form.values.append((name, ""))
            self._into = ("textarea", form)
        elif tag == "select" and name:
            self._select = {"form": form, "name": name, "first": None, "chosen": []}
        elif tag == "option" and self._select is not None:
            if self._select["first"] is None:
                self._select["first"] = value
            if "selected" in given:
                self._select["chosen"].append(value)
        elif tag == "button" and given.get("type", "submit") == "submit":
            form.buttons.append(("", name, value, given.get("formaction", "")))
            self._into = ("button", form)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in {"textarea", "button"}:
            self._into = None
        elif tag == "a" and self._open:
            self._open.pop()
        elif tag == "select" and self._select is not None:
            kept = self._select
            for value in kept["chosen"] or [kept["first"] or ""]:
                kept["form"].values.append((kept["name"], value))
            self._select = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._open:
            self.links[-1][1] += data
        if self._into and self._into[0] == "textarea":
            name, value = self._into[1].values[-1]
            self._into[1].values[-1] = (name, value + data)
        elif self._into:
            text, name, value, action = self._into[1].buttons[-1]
            self._into[1].buttons[-1] = (text + data, name, value, action)


class Visitor:
    """One person's browser; `status` and `text` are of the page they look at."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.url = "/"
        self.status = 0
        self.text = ""
        self.html = ""

    def open(self, url: str) -> Visitor:
        return self._see(self.client.get(self._path(url), follow_redirects=True))

    def follow(self, words: str) -> Visitor:
        """Open the first link whose text holds `words`."""
        for href, said in self._page.links:
            if words in "".join(said.split()):
                return self.open(href)
        raise AssertionError(f"no link 「{words}」 on {self.url}")

    def press(self, button: str, /, _files: dict[str, Any] | None = None, **fields: Any) -> Visitor:
        """Press the first button whose text holds `button`, after filling fields of its form.

        A list chooses several values of one name; None leaves a field out. Field names with a dash
        are written with two underscores.
        """
        for form in self._page.forms:
            for said, name, value, action in form.buttons:
                if button in "".join(said.split()):
                    data = _filled(form, {k.replace("__", "-"): v for k, v in fields.items()})
                    if name:
                        data.add(name, value)
                    return self._send(form, action or form.action, data, _files)
        raise AssertionError(f"no button 「{button}」 on {self.url}")

    def _send(
        self, form: Form, action: str, data: MultiDict[str, Any], files: dict[str, Any] | None
    ) -> Visitor:
        path = self._path(action or self.url)
        if form.method == "get":
            return self._see(self.client.get(path, query_string=data, follow_redirects=True))
        for name, file in (files or {}).items():
            data.add(name, file)
        return self._see(
            self.client.post(
                path,
                data=data,
                follow_redirects=True,
                content_type="multipart/form-data" if files else None,
            )
        )

    def _path(self, url: str) -> str:
        parts = urlsplit(urljoin(f"http://localhost{self.url}", url))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _see(self, response: Any) -> Visitor:
        self.status = response.status_code
        self.html = response.get_data(as_text=True)
        asked = response.request
        self.url = asked.path + (f"?{asked.query_string.decode()}" if asked.query_string else "")
        self._page = _Reader()
        self._page.feed(self.html)
        self.text = "".join("".join(self._page.words).split())
        return self


def _filled(form: Form, fields: dict[str, Any]) -> MultiDict[str, Any]:
    data: MultiDict[str, Any] = MultiDict()
    for name, value in form.values:
        if name not in fields:
            data.add(name, value)
    for name, value in fields.items():
        if value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            data.add(name, one)
    return data
