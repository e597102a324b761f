"""The normal form of an API's URL, as in `frontend/routing-config.js`. Both pass tests/routing_config_cases.json."""

import re
from typing import Final

_BLANKS: Final = " \t\r\n"
_API_URL: Final = re.compile(
    r"https://(?P<host>[a-z0-9.-]+)(?::443|(?P<port>:[0-9]{1,5}))?(?P<path>(?:/(?!\.{1,2}(?:/|$))[a-z0-9._~-]+)*)/?",
    re.IGNORECASE | re.ASCII,
)


def normalize_api_url(value: object) -> str:
    """Return the URL with its host in lower case, without the default port, and with a slash at its end.

    Surrounding blanks are removed. Returns "" for a value that is not an HTTPS URL, or that has credentials, a query, a
    fragment, an escape or a dot segment: neither the page nor the tool calls such a URL.
    """
    match = _API_URL.fullmatch(value.strip(_BLANKS)) if isinstance(value, str) else None
    if match is None:
        return ""
    return f"https://{match['host'].lower()}{match['port'] or ''}{match['path']}/"
