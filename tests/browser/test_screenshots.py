"""The pictures of the documentation: their colours are the style sheet's."""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

from tests.browser.screenshots import small_png

RED: Final = bytes((143, 59, 14))


def png(row: Sequence[bytes]) -> bytes:
    """Make a picture of one row as Chromium makes its screenshots."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", len(row), 1, 8, 2, 0, 0, 0)
    content = zlib.compress(b"\0" + b"".join(row))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def palette(picture: bytes) -> set[bytes]:
    start = picture.index(b"PLTE") + 4
    (length,) = struct.unpack(">I", picture[start - 8 : start - 4])
    return {picture[at : at + 3] for at in range(start, start + length, 3)}


def test_a_colour_of_few_pixels_survives_among_many_shades() -> None:
    shades = [bytes((red, green, 200)) for red in range(0, 256, 8) for green in range(0, 256, 8)] * 2
    assert RED in palette(small_png(png([*shades, RED]), [RED]))


def test_shades_that_nobody_tells_apart_take_the_place_of_no_other_colour() -> None:
    shades = [bytes((shade, shade, shade + blue)) for shade in range(180) for blue in range(4)] * 2
    assert RED in palette(small_png(png([*shades, RED])))
