"""Errors as the API answers them: the exception `ApiError`, and the `ApiError` for each AWS error.

A caller sees a status, a code and a message, and no internal details.

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
    """An error response: HTTP status, a stable code, and a message that is safe to show.

    `retry_after` is in seconds and becomes the `Retry-After` header. `reason` is for the log only.
    """

    def __init__(
        self, *, status: int, code: str, message: str, retry_after: int | None = None, reason: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.reason = reason


def bad_request(code: str, message: str) -> ApiError:
    """Return the error for a request that the caller has to correct (400)."""
    return ApiError(status=400, code=code, message=message)


def error_code(error: ClientError | BotoCoreError) -> str:
    """Return AWS's error code, or the name of botocore's exception if AWS did not answer (`ReadTimeoutError`)."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "Unknown")
    return type(error).__name__


def describe_aws_error(error: ClientError | BotoCoreError) -> dict[str, object]:
    """Return log fields that tell an operator what failed.

    They include AWS's message only if it names a permission or a resource, because other messages may quote the input.
    """
    fields: dict[str, object] = {"awsError": error_code(error)}
    if isinstance(error, ClientError):
        fields["awsOperation"] = error.operation_name
        fields["awsRequestId"] = error.response.get("ResponseMetadata", {}).get("RequestId", "")
        if error_code(error) in _DENIED | {"ResourceNotFoundException"}:
            fields["awsMessage"] = error.response.get("Error", {}).get("Message", "")
    return fields


def translate_aws_error(error: ClientError | BotoCoreError) -> ApiError:
    """Return the API's error for an AWS call that failed after all retries.

    429 `throttled`; 502 `upstream_denied`, `upstream_missing`, `upstream_rejected` (an operator must act);
    503 `model_not_ready`, `upstream_unavailable` (a later request may succeed).
    """
    code = error_code(error)
    if code in THROTTLING:
        return _temporary(429, "throttled", "Too many requests at the moment. Try again shortly.")
    if code == "ModelNotReadyException":
        return _temporary(503, "model_not_ready", "The answer model is not ready yet. Try again shortly.")
    if code in _DENIED:
        return _permanent("upstream_denied", "The service lacks a permission that it needs.")
    if code == "ResourceNotFoundException":
        return _permanent("upstream_missing", "A resource that the service needs does not exist.")
    if code in {"ValidationException", "ConflictException", "ModelErrorException"}:
        return _permanent("upstream_rejected", "The service could not process the request.")
    return _temporary(503, "upstream_unavailable", "The service is not available at the moment. Try again shortly.")


def _temporary(status: int, code: str, message: str) -> ApiError:
    return ApiError(status=status, code=code, message=message, retry_after=_RETRY_AFTER_SECONDS)


def _permanent(code: str, message: str) -> ApiError:
    return ApiError(status=502, code=code, message=message)
