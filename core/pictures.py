"""Pictures people send are drawn anew: what a page shows is pixels, and nothing else of the file.

EXIF (with the place it was taken), comments, further frames and whatever hides behind the pixels
stay behind. SVG and HTML are no pictures here.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import IO

from PIL import Image, ImageCms, ImageOps

from core.errors import Invalid
from core.messages import Message, _

LARGEST = 15 * 1024 * 1024
MOST_PIXELS = 40_000_000  # decoded 160 MB at four bytes each; a phone takes 12 to 50 million
_KINDS = ("JPEG", "PNG", "WEBP", "GIF")
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)
_SMOOTH = {"RGB", "RGBA", "L", "CMYK"}  # can be made smaller before anything else is done
_SHARP_LIMIT = 1_500_000  # a drawing larger than this as PNG is a photograph


@dataclass(frozen=True)
class Picture:
    """A picture as it is served: JPEG, PNG or WebP."""

    content: bytes
    media_type: str
    width: int
    height: int


def is_picture(head: bytes) -> bool:
    """Whether a file begins like a picture that `reencode` takes."""
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")) or (
        head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    )


def reencode(stream: IO[bytes], *, longest: int, field: str = "file") -> Picture:
    """The picture in `stream` drawn anew, upright, its longer side at most `longest` pixels.

    Takes JPEG, PNG, WebP and the first frame of a GIF. Raises `Invalid` naming `field`. Takes up
    to seconds: call it before the transaction.
    """
    raw = stream.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Invalid(
            field,
            _(
                "画像は%(limit)sメガバイトまでです。小さくしてから、もう一度お選びください。",
                limit=LARGEST // 1024**2,
            ),
        )
    if not is_picture(raw[:16]):
        raise Invalid(field, _("画像は、JPEG、PNG、WebP、GIFのどれかでお選びください。"))
    try:
        return _draw(raw, longest, field)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(field, _too_many()) from error
    except _BROKEN as error:
        raise Invalid(
            field, _("画像を開けませんでした。こわれていないか、お確かめください。")
        ) from error


def flattened(content: bytes) -> bytes:
    """A picture of ours as every document holds it: JPEG, what was see-through now white."""
    with Image.open(io.BytesIO(content), formats=_KINDS) as image:
        seen = image.convert("RGBA")
    sheet = Image.new("RGB", seen.size, "white")
    sheet.paste(seen, mask=seen)
    return _encoded(sheet, is_photograph=True)[0]


def _too_many() -> Message:
    return _(
        "画像の縦と横が大きすぎます。%(limit)s万画素までにしてください。",
        limit=f"{MOST_PIXELS // 10_000:,}",
    )


def _draw(raw: bytes, longest: int, field: str) -> Picture:
    with Image.open(io.BytesIO(raw), formats=_KINDS) as image:
        if image.width * image.height > MOST_PIXELS:  # said in the header: nothing is decoded yet
            raise Invalid(field, _too_many())
        is_photograph = image.format in {"JPEG", "MPO"}
        if is_photograph:
            image.draft(None, (longest, longest))  # a large JPEG is decoded at half size or less
        image.load()
        if image.mode in _SMOOTH:
            image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
        drawn = _upright(_in_srgb(image))
    drawn.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    drawn.info.clear()  # Pillow writes comments and profiles it finds here into the new file
    content, media_type = _encoded(drawn, is_photograph)
    return Picture(content, media_type, drawn.width, drawn.height)


def _in_srgb(image: Image.Image) -> Image.Image:
    """As RGB or RGBA in the colours every screen knows; a profile nobody understands is ignored."""
    if image.has_transparency_data:
        return _converted(image, "RGBA")
    if image.mode.startswith("I"):  # 16 bits of grey: Pillow would turn all but black white
        return _converted(image.convert("I").point(lambda v: v * (1 / 257)).convert("L"), "RGB")
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            known = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            seen = ImageCms.profileToProfile(
                image, known, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            seen = None
        if seen is not None:
            return seen
    return _converted(image, "RGB")


def _converted(image: Image.Image, mode: str) -> Image.Image:
    """Converted, with what the file said of its orientation."""
    turned = image.convert(mode)
    turned.info = dict(image.info)
    return turned


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:  # an EXIF block that can not be read says nothing about what is up
        return image


def _encoded(image: Image.Image, is_photograph: bool) -> tuple[bytes, str]:
    out = io.BytesIO()
    if not is_photograph:
        image.save(out, "PNG", optimize=image.width * image.height < 1_000_000)
        if out.tell() <= _SHARP_LIMIT:
            return out.getvalue(), "image/png"
        out = io.BytesIO()
    if image.mode == "RGBA":
        image.save(out, "WEBP", quality=86, method=4)
        return out.getvalue(), "image/webp"
    image.save(out, "JPEG", quality=86, optimize=True, progressive=True)
    return out.getvalue(), "image/jpeg"
