"""A region with documents, and requests of a caller to the documents function."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from tests.lambdas.helpers import Context, EmulatedRegion, Handler, api_event

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

IDS = tuple(f"{number}1111111-2222-5333-8444-555555555555" for number in range(9))


@dataclass(frozen=True, kw_only=True)
class Region:
    """An emulated region, with the handler of its documents function."""

    emulated: EmulatedRegion
    handler: Handler

    @property
    def s3(self) -> "S3Client":
        return boto3.client("s3", region_name=self.emulated.region)

    def put(self, key: str, body: bytes = b"text", *, uploader: str = "") -> str:
        metadata = {"uploaded-by": uploader} if uploader else {}
        self.s3.put_object(Bucket=self.emulated.bucket, Key=key, Body=body, Metadata=metadata)
        return key

    def keys(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.emulated.bucket).get("Contents", [])
        return [one["Key"] for one in found]

    def call(
        self,
        method: str = "GET",
        identifier: str | None = None,
        *,
        content: bool = False,
        after: str = "",
        caller: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        event = api_event(query={"next": after} if after else None)
        event["httpMethod"] = method
        resource = "/documents" + ("/{id}" if identifier else "") + ("/content" if content else "")
        event |= {"resource": resource, "pathParameters": {"id": identifier} if identifier else None}
        if caller is not None:
            claims = {name: value for name, value in caller.items() if name != "sub"}
            event["requestContext"]["authorizer"] = {"sub": caller["sub"], "claims": json.dumps(claims)}
        return self.handler(event, Context())
