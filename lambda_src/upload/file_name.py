r"""File names from users' computers, made safe for an S3 key.

Letters, marks and digits of any script, and `` -_.()'!,+``, are kept. Control characters and direction overrides are
removed. Every other character becomes `_`, because it is on S3's list of characters to avoid or to handle with care.
Also, S3 itself would replace `${filename}` in a name inside a POST form. (Source: docs.aws.amazon.com, Amazon S3,
Naming Amazon S3 objects; Browser-based uploads using POST.)
"""

import re
import unicodedata

MAX_NAME_BYTES = 200

_KEPT_CATEGORIES = frozenset("LMN")
_KEPT_CHARACTERS = frozenset(" -_.()'!,+")


def normalize_name(name: str) -> str:
    """Return the file name for a key: NFC, no path, extension in lower case, at most 200 bytes of UTF-8.

    Returns "" if the name has no stem or no extension.
    """
    last_part = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    safe = "".join(_safe_character(character) for character in last_part)
    collapsed = re.sub(r"\s+", " ", safe).strip(" ")
    stem, _, suffix = collapsed.rpartition(".")
    extension = f".{suffix.lower()}"
    stem_bytes = max(MAX_NAME_BYTES - len(extension.encode()), 0)
    shortened = stem.strip(" .").encode()[:stem_bytes].decode(errors="ignore").rstrip(" .")
    return shortened + extension if shortened and suffix else ""


def get_extension(name: str) -> str:
    """Return a normalized name's extension with its dot."""
    return name[name.rindex(".") :]


def _safe_character(character: str) -> str:
    category = unicodedata.category(character)
    if character in _KEPT_CHARACTERS or category[0] in _KEPT_CATEGORIES:
        return character
    if category[0] == "Z" or character in "\t\n\r":
        return " "
    return "" if category[0] == "C" else "_"
