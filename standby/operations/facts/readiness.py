"""The requirements of a region that is to serve users, each read from the region itself.

A requirement that holds has the result "". Otherwise the result is a text that says what is wrong. A requirement that
could not be read is `Unavailable`. Nothing here changes anything.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, cast, get_args
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from standby.deployment.answers import take, take_list, take_text
from standby.deployment.api_call import read_stream
from standby.deployment.concurrency import NoAnswerError, Unavailable, map_concurrently
from standby.deployment.connection import Connection
from standby.deployment.http_client import HttpResponse
from standby.deployment.manifest import Manifest, Region
from standby.deployment.routing_config import KEY, MAX_BYTES, NO_SUCH_KEY, is_refused_by_condition
from standby.operations.facts.guarded_api import check_refusal, invoke_route
from standby.operations.facts.journal import PREFIX

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client

Requirement = Literal[
    "manifest",
    "deepHealth",
    "configWrite",
    "journalRead",
    "journalWrite",
    "siteOrigin",
    "siteFiles",
    "functions",
    "question",
    "upload",
    "eventSource",
    "documentEvents",
    "schedules",
    "replicationRules",
    "alarmActions",
]
REQUIREMENTS: Final[tuple[Requirement, ...]] = get_args(Requirement)
Requirements = Mapping[Requirement, str | Unavailable]

START_PAGE: Final = "index.html"
QUESTION: Final = "readiness check"
QUESTION_SECONDS: Final = 29.0
"""API Gateway waits no longer for a function. Source: docs.aws.amazon.com, API Gateway, "Quotas for configuring and
running a REST API"."""

_NEVER_AN_ETAG: Final = '"00000000000000000000000000000000"'
"""The ETag of no object, so that a write with `If-Match` on it is refused by its condition, after it was allowed."""
_OBJECT_CREATED: Final = "s3:ObjectCreated:"


def requirement_tasks(
    connection: Connection, manifest: Manifest, region: Region
) -> dict[str, Callable[[], str | Mapping[str, str]]]:
    """Return the reads of the requirements that are cheap: one to five calls each. They raise botocore's errors.

    `siteFiles` returns the ETag of each of the site's files; all others return a text, as described above.
    """
    clients, name = connection.clients, region.region
    return {
        "configWrite": lambda: check_config_write(clients.s3(name), region),
        "journalWrite": lambda: check_journal_write(clients.s3(name), region),
        "siteOrigin": partial(check_site_origin, connection, manifest, region),
        "siteFiles": lambda: list_site_files(clients.s3(name), region),
        "functions": partial(check_functions, connection, region),
        "eventSource": partial(check_event_source, connection, region),
        "documentEvents": lambda: check_document_events(clients.s3(name), region),
        "schedules": partial(check_schedules, connection, region),
        "replicationRules": lambda: check_replication_rules(clients.s3(name), region, manifest.other(region.role)),
    }


def deep_tasks(connection: Connection, manifest: Manifest, region: Region) -> dict[str, Callable[[], str]]:
    """Return the checks that call the answer model or several services, as a user of the page does."""
    return {
        "question": partial(check_question, connection, region),
        "upload": partial(check_upload, connection, manifest, region),
    }


def check_config_write(s3: "S3Client", region: Region) -> str:
    """Check that `config.json` may be written: a write that its condition refuses. Raises botocore's errors.

    S3 checks the permissions before the condition. The body is the current one, so that a service that ignored the
    condition would change nothing. Source: docs.aws.amazon.com, S3, "How to prevent object overwrites with conditional
    writes".
    """
    try:
        body = read_stream(s3.get_object(Bucket=region.frontend_bucket, Key=KEY)["Body"], MAX_BYTES)
    except ClientError as error:
        if error.response["Error"]["Code"] == NO_SUCH_KEY:
            return ""  # the verdict reports it as absent
        raise
    return _check_write(s3, region.frontend_bucket, KEY, body)


def check_journal_write(s3: "S3Client", region: Region) -> str:
    """Check that the journal may be written, by a write that its condition refuses. Raises botocore's errors."""
    return _check_write(s3, region.frontend_bucket, f"{PREFIX}write-check", b"")


def _check_write(s3: "S3Client", bucket: str, key: str, body: bytes) -> str:
    try:
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType="application/json",
            CacheControl="no-store",
            IfMatch=_NEVER_AN_ETAG,
        )
    except ClientError as error:
        if is_refused_by_condition(error):
            return ""
        raise
    return "a write was carried out although its condition did not hold"


def check_site_origin(connection: Connection, manifest: Manifest, region: Region) -> str:
    """Check that the edge reads the site from this region's bucket alone. Raises `NoAnswerError`."""
    if not region.origin_check:
        return "the manifest names no origin check: apply the stack again"
    answer = connection.request("GET", f"{manifest.site.url}/{region.origin_check}")
    if answer.status != HTTPStatus.OK:
        return f"the edge answers {answer.status}"
    return "" if _member(answer, "role") == region.role else "the edge answers with another file"


def list_site_files(s3: "S3Client", region: Region) -> Mapping[str, str]:
    """Return the ETag of each file of the site in the region's bucket, by key. Raises botocore's errors."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=region.frontend_bucket, Delimiter="/")
    files = {
        take_text(found, "Key"): take_text(found, "ETag") for page in pages for found in take_list(page, "Contents")
    }
    return {key: etag for key, etag in files.items() if key != KEY}


def compare_site_files(own: Mapping[str, str], other: Mapping[str, str] | Unavailable) -> str:
    """Return what is wrong with the site's files of a region: what is missing, or differs from the other region."""
    if START_PAGE not in own:
        return f"{START_PAGE} is missing"
    if isinstance(other, Unavailable):
        return ""
    if missing := sorted(other.keys() - own.keys()):
        return f"{_list_some(missing)} missing"
    differing = sorted(key for key, etag in own.items() if other.get(key, etag) != etag)
    return f"{_list_some(differing)} not the same in both regions" if differing else ""


def check_functions(connection: Connection, region: Region) -> str:
    """Check that no function has a reserved concurrency of zero, which stops it. Raises botocore's errors.

    Source: docs.aws.amazon.com, Lambda, "Configuring reserved concurrency for a function".
    """
    client = connection.clients.function_settings(region.region)

    def fault(name: str) -> str:
        try:
            reserved = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        except client.exceptions.ResourceNotFoundException:
            return f"{name} does not exist"
        return f"the reserved concurrency of {name} is 0" if reserved == 0 else ""

    return "; ".join(filter(None, map_concurrently(region.functions or (region.ingest_function,), fault)))


def check_event_source(connection: Connection, region: Region) -> str:
    """Check that the ingestion queue invokes `ingest`. Raises botocore's errors."""
    client = connection.clients.function_settings(region.region)
    pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=region.ingest_function)
    mappings = [mapping for page in pages for mapping in take_list(page, "EventSourceMappings")]
    states = {
        take_text(mapping, "State")
        for mapping in mappings
        if "EventSourceArn" in mapping and take_text(mapping, "EventSourceArn") == queue_arn(region)
    }
    if not states:
        return f"the queue does not invoke {region.ingest_function}"
    return "" if "Enabled" in states else f"the event source mapping is {' and '.join(sorted(states))}"


def check_document_events(s3: "S3Client", region: Region) -> str:
    """Check that new documents send events to the ingestion queue. Raises botocore's errors."""
    answer = s3.get_bucket_notification_configuration(Bucket=region.documents_bucket)
    for found in take_list(answer, "QueueConfigurations"):
        events = take(found, "Events", kind=list)
        created = any(isinstance(event, str) and event.startswith(_OBJECT_CREATED) for event in events)
        if created and take_text(found, "QueueArn") == queue_arn(region):
            return ""
    return "new documents send no events to the ingestion queue"


def check_schedules(connection: Connection, region: Region) -> str:
    """Check that each schedule is on and has a target. Raises botocore's errors."""
    if not region.schedules:
        return "the manifest names no schedules: apply the stack again"
    client = connection.clients.events(region.region)
    return "; ".join(filter(None, map_concurrently(region.schedules, partial(_schedule_fault, client))))


def _schedule_fault(client: "EventBridgeClient", name: str) -> str:
    try:
        state = take_text(client.describe_rule(Name=name), "State")
        targets = take_list(client.list_targets_by_rule(Rule=name), "Targets")
    except client.exceptions.ResourceNotFoundException:
        return f"{name} does not exist"
    if not state.startswith("ENABLED"):
        return f"{name} is {state}"
    return "" if targets else f"{name} invokes nothing"


def check_replication_rules(s3: "S3Client", region: Region, other: Region) -> str:
    """Check that a rule replicates this region's documents, if the deployment has one. Raises botocore's errors."""
    if not region.replicates_to:
        return ""
    try:
        answer = s3.get_bucket_replication(Bucket=region.documents_bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ReplicationConfigurationNotFoundError":
            return "there is no rule"
        raise
    rules = take_list(take(answer, "ReplicationConfiguration", kind=dict), "Rules")
    to_other = [rule for rule in rules if _destination(rule) == f"arn:aws:s3:::{other.documents_bucket}"]
    if not to_other:
        return f"there is no rule to {other.region}"
    on = any(take_text(rule, "Status") == "Enabled" for rule in to_other)
    return "" if on else f"the rule to {other.region} is Disabled"


def _destination(rule: Mapping[str, object]) -> str:
    return take_text(take(rule, "Destination", kind=dict), "Bucket")


def check_question(connection: Connection, region: Region, *, seconds: float = QUESTION_SECONDS) -> str:
    """Ask the region's API a question, as the page does. Raises `NoAnswerError`."""
    return _check_route(connection, region, ("docs", "query"), {"question": QUESTION}, "response", seconds=seconds)


def check_upload(connection: Connection, manifest: Manifest, region: Region) -> str:
    """Ask the region's API for an upload form for a type of file that the site accepts. Nothing is uploaded.

    A form is made without a call to AWS, and S3 refuses it later if the role of `upload` lacks its permission. So IAM
    is asked about the role. Raises `NoAnswerError` and botocore's errors.
    Source: docs.aws.amazon.com, IAM, "Testing IAM policies with the IAM policy simulator".
    """
    limits = connection.request("GET", f"{manifest.site.url}/limits.json")
    types = _member(limits, "uploadTypes")
    if limits.status != HTTPStatus.OK or not isinstance(types, dict) or not types:
        return f"the site's limits.json names no type of file (the edge answers {limits.status})"
    extension, content_type = next(iter(types.items()))
    body = {"fileName": f"readiness-check{extension}", "fileType": str(content_type)}
    route = ("upload", "upload")
    fault = _check_route(connection, region, route, body, "uploadUrl", seconds=QUESTION_SECONDS)
    return fault or _upload_permission_fault(connection, region)


def _upload_permission_fault(connection: Connection, region: Region) -> str:
    name = region.function("upload")
    if not name:
        return "the manifest names no upload function: apply the stack again"
    settings = connection.clients.function_settings(region.region)
    role = take_text(cast("Mapping[str, object]", settings.get_function_configuration(FunctionName=name)), "Role")
    answer = connection.clients.iam().simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=["s3:PutObject"],
        ResourceArns=[f"arn:aws:s3:::{region.documents_bucket}/uploads/readiness-check"],
    )
    decisions = [take_text(result, "EvalDecision") for result in take_list(answer, "EvaluationResults")]
    return "" if decisions == ["allowed"] else f"the role of {name} may not put documents into the bucket"


def queue_arn(region: Region) -> str:
    """Return the ARN of the region's ingestion queue."""
    account, name = urlsplit(region.ingest_queue_url).path.strip("/").split("/")[-2:]
    return f"arn:aws:sqs:{region.region}:{account}:{name}"


def _check_route(
    connection: Connection,
    region: Region,
    route: tuple[str, str],
    body: Mapping[str, str],
    member: str,
    *,
    seconds: float,
) -> str:
    """Send a request to a route (its path, and its function), and return what is wrong with the answer.

    Where users sign in, the API must refuse a false token, and the function behind it must answer.
    """
    path, purpose = route
    url = f"{region.api_url}{path}"
    if not region.signs_in:
        answer = connection.request("POST", url, body=json.dumps(body).encode(), seconds=seconds)
        return _expect_text(answer, member)
    if fault := check_refusal(connection, url, body, seconds=seconds):
        return fault
    return _expect_text(invoke_route(connection.clients.functions(region.region), region, purpose, body=body), member)


def _expect_text(answer: HttpResponse, member: str) -> str:
    if answer.status != HTTPStatus.OK:
        return f"answers {answer.status}"
    text = _member(answer, member)
    if not isinstance(text, str) or not text:
        raise NoAnswerError(f"answers 200, but without `{member}`")
    return ""


def _member(answer: HttpResponse, name: str) -> object:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return document.get(name) if isinstance(document, dict) else None


def _list_some(keys: list[str]) -> str:
    named = ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > len(keys[:3]) else "")
    return f"{named} {'is' if len(keys) == 1 else 'are'}"
