"""Validators for single settings.

Each takes a value and returns it, or raises `ValueError` with the fix. `model.py` adds the file, the key and the value.
"""

import re
from collections.abc import Iterable
from typing import Final, TypeVar

T = TypeVar("T")

# The name is part of every resource's name. OpenSearch Serverless has the lowest limit: 32 characters for a collection
# or a policy (docs.aws.amazon.com, OpenSearch Service, "CreateCollection"). The suffix "-documents" takes ten of them.
MIN_NAME_LENGTH: Final = 3
MAX_NAME_LENGTH: Final = 20
MAX_MODEL_ID_LENGTH: Final = 128
# Source: docs.aws.amazon.com, Tagging AWS resources, "Tag naming limits": 50 tags a resource; ten stay free.
MAX_TAGS: Final = 40
PROFILE_REGION_PREFIXES: Final[dict[str, tuple[str, ...]]] = {
    "us": ("us-", "ca-", "mx-", "sa-"),
    "us-gov": ("us-gov-",),
    "eu": ("eu-", "il-", "me-", "af-"),
    "apac": ("ap-", "me-"),
    "jp": ("ap-northeast-",),
    "au": ("ap-southeast-",),
    "ca": ("ca-",),
}
"""Geographies of inference profiles (the prefixes of their IDs), and the prefixes of the regions that may call them.

The list of one model is shorter. Neighboring regions are included because some models have them: `us.` in Canada,
`apac.` in the Emirates.
Source: docs.aws.amazon.com, Bedrock, "Supported Regions and models for inference profiles"; CDK API Reference,
aws-bedrock-alpha, "CrossRegionInferenceProfileRegion"; AWS Machine Learning Blog, "Boost generative AI innovation in
Canada with Amazon Bedrock Cross-Region Inference"."""
GEOGRAPHIES: Final = frozenset({*PROFILE_REGION_PREFIXES, "global"})

EMBEDDING_DIMENSIONS: Final[dict[str, tuple[int, ...]]] = {
    "amazon.titan-embed-text-v2:0": (256, 512, 1024),
    "cohere.embed-english-v3": (1024,),
    "cohere.embed-multilingual-v3": (1024,),
}
"""Embedding models that a Knowledge Base supports, and the vector dimensions of each.

Source: docs.aws.amazon.com, Bedrock, "Supported models and Regions for Amazon Bedrock knowledge bases"."""

UPLOAD_CONTENT_TYPES: Final[dict[str, str]] = {
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Document types that a Knowledge Base parses, and the content type that an upload must declare for each.

Source: docs.aws.amazon.com, Bedrock, "Prerequisites for your Amazon Bedrock knowledge base data"."""

ORIGIN_FAILOVER_STATUS_CODES: Final = frozenset({400, 403, 404, 416, 429, 500, 502, 503, 504})
"""Source: docs.aws.amazon.com, CloudFront, "Optimize high availability with CloudFront origin failover"."""

LOG_RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Source: docs.aws.amazon.com, CloudWatch Logs API, "PutRetentionPolicy"."""

FUNCTIONS: Final = ("documents", "health", "ingest", "ingestion_status", "query", "upload")
LEAST_RESERVED: Final[dict[str, tuple[int, str]]] = {
    "health": (2, "the health check runs while the readiness check waits for an answer"),
    "ingest": (3, "the queue runs two, and the sweep one"),
}
"""The least that may be reserved for a function, and why. Any other function needs one."""

RESERVED_BUCKET_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
# The Terraform module of a release checks its variables with the same patterns.
NAME_PATTERN: Final = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
EMAIL_PATTERN: Final = r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
TAG_PATTERN: Final = r"[A-Za-z0-9 _.:/=+@-]"
_MODEL_ID: Final = re.compile(r"^(?:[a-z]{2,6}\.)?[a-z0-9]+\.[a-zA-Z0-9.-]+(?::\d+)*$")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_ROLE_ARN: Final = re.compile(r"arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/([A-Za-z0-9+=,.@_/-]+/)?[A-Za-z0-9+=,.@_-]{1,64}")
_EMAIL: Final = re.compile(EMAIL_PATTERN)
_DOMAIN: Final = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")
_CERTIFICATE: Final = re.compile(r"^arn:aws:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}$")
_STATE_BUCKET: Final = re.compile(r"(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_IP_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_TAG: Final = re.compile(f"{TAG_PATTERN}*")


def _require(condition: object, fix: str) -> None:
    if not condition:
        raise ValueError(fix)


def deployment_name(value: str) -> str:
    """Return a name that S3, IAM and OpenSearch all accept: lowercase letters, digits and single hyphens."""
    _require(
        re.fullmatch(NAME_PATTERN, value) and MIN_NAME_LENGTH <= len(value) <= MAX_NAME_LENGTH,
        f"use {MIN_NAME_LENGTH} to {MAX_NAME_LENGTH} lowercase letters, digits and single hyphens; start with a letter",
    )
    _require(
        not value.startswith(RESERVED_BUCKET_PREFIXES),
        f"S3 reserves bucket names that start with {' or '.join(RESERVED_BUCKET_PREFIXES)}: choose another name",
    )
    return value


def account_id(value: str) -> str:
    """Return the ID of an AWS account."""
    _require(_ACCOUNT.fullmatch(value), 'use the 12 digits of an AWS account ID, in quotes: "111122223333"')
    return value


def role_arn(value: str) -> str:
    """Return the ARN of an IAM role.

    Source: docs.aws.amazon.com, IAM, "IAM identifiers"; a session has another ARN, which changes each time.
    """
    _require(
        _ROLE_ARN.fullmatch(value),
        "use the ARN of an IAM role, not of a session or a user, without wildcards: "
        '"arn:aws:iam::111122223333:role/deployer"',
    )
    return value


def model_id(value: str) -> str:
    """Return a model ID (`provider.model-v1:0`) or a cross-Region inference profile ID (`us.provider.model-v1:0`)."""
    _require(
        _MODEL_ID.fullmatch(value) and len(value) <= MAX_MODEL_ID_LENGTH,
        'use a Bedrock model ID or inference profile ID such as "us.anthropic.claude-haiku-4-5-20251001-v1:0"',
    )
    return value


def geography(model: str) -> str | None:
    """Return the geography of an inference profile ID (`us`, `global`), or None for a plain model ID."""
    prefix = model.partition(".")[0]
    return prefix if prefix in GEOGRAPHIES else None


def callable_from(model: str, region: str) -> bool:
    """Return whether a region can call a model ID. A geographic profile works in its own geography only."""
    prefixes = PROFILE_REGION_PREFIXES.get(geography(model) or "")
    return prefixes is None or region.startswith(prefixes)


def embedding_model(value: str) -> str:
    """Return an embedding model whose dimensions are known, because the vector index is created for one of them."""
    _require(value in EMBEDDING_DIMENSIONS, f"use one of {', '.join(EMBEDDING_DIMENSIONS)}")
    return value


def email(value: str) -> str:
    """Return an email address."""
    _require(_EMAIL.fullmatch(value), "use an email address such as oncall@example.com")
    return value


def domain_name(value: str) -> str:
    """Return a host name for the distribution. A wildcard is refused because CORS needs the page's exact origin."""
    _require(
        not value.startswith("*."),
        "CORS needs the page's exact origin: use a host name such as chat.example.com, not a wildcard",
    )
    _require(_DOMAIN.fullmatch(value), "use a lowercase host name such as chat.example.com")
    return value


def certificate_arn(value: str) -> str:
    """Return the ARN of an ACM certificate in us-east-1, where CloudFront requires it, or an empty string.

    Source: docs.aws.amazon.com, CloudFront, "Requirements for using SSL/TLS certificates with CloudFront".
    """
    _require(
        not value or _CERTIFICATE.fullmatch(value),
        "use the ARN of an ACM certificate in us-east-1 (arn:aws:acm:us-east-1:ACCOUNT:certificate/ID)",
    )
    return value


def upload_type(value: str) -> str:
    """Return a file name extension that a Knowledge Base can parse."""
    _require(value in UPLOAD_CONTENT_TYPES, f"a Knowledge Base reads only {', '.join(UPLOAD_CONTENT_TYPES)}")
    return value


def failover_status_code(value: int) -> int:
    """Return a status code that CloudFront accepts as a failover criterion."""
    _require(
        value in ORIGIN_FAILOVER_STATUS_CODES,
        f"use a code that CloudFront can fail over on: {sorted(ORIGIN_FAILOVER_STATUS_CODES)}",
    )
    return value


def failover_status_codes(values: tuple[int, ...]) -> tuple[int, ...]:
    """Return the codes if CloudFront fails over when a region is down, and not only when it answers an error.

    CloudFront takes a failed connection for a 503, and a time-out for a 504.
    Source: docs.aws.amazon.com, CloudFront, "Optimize high availability with CloudFront origin failover".
    """
    _require(
        {503, 504} <= set(values),
        "add 503 and 504: without them, CloudFront does not fail over when a region refuses connections or hangs",
    )
    return values


def log_retention(value: int) -> int:
    """Return a retention period that CloudWatch Logs supports, in days."""
    _require(value in LOG_RETENTION_DAYS, f"use a retention that CloudWatch Logs supports: {list(LOG_RETENTION_DAYS)}")
    return value


def reserved_concurrency(values: dict[str, int]) -> dict[str, int]:
    """Return the executions that are reserved for functions, if each function has enough of them.

    Zero would switch the function off. Source: docs.aws.amazon.com, Lambda, "Configuring reserved concurrency".
    """
    for function, reserved in values.items():
        _require(function in FUNCTIONS, f"{function} is no function: use {', '.join(FUNCTIONS)}")
        least, reason = LEAST_RESERVED.get(function, (1, "zero switches it off"))
        _require(reserved >= least, f"reserve at least {least} for {function}: {reason}")
    return values


def state_bucket(value: str) -> str:
    """Return a bucket name that S3 accepts.

    Source: docs.aws.amazon.com, S3, "General purpose bucket naming rules".
    """
    _require(
        _STATE_BUCKET.fullmatch(value)
        and not _IP_ADDRESS.fullmatch(value)
        and not value.startswith(RESERVED_BUCKET_PREFIXES),
        "use the name of an existing S3 bucket",
    )
    return value


def state_key(value: str) -> str:
    """Return the key of the state object. Terraform refuses a key that starts or ends with a slash."""
    _require(not value.startswith("/") and not value.endswith("/"), "use a key that does not start or end with /")
    return value


def tag_key(value: str) -> str:
    """Return a tag key. AWS reserves keys that start with `aws:`."""
    _require(not value.lower().startswith("aws:"), "choose a key that does not start with aws:")
    return tag_text(value)


def tag_text(value: str) -> str:
    """Return a tag key or value that every service accepts. Bedrock has the narrowest rule: no letters besides A to Z.

    Source: Amazon Bedrock API Reference, "Tag", as in botocore's model. A test reads the models of all tagged services.
    """
    _require(_TAG.fullmatch(value), "use only the letters A to Z and a to z, digits, spaces and _ . : / = + - @")
    return value


def distinct_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags if no two keys differ in case only, because IAM compares keys without case.

    Source: docs.aws.amazon.com, IAM, "Tags for AWS Identity and Access Management resources", "Case sensitivity".
    """
    seen: dict[str, str] = {}
    for key in tags:
        other = seen.setdefault(key.lower(), key)
        _require(other == key, f"{other} and {key} differ in case only, and IAM takes them for one: remove one")
    return tags


def one_name(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the site's names if there is at most one besides CloudFront's own (record 6)."""
    _require(len(names) <= 1, "a site has one name besides CloudFront's own: keep one, and redirect the others to it")
    return names


def unique(values: Iterable[T]) -> tuple[T, ...]:
    """Return the values if there are no duplicates."""
    listed = tuple(values)
    _require(len(set(listed)) == len(listed), "list each value only once")
    return listed
