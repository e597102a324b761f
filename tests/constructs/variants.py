"""Settings that several tests share, because a synthesis takes half a second. One variant changes many settings."""

from typing import Final

from tests.constructs.plan import default_settings
from warm_standby.settings.regions import deployment_regions

CERTIFICATE: Final = "arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"

CHUNKS: Final = {"chunk_tokens": 300, "chunk_overlap_percent": 10, "embedding_dimensions": 512}
ALERTED: Final = {"alert_emails": ["oncall@example.com"]}

CHANGED: Final = default_settings(
    allowed_account_ids=["111122223333", "444455556666"],
    knowledge_base={**CHUNKS, "vector_store": "opensearch-serverless"},
    answers={
        "model": "us.anthropic.claude-x-v1:0",
        "allowed_models": ["amazon.nova-lite-v1:0", "global.anthropic.claude-y-v1:0"],
        "profile_regions": ["us-east-1", "us-west-2"],
    },
    documents={
        "expire_days": 400,
        "noncurrent_version_days": 7,
        "max_upload_mb": 2,
        "upload_types": [".md", ".pdf"],
    },
    site={
        "origin_failover_status_codes": [504, 500, 503],
        "domain_names": ["chat.example.com"],
        "certificate_arn": CERTIFICATE,
        "api_fallback": False,
    },
    operations={
        "alert_emails": ["a@example.com", "b@example.com"],
        "appliers": ["arn:aws:iam::111122223333:role/ci", "arn:aws:iam::111122223333:role/people/admin"],
        "log_retention_days": 7,
        "api_rate_limit": 7,
        "api_burst_limit": 9,
        "sweep_minutes": 1,
        "readiness_minutes": 3,
        "force_destroy": True,
    },
    state={"backend": "s3", "bucket": "my-states", "region": "eu-west-1"},
)
"""Every setting differs from its default, except those that add or remove resources (`[access]` among them)."""

SIGN_IN: Final = default_settings(
    access={
        "mode": "oidc",
        "issuer": "https://login.example.com/tenant",
        "client_id": "page",
        "audience": "https://chatbot.example.com/api",
        "required_claims": {"groups": ["users", "admins"]},
        "scopes": ["openid", "offline_access"],
        "endpoint_origins": ["https://token.example.com"],
    }
)
"""Users sign in with an OpenID Connect issuer."""

LOGGED: Final = {"access_logs": True, "access_log_days": 30}
SHIELDED: Final = default_settings(
    access={"waf": True, "rate_limit": 500, "allowed_cidrs": ["203.0.113.0/24", "2001:db8::/32"]},
    operations={**LOGGED, "reserved_concurrency": {"health": 5, "ingest": 4}},
)
"""AWS WAF, access logs and reserved executions, in the default regions."""

SHIELDED_SIGN_IN: Final = default_settings(
    access={**SIGN_IN.access.model_dump(), "waf": True, "rate_limit": 500, "allowed_cidrs": ["203.0.113.0/24"]},
    operations={**LOGGED, "reserved_concurrency": {"health": 5, "ingest": 4}},
)
"""Everything that `SHIELDED` and `SIGN_IN` add, in one stack: linting another one would take half a minute."""

NOTIFIED: Final = default_settings(notifications={"enabled": True, "emails": ["oncall@example.com"]})
"""Each region reports changes."""

AUTOMATIC: Final = default_settings(automatic={"enabled": True})
"""A controller moves users by itself."""

DNS: Final = {"hosted_zone_id": "Z0123456789ABCDEFGHIJ", "api_domain_name": "api.example.com"}
NAMED: Final = default_settings(dns=DNS)
"""The API has a name in DNS, in the default regions."""

UNATTENDED: Final = default_settings(dns=DNS, automatic={"enabled": True})
"""Both: the controller is in us-east-1, and Route 53's checkers are its second vantage point."""

SAME_API: Final = default_settings(
    operations={"log_retention_days": 7, "api_rate_limit": 7, "alert_emails": ["a@example.com"], "sweep_minutes": 60},
    answers={"model": "amazon.nova-lite-v1:0"},
    documents={"max_upload_mb": 1, "replication": "one-way"},
    knowledge_base={"chunk_tokens": 300},
)
"""Many settings differ from their defaults (also `one-way` replication), but none changes the REST API."""

_FAILOVER, _PRIMARY = sorted(deployment_regions(vector_store="opensearch-serverless"), key=len)[-2:]
LONGEST: Final = default_settings(
    knowledge_base={"vector_store": "opensearch-serverless"},
    name="a" * 20,
    regions={"primary": _PRIMARY, "failover": _FAILOVER},
    answers={"model": "global.anthropic.claude-haiku-4-5-20251001-v1:0"},
    site={"domain_names": [f"{'a' * 63}.{'b' * 63}.{'c' * 63}.example.com"], "certificate_arn": CERTIFICATE},
)
"""The longest name in the regions with the longest names."""

_APART: Final = {"primary": "ca-central-1", "failover": "sa-east-1"}
APART_OPENSEARCH: Final = default_settings(
    regions=_APART, operations=ALERTED, knowledge_base={"vector_store": "opensearch-serverless"}
)
APART_S3_VECTORS: Final = default_settings(regions=_APART, operations=ALERTED, knowledge_base=CHUNKS)
"""Two regions outside of the answer model's profile, whose regions are the same for both roles."""
APART_NAMED: Final = default_settings(regions=_APART, operations=ALERTED, dns=DNS)
"""No region is us-east-1, where Route 53 publishes its metrics."""
APART_SIGN_IN: Final = SIGN_IN.model_copy(update={"regions": APART_S3_VECTORS.regions})
