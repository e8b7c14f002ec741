"""How a file is served, whoever it belongs to.

Whether it may be seen is asked by the view of the thing it belongs to.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import request
from werkzeug.wrappers import Response

from core import files
from core.files import StoredFile

# Opened by itself a file runs nothing, asks nothing and is in no origin.
_CSP = "default-src 'none'; sandbox"


def served(file: StoredFile) -> Response:
    """A file for a reader who may see it: pictures in the page, everything else to be kept.

    The browser asks each time whether it still may, and is spared the content it has.
    """
    response = Response(status=200, mimetype=file.media_type)
    response.set_etag(file.sha256)
    headers = response.headers
    headers["Cache-Control"] = "private, no-cache"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = _CSP
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.if_none_match.contains(file.sha256):
        response.status_code = 304
        return response
    kind = "inline" if file.media_type.startswith("image/") else "attachment"
    headers["Content-Disposition"] = disposition(kind, file.name)
    response.set_data(files.content(file))
    return response


def disposition(kind: str, name: str) -> str:
    """Content-Disposition with the name in any script (RFC 6266, 5987), and in ASCII."""
    plain = name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "").strip()
    plain = plain if plain.strip("._- ") and not plain.startswith(".") else f"file{_ending(name)}"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _ending(name: str) -> str:
    return name[name.rfind(".") :] if "." in name else ""
