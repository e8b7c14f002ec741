"""Taking a whole room along: everybody can, from the first day on."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import IO, cast

from flask import Response

from core import web
from core.auth import limiter
from core.errors import TooMany
from core.web import permits
from forum import queries
from forum.views import bp
from forum.views.archives import IN_MEMORY, Archive

WAIT = 20.0  # seconds; a room of 10,000 posts takes two
CHUNK = 256 * 1024
_turn = Lock()  # one at a time: packing is work of the processor, and reading must stay fast


@bp.get("/rm/<public_id>/export.zip")
@permits("public")
@limiter.limit("60 per hour")  # whoever waits for their turn holds a thread
def room_export(public_id: str) -> Response:
    """The room as everybody may read it now, packed before the first byte is sent.

    The database is let go before a slow line has taken everything.
    """
    room = queries.room(public_id)
    if not _turn.acquire(timeout=WAIT):
        raise TooMany
    folder = str(web.settings().data_dir)
    packed = cast(IO[bytes], SpooledTemporaryFile(IN_MEMORY, dir=folder))  # noqa: SIM115 below
    try:
        Archive(room, packed, web.settings().base_url).pack()
    except BaseException:
        packed.close()
        raise
    finally:
        _turn.release()
    size = packed.tell()
    packed.seek(0)
    answer = Response(_chunks(packed), content_type="application/zip")
    answer.content_length = size
    answer.headers["Content-Disposition"] = f'attachment; filename="room-{public_id}.zip"'
    answer.call_on_close(packed.close)
    return answer


def _chunks(packed: IO[bytes]) -> Iterator[bytes]:
    with packed:
        while chunk := packed.read(CHUNK):
            yield chunk
