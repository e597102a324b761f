"""A refusal as AWS sends it, in the form at which Terraform's provider stops: never 5xx, never throttling.

Sources: smithy.io, the pages of the AWS protocols; docs.aws.amazon.com, S3, "Error responses".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

Response = tuple[int, dict[str, str], bytes]

VALIDATION_CODES: Final[Mapping[str, str]] = {
    "apigateway": "BadRequestException",
    "cloudfront": "InvalidArgument",
    "cloudwatch": "ValidationError",
    "events": "ValidationException",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "route53": "InvalidInput",
    "s3": "InvalidArgument",
    "sns": "InvalidParameter",
    "sqs": "InvalidAttributeValue",
    "sts": "ValidationError",
}
"""The code of a call that the service's model refuses, where it is not `ValidationException`. Sources: the errors of
each operation in botocore's models; docs.aws.amazon.com, the "Common errors" of each API."""
DEFAULT_CODE: Final = "ValidationException"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """AWS's error: its code, its message, its status."""

    code: str
    message: str
    status: int = 400

    def response(self, service: str, protocol: str) -> Response:
        """Return the response in the protocol of the request."""
        if protocol == "json":
            body = json.dumps({"__type": self.code, "message": self.message}).encode()
            headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": self.code}
        elif protocol == "rest-json":
            body = json.dumps({"message": self.message, "__type": self.code}).encode()
            headers = {"Content-Type": "application/json", "x-amzn-ErrorType": self.code}
        else:
            body = self._document(service)
            headers = {"Content-Type": "application/xml" if service == "s3" else "text/xml"}
        return self.status, headers, body

    def _document(self, service: str) -> bytes:
        start = "<?xml version='1.0' encoding='UTF-8'?>"
        error = f"<Code>{escape(self.code)}</Code><Message>{escape(self.message)}</Message>"
        if service == "s3":
            return f"{start}<Error>{error}<RequestId>0</RequestId></Error>".encode()
        inner = f"<Error><Type>Sender</Type>{error}</Error>"
        return f"{start}<ErrorResponse>{inner}<RequestId>0</RequestId></ErrorResponse>".encode()


def validation_refusal(service: str, message: str) -> Refusal:
    """Return the refusal of a call that breaks the service's model."""
    return Refusal(code=VALIDATION_CODES.get(service, DEFAULT_CODE), message=message)
