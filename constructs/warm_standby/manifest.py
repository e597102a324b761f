"""The manifest and the outputs: the names and addresses that the operator's tool needs.

The manifest is stored in both regions, so that reading it needs neither Terraform nor the other region.
"""

from cdktf import Fn, Postcondition, TerraformOutput, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_ssm_parameters_by_path import DataAwsSsmParametersByPath
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from warm_standby.dns.api_domain import ApiDomain
from warm_standby.names import Names
from warm_standby.regional_backend import RegionalBackend
from warm_standby.settings import Settings
from warm_standby.site.distribution import Distribution
from warm_standby.site.origin_check import origin_check_key

SCHEMA_VERSION = 2


class Manifest(Construct):
    """One JSON document, as an SSM parameter in both regions and as an output. It contains no secrets.

    `backends` are the primary and the failover region's, in the order of their two providers.
    A standard parameter can be 4 KB. Source: docs.aws.amazon.com, Systems Manager, "Managing parameter tiers".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        failover_provider: AwsProvider,
        settings: Settings,
        account: str,
        distribution: Distribution,
        backends: tuple[RegionalBackend, RegionalBackend],
        api_domain: ApiDomain | None,
    ) -> None:
        super().__init__(scope, id_)
        self.document = Fn.jsonencode(
            {
                "schemaVersion": SCHEMA_VERSION,
                "name": settings.name,
                "account": account,
                "vectorStore": settings.knowledge_base.vector_store,
                **({"automatic": True} if settings.automatic.enabled else {}),
                **({"notifications": True} if settings.notifications.enabled else {}),
                **({"issuer": settings.access.issuer} if settings.access.sign_in else {}),
                "site": {
                    "url": distribution.url,
                    "distributionId": distribution.distribution.id,
                    "apiFallback": settings.site.api_fallback,
                },
                **({"dns": _dns(api_domain)} if api_domain else {}),
                "regions": {
                    backend.role: _region(backend) | {"replicatesTo": _replicates_to(backend, settings)}
                    for backend in backends
                },
            }
        )
        for backend, own_provider in zip(backends, (provider, failover_provider), strict=True):
            path = f"/warm-standby/{settings.name}"
            existing = DataAwsSsmParametersByPath(self, f"existing_{backend.role}", provider=own_provider, path=path)
            SsmParameter(
                self,
                backend.role,
                provider=own_provider,
                name=f"{path}/manifest",
                # Terraform keeps the first description. In a plan that creates the parameter it has the plan's time.
                description=f"What the operator's tool needs to know of this deployment, since {Fn.plantimestamp()}",
                type="String",
                insecure_value=self.document,
                lifecycle=TerraformResourceLifecycle(
                    ignore_changes=["description"], postcondition=[_no_other_deployment(existing, backend.names)]
                ),
            )


def _no_other_deployment(existing: DataAwsSsmParametersByPath, names: Names) -> Postcondition:
    """Refuse to create a manifest where another state's deployment has one."""
    return Postcondition(
        condition=f"${{!(endswith(self.description, plantimestamp()) && contains({existing.fqn}.names, self.name))}}",
        error_message=f"A deployment named {names.deployment} is in {names.region} already, and this state does not"
        ' have it. Use its state, or another name: README.md, "Several environments".',
    )


def _region(backend: RegionalBackend) -> dict[str, object]:
    return {
        "region": backend.names.region,
        "apiUrl": backend.api.url,
        "healthUrl": f"{backend.api.url}health",
        "documentsBucket": backend.documents.bucket.bucket,
        "frontendBucket": backend.frontend.bucket.bucket,
        "knowledgeBaseId": backend.knowledge_base.knowledge_base_id,
        "dataSourceId": backend.knowledge_base.data_source_id,
        "ingestFunction": backend.functions.ingest.name,
        "ingestQueueUrl": backend.queue.queue.url,
        "deadLetterQueueUrl": backend.queue.dead_letter_queue.url,
        "alertTopicArn": backend.topic.topic.arn,
        "alarms": backend.alarms.count,
        "functions": [function.name for function in backend.all_functions],
        "schedules": [schedule.name for schedule in backend.schedules],
        "originCheck": origin_check_key(backend.role),
    }


def _dns(api_domain: ApiDomain) -> dict[str, object]:
    checks = api_domain.checks
    return {
        "name": api_domain.name,
        "primaryHealthCheckId": checks.primary_health.id,
        "servingHealthCheckId": checks.serving.id,
        "standbyHealthCheckId": checks.standby.id,
    }


def _replicates_to(backend: RegionalBackend, settings: Settings) -> str:
    """Return the region to which this region's documents are replicated, or "" if there is none."""
    if backend.role == "primary":
        return settings.regions.failover
    return settings.regions.primary if settings.documents.replication == "two-way" else ""


def write_outputs(
    stack: TerraformStack,
    *,
    distribution: Distribution,
    manifest: Manifest,
    backends: tuple[RegionalBackend, RegionalBackend],
    api_domain: ApiDomain | None,
) -> None:
    """Add the stack's outputs: the site, the API's name in DNS, and for each role the names of the DR guide."""
    outputs = {
        "cloudfront_url": (distribution.url, "The address of the site"),
        "cloudfront_distribution_id": (distribution.distribution.id, "The ID of the distribution over both sites"),
        "manifest": (manifest.document, "What the operator's tool needs to know of this deployment, as JSON"),
    }
    if api_domain:
        outputs["api_domain_url"] = (api_domain.url, "The address of the API for other clients; it follows config.json")
    for backend in backends:
        outputs |= {f"{backend.role}_{name}": output for name, output in _backend_outputs(backend).items()}
    for name, (value, description) in outputs.items():
        TerraformOutput(stack, name, value=value, description=description)


def _backend_outputs(backend: RegionalBackend) -> dict[str, tuple[str, str]]:
    """Return the value and the description of each output of a role."""
    knowledge_base, owner = backend.knowledge_base, f"of the {backend.role} region"
    return {
        "api_gateway_url": (backend.api.url, f"The address of the API {owner}, with a slash at the end"),
        "health_endpoint": (f"{backend.api.url}health", f"The address of the health check {owner}"),
        "docs_bucket_name": (backend.documents.bucket.bucket, f"The bucket with the documents {owner}"),
        "frontend_bucket_name": (backend.frontend.bucket.bucket, f"The bucket with the site {owner}"),
        "knowledge_base_id": (knowledge_base.knowledge_base_id, f"The ID of the Knowledge Base {owner}"),
        "data_source_id": (knowledge_base.data_source_id, f"The ID of the Knowledge Base's data source {owner}"),
    }
