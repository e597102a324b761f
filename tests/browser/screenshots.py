"""Pictures for the documentation: a screenshot with 256 of its colours, a third of the size.

They are those that the caller wants, where they occur, and then the most frequent ones that differ from those before:
the shades at the edges of letters would else take the place of a colour that few pixels have.

Source: W3C, Portable Network Graphics (Third Edition), chapters 9 "Filtering" and 11 "Chunk specifications".
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHANNELS: Final = 3
_COLOURS: Final = 256
_ALIKE: Final = 6**2  # a square of a distance, of 255 for each of red, green and blue
_TRUE_COLOUR: Final = (8, 2, 0, 0, 0)
_INDEXED: Final = (8, 3, 0, 0, 0)


def small_png(screenshot: bytes, wanted: Iterable[bytes] = ()) -> bytes:
    """Return Chromium's screenshot with a palette that has the `wanted` colours (red, green, blue).

    Raises `ValueError` for a PNG of another kind.
    """
    chunks = list(_chunks(screenshot))
    width, height, *kind = struct.unpack(">IIBBBBB", chunks[0][1])
    if tuple(kind) != _TRUE_COLOUR:
        raise ValueError(f"not a PNG of true colour without transparency: {kind}")
    rows = list(_rows(zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT")), width=width))
    colours = Counter(colour for row in rows for colour in _pixels(row))
    palette = _palette(colours, wanted)
    index = {colour: _nearest(colour, palette) for colour in colours}
    lines = b"".join(b"\0" + bytes(index[colour] for colour in _pixels(row)) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, *_INDEXED)
    parts = ((b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _pixels(row: bytes) -> Iterable[bytes]:
    return (row[at : at + _CHANNELS] for at in range(0, len(row), _CHANNELS))


def _palette(colours: Counter[bytes], wanted: Iterable[bytes]) -> list[bytes]:
    palette = [colour for colour in dict.fromkeys(wanted) if colour in colours]
    for colour, _ in colours.most_common():
        if len(palette) == _COLOURS:
            break
        if all(_distance(colour, other) >= _ALIKE for other in palette):
            palette.append(colour)
    return palette


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    return min(range(len(palette)), key=lambda number: _distance(palette[number], colour))


def _distance(one: bytes, other: bytes) -> int:
    return sum((part - counterpart) ** 2 for part, counterpart in zip(one, other, strict=True))


def _rows(data: bytes, *, width: int) -> Iterator[bytes]:
    """Undo the filter of each row."""
    length = width * _CHANNELS
    before = bytes(length)
    for at in range(0, len(data), length + 1):
        row = bytearray(data[at + 1 : at + 1 + length])
        for byte in range(length):
            left = row[byte - _CHANNELS] if byte >= _CHANNELS else 0
            corner = before[byte - _CHANNELS] if byte >= _CHANNELS else 0
            row[byte] = (row[byte] + _predicted(data[at], left=left, up=before[byte], corner=corner)) & 0xFF
        before = bytes(row)
        yield before


def _predicted(kind: int, *, left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    paeth = min((left, up, corner), key=lambda value: abs(guess - value))
    return (0, left, up, (left + up) // 2, paeth)[kind]
