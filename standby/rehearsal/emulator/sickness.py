"""How a region is sick: what it answers, and to which calls. Pure: region proxy and emulator use it."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

SickMode = Literal["html", "empty", "redirect", "cut", "json", "drip", "wrong-type"]
SICK_MODES: Final[tuple[SickMode, ...]] = get_args(SickMode)

API: Final = "api"
PAGE_READS: Final = "pages"
CALLS: Final = (
    API,
    PAGE_READS,
    "bedrock:ListIngestionJobs",
    "bedrock:ListKnowledgeBaseDocuments",
    "cloudfront:CreateInvalidation",
    "cloudwatch:DescribeAlarms",
    "events:DescribeRule",
    "events:ListTargetsByRule",
    "iam:SimulatePrincipalPolicy",
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConfiguration",
    "lambda:InvokeFunction",
    "lambda:ListEventSourceMappings",
    "s3:DeleteObject",
    "s3:GetBucketNotification",
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "sqs:GetQueueAttributes",
    "ssm:GetParameter",
    "sts:GetCallerIdentity",
)
"""The calls that operators, users and CloudFront send to a region: `api` is the chatbot's API, `pages` are CloudFront's
reads of the frontend bucket, and the others are IAM actions. The part before the colon names all calls of a service."""

SICK_HEADER: Final = "X-Rehearsal-Sick"
"""The region proxy of a sick region adds it to every request; the emulator's process obeys it."""


@dataclass(frozen=True, kw_only=True)
class Sickness:
    """How a region is sick. Without `calls`, every call is affected; a service's name stands for all its calls."""

    mode: SickMode
    calls: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the sickness as text."""
        return f"{self.mode} for {', '.join(self.calls) or 'all calls'}"

    def header_value(self) -> str:
        """Return the sickness as the value of a header."""
        return " ".join((self.mode, *self.calls))

    @classmethod
    def from_header(cls, value: str) -> "Sickness | None":
        """Return the sickness that `header_value` encoded, None for any other text."""
        mode, *calls = value.split() or [""]
        return cls(mode=mode, calls=tuple(calls)) if mode in SICK_MODES else None

    def affects(self, call: str) -> bool:
        """Return whether this call gets nonsense."""
        return not self.calls or call in self.calls or call.partition(":")[0] in self.calls


def known_calls() -> tuple[str, ...]:
    """Return every name that `Sickness.calls` may contain: the calls, and the services before their colons."""
    return tuple(sorted({*CALLS, *(call.partition(":")[0] for call in CALLS)}))
