"""The custom domain of one region: its certificate, and the API that answers under the name."""

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.api_gateway_base_path_mapping import ApiGatewayBasePathMapping
from cdktf_cdktf_provider_aws.api_gateway_domain_name import (
    ApiGatewayDomainName,
    ApiGatewayDomainNameEndpointConfiguration,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from constructs import Construct

from warm_standby.api.rest_api import RestApi

VALIDATION_TTL_SECONDS = 300


class Certificate(Construct):
    """A certificate of ACM for one name, in the region of `provider`. ACM renews it while the record below exists."""

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider, domain_name: str) -> None:
        super().__init__(scope, id_)
        self.certificate = AcmCertificate(
            self,
            "certificate",
            provider=provider,
            domain_name=domain_name,
            validation_method="DNS",
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )


class ValidationRecord(Construct):
    """The CNAME record that proves to ACM that the name is the owner's.

    ACM asks for the same record in every region of an account, so one record validates the certificates of both.
    Source: github.com/hashicorp/terraform-provider-aws, issue 13653.
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, hosted_zone_id: str, certificate: Certificate
    ) -> None:
        super().__init__(scope, id_)
        option = certificate.certificate.domain_validation_options.get(0)
        self.record = Route53Record(
            self,
            "record",
            provider=provider,
            zone_id=hosted_zone_id,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=VALIDATION_TTL_SECONDS,
        )


class RegionalDomain(Construct):
    """The name at one region's API, with TLS 1.2 or later. The API's own address goes on working.

    The base path is empty: `https://NAME/health` is the stage's `/health`.
    Source: docs.aws.amazon.com, API Gateway, "Set up a Regional custom domain name in API Gateway".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        certificate: Certificate,
        validation: ValidationRecord,
        api: RestApi,
    ) -> None:
        super().__init__(scope, id_)
        validated = AcmCertificateValidation(
            self,
            "validation",
            provider=provider,
            certificate_arn=certificate.certificate.arn,
            depends_on=[validation.record],
        )
        self.domain = ApiGatewayDomainName(
            self,
            "domain",
            provider=provider,
            domain_name=certificate.certificate.domain_name,
            regional_certificate_arn=validated.certificate_arn,
            security_policy="TLS_1_2",
            endpoint_configuration=ApiGatewayDomainNameEndpointConfiguration(types=["REGIONAL"]),
        )
        ApiGatewayBasePathMapping(
            self,
            "mapping",
            provider=provider,
            api_id=api.rest_api.id,
            stage_name=api.stage.stage.stage_name,
            domain_name=self.domain.domain_name,
        )
