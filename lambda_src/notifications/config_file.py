"""Read `config.json` by the rules of the page and of the operator's tool; all pass tests/routing_config_cases.json."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

MAX_BYTES: Final = 65_536
MAX_BRACKETS: Final = 100
MAX_GENERATION: Final = 10**12 - 1
_BLANKS: Final = " \t\r\n"
_API_URL: Final = re.compile(
    r"https://(?P<host>[a-z0-9.-]+)(?::443|(?P<port>:[0-9]{1,5}))?(?P<path>(?:/(?!\.{1,2}(?:/|$))[a-z0-9._~-]+)*)/?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a valid file says; a missing text is "". `generation` is None after a manual edit."""

    api_url: str
    fallback_api_url: str
    region: str
    role: str
    generation: int | None
    updated_at: str


def parse_config(body: bytes) -> Config:
    """Read a file as the page does. Raises `ValueError` with the reason if the page cannot read it."""
    text = body.decode("utf-8-sig", errors="replace")
    if len(text.encode()) > MAX_BYTES or text.count("{") + text.count("[") > MAX_BRACKETS:
        raise ValueError("it is too large, or too deep")
    document: Any = json.loads(text, parse_int=_parse_integer, parse_constant=_refuse_constant)
    api_url = normalize_api_url(document.get("apiUrl")) if isinstance(document, dict) else ""
    if not api_url:
        raise ValueError("it names no API URL")
    return Config(
        api_url=api_url,
        fallback_api_url=normalize_api_url(document.get("fallbackApiUrl")),
        region=_text(document.get("region")),
        role=_text(document.get("role")),
        generation=_generation(document.get("generation")),
        updated_at=_text(document.get("updatedAt")),
    )


def normalize_api_url(value: object) -> str:
    """Return the URL with its host in lower case and a slash at its end; "" for what is no URL of an API."""
    match = _API_URL.fullmatch(value.strip(_BLANKS)) if isinstance(value, str) else None
    if match is None:
        return ""
    return f"https://{match['host'].lower()}{match['port'] or ''}{match['path']}/"


def _generation(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_GENERATION:
        return None
    return int(value) if value == int(value) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _parse_integer(digits: str) -> float:
    # A number with thousands of digits is infinite in a browser; `int` would raise.
    return int(digits) if len(digits) < len(str(MAX_GENERATION)) + 2 else math.inf


def _refuse_constant(name: str) -> NoReturn:
    # Python reads NaN and Infinity; JSON and browsers do not.
    raise ValueError(name)
