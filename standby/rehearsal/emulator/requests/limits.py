"""The limits that AWS's models do not hold: each with its page. The models of SQS, S3 and API Gateway are nearly empty.

A rule looks at the parameters of one call and at nothing else.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import regex

from standby.rehearsal.emulator.requests.refusal import Refusal

Parameters = Mapping[str, Any]
Check = Callable[[Parameters], Refusal | None]

MOST_TAGS: Final = 50
LONGEST_TAG: Final = (128, 256)
LONGEST_POLICY: Final[Mapping[str, int]] = {"trust": 2_048, "inline": 10_240, "bucket": 20_480}
"""Characters. Sources: docs.aws.amazon.com, IAM, "IAM and AWS STS quotas" (white space is not counted); S3, "Bucket
policy": 20 KB."""
LONGEST_ENVIRONMENT: Final = 4_096
"""Bytes. Source: docs.aws.amazon.com, Lambda, "Lambda quotas"."""
RESERVED_VARIABLES: Final = re.compile(
    r"AWS_(REGION|DEFAULT_REGION|ACCESS_KEY.*|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_.*)"
)
"""Source: docs.aws.amazon.com, Lambda, "Defined runtime environment variables": the reserved ones."""

RETENTION_DAYS: Final = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
"""Source: docs.aws.amazon.com, CloudWatch Logs API, "PutRetentionPolicy"."""

QUEUE_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "VisibilityTimeout": (0, 43_200),
    "MessageRetentionPeriod": (60, 1_209_600),
    "DelaySeconds": (0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "MaximumMessageSize": (1_024, 1_048_576),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}
"""Source: docs.aws.amazon.com, SQS API, "CreateQueue"."""
MOST_RECEIVES: Final = (1, 1_000)
"""Source: docs.aws.amazon.com, SQS, "Using dead-letter queues": maxReceiveCount."""

INTEGRATION_TIMEOUT: Final = (50, 29_000)
"""Milliseconds; a regional API may have more after a quota increase.
Source: docs.aws.amazon.com, API Gateway, "Quotas for configuring and running a REST API"."""

_BUCKET: Final = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
"""Source: docs.aws.amazon.com, S3, "General purpose bucket naming rules"."""
_TAG: Final = regex.compile(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")
"""Source: docs.aws.amazon.com, Tagging AWS Resources, "Tag naming limits and requirements"."""
_QUEUE: Final = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
STAGE: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}|\$default")
PATH_PART: Final = re.compile(r"[a-zA-Z0-9._~:%!$&'()*,;=@-]+|\{[a-zA-Z0-9._:-]+\+?\}")
DOMAIN: Final = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_RATE: Final = re.compile(r"rate\((?P<value>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
_CRON: Final = re.compile(r"cron\(\S+ \S+ \S+ \S+ \S+ \S+\)")
"""Source: docs.aws.amazon.com, EventBridge, "Setting a schedule pattern": the unit is singular for 1."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule for some operations of a service, and the AWS page or bug report that states it."""

    service: str
    operations: tuple[str, ...]
    check: Check
    source: str


def _tags(parameters: Parameters) -> dict[str, str]:
    """Return the tags of a call: a map, or a list of pairs, under one of AWS's names."""
    given = parameters.get("DistributionConfigWithTags", parameters)
    found = next((given[name] for name in ("Tags", "tags", "Tagging") if name in given), None)
    if isinstance(found, Mapping):
        found = found.get("TagSet", found.get("Items", found))
    if isinstance(found, Mapping):
        return {str(key): str(value) for key, value in found.items()}
    pairs = found if isinstance(found, list) else []
    return {str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", ""))) for tag in pairs}


def tag_check(code: str, *, most: int = MOST_TAGS) -> Check:
    """Return a check of the number of tags and of their text."""

    def check(parameters: Parameters) -> Refusal | None:
        tags = _tags(parameters)
        if len(tags) > most:
            return Refusal(code=code, message=f"The number of tags, {len(tags)}, exceeds the limit of {most}")
        for key, value in tags.items():
            lengths = 0 < len(key) <= LONGEST_TAG[0] and len(value) <= LONGEST_TAG[1]
            if not lengths or not _TAG.fullmatch(key) or not _TAG.fullmatch(value):
                return Refusal(code=code, message=f"The tag {key!r} = {value!r} is not valid")
            if key.lower().startswith("aws:"):
                return Refusal(code=code, message=f"The tag key {key!r} is reserved: system tags start with aws:")
        return None

    return check


def check_queue(parameters: Parameters) -> Refusal | None:
    """Check the name and the attributes of a queue."""
    name = parameters.get("QueueName")
    if name is not None and not _QUEUE.fullmatch(name):
        message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        return Refusal(code="InvalidParameterValue", message=message)
    attributes = parameters.get("Attributes") or {}
    for attribute, (low, high) in QUEUE_RANGES.items():
        if attribute in attributes and not _is_within(attributes[attribute], low, high):
            return Refusal(code="InvalidAttributeValue", message=f"Invalid value for the parameter {attribute}.")
    redrive = _document(attributes.get("RedrivePolicy"))
    if redrive and not _is_within(redrive.get("maxReceiveCount"), *MOST_RECEIVES):
        reason = "Value for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount"
        return Refusal(code="InvalidParameterValue", message=reason)
    return policy_check("InvalidAttributeValue", lambda found: (found.get("Attributes") or {}).get("Policy"))(
        parameters
    )


def check_bucket_name(parameters: Parameters) -> Refusal | None:
    """Check the name of a bucket."""
    name = parameters["Bucket"]
    if _BUCKET.fullmatch(name) and ".." not in name and not _ADDRESS.fullmatch(name):
        return None
    return Refusal(code="InvalidBucketName", message=f"The specified bucket is not valid: {name}")


def check_object_tags(parameters: Parameters) -> Refusal | None:
    """Check the number of an object's tags. Source: docs.aws.amazon.com, S3, "Categorizing your objects using tags"."""
    header, most = parameters.get("Tagging"), 10
    tags = header.split("&") if isinstance(header, str) and header else list(_tags(parameters))
    return (
        Refusal(code="BadRequest", message=f"Object tags cannot be greater than {most}") if len(tags) > most else None
    )


def check_lifecycle(parameters: Parameters) -> Refusal | None:
    """Check the days of a bucket's lifecycle rules."""
    for rule in (parameters.get("LifecycleConfiguration") or {}).get("Rules", []):
        days = [(rule.get("Expiration") or {}).get("Days")]
        days.append((rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays"))
        days.append((rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation"))
        if any(number is not None and number < 1 for number in days):
            message = "'Days' for Expiration action must be a positive integer"
            return Refusal(code="InvalidArgument", message=message)
    return None


def check_schedule(parameters: Parameters) -> Refusal | None:
    """Check the expression of a schedule."""
    expression = parameters.get("ScheduleExpression")
    if not expression or _CRON.fullmatch(expression):
        return None
    rate = _RATE.fullmatch(expression)
    if rate and (int(rate["value"]) == 1) == (rate["plural"] == ""):
        return None
    return Refusal(code="ValidationException", message="Parameter ScheduleExpression is not valid.")


def check_retention(parameters: Parameters) -> Refusal | None:
    """Check the days for which a log group keeps its events."""
    if parameters.get("retentionInDays") in RETENTION_DAYS:
        return None
    return Refusal(code="InvalidParameterException", message=f"retentionInDays is not one of {sorted(RETENTION_DAYS)}")


def check_alarm(parameters: Parameters) -> Refusal | None:
    """Check the period of an alarm. Source: docs.aws.amazon.com, CloudWatch API, "PutMetricAlarm"."""
    period, day, hour = parameters.get("Period"), 86_400, 3_600
    if period is None:
        return None
    if period not in {10, 20, 30} and period % 60:
        return Refusal(code="ValidationError", message="Period must be 10, 20, 30 or a multiple of 60")
    if period * parameters.get("EvaluationPeriods", 1) > (7 * day if period >= hour else day):
        return Refusal(code="ValidationError", message="Metrics cannot be checked across more than a day (for a week)")
    return None


def check_function(parameters: Parameters) -> Refusal | None:
    """Check the environment of a function."""
    variables = (parameters.get("Environment") or {}).get("Variables") or {}
    reserved = ", ".join(sorted(filter(RESERVED_VARIABLES.fullmatch, variables)))
    if len(json.dumps(variables, separators=(",", ":")).encode()) > LONGEST_ENVIRONMENT:
        reason = "exceeded the 4KB limit."
    elif reserved:
        reason = f"contains reserved keys that are currently not supported for modification: {reserved}"
    else:
        return None
    message = "Lambda was unable to configure your environment variables because the environment variables you have"
    return Refusal(code="InvalidParameterValueException", message=f"{message} provided {reason}")


def check_event_source(parameters: Parameters) -> Refusal | None:
    """Check the batch of an event source. Source: docs.aws.amazon.com, Lambda API, "CreateEventSourceMapping"."""
    small = 10
    if parameters.get("BatchSize", small) > small and parameters.get("MaximumBatchingWindowInSeconds", 0) < 1:
        message = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        return Refusal(code="InvalidParameterValueException", message=message)
    return None


def check_parameter(parameters: Parameters) -> Refusal | None:
    """Check a parameter. Source: docs.aws.amazon.com, Systems Manager API, "PutParameter"."""
    longest = {"Advanced": 8_192}.get(parameters.get("Tier", ""), 4_096)
    if len(parameters.get("Value", "").encode()) > longest:
        message = f"Standard tier parameters support a maximum parameter value of {longest} characters."
        return Refusal(code="ValidationException", message=message)
    if re.match(r"/?(aws|ssm)", parameters.get("Name", ""), re.IGNORECASE):
        return Refusal(code="ValidationException", message='Parameter name: can\'t be prefixed with "aws" or "ssm"')
    return None


def check_integration(parameters: Parameters) -> Refusal | None:
    """Check the time that an integration may take."""
    timeout = parameters.get("timeoutInMillis")
    if timeout is None or _is_within(timeout, *INTEGRATION_TIMEOUT):
        return None
    low, high = INTEGRATION_TIMEOUT
    return Refusal(code="BadRequestException", message=f"Timeout should be between {low} ms and {high} ms")


def name_check(member: str, pattern: "re.Pattern[str]", code: str, message: str) -> Check:
    """Return a check of a name."""

    def check(parameters: Parameters) -> Refusal | None:
        name = parameters.get(member)
        fits = name is None or pattern.fullmatch(str(name).rstrip("."))
        return None if fits else Refusal(code=code, message=f"{message}: {name}")

    return check


def check_trust(parameters: Parameters) -> Refusal | None:
    """Check the trust policy of a role."""
    text = parameters.get("AssumeRolePolicyDocument", parameters.get("PolicyDocument", ""))
    if len(re.sub(r"\s", "", text)) > LONGEST_POLICY["trust"]:
        limit = LONGEST_POLICY["trust"]
        return Refusal(code="LimitExceeded", message=f"Cannot exceed quota for ACLSizePerRole: {limit}", status=409)
    for statement in _statements(text):
        if "Principal" not in statement or "Resource" in statement:
            message = "AssumeRole policy must contain a principal and no resource"
            return Refusal(code="MalformedPolicyDocument", message=message)
    return (
        None if list(_statements(text)) else Refusal(code="MalformedPolicyDocument", message="Syntax errors in policy.")
    )


def check_inline_policy(parameters: Parameters) -> Refusal | None:
    """Check an inline policy of a role."""
    text, limit = parameters.get("PolicyDocument", ""), LONGEST_POLICY["inline"]
    if len(re.sub(r"\s", "", text)) > limit:
        message = f"Maximum policy size of {limit} bytes exceeded for role {parameters.get('RoleName')}"
        return Refusal(code="LimitExceeded", message=message, status=409)
    for statement in _statements(text):
        if "Principal" in statement:
            return Refusal(code="MalformedPolicyDocument", message="Policy document should not specify a principal.")
        for action in _listed(statement.get("Action", [])):
            if action != "*" and not re.fullmatch(r"[a-zA-Z0-9-]+:[\w*?]+", str(action)):
                message = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                return Refusal(code="MalformedPolicyDocument", message=message)
        for resource in _listed(statement.get("Resource", [])):
            if resource != "*" and not re.match(r"arn:[^:]+:[^:]*:[^:]*:[^:]*:.+", str(resource)):
                message = f'Resource {resource} must be in ARN format or "*".'
                return Refusal(code="MalformedPolicyDocument", message=message)
    return None


def policy_check(code: str, read: Callable[[Parameters], object]) -> Check:
    """Return a check of a resource policy, which needs statements, and a principal in each."""

    def check(parameters: Parameters) -> Refusal | None:
        text = read(parameters)
        if not text:
            return None
        found = list(_statements(text))
        if not found:
            return Refusal(code=code, message="Invalid parameter: Policy Error: the policy is not valid JSON")
        for statement in found:
            if "Principal" not in statement and "NotPrincipal" not in statement:
                return Refusal(code=code, message="Invalid parameter: Policy Error: PrincipalNotFound")
            if statement.get("Effect") not in {"Allow", "Deny"} or not ({"Action", "NotAction"} & set(statement)):
                return Refusal(code=code, message="Invalid parameter: Policy statement needs an effect and an action")
        return None

    return check


def check_distribution(parameters: Parameters) -> Refusal | None:
    """Check the codes of origin groups, the attempts and the time-outs of origins, and the certificate of aliases.

    Source: docs.aws.amazon.com, CloudFront API, "OriginGroup", "Origin" and "CustomOriginConfig".
    """
    config = parameters.get("DistributionConfig") or parameters.get("DistributionConfigWithTags", {}).get(
        "DistributionConfig", {}
    )
    for group in (config.get("OriginGroups") or {}).get("Items") or []:
        codes = set(group.get("FailoverCriteria", {}).get("StatusCodes", {}).get("Items") or [])
        if not codes or codes - {400, 403, 404, 416, 429, 500, 502, 503, 504}:
            return Refusal(
                code="InvalidArgument", message=f"The status codes of an origin group are not valid: {codes}"
            )
    for origin in (config.get("Origins") or {}).get("Items") or []:
        if not _is_within(origin.get("ConnectionAttempts", 3), 1, 3):
            return Refusal(code="InvalidArgument", message="ConnectionAttempts must be 1, 2 or 3")
        if not _is_within(origin.get("ConnectionTimeout", 10), 1, 10):
            return Refusal(code="InvalidArgument", message="ConnectionTimeout must be between 1 and 10 seconds")
    aliases = (config.get("Aliases") or {}).get("Items") or []
    if aliases and (config.get("ViewerCertificate") or {}).get("CloudFrontDefaultCertificate"):
        message = "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a certificate"
        return Refusal(code="InvalidViewerCertificate", message=message)
    return None


def _is_within(value: object, low: int, high: int) -> bool:
    try:
        return low <= int(str(value)) <= high
    except ValueError:
        return False


def _document(text: object) -> Mapping[str, Any]:
    try:
        document = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return document if isinstance(document, Mapping) else {}


def _statements(text: object) -> Iterator[Mapping[str, Any]]:
    statements = _document(text).get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, Mapping):
            yield statement


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
