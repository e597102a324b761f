"""The ids of documents in the API, and the token of the next page.

An uploaded document has its UUID. An object that an operator put under `uploads/` has `key-` and its encoded key: it is
listed and opened, and deleted by the operator only, because its key may be used again.
"""

import base64
import binascii

from shared.documents import DOCUMENTS_PREFIX, document_id, is_document_id
from shared.errors import ApiError, bad_request

_KEY_MARK = "key-"


def public_id(key: str) -> str:
    """Return the id of the document with this key."""
    return document_id(key) or f"{_KEY_MARK}{encode(key.removeprefix(DOCUMENTS_PREFIX))}"


def key_of_other(identifier: str) -> str:
    """Return the key of an object that an operator put there; "" if the id is no such one."""
    if not identifier.startswith(_KEY_MARK):
        return ""
    try:
        rest = decode(identifier.removeprefix(_KEY_MARK))
    except ValueError:
        return ""
    return f"{DOCUMENTS_PREFIX}{rest}" if rest else ""


def require_known_form(identifier: str) -> None:
    """Raise `ApiError` 404 `unknown_document` for an id that no document has."""
    if not is_document_id(identifier) and not key_of_other(identifier):
        raise unknown_document()


def unknown_document() -> ApiError:
    """Return the error for an id without a document in this region."""
    return ApiError(status=404, code="unknown_document", message="There is no such document here.")


def read_token(token: str) -> str:
    """Return the key after which the next page begins; "" for the first page. Raises `ApiError` 400."""
    try:
        return decode(token)
    except ValueError as error:
        raise bad_request("invalid_request", "next is not the token of a page.") from error


def encode(text: str) -> str:
    """Return the text in characters that need no escape in a URL."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str) -> str:
    """Return the text that `encode` encoded. Raises `ValueError`."""
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded.encode(), altchars=b"-_", validate=True).decode()
    except binascii.Error as error:
        raise ValueError(text) from error
