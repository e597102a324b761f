"""Screenshots with fewer colors: the colors of the style sheet remain."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from PIL import Image

from tests.browser.helpers import Color, reduce_colors

RED: Final = (143, 59, 14)
WHITE: Final = (255, 255, 255)


def png(row: Sequence[Color]) -> bytes:
    """Return a picture of one row."""
    image = Image.new("RGB", (len(row), 1))
    image.putdata(row)
    picture = BytesIO()
    image.save(picture, "PNG")
    return picture.getvalue()


def last_pixel(picture: bytes) -> object:
    image = Image.open(BytesIO(picture))
    assert image.mode == "P"
    return image.convert("RGB").getpixel((image.width - 1, 0))


def test_a_required_color_of_few_pixels_survives_among_many_shades() -> None:
    shades = [(red, green, 200) for red in range(0, 256, 8) for green in range(0, 256, 8)] * 2
    assert last_pixel(reduce_colors(png([*shades, RED]), [RED])) == RED


def test_shades_that_look_the_same_replace_no_other_color() -> None:
    shades = [(shade, shade, shade + blue) for shade in range(180) for blue in range(4)] * 2
    assert last_pixel(reduce_colors(png([*shades, RED]))) == RED


def test_a_required_color_is_not_replaced_by_a_similar_one() -> None:
    similar = [(250, 252, 252), (248, 255, 255), (255, 249, 250)] * 100
    assert last_pixel(reduce_colors(png([*similar, WHITE]), [WHITE])) == WHITE
