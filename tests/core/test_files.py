"""Files people hand in: pictures drawn anew, names made fit, the words of PDFs."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from core import db, files, pdfs, pictures
from core.errors import Gone, Invalid
from core.views.files import disposition


def encoded(image: Image.Image, kind: str, **options: object) -> io.BytesIO:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return io.BytesIO(out.getvalue())


def said_of(picture: pictures.Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.content))


def photograph() -> io.BytesIO:
    """A red left half and a blue right half, lying on its side, taken somewhere."""
    image = Image.new("RGB", (80, 40), "red")
    image.paste((0, 0, 255), (40, 0, 80, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be seen upright, turn it to the right
    exif[0x010E] = "けやき坂1-2-3"
    exif.get_ifd(0x8825)[2] = (35.0, 41.0, 22.0)
    return encoded(image, "JPEG", exif=exif, comment=b"secret", quality=95)


def test_a_photograph_loses_where_it_was_taken_and_stands_upright() -> None:
    drawn = pictures.reencode(photograph(), longest=2000)
    assert (drawn.media_type, drawn.width, drawn.height) == ("image/jpeg", 40, 80)
    seen = said_of(drawn)
    assert not dict(seen.getexif())
    assert "comment" not in seen.info
    assert b"secret" not in drawn.content
    red, blue = seen.getpixel((20, 5)), seen.getpixel((20, 75))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 200 > red[2]
    assert blue[2] > 200 > blue[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_is_made_no_longer_than_asked(kind: str) -> None:
    drawn = pictures.reencode(encoded(Image.new("RGB", (900, 300), "teal"), kind), longest=300)
    assert (drawn.width, drawn.height) == (300, 100)
    assert said_of(drawn).size == (300, 100)


def test_a_small_picture_is_not_blown_up() -> None:
    drawn = pictures.reencode(encoded(Image.new("RGB", (30, 20)), "PNG"), longest=2000)
    assert (drawn.width, drawn.height) == (30, 20)


def test_of_a_moving_picture_the_first_frame_stays() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    seen = said_of(pictures.reencode(moving, longest=100))
    assert getattr(seen, "n_frames", 1) == 1
    assert seen.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_what_can_be_seen_through_stays_so() -> None:
    drawn = pictures.reencode(encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG"), longest=99)
    assert said_of(drawn).getpixel((4, 4)) == (0, 0, 0, 0)


def test_a_grey_of_16_bits_keeps_its_tone() -> None:
    drawn = pictures.reencode(encoded(Image.new("I;16", (9, 9), 32768), "PNG"), longest=99)
    assert said_of(drawn).convert("L").getpixel((4, 4)) in (127, 128)


def bomb() -> bytes:
    """A PNG of 48 kilobytes whose header says 400 million pixels."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(2501 * 20_000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"BM" + bytes(60),
        b"\x89PNG\r\n\x1a\nbroken",
        b"\xff\xd8\xff" + b"x" * 200,
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"GIF89a",
    ],
    ids=["nothing", "svg", "html", "bmp", "png", "jpeg", "webp", "gif"],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        pictures.reencode(io.BytesIO(content), longest=2000, field="image")
    assert refused.value.field == "image"


def test_a_picture_that_unfolds_to_fill_all_memory_is_refused() -> None:
    with pytest.raises(Invalid, match="4,000万画素"):
        pictures.reencode(io.BytesIO(bomb()), longest=2000)


def test_a_large_file_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LARGEST", 1024 * 1024)
    with pytest.raises(Invalid, match="1メガバイト"):
        pictures.reencode(io.BytesIO(b"\xff\xd8\xff" + bytes(1024 * 1024)), longest=2000)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("時刻表.PDF", "時刻表.pdf"),
        ("C:\\docs\\../けいかく案.pdf", "けいかく案.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("時刻表\u202efdp.exe", "時刻表fdp.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
        ("", "file.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("か\u3099.pdf", "が.pdf"),
    ],
)
def test_a_name_is_fit_for_an_address_and_a_disk(given: str, kept: str) -> None:
    assert files.fit_name(given, "application/pdf") == kept


def test_a_name_in_any_script_reaches_the_readers_disk() -> None:
    header = disposition("attachment", '資料 3"停留所".pdf')
    assert header.startswith("attachment; ")
    assert "filename*=UTF-8''%E8%B3%87%E6%96%99%203%22" in header
    assert header.isascii()
    assert '"資' not in header
    assert 'filename="file.pdf"' in disposition("attachment", "時刻表.pdf")


def test_what_was_erased_is_gone_and_its_hash_stays(database: Flask) -> None:
    with db.transaction():
        file = files.store(b"%PDF-1.7 words", "application/pdf", "案.pdf")
    assert files.content(file) == b"%PDF-1.7 words"
    with db.transaction():
        files.erase(file)
    with pytest.raises(Gone):
        files.content(file)
    count = select(func.count()).select_from(files.StoredContent)
    assert db.session().scalar(count) == 0
    assert file.sha256 == files.digest(b"%PDF-1.7 words")


def test_only_known_kinds_of_files_are_kept(database: Flask) -> None:
    with pytest.raises(ValueError, match="svg"), db.transaction():
        files.store(b"<svg/>", "image/svg+xml", "x.svg")


def test_a_broken_pdf_has_no_words_and_harms_nobody() -> None:
    assert pdfs.words(b"%PDF-1.4 broken") == ""


def test_a_page_that_calls_itself_a_pdf_is_none() -> None:
    assert pdfs.is_pdf(b"\xef\xbb\xbf%PDF-1.7")
    assert not pdfs.is_pdf(b"<html><!-- %PDF-1.7 -->")
