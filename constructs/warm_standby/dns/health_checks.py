"""The health checks of Route 53 that decide which region the name of the API answers."""

from typing import Any, Final

from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route53_health_check import Route53HealthCheck
from constructs import Construct

from warm_standby.api.definition import STAGE
from warm_standby.api.rest_api import RestApi
from warm_standby.settings.dns import FAILURE_THRESHOLD, INTERVAL_SECONDS
from warm_standby.site.distribution import ROUTING_CONFIG_KEY

STANDBY_INTERVAL_SECONDS: Final = 30
"""The check of the failover region only alerts, so it need not be fast."""
ALL_CHILDREN: Final = 2
MAX_SEARCH_STRING: Final = 255
"""Source: Route 53 API Reference, "HealthCheckConfig", "SearchString"."""
SEARCHED_BYTES: Final = 5_120
"""Source: docs.aws.amazon.com, Route 53, "How Amazon Route 53 determines whether a health check is healthy"."""


def search_string(api_url: str) -> str:
    """Return the text at the beginning of a `config.json` that names this API, as Terraform and `standby` write it.

    Both write `apiUrl` first and without blanks. The brace is part of it, so a text that an escaped quotation mark or
    another key has (`fallbackApiUrl`) does not match. Record 107 says which files match, and what each means.
    """
    return f'{{"apiUrl":"{api_url}"'


class HealthChecks(Construct):
    """What Route 53's health checkers ask: both regions' `/health`, and `config.json` through the distribution.

    `primary` combines the primary region's `/health` and `serving`, which is healthy while `config.json` names the
    primary region. The record of the primary region uses it. `standby` only alerts.
    `site_host` is the distribution's own host.

    `/health` is asked at the API's own host, so the path has the stage, and TLS needs the name (SNI).
    Source: docs.aws.amazon.com, Route 53, "Values that you specify when you create or update health checks".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        deployment: str,
        primary: RestApi,
        failover: RestApi,
        site_host: str,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._deployment = deployment
        fast: dict[str, Any] = {"request_interval": INTERVAL_SECONDS}
        self.primary_health = self._endpoint("primary_health", **_health(primary), **fast)
        self.serving = self._endpoint(
            "serving",
            type="HTTPS_STR_MATCH",
            fqdn=site_host,
            resource_path=f"/{ROUTING_CONFIG_KEY}",
            search_string=search_string(primary.url),
            **fast,
        )
        self.primary = self._check(
            "primary",
            type="CALCULATED",
            child_healthchecks=[self.primary_health.id, self.serving.id],
            child_health_threshold=ALL_CHILDREN,
        )
        self.standby = self._endpoint("standby", **_health(failover), request_interval=STANDBY_INTERVAL_SECONDS)

    def _endpoint(self, purpose: str, **arguments: Any) -> Route53HealthCheck:  # noqa: ANN401 - the provider's arguments
        return self._check(purpose, port=443, enable_sni=True, failure_threshold=FAILURE_THRESHOLD, **arguments)

    def _check(self, purpose: str, **arguments: Any) -> Route53HealthCheck:  # noqa: ANN401 - the provider's arguments
        name = f"{self._deployment}-{purpose.replace('_', '-')}"
        return Route53HealthCheck(self, purpose, provider=self._provider, tags={"Name": name}, **arguments)


def _health(api: RestApi) -> dict[str, Any]:
    return {"type": "HTTPS", "fqdn": api.host, "resource_path": f"/{STAGE}/health"}
