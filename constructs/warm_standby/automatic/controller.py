"""The controller of the automatic failover: one function in the failover region, which a schedule runs each minute."""

import json
from typing import Final

from cdktf import Fn, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route53_health_check import Route53HealthCheck
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from warm_standby.functions.function import Function
from warm_standby.functions.schedule import Schedule
from warm_standby.iam import Statement
from warm_standby.names import GLOBAL_REGION, Names
from warm_standby.regional_backend import RegionalBackend
from warm_standby.settings import Settings
from warm_standby.site.distribution import Distribution

PACKAGE: Final = "controller"
TIMEOUT: Final = 120
"""Seconds. A round takes at most 53 s for the looks, 10 s for the buckets, 27 s for the deep health, and 20 s for the
Knowledge Base."""
MINUTES: Final = 1
EMPTY_STATE: Final = '{"schemaVersion":1,"looks":[],"action":"watch","reason":"it has not looked yet"}'
READ_OBJECTS: Final = ("config.json", "standby/automatic/switch.json", "standby/automatic/drill.json")


class Controller(Construct):
    """The function `controller`, its state, and its schedule. `code` is the path of its own archive.

    Its role may read config.json, the journal's keys, the switch and the mark of a drill in both frontend buckets, and
    write config.json and the journal in its own region's. It has no permission in the primary region besides reading.
    `primary_check` is Route 53's check of the primary region's `/health`. If the controller is in us-east-1, where its
    metric is, the controller reads it as the second vantage point. Otherwise that is the edge (record 122).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: Settings,
        code: str,
        primary: RegionalBackend,
        failover: RegionalBackend,
        distribution: Distribution,
        primary_check: Route53HealthCheck | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._names, self._settings = names, settings
        self._check = primary_check if names.region == GLOBAL_REGION else None
        self._primary, self._failover = primary, failover
        parameter = f"/warm-standby/{names.deployment}/automatic"
        SsmParameter(
            self,
            "state",
            provider=provider,
            name=parameter,
            description="The last looks of the automatic failover's controller, and its last decision",
            type="String",
            insecure_value=EMPTY_STATE,
            lifecycle=TerraformResourceLifecycle(ignore_changes=["insecure_value"]),
        )
        self.function = Function(
            self,
            "function",
            provider=provider,
            names=names,
            package=PACKAGE,
            code=code,
            environment=self._environment(parameter, distribution),
            statements=self._statements(parameter),
            timeout=TIMEOUT,
            memory=512,
            log_retention_days=settings.operations.log_retention_days,
        )
        self.schedule = Schedule(
            self, "automatic_look", provider=provider, names=names, function=self.function, minutes=MINUTES
        )

    def _environment(self, parameter: str, distribution: Distribution) -> dict[str, str]:
        settings, failover = self._settings, self._failover
        automatic = settings.automatic
        site = {"url": distribution.url, "api_fallback": settings.site.api_fallback}
        regions = {backend.role: _region(backend) for backend in (self._primary, failover)}
        rules = {
            "failed_looks": automatic.failed_looks,
            "of_looks": automatic.of_looks,
            "dwell_minutes": automatic.dwell_minutes,
            "when_behind": automatic.when_behind,
            "lag_seconds": settings.objectives.documents_rpo_seconds,
        }
        return {
            "DEPLOYMENT": Fn.jsonencode({**regions, "site": site}),
            "RULES": json.dumps(rules, sort_keys=True, separators=(",", ":")),  # as Terraform's jsonencode
            "STATE_PARAMETER": parameter,
            "DOCUMENTS_BUCKET": failover.documents.bucket.bucket,
            "KNOWLEDGE_BASE_ID": failover.knowledge_base.knowledge_base_id,
            "DATA_SOURCE_ID": failover.knowledge_base.data_source_id,
            **({"HEALTH_FUNCTION": failover.functions.health.name} if settings.access.sign_in else {}),
            **({"HEALTH_CHECK_ID": self._check.id} if self._check else {}),
        }

    def _statements(self, parameter: str) -> list[Statement]:
        failover, own = self._failover, self._failover.frontend.private_bucket.arn
        other = self._primary.frontend.private_bucket.arn
        statements = [
            Statement(
                sid="KeepState",
                actions=["ssm:GetParameter", "ssm:PutParameter"],
                resources=[self._names.arn("ssm", f"parameter{parameter}")],
            ),
            Statement(
                sid="ReadConfigs",
                actions=["s3:GetObject"],
                resources=[f"{bucket}/{key}" for bucket in (own, other) for key in READ_OBJECTS],
            ),
            # Also so that an object that does not exist gives 404, not 403.
            # Source: docs.aws.amazon.com, S3 API, "GetObject", "Permissions".
            Statement(sid="ListJournals", actions=["s3:ListBucket"], resources=[own, other]),
            Statement(
                sid="MoveUsers",
                actions=["s3:PutObject"],
                resources=[f"{own}/config.json", f"{own}/standby/journal/*"],
            ),
            Statement(sid="ListDocuments", actions=["s3:ListBucket"], resources=[failover.documents.arn]),
            Statement(sid="ListJobs", actions=["bedrock:ListIngestionJobs"], resources=[failover.knowledge_base.arn]),
        ]
        if self._settings.access.sign_in:
            health = failover.functions.health.arn
            statements.append(Statement(sid="AskHealth", actions=["lambda:InvokeFunction"], resources=[health]))
        if self._check:
            statements.append(
                Statement(
                    sid="ReadCheckers",
                    actions=["cloudwatch:GetMetricData"],
                    resources=["*"],
                    wildcard_reason="docs.aws.amazon.com, Service Authorization Reference, Amazon CloudWatch: "
                    "GetMetricData has no resource types",
                )
            )
        return statements


def describe_second_vantage_point(settings: Settings) -> str:
    """Return which vantage point the controller has besides its own, and why. The synthesis prints it."""
    if not settings.dns.is_set:
        return "the edge"
    if settings.regions.failover == GLOBAL_REGION:
        return "Route 53's checkers"
    return f"the edge, because regions.failover is not {GLOBAL_REGION}, where Route 53's metric is"


def _region(backend: RegionalBackend) -> dict[str, str]:
    return {
        "region": backend.names.region,
        "api_url": backend.api.url,
        "frontend_bucket": backend.frontend.bucket.bucket,
    }
