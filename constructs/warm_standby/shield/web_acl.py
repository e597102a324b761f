"""A web ACL of AWS WAF, in front of the distribution or of a region's API."""

from typing import Literal

from cdktf import DataResource, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.wafv2_ip_set import Wafv2IpSet
from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import Wafv2WebAclAssociation
from constructs import Construct

from warm_standby.settings.shield import Shield
from warm_standby.shield.rules import rules, visibility


class WebAcl(Construct):
    """The rules of AWS WAF: the allowed addresses, a limit for each address, and AWS's managed rule groups.

    `kind` is `CLOUDFRONT` for the distribution, whose web ACL is in us-east-1, or `REGIONAL` for an API. A request with
    `readiness_pass` in its header comes from any address.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        name: str,
        kind: Literal["CLOUDFRONT", "REGIONAL"],
        settings: Shield,
        readiness_pass: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        ip_sets = [
            Wafv2IpSet(
                self,
                f"allowed_{version.lower()}",
                provider=provider,
                name=f"{name}-{version.lower()}",
                scope=kind,
                ip_address_version=version,
                addresses=cidrs,
            )
            for version, cidrs in settings.allowed_by_version.items()
        ]
        found = rules(
            name,
            rate_limit=settings.rate_limit,
            ip_set_arns=[ip_set.arn for ip_set in ip_sets],
            readiness_pass=readiness_pass,
        )
        self.web_acl = Wafv2WebAcl(
            self,
            "web_acl",
            provider=provider,
            name=name,
            scope=kind,
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            rule=[Wafv2WebAclRule(**rule) for rule in found],
            visibility_config=Wafv2WebAclVisibilityConfig(**visibility(name)),
        )
        self.arn = self.web_acl.arn


class ApiShield(Construct):
    """The web ACL of a region's API.

    `readiness_pass` is a random value that the region's readiness check sends, None if all addresses are allowed. It
    is in Terraform's state, the schedule and the web ACL, and opens nothing but this one rule.
    """

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider, name: str, settings: Shield) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self.readiness_pass = self._random_value() if settings.allowed_cidrs else None
        self.acl = WebAcl(
            self,
            "acl",
            provider=provider,
            name=name,
            kind="REGIONAL",
            settings=settings,
            readiness_pass=self.readiness_pass,
        )

    def protect(self, stage_arn: str) -> None:
        """Let AWS WAF look at each request to a stage."""
        Wafv2WebAclAssociation(
            self, "association", provider=self._provider, resource_arn=stage_arn, web_acl_arn=self.acl.arn
        )

    def _random_value(self) -> str:
        """Return a value that Terraform makes once, and then leaves as it is."""
        made = DataResource(
            self,
            "readiness_pass",
            input={"value": "${uuid()}"},
            lifecycle=TerraformResourceLifecycle(ignore_changes=["input"]),
        )
        return Token.as_string(made.interpolation_for_attribute("output.value"))
