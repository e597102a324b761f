"""The one exception that becomes an error answer."""


class ApiError(Exception):
    """An answer other than success: HTTP status, a stable code, a message that is safe to show.

    `retry_after` is in seconds and becomes the `Retry-After` header.
    """

    def __init__(self, *, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def bad_request(code: str, message: str) -> ApiError:
    """Make the error for a request that the caller has to change (400)."""
    return ApiError(status=400, code=code, message=message)
