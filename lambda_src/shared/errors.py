"""The API's errors: the one exception that becomes an error answer, and what AWS's errors become.

The caller gets a status and a code, and nothing about our insides.

Error names: docs.aws.amazon.com, Amazon Bedrock API Reference, Converse, Retrieve, ListIngestionJobs ("Errors").
"""

from botocore.exceptions import BotoCoreError, ClientError

THROTTLING = frozenset(
    {
        "RequestLimitExceeded",
        "ServiceQuotaExceededException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
TRANSIENT = frozenset(
    {
        "BadGatewayException",
        "DependencyFailedException",
        "InternalServerException",
        "ModelNotReadyException",
        "ServiceUnavailableException",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "UnrecognizedClientException",
    }
)
_RETRY_AFTER_SECONDS = 5


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


def error_code(error: ClientError | BotoCoreError) -> str:
    """Return AWS's error code, or botocore's exception name where no answer came (`ReadTimeoutError`)."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "Unknown")
    return type(error).__name__


def describe(error: ClientError | BotoCoreError) -> dict[str, object]:
    """Return log fields that tell an operator what failed.

    AWS's message is only taken over where it names a permission or a resource: other messages may quote the input.
    """
    fields: dict[str, object] = {"awsError": error_code(error)}
    if isinstance(error, ClientError):
        fields["awsOperation"] = error.operation_name
        fields["awsRequestId"] = error.response.get("ResponseMetadata", {}).get("RequestId", "")
        if error_code(error) in _DENIED | {"ResourceNotFoundException"}:
            fields["awsMessage"] = error.response.get("Error", {}).get("Message", "")
    return fields


def translate(error: ClientError | BotoCoreError) -> ApiError:
    """Return the answer for an AWS call that failed for good.

    429 `throttled`; 502 `upstream_denied`, `upstream_missing`, `upstream_rejected` (an operator must act);
    503 `model_not_ready`, `upstream_unavailable` (later may work).
    """
    code = error_code(error)
    if code in THROTTLING:
        return _later(429, "throttled", "Too many requests at the moment. Try again shortly.")
    if code == "ModelNotReadyException":
        return _later(503, "model_not_ready", "The answer model is not ready yet. Try again shortly.")
    if code in _DENIED:
        return _broken("upstream_denied", "The service is not permitted to use something that it needs.")
    if code == "ResourceNotFoundException":
        return _broken("upstream_missing", "Something that the service needs does not exist.")
    if code in {"ValidationException", "ConflictException", "ModelErrorException"}:
        return _broken("upstream_rejected", "The service could not process the request.")
    return _later(503, "upstream_unavailable", "The service is not available at the moment. Try again shortly.")


def _later(status: int, code: str, message: str) -> ApiError:
    return ApiError(status=status, code=code, message=message, retry_after=_RETRY_AFTER_SECONDS)


def _broken(code: str, message: str) -> ApiError:
    return ApiError(status=502, code=code, message=message)
