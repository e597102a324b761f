"""Helpers for reading a plan: Terraform references with values, the two regions side by side, snapshots, checkouts."""

import hashlib
import json
import os
import random
import re
from pathlib import Path
from typing import Any, Final

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.constructs.plan import ROLES, ROOT, Json, Plan, everything

OTHER_TIME: Final = 1_600_000_000
ACCOUNT: Final = "111122223333"

_REFERENCE: Final = r"(?:data\.)?aws_[a-z0-9_]+\.[\w-]+\.[a-z_]+|local\.[\w-]+"
_LAST_PART: Final = re.compile(r'\${element\(reverse\(split\("\|", aws_cloudcontrolapi_resource\.[\w-]+\.id\)\), 0\)}')
_KNOWN_AFTER_APPLY: Final = {
    "aws_api_gateway_rest_api.id": "a1b2c3d4e5",
    "aws_bedrock_guardrail.guardrail_id": "abcdefghij12",
    "aws_bedrock_guardrail.version": "DRAFT",
    "aws_bedrockagent_data_source.data_source_id": "DSABCDEFGH",
    "aws_bedrockagent_knowledge_base.id": "KBABCDEFGH",
    "aws_caller_identity.account_id": ACCOUNT,
    "aws_cloudcontrolapi_resource.id": "KBABCDEFGH",
    "aws_cloudfront_distribution.arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1A2B3C4D5E6F7",
    "aws_cloudfront_distribution.domain_name": "d111111abcdef8.cloudfront.net",
    "aws_cloudfront_distribution.id": "E1A2B3C4D5E6F7",
}
_HASH: Final = re.compile(r"_[0-9A-F]{8}(?![0-9A-Za-z])")
_ROLE: Final = re.compile(r"(?<![A-Za-z])(primary|failover)(?![A-Za-z])")


def render(plan: Plan, text: str) -> str:
    """Replace every `${...}` with a value of realistic length. A reference without a known value fails."""
    text = _LAST_PART.sub("DSABCDEFGH", text)
    return re.sub(rf"\${{({_REFERENCE})}}", lambda found: _value(plan, found[1]), text)


def render_json(plan: Plan, expression: str) -> Json:
    """Evaluate `${jsonencode({...})}` as Terraform does."""
    inner = expression.removeprefix("${jsonencode(").removesuffix(")}")
    assert inner != expression, f"not a jsonencode: {expression[:60]}"
    inner = render(plan, inner).replace('" = ', '": ')
    inner = re.sub(rf"(?<=[:,\[] )({_REFERENCE})", lambda found: json.dumps(_value(plan, found[1])), inner)
    evaluated: Json = json.loads(inner)
    return evaluated


def _value(plan: Plan, reference: str) -> str:
    if reference == "local.account":
        return ACCOUNT
    if reference.startswith("local."):
        return render(plan, plan.document["locals"][reference.removeprefix("local.")])
    type_, name, attribute = reference.removeprefix("data.").split(".")
    known = _KNOWN_AFTER_APPLY.get(f"{type_}.{attribute}")
    if known:
        return known
    body = plan.document["resource"][type_][name]
    if attribute in body:
        return render(plan, body[attribute])
    return _value_after_apply(plan, type_, attribute, body)


def _value_after_apply(plan: Plan, type_: str, attribute: str, body: Json) -> str:
    if (type_, attribute) == ("aws_route53_health_check", "id"):
        purpose = str(body["tags"]["Name"]).encode().hex()[-12:].zfill(12)
        return f"01234567-89ab-cdef-0123-{purpose}"
    return _regional_value_after_apply(
        type_, attribute, body, region=plan.region(body["provider"].removeprefix("aws."))
    )


def _regional_value_after_apply(type_: str, attribute: str, body: Json, *, region: str) -> str:
    match type_, attribute:
        case "aws_sqs_queue", "url":
            return f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{body['name']}"
        case "aws_sns_topic", "arn":
            return f"arn:aws:sns:{region}:{ACCOUNT}:{body['name']}"
        case "aws_bedrock_guardrail", "guardrail_arn":
            return f"arn:aws:bedrock:{region}:{ACCOUNT}:guardrail/abcdefghij12"
        case "aws_iam_role", "arn":
            return f"arn:aws:iam::{ACCOUNT}:role/{body['name']}"
        case "aws_opensearchserverless_collection", "collection_endpoint":
            return f"https://abcdefghij0123456789.{region}.aoss.amazonaws.com"
        case "aws_opensearchserverless_collection", "arn":
            return f"arn:aws:aoss:{region}:{ACCOUNT}:collection/abcdefghij0123456789"
    raise AssertionError(f"{type_}.{attribute}: add a realistic value here")


def without_hash(address: str) -> str:
    """Return a text with addresses as the constructs name them, without the hash that cdktf appends."""
    return _HASH.sub("", address)


def relative_to(plan: Plan, role: str, text: str) -> str:
    """Replace each role and region with OWN or OTHER, relative to the given role."""
    text = _ROLE.sub(lambda found: "OWN" if found[1] == role else "OTHER", without_hash(text))
    for other in ROLES:
        text = text.replace(plan.region(other), "OWN_REGION" if other == role else "OTHER_REGION")
    return text


def region_view(plan: Plan, role: str) -> dict[str, Any]:
    """Return the blocks with a role's provider by their addresses, all relative to that role."""
    return {
        relative_to(plan, role, address): json.loads(relative_to(plan, role, json.dumps({**body, "//": None})))
        for address, body in everything(plan).items()
        if body.get("provider") == f"aws.{role}"
    }


class TextExtension(SingleFileSnapshotExtension):
    """Store each snapshot as plain text, in `__snapshots__/<test file>/<test>.txt`."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


def file_digests(directory: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a directory, by its path."""
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


def checkout(destination: Path, names: list[str]) -> None:
    """Copy files of the project as another checkout would have them: in another order, with other times and modes."""
    paths = sorted(path for name in names for path in (ROOT / name, *(ROOT / name).rglob("*")) if path.is_file())
    paths = [path for path in paths if path.suffix != ".pyc"]
    random.Random(0).shuffle(paths)  # noqa: S311 - an order, not a secret
    for path in paths:
        copy = destination / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o600)
        os.utime(copy, (OTHER_TIME, OTHER_TIME))
