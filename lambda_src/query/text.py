"""The texts of a question and of its history.

The API's schema has the same rules (`constructs/warm_standby/api/definition.py`), and a test compares the two.
"""

import re
from collections.abc import Mapping

from shared.api import text_field
from shared.errors import bad_request

# Bedrock refuses a text of nothing but these: Unicode's categories control (NUL), format (zero width space), and the
# three kinds of space, up to U+FFFF. API Gateway's regular expressions may see UTF-16 units, which cannot tell the
# format characters above apart.
VISIBLE = (
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u2064\u2066-\u206f\u3000\ufeff\ufff9-\ufffb]"
)
_VISIBLE = re.compile(VISIBLE)


def has_visible_character(text: str) -> bool:
    """Return whether a text has more than spaces, control and format characters."""
    return bool(_VISIBLE.search(text))


def read_text(body: Mapping[str, object], name: str, *, longest: int) -> str:
    """Read a field that must be a text of at most `longest` characters (code points), and return it trimmed.

    Raises `ApiError` 400 `invalid_request`: no string, no visible character, or too long before it is trimmed.
    """
    text = text_field(body, name)
    if len(text) > longest:
        raise bad_request("invalid_request", f"{name} must have at most {longest} characters.")
    if not has_visible_character(text):
        raise bad_request("invalid_request", f"{name} must have at least one visible character.")
    return text.strip()
