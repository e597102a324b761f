"""The validated request of `POST /upload`."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from shared.api import text_field
from shared.errors import ApiError, bad_request
from upload.file_name import get_extension, normalize_name
from upload.settings import Settings

_METADATA_SUFFIX = ".metadata.json"


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

    Raises `ApiError`: 400 `invalid_request` (a field missing, of the wrong type, or no usable name), 400
    `unsupported_type` (extension not allowed), 400 `type_mismatch` (content type is not the extension's), 413
    `too_large` (`fileSize` over the limit; S3 checks the real size again).
    """
    name = _read_name(body)
    content_type = _read_content_type(body, name=name, upload_types=settings.upload_types)
    _check_size(body.get("fileSize"), limit=settings.max_upload_bytes)
    return UploadRequest(name=name, content_type=content_type, upload_id=_read_upload_id(body))


def _read_name(body: Mapping[str, object]) -> str:
    name = normalize_name(text_field(body, "fileName"))
    if not name:
        raise bad_request("invalid_request", "fileName must have a name and an extension.")
    return name


def _read_content_type(body: Mapping[str, object], *, name: str, upload_types: Mapping[str, str]) -> str:
    extension = get_extension(name)
    # A `.metadata.json` file next to a document would control the document's metadata in the Knowledge Base.
    if extension not in upload_types or name.lower().endswith(_METADATA_SUFFIX):
        allowed = ", ".join(sorted(upload_types))
        raise bad_request("unsupported_type", f"Files of this type are not accepted. Accepted: {allowed}.")
    expected = upload_types[extension]
    if text_field(body, "fileType").lower() != expected.lower():
        raise bad_request("type_mismatch", f"fileType must be {expected} for a {extension} file.")
    return expected


def _read_upload_id(body: Mapping[str, object]) -> uuid.UUID:
    if body.get("uploadId") is None:
        return uuid.uuid4()
    try:
        return uuid.UUID(text_field(body, "uploadId"))
    except ValueError as error:
        raise bad_request("invalid_request", "uploadId must be a UUID.") from error


def _check_size(size: object, *, limit: int) -> None:
    if size is None:
        return
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise bad_request("invalid_request", "fileSize must be a whole number of bytes above 0.")
    if size > limit:
        raise ApiError(status=413, code="too_large", message=f"The file is larger than {limit} bytes.")
