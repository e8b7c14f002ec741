"""The words of a PDF, read in a process of its own: a file can be made to take all time and memory.

Run as `python -m core.pdfs`, it reads a PDF from its input and writes the words as UTF-8.
"""

from __future__ import annotations

import io
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

MAX_PAGES = 300
MAX_CHARACTERS = 200_000
SECONDS = 10  # reading stops after the page in hand
_KILLED_AFTER = 15
_MEMORY = 1024 * 1024 * 1024
_ROOT = Path(__file__).resolve().parent.parent
_UNKEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def is_pdf(head: bytes) -> bool:
    """Whether a file begins like a PDF; some programs put a byte order mark or blanks before it."""
    return head[:64].lstrip(b"\xef\xbb\xbf\r\n\t \0").startswith(b"%PDF-")


def words(content: bytes) -> str:
    """The words of a PDF, at most `MAX_CHARACTERS`; "" when there are none that can be read.

    Takes up to fifteen seconds: call it before the transaction.
    """
    try:
        read = subprocess.run(
            [sys.executable, "-m", "core.pdfs"],
            input=content,
            capture_output=True,
            timeout=_KILLED_AFTER,
            cwd=_ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return read.stdout.decode("utf-8", "replace") if read.returncode == 0 else ""


def extracted(content: bytes) -> str:
    """What `words` answers, read here and now; raises whatever the reader of PDFs raises."""
    from pypdf import PdfReader

    began, kept, length = time.monotonic(), [], 0
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return ""
    for number, page in enumerate(reader.pages):
        if number >= MAX_PAGES or length >= MAX_CHARACTERS or time.monotonic() - began > SECONDS:
            break
        said = _UNKEPT.sub("", page.extract_text()).strip()
        kept.append(said)
        length += len(said) + 1
    return "\n".join(part for part in kept if part)[:MAX_CHARACTERS]


def main() -> None:
    """Read standard input, write the words to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_KILLED_AFTER, _KILLED_AFTER))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.stdout.buffer.write(extracted(sys.stdin.buffer.read()).encode())


if __name__ == "__main__":
    main()
