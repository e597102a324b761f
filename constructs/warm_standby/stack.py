"""The one stack: two regions, replication between their documents, one distribution in front of their sites."""

from cdktf import AssetType, Fn, LocalBackend, S3Backend, TerraformAsset, TerraformLocal, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_iam_session_context import DataAwsIamSessionContext
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from warm_standby.assets import Sources
from warm_standby.documents.replication import Replication
from warm_standby.functions.function import Code
from warm_standby.manifest import Manifest, write_outputs
from warm_standby.names import Names, Role
from warm_standby.regional_backend import RegionalBackend, Surroundings
from warm_standby.settings import STACK_NAME, Settings
from warm_standby.site.distribution import Distribution
from warm_standby.site.frontend_bucket import SiteFile
from warm_standby.site.routing_config import ServingConfig
from warm_standby.site.upload_limits import SiteLimits

# 1.10 brought S3's native state locking. Source: the Terraform CHANGELOG.
TERRAFORM_VERSION = ">= 1.10.0, < 2.0.0"


class WarmStandbyStack(TerraformStack):
    """A document chatbot in two AWS regions at once."""

    def __init__(self, scope: Construct, id_: str = STACK_NAME, *, settings: Settings, sources: Sources) -> None:
        super().__init__(scope, id_)
        self._settings = settings
        self._keep_state()
        primary_provider = self._provider("primary", settings.regions.primary)
        failover_provider = self._provider("failover", settings.regions.failover)
        caller = DataAwsCallerIdentity(self, "caller", provider=primary_provider)
        applier = DataAwsIamSessionContext(self, "applier", provider=primary_provider, arn=caller.arn)
        # The distribution reads the buckets and calls the APIs, and both must know it: these two are set below.
        site_origin = TerraformLocal(self, "site_origin", "")
        distribution_arn = TerraformLocal(self, "distribution_arn", "")
        surroundings = self._surroundings(
            sources,
            site_origin=site_origin.as_string,
            distribution_arn=distribution_arn.as_string,
            applier_arn=applier.issuer_arn,
        )
        self.primary = self._backend("primary", primary_provider, caller.account_id, surroundings)
        self.failover = self._backend("failover", failover_provider, caller.account_id, surroundings)
        backends = (self.primary, self.failover)
        self._replicate()
        self.distribution = Distribution(
            self,
            "distribution",
            provider=primary_provider,
            name=settings.name,
            settings=settings.site,
            primary=self.primary.frontend,
            failover=self.failover.frontend,
            connect_sources=[source for backend in backends for source in _connect_sources(backend)],
        )
        site_origin.expression = self.distribution.url
        distribution_arn.expression = self.distribution.distribution.arn
        ServingConfig(
            self,
            "serving_config",
            serving=self.primary,
            standby=self.failover,
            fallback=settings.site.api_fallback,
        )
        for backend in backends:
            SiteLimits(self, f"limits_{backend.role}", backend=backend, settings=settings.documents)
        manifest = Manifest(
            self,
            "manifest_parameter",
            settings=settings,
            account=caller.account_id,
            distribution=self.distribution,
            backends=backends,
        )
        write_outputs(self, distribution=self.distribution, manifest=manifest, backends=backends)

    def _keep_state(self) -> None:
        state = self._settings.state
        self.add_override("terraform.required_version", TERRAFORM_VERSION)
        if state.backend == "local":
            # Terraform runs in cdktf.out/stacks/<stack>, which `cdktf synth` may empty: the state lies beside main.py.
            LocalBackend(self, path=f"../../../terraform.{STACK_NAME}.tfstate")
            return
        backend = S3Backend(self, bucket=str(state.bucket), key=state.key, region=str(state.region), encrypt=True)
        backend.add_override("use_lockfile", True)  # noqa: FBT003 - cdktf's own signature

    def _provider(self, role: Role, region: str) -> AwsProvider:
        tags = [AwsProviderDefaultTags(tags=dict(self._settings.tags))] if self._settings.tags else None
        return AwsProvider(self, f"aws_{role}", alias=role, region=region, default_tags=tags)

    def _surroundings(
        self, sources: Sources, *, site_origin: str, distribution_arn: str, applier_arn: str
    ) -> Surroundings:
        code = TerraformAsset(self, "functions", path=str(sources.code.resolve()), type=AssetType.FILE)
        site = TerraformAsset(self, "site", path=str(sources.site.resolve()), type=AssetType.DIRECTORY)
        files, directory, archive = [], site.path, code.path
        for file in sources.site_files:
            path = f"{directory}/{file.key}"
            files.append(
                SiteFile(key=file.key, path=path, source_hash=Fn.filesha256(path), content_type=file.content_type)
            )
        return Surroundings(
            code=Code(path=archive, source_code_hash=Fn.filebase64sha256(archive)),
            site=files,
            site_origin=site_origin,
            distribution_arn=distribution_arn,
            applier_arn=applier_arn,
        )

    def _backend(self, role: Role, provider: AwsProvider, account: str, surroundings: Surroundings) -> RegionalBackend:
        region: str = getattr(self._settings.regions, role)
        return RegionalBackend(
            self,
            role,
            provider=provider,
            role=role,
            names=Names(deployment=self._settings.name, account=account, region=region),
            settings=self._settings,
            surroundings=surroundings,
        )

    def _replicate(self) -> None:
        directions = [(self.primary, self.failover), (self.failover, self.primary)]
        if self._settings.documents.replication == "one-way":
            directions = directions[:1]
        for source, destination in directions:
            replication = Replication(
                self,
                f"replication_from_{source.role}",
                provider=source.provider,
                names=source.names,
                source=source.documents,
                destination=destination.documents,
            )
            replication.alarm(source=source.alarms, destination=destination.alarms)


def _connect_sources(backend: RegionalBackend) -> tuple[str, str]:
    bucket = backend.names.bucket("docs")
    return f"https://{backend.api.host}", f"https://{bucket}.s3.{backend.names.region}.amazonaws.com"
