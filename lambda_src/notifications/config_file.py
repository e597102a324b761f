"""SHIM until the shared package is merged."""

import json
import re
from dataclasses import dataclass
from typing import Any

_API_URL = re.compile(
    r"https://(?P<host>[a-z0-9.-]+)(?::443|(?P<port>:[0-9]{1,5}))?(?P<path>(?:/(?!\.{1,2}(?:/|$))[a-z0-9._~-]+)*)/?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, kw_only=True)
class Config:
    api_url: str
    generation: int | None
    updated_at: str


def parse_config(body: bytes) -> Config:
    document: Any = json.loads(body.decode("utf-8-sig", errors="replace"))
    if not isinstance(document, dict):
        raise ValueError("no object")
    url = document.get("apiUrl")
    match = _API_URL.fullmatch(url.strip()) if isinstance(url, str) else None
    if match is None:
        raise ValueError("no API URL")
    generation = document.get("generation")
    if isinstance(generation, bool) or not isinstance(generation, int) or generation < 1:
        generation = None
    updated = document.get("updatedAt")
    return Config(
        api_url=f"https://{match['host'].lower()}{match['port'] or ''}{match['path']}/",
        generation=generation,
        updated_at=updated if isinstance(updated, str) else "",
    )
