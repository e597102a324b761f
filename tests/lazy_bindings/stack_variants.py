"""Our own stack, in a few variants, of which one changes each setting that reaches the synthesized JSON.

Stock bindings are slow, so settings that do not exclude each other share a variant.
"""

from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

from cdktf import App

from warm_standby.assets import read_assets
from warm_standby.settings import Settings
from warm_standby.stack import WarmStandbyStack

ROOT = Path(__file__).parents[2]
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
BASE: dict[str, Any] = {"name": "chatbot", "regions": {"primary": "us-west-2", "failover": "us-east-1"}}
VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "other-regions": {"regions": {"primary": "us-east-1", "failover": "us-west-2"}},
    "every-part": {
        "name": "another",
        "allowed_account_ids": ["111122223333"],
        "tags": {"owner": "x", "cost-centre": "42"},
        "access": {
            "mode": "oidc",
            "issuer": "https://login.example.com/tenant",
            "client_id": "page",
            "audience": "https://chatbot.example.com/api",
            "audience_parameter": "none",
            "required_claims": {"groups": ["users"]},
            "scopes": ["openid", "offline_access"],
            "endpoint_origins": ["https://token.example.com"],
            "delete_claims": {"groups": ["admins"]},
        },
        "answers": {
            "model": "us.anthropic.claude-sonnet-4-6",
            "allowed_models": ["amazon.nova-lite-v1:0"],
            "profile_regions": ["us-east-1", "us-west-2"],
        },
        "automatic": {
            "enabled": True,
            "failed_looks": 2,
            "of_looks": 3,
            "dwell_minutes": 30,
            "when_behind": "move",
        },
        "dns": {"hosted_zone_id": "Z0123456789ABCDEFGHIJ", "api_domain_name": "api.example.com"},
        "notifications": {"enabled": True, "emails": ["a@example.com"]},
        "state": {"backend": "s3", "bucket": "state-of-chatbot", "region": "us-west-2", "key": "chatbot.tfstate"},
    },
    "other-choices": {
        "access": {"waf": True, "rate_limit": 500, "allowed_cidrs": ["203.0.113.0/24", "2001:db8::/32"]},
        "documents": {
            "replication": "one-way",
            "expire_days": 365,
            "noncurrent_version_days": 7,
            "max_upload_mb": 5,
            "upload_types": [".pdf"],
        },
        "knowledge_base": {
            "vector_store": "opensearch-serverless",
            "embedding_model": "cohere.embed-multilingual-v3",
            "embedding_dimensions": 1024,
            "chunk_tokens": 300,
            "chunk_overlap_percent": 10,
        },
        "operations": {
            "alert_emails": ["a@example.com", "b@example.com"],
            "appliers": ["arn:aws:iam::111122223333:role/ci"],
            "log_retention_days": 7,
            "api_rate_limit": 7,
            "api_burst_limit": 9,
            "sweep_minutes": 60,
            "readiness_minutes": 20,
            "force_destroy": True,
            "api_gateway_account": False,
            "access_logs": True,
            "access_log_days": 30,
            "reserved_concurrency": {"health": 5},
        },
        "site": {
            "domain_names": ["chat.example.com"],
            "certificate_arn": CERTIFICATE,
            "api_fallback": False,
            "origin_failover_status_codes": [500, 502, 503, 504],
        },
    },
}


def synthesize_variants(out: Path) -> None:
    """Write each variant's stack to a directory with its name below `out`."""
    for name, changes in VARIANTS.items():
        app = App(outdir=str(out / name))
        archive = out / name / "functions.zip"
        archive.parent.mkdir(parents=True, exist_ok=True)
        settings = Settings.model_validate(BASE | changes)
        wheels = [_write_wheel(out)] if settings.access.sign_in else []
        assets = read_assets(
            functions=ROOT / "lambda_src",
            site=ROOT / "frontend",
            archive=archive,
            wheels=wheels,
            automatic=settings.automatic.enabled,
            notifications=settings.notifications.enabled,
        )
        WarmStandbyStack(app, settings=settings, assets=assets)
        app.synth()


def _write_wheel(out: Path) -> Path:
    path = out / "empty.whl"
    with ZipFile(path, "w") as wheel:
        wheel.writestr(ZipInfo("package/__init__.py"), "")  # the same time in each
    return path
