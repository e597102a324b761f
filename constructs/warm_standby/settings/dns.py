"""The settings of the DNS name for API clients that are not the page (record 107)."""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, model_validator

from warm_standby.settings import validators
from warm_standby.settings.section import Section, validation_error

# Source: Route 53 API Reference, "GetHostedZone", "Id". An ID that Route 53 returns has the prefix /hostedzone/.
_ZONE: Final = re.compile(r"Z[A-Z0-9]{1,31}")
# ACM puts the name into the common name of the certificate. Source: docs.aws.amazon.com, ACM, "Quotas", "Domain names".
MAX_CERTIFICATE_NAME: Final = 64
INTERVAL_SECONDS: Final = 10
FAILURE_THRESHOLD: Final = 3
"""How often the health checks of the primary region ask, and how many results in a row change their state."""
LEAST_RATE: Final = 100
"""The least `access.rate_limit` with a name. A checker asks 30 times in five minutes, and a network has several.
Source: docs.aws.amazon.com, Route 53, "How Amazon Route 53 determines whether a health check is healthy"."""
LEAST_API_RATE: Final = 10
"""The least `operations.api_rate_limit` with a name. Some sixteen checkers ask `/health` every 10 s, and do not
coordinate: there can be "several requests per second" (the same page). Above the limit API Gateway answers 429, and DNS
leaves a region that is well. So does a controller that reads the checkers' result."""


def _hosted_zone_id(value: str) -> str:
    if value and not _ZONE.fullmatch(value):
        raise ValueError('use the ID of a public Route 53 hosted zone, without /hostedzone/: "Z0123456789ABCDEFGHIJ"')
    return value


def _api_domain_name(value: str) -> str:
    if not value:
        return value
    if value.startswith("*."):
        raise ValueError("clients need one name: use a host name such as api.example.com, not a wildcard")
    if len(value) > MAX_CERTIFICATE_NAME:
        raise ValueError(f"a certificate of ACM takes names of at most {MAX_CERTIFICATE_NAME} characters")
    validators.domain_name(value)
    if value.endswith((".amazonaws.com", ".cloudfront.net")):
        raise ValueError("this name is AWS's: use a name in your own hosted zone")
    return value


class Dns(Section):
    """The name of the API that follows `config.json`. Set both or neither.

    `hosted_zone_id`: an existing public hosted zone of Route 53, in this account. The stack does not create it.
    `api_domain_name`: a name in that zone. Whether it is in the zone is known at the apply only: Route 53 refuses it.
    """

    hosted_zone_id: Annotated[str, AfterValidator(_hosted_zone_id)] = ""
    api_domain_name: Annotated[str, AfterValidator(_api_domain_name)] = ""

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> Self:
        for key, other in (("hosted_zone_id", "api_domain_name"), ("api_domain_name", "hosted_zone_id")):
            if getattr(self, other) and not getattr(self, key):
                raise validation_error((key,), "", f"set dns.{key} and dns.{other} together, or set neither")
        return self

    @property
    def is_set(self) -> bool:
        """Whether the API has a name of its own."""
        return bool(self.api_domain_name)
