"""The validated request of `POST /upload`."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from shared.api import optional_text_field, text_field
from shared.errors import ApiError, bad_request
from upload.file_name import get_extension, normalize_name
from upload.settings import Settings

_METADATA_SUFFIX = ".metadata.json"
# The form of RFC 9562. Python's own reader also takes braces, underscores and digits of other scripts.
_UUID = re.compile("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True, kw_only=True)
class UploadRequest:
    """A file that may be uploaded: its safe name, the content type that S3 requires, and the upload's id.

    A caller that repeats an upload sends the same id and gets the same key, in the other region too.
    """

    name: str
    content_type: str
    upload_id: uuid.UUID


def read_upload_request(body: Mapping[str, object], settings: Settings) -> UploadRequest:
    """Validate `fileName`, `fileType`, and the optional `fileSize` (bytes) and `uploadId` (a UUID; default: a new one).

    Raises `ApiError`: 400 `invalid_request` (a field missing, of the wrong type or form), 400 `unusable_name` (no name
    or no extension), 400 `unsupported_type` (extension not allowed), 400 `type_mismatch` (content type is not the
    extension's), 413 `too_large` (`fileSize` over the limit; S3 checks the real size again).
    """
    file_name, file_type = text_field(body, "fileName"), text_field(body, "fileType")
    upload_id, size = _read_upload_id(body), _read_size(body.get("fileSize"))
    name = normalize_name(file_name)
    if not name:
        raise bad_request("unusable_name", "fileName must have a name and an extension.")
    content_type = _check_content_type(file_type, name=name, upload_types=settings.upload_types)
    if size > settings.max_upload_bytes:
        message = f"The file is larger than {settings.max_upload_bytes} bytes."
        raise ApiError(status=413, code="too_large", message=message)
    return UploadRequest(name=name, content_type=content_type, upload_id=upload_id)


def _check_content_type(file_type: str, *, name: str, upload_types: Mapping[str, str]) -> str:
    extension = get_extension(name)
    # A `.metadata.json` file next to a document would control the document's metadata in the Knowledge Base.
    if extension not in upload_types or name.lower().endswith(_METADATA_SUFFIX):
        allowed = ", ".join(sorted(upload_types))
        raise bad_request("unsupported_type", f"Files of this type are not accepted. Accepted: {allowed}.")
    expected = upload_types[extension]
    if file_type.strip().lower() != expected.lower():
        raise bad_request("type_mismatch", f"fileType must be {expected} for a {extension} file.")
    return expected


def _read_upload_id(body: Mapping[str, object]) -> uuid.UUID:
    upload_id = optional_text_field(body, "uploadId")
    if upload_id is None:
        return uuid.uuid4()
    if not _UUID.fullmatch(upload_id):
        raise bad_request("invalid_request", "uploadId must be a UUID.")
    return uuid.UUID(upload_id)


def _read_size(size: object) -> int:
    """Read a size in bytes, 0 if the caller sent none."""
    if size is None:
        return 0
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise bad_request("invalid_request", "fileSize must be a whole number of bytes above 0.")
    return size
