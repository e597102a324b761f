"""The stack: two regional backends, replication between their documents, and one distribution over their sites."""

from collections.abc import Sequence
from typing import Final, Literal

from cdktf import (
    AssetType,
    Postcondition,
    TerraformAsset,
    TerraformLocal,
    TerraformOutput,
    TerraformResourceLifecycle,
    TerraformStack,
)
from cdktf_cdktf_provider_aws.data_aws_iam_session_context import DataAwsIamSessionContext
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from warm_standby.assets import Assets
from warm_standby.automatic.controller import Controller
from warm_standby.dns.api_domain import ApiDomain
from warm_standby.documents.replication import Replication
from warm_standby.identity import Identity
from warm_standby.manifest import Manifest, write_outputs
from warm_standby.names import GLOBAL_REGION, Names, Role
from warm_standby.notifications.notifications import Notifications
from warm_standby.regional_backend import BackendInputs, RegionalBackend
from warm_standby.settings import STACK_NAME, Settings
from warm_standby.shield.web_acl import WebAcl
from warm_standby.site.access_logs import SiteAccessLogs
from warm_standby.site.distribution import Distribution
from warm_standby.site.origin_check import OriginCheck
from warm_standby.site.routing_config import RoutingConfig
from warm_standby.site.sign_in import SIGN_IN_KEY, SignIn
from warm_standby.site.upload_limits import UploadLimits
from warm_standby.state import configure_state

# 1.10 added native state locking in S3. Source: the Terraform CHANGELOG.
TERRAFORM_VERSION = ">= 1.10.0, < 2.0.0"


# The validation of a data access policy knows SAML principals, IAM users, roles and sessions of roles. The root user is
# none of them. Source: its error in github.com/aws-samples/bedrock-kb-rag-workshop, issue 1.
_USER_OR_ROLE: Final = Postcondition(
    condition='${can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/", self.issuer_arn))}',
    error_message="The credentials are those of ${self.arn}, and OpenSearch Serverless accepts only users and roles."
    " Apply as a role, and list it in operations.appliers.",
)


class WarmStandbyStack(TerraformStack):
    """A document chatbot in two AWS regions."""

    def __init__(self, scope: Construct, id_: str = STACK_NAME, *, settings: Settings, assets: Assets) -> None:
        super().__init__(scope, id_)
        self._settings = settings
        self.add_override("terraform.required_version", TERRAFORM_VERSION)
        configure_state(self, settings=settings)
        primary_provider = self._provider("primary", settings.regions.primary)
        failover_provider = self._provider("failover", settings.regions.failover)
        self._global_provider = self._global(primary_provider, failover_provider)
        identity = Identity(self, "identity", provider=primary_provider, settings=settings)
        on_opensearch = settings.knowledge_base.vector_store == "opensearch-serverless"
        applier = DataAwsIamSessionContext(
            self,
            "applier",
            provider=primary_provider,
            arn=identity.caller_arn,
            lifecycle=TerraformResourceLifecycle(postcondition=[_USER_OR_ROLE]) if on_opensearch else None,
        )
        # The distribution refers to the buckets and the APIs, and they refer to the distribution. These locals break
        # the cycle: their values are set below.
        site_origins = [TerraformLocal(self, "site_origin", "")]
        if settings.site.domain_names:
            site_origins.append(TerraformLocal(self, "distribution_origin", ""))
        distribution_arn = TerraformLocal(self, "distribution_arn", "")
        inputs = self._backend_inputs(
            assets,
            site_origins=[origin.as_string for origin in site_origins],
            distribution_arn=distribution_arn.as_string,
            applier_arns=[applier.issuer_arn, *settings.operations.appliers],
        )
        self.primary = self._backend("primary", primary_provider, identity.account, inputs)
        self.failover = self._backend("failover", failover_provider, identity.account, inputs)
        self._replicate_documents()
        self.notifications = self._notify(assets) if settings.notifications.enabled else ()
        self.distribution = self._distribution(primary_provider)
        self._log_site_requests()
        for origin, host in zip(site_origins, self.distribution.hosts, strict=True):
            origin.expression = f"https://{host}"
        distribution_arn.expression = self.distribution.distribution.arn
        self._write_site_configuration()
        self.api_domain = self._name_api(identity.account) if settings.dns.is_set else None
        if settings.automatic.enabled:
            self._control_failover(assets)
        self._write_manifest(identity.account)

    def _provider(self, alias: Role | Literal["global"], region: str) -> AwsProvider:
        tags = [AwsProviderDefaultTags(tags=dict(self._settings.tags))] if self._settings.tags else None
        accounts = list(self._settings.allowed_account_ids) or None
        return AwsProvider(
            self, f"aws_{alias}", alias=alias, region=region, allowed_account_ids=accounts, default_tags=tags
        )

    def _global(self, primary: AwsProvider, failover: AwsProvider) -> AwsProvider:
        """Return the provider of us-east-1: that of a region, or a third one.

        The third one is there also while nothing uses it. Terraform could not destroy its resources without it.
        """
        regions = self._settings.regions
        of_regions = {regions.primary: primary, regions.failover: failover}
        return of_regions.get(GLOBAL_REGION) or self._provider("global", GLOBAL_REGION)

    def _backend_inputs(
        self, assets: Assets, *, site_origins: Sequence[str], distribution_arn: str, applier_arns: Sequence[str]
    ) -> BackendInputs:
        code = TerraformAsset(self, "functions", path=str(assets.code.resolve()), type=AssetType.FILE)
        site = TerraformAsset(self, "site", path=str(assets.site.resolve()), type=AssetType.DIRECTORY)
        authorizer = self._authorizer_code(assets) if self._settings.access.sign_in else None
        return BackendInputs(
            code=code.path,
            authorizer_code=authorizer,
            site=site.path,
            site_files=assets.site_files,
            site_origins=site_origins,
            distribution_arn=distribution_arn,
            applier_arns=applier_arns,
        )

    def _authorizer_code(self, assets: Assets) -> str:
        if assets.authorizer_code is None:
            raise ValueError('assets.authorizer_code = None: access.mode = "oidc" needs the archive of the authorizer')
        return TerraformAsset(self, "authorizer", path=str(assets.authorizer_code.resolve()), type=AssetType.FILE).path

    def _backend(self, role: Role, provider: AwsProvider, account: str, inputs: BackendInputs) -> RegionalBackend:
        region: str = getattr(self._settings.regions, role)
        names = Names(deployment=self._settings.name, account=account, region=region)
        return RegionalBackend(
            self, role, provider=provider, names=names, role=role, settings=self._settings, inputs=inputs
        )

    def _replicate_documents(self) -> None:
        directions = [(self.primary, self.failover), (self.failover, self.primary)]
        if self._settings.documents.replication == "one-way":
            directions = directions[:1]
        for source, destination in directions:
            Replication(
                self,
                f"replication_from_{source.role}",
                provider=source.provider,
                names=source.names,
                source=source.documents,
                destination=destination.documents,
            )
            destination.alarms.replication_latency(source=source.documents, destination=destination.documents)
            source.alarms.replication_failed(source=source.documents, destination=destination.documents)

    def _notify(self, assets: Assets) -> tuple[Notifications, Notifications]:
        if assets.notifications_code is None:
            raise ValueError(
                "assets.notifications_code = None: notifications.enabled needs the archive of its function"
            )
        path = str(assets.notifications_code.resolve())
        code = TerraformAsset(self, "notifications", path=path, type=AssetType.FILE).path
        controlled = f"/warm-standby/{self._settings.name}/automatic" if self._settings.automatic.enabled else None
        primary, failover = (
            Notifications(
                self,
                f"notifications_{backend.role}",
                provider=backend.provider,
                backend=backend,
                other=other,
                settings=self._settings,
                code=code,
                controller_parameter=controlled if backend is self.failover else None,
            )
            for backend, other in ((self.primary, self.failover), (self.failover, self.primary))
        )
        for role, one in (("primary", primary), ("failover", failover)):
            name, description = f"{role}_notification_topic_arn", f"The topic that tells changes in the {role} region"
            TerraformOutput(self, name, value=one.topic.arn, description=description)
        return primary, failover

    def _distribution(self, provider: AwsProvider) -> Distribution:
        return Distribution(
            self,
            "distribution",
            provider=provider,
            name=self._settings.name,
            settings=self._settings.site,
            primary=self.primary.frontend,
            failover=self.failover.frontend,
            connect_sources=[
                *_connect_sources(self.primary),
                *_connect_sources(self.failover),
                *self._settings.access.connect_origins,
            ],
            web_acl_arn=self._shield_site(),
        )

    def _shield_site(self) -> str | None:
        """Return the ARN of the distribution's web ACL, None without AWS WAF."""
        access = self._settings.access
        if not access.waf:
            return None
        name = f"{self._settings.name}-site"
        acl = WebAcl(self, "site_shield", provider=self._global_provider, name=name, kind="CLOUDFRONT", settings=access)
        return acl.arn

    def _name_api(self, account: str) -> ApiDomain:
        return ApiDomain(
            self,
            "api_domain",
            provider=self._global_provider,
            settings=self._settings,
            account=account,
            primary=self.primary,
            failover=self.failover,
            site_host=self.distribution.distribution.domain_name,
        )

    def _log_site_requests(self) -> None:
        """Deliver the distribution's access logs into the primary region's log bucket."""
        if self.primary.log_bucket is not None:
            SiteAccessLogs(
                self,
                "site_access_logs",
                provider=self._global_provider,
                name=self._settings.name,
                distribution=self.distribution.distribution,
                log_bucket=self.primary.log_bucket,
            )

    def _write_site_configuration(self) -> None:
        RoutingConfig(
            self,
            "serving_config",
            provider=self.primary.provider,
            failover_provider=self.failover.provider,
            primary=self.primary.frontend,
            failover=self.failover.frontend,
            region=self.primary.names.region,
            api_url=self.primary.api.url,
            fallback_api_url=self.failover.api.url if self._settings.site.api_fallback else None,
        )
        for backend in (self.primary, self.failover):
            self._write_page_settings(backend)
            OriginCheck(
                self,
                f"origin_check_{backend.role}",
                provider=backend.provider,
                frontend=backend.frontend,
                role=backend.role,
            )

    def _control_failover(self, assets: Assets) -> None:
        """Add the controller, which moves users by itself, to the failover region."""
        if assets.controller_code is None:
            raise ValueError("assets.controller_code = None: automatic.enabled needs the archive of the controller")
        code = TerraformAsset(self, "controller", path=str(assets.controller_code.resolve()), type=AssetType.FILE)
        controller = Controller(
            self,
            "automatic",
            provider=self.failover.provider,
            names=self.failover.names,
            settings=self._settings,
            code=code.path,
            primary=self.primary,
            failover=self.failover,
            distribution=self.distribution,
            primary_check=self.api_domain.checks.primary_health if self.api_domain else None,
        )
        self.failover.add_controller(controller.function, controller.schedule)

    def _write_page_settings(self, backend: RegionalBackend) -> None:
        access, role = self._settings.access, backend.role
        UploadLimits(
            self,
            f"limits_{role}",
            provider=backend.provider,
            frontend=backend.frontend,
            settings=self._settings.documents,
            sign_in_key=SIGN_IN_KEY if access.sign_in else None,
        )
        if access.sign_in:
            SignIn(self, f"access_{role}", provider=backend.provider, frontend=backend.frontend, settings=access)

    def _write_manifest(self, account: str) -> None:
        backends = (self.primary, self.failover)
        manifest = Manifest(
            self,
            "manifest_parameter",
            provider=self.primary.provider,
            failover_provider=self.failover.provider,
            settings=self._settings,
            account=account,
            distribution=self.distribution,
            backends=backends,
            api_domain=self.api_domain,
        )
        write_outputs(
            self,
            distribution=self.distribution,
            manifest=manifest,
            backends=backends,
            api_domain=self.api_domain,
        )


def _connect_sources(backend: RegionalBackend) -> tuple[str, str]:
    """Return the origins that the page calls: the region's API, and its documents bucket for uploads."""
    bucket = backend.names.bucket("docs")
    return f"https://{backend.api.host}", f"https://{bucket}.s3.{backend.names.region}.amazonaws.com"
