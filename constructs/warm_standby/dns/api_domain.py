"""The name of the API in DNS: it answers the region that `config.json` names, while that region is healthy."""

from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route53_health_check import Route53HealthCheck
from cdktf_cdktf_provider_aws.route53_record import (
    Route53Record,
    Route53RecordAlias,
    Route53RecordFailoverRoutingPolicy,
)
from constructs import Construct

from warm_standby.dns.check_alarms import CheckAlarms
from warm_standby.dns.health_checks import HealthChecks
from warm_standby.dns.regional_domain import Certificate, RegionalDomain, ValidationRecord
from warm_standby.monitoring.alert_topic import AlertTopic
from warm_standby.names import GLOBAL_REGION, Names
from warm_standby.regional_backend import RegionalBackend
from warm_standby.settings import Settings


class ApiDomain(Construct):
    """One name for the APIs of both regions, with a failover record for each.

    The primary region's record has a health check: the region is healthy, and `config.json` names it. The failover
    region's record has none, so it answers whenever the other does not. `provider` is that of us-east-1.
    Source: docs.aws.amazon.com, Route 53, "How Amazon Route 53 chooses records when health checking is configured".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        settings: Settings,
        account: str,
        primary: RegionalBackend,
        failover: RegionalBackend,
        site_host: str,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._dns = settings.dns
        self.name = settings.dns.api_domain_name
        self.url = f"https://{self.name}/"
        self.checks = HealthChecks(
            self,
            "checks",
            provider=provider,
            deployment=settings.name,
            primary=primary.api,
            failover=failover.api,
            site_host=site_host,
        )
        self._add_alarms(settings, account, (primary, failover))
        self._serve(primary, failover)

    def _serve(self, primary: RegionalBackend, failover: RegionalBackend) -> None:
        first, second = (
            Certificate(self, f"certificate_{one.role}", provider=one.provider, domain_name=self.name)
            for one in (primary, failover)
        )
        validation = ValidationRecord(
            self,
            "validation",
            provider=self._provider,
            hosted_zone_id=self._dns.hosted_zone_id,
            certificate=first,
        )
        for backend, certificate, check in ((primary, first, self.checks.primary), (failover, second, None)):
            domain = RegionalDomain(
                self,
                f"domain_{backend.role}",
                provider=backend.provider,
                certificate=certificate,
                validation=validation,
                api=backend.api,
            )
            self._answer(backend, domain, check)

    def _answer(self, backend: RegionalBackend, domain: RegionalDomain, check: Route53HealthCheck | None) -> None:
        Route53Record(
            self,
            f"record_{backend.role}",
            provider=self._provider,
            zone_id=self._dns.hosted_zone_id,
            name=self.name,
            type="A",
            set_identifier=backend.role,
            failover_routing_policy=Route53RecordFailoverRoutingPolicy(
                type="PRIMARY" if backend.role == "primary" else "SECONDARY"
            ),
            health_check_id=check.id if check else None,
            alias=Route53RecordAlias(
                name=domain.domain.regional_domain_name,
                zone_id=domain.domain.regional_zone_id,
                # Only the health checks above decide. Route 53 could not evaluate an API's health anyway.
                evaluate_target_health=False,
            ),
        )

    def _add_alarms(self, settings: Settings, account: str, backends: tuple[RegionalBackend, RegionalBackend]) -> None:
        names = Names(deployment=settings.name, account=account, region=GLOBAL_REGION)
        in_region = next((one.topic for one in backends if one.names.region == GLOBAL_REGION), None)
        topic = in_region or AlertTopic(
            self, "alerts", provider=self._provider, names=names, emails=settings.operations.alert_emails
        )
        alarms = CheckAlarms(self, "alarms", provider=self._provider, names=names, topic_arn=topic.topic.arn)
        alarms.unhealthy(
            "primary",
            self.checks.primary,
            description=f"{self.name} answers the failover region: docs/runbook.md, Clients that use DNS",
        )
        alarms.unhealthy(
            "standby",
            self.checks.standby,
            description=f"The failover region's API would not answer clients of {self.name}: docs/runbook.md, Clients"
            " that use DNS",
        )
