"""Terraform's state: whether there is one, and the names of the resources in it, which are this deployment's own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from standby.deployment.answers import NOT_AWS, InvalidAnswerError, take, take_count, take_text
from standby.deployment.api_call import MAX_BODY_BYTES
from standby.deployment.clients import GLOBAL_REGION, Clients
from standby.errors import StandbyError
from standby.preflight.facts.names import Name, variant_of
from standby.stack.configuration import CLOUD_CONTROL, StateBackend
from standby.stack.type_permissions import permissions_by_type

MAX_STATE_BYTES: Final = 32 * 2**20
_ABSENT: Final = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True, kw_only=True)
class OwnResources:
    """The resources in the state: the number of each type, and the names."""

    counts: Mapping[str, int] = field(default_factory=dict)
    names: frozenset[Name] = frozenset()

    @property
    def exists(self) -> bool:
        """Whether the state has any resource."""
        return bool(self.counts)


@dataclass(frozen=True, kw_only=True)
class StateBucket:
    """The bucket of the state: its region, and whether it keeps versions."""

    region: str
    versioned: bool


def read_state_file(path: Path, regions: Mapping[str, str]) -> OwnResources:
    """Return the resources in a local state; none if there is no file. Raises `StandbyError` if it cannot be read.

    `regions` are those of the providers, by alias.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return OwnResources()
    except OSError as error:
        raise StandbyError(f"{path}: {error.strerror}") from error
    return parse_state(text, regions)


def read_state_object(clients: Clients, backend: StateBackend, regions: Mapping[str, str]) -> OwnResources:
    """Return the resources in a state in S3; none without an object. Raises botocore's errors and `StandbyError`."""
    body, size = b"", 1
    while len(body) < size:
        try:
            first = len(body)
            part_of = {"Key": backend.key, "Range": f"bytes={first}-{first + MAX_BODY_BYTES - 1}"}
            answer = clients.read("s3", backend.region, "get_object", {"Bucket": backend.bucket, **part_of})
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return OwnResources()
            raise
        part = take(answer, "Body", kind=StreamingBody).read(MAX_BODY_BYTES)
        total = str(answer.get("ContentRange") or "").rpartition("/")[2]
        size = int(total) if total.isdigit() else take_count(answer, "ContentLength")
        if not part or size > MAX_STATE_BYTES:
            raise InvalidAnswerError(reason=f"{NOT_AWS}: no whole state")
        body += part
    return parse_state(body, regions)


def read_state_bucket(clients: Clients, backend: StateBackend) -> StateBucket:
    """Return the bucket's region and versioning. Raises botocore's errors."""
    head = clients.read("s3", backend.region, "head_bucket", {"Bucket": backend.bucket})
    versioning = clients.read("s3", backend.region, "get_bucket_versioning", {"Bucket": backend.bucket})
    headers = take(head, "ResponseMetadata", "HTTPHeaders", kind=dict)
    return StateBucket(
        region=take_text(headers, "x-amz-bucket-region"), versioned=versioning.get("Status") == "Enabled"
    )


def parse_state(text: bytes, regions: Mapping[str, str]) -> OwnResources:
    """Return the resources of a state. Raises `StandbyError` if it is none of Terraform.

    `regions` are those of the providers, by alias. The site's own provider, `global`, is always in the same region.

    Source: developer.hashicorp.com, Terraform, "State": version 4 of the format.
    """
    try:
        instances = list(_instances(json.loads(text)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StandbyError("The state is not one of Terraform.") from error
    regions = {"global": GLOBAL_REGION, **regions}
    counts: dict[str, int] = {}
    names: set[Name] = set()
    for kind, alias, attributes in instances:
        counts[kind] = counts.get(kind, 0) + 1
        row = permissions_by_type().get(kind)
        value = attributes.get(row.name) if row is not None and row.name else None
        if isinstance(value, str) and alias in regions:
            names.add(Name(kind=kind, region=regions[alias], name=value, variant=variant_of(kind, attributes)))
    return OwnResources(counts=counts, names=frozenset(names))


def _instances(state: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the type, the provider's alias and the attributes of each resource that Terraform manages."""
    for resource in state["resources"]:
        if resource["mode"] != "managed":
            continue
        alias = str(resource.get("provider", "")).rpartition(".")[2]
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            yield resource["type"], alias, attributes
            if resource["type"] == CLOUD_CONTROL:
                yield attributes["type_name"], alias, json.loads(attributes["desired_state"])
