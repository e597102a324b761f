"""The one fault that a real deployment is given: CloudFront may not read the primary region's pages for a while.

A statement of its own in the bucket's policy, removed at the end. Should nobody come to remove it, it ends by itself:
it holds until a time that it names.
Source: docs.aws.amazon.com, IAM, "AWS global condition context keys", `aws:CurrentTime`.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from standby.deployment.clients import Clients
from standby.deployment.concurrency import Unavailable, attempt
from standby.deployment.manifest import Manifest, Role
from standby.deployment.page_denial import allow_pages, deny_pages
from standby.errors import RefusedError, StandbyError
from standby.rehearsal.faults.faults import FaultKind

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.type_defs import DistributionConfigOutputTypeDef

SID: Final = "StandbyDrillDenies"
LONGEST: Final = timedelta(minutes=10)
PAGES: Final = ("/", "/index.html")
DENIED: Final = 403


def passes_on(config: "DistributionConfigOutputTypeDef") -> str:
    """Return why visitors would be shown a denial of the first bucket's pages; "" when the other bucket is asked. Pure.

    Source: docs.aws.amazon.com, CloudFront, "Optimize high availability with CloudFront origin failover".
    """
    groups = {group["Id"]: group for group in config.get("OriginGroups", {}).get("Items", [])}
    group = groups.get(config["DefaultCacheBehavior"]["TargetOriginId"])
    if group is None:
        return "the site's pages come from one bucket alone"
    codes = group["FailoverCriteria"]["StatusCodes"]["Items"]
    if DENIED in codes:
        return ""
    return f"the site fails over on {', '.join(map(str, sorted(codes)))}, not on {DENIED}"


def require_other_bucket(clients: Clients, deployment: Manifest) -> None:
    """Raise `RefusedError` unless CloudFront asks the other bucket when it is denied the primary's pages."""
    id_ = deployment.distribution_id
    found = attempt(lambda: clients.cloudfront().get_distribution_config(Id=id_)["DistributionConfig"])
    if isinstance(found, Unavailable):
        raise RefusedError(
            f"Whether visitors would see that pages are denied is not known: the distribution {id_} {found}.",
            hint="These credentials must be allowed cloudfront:GetDistributionConfig.",
        )
    why = passes_on(found)
    if why:
        raise RefusedError(
            f"To deny the primary region's pages would show visitors the error: {why}.",
            hint="Add 403 to site.origin_failover_status_codes in standby.toml and apply; or drill live-api alone.",
        )


@dataclass(frozen=True, kw_only=True)
class PageDenial:
    """Denies CloudFront a region's pages, and takes that back."""

    deployment: Manifest
    clients: Clients

    def set(self, kind: FaultKind, role: Role, /) -> None:
        """Deny the pages, and ask the edges to forget theirs. Raises `StandbyError` for any other fault."""
        if kind != "s3-errors":
            raise StandbyError(f"{kind} would harm a real deployment; only its pages can be denied.")
        region = self.deployment.regions[role]
        until = datetime.now(tz=UTC) + LONGEST
        deny_pages(self.clients.long_running_s3(region.region), region, sid=SID, until=until)
        self.clients.cloudfront().create_invalidation(
            DistributionId=self.deployment.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(PAGES), "Items": list(PAGES)},
                "CallerReference": f"drill-{uuid.uuid4()}",
            },
        )

    def heal(self) -> None:
        """Take the denial out of the policy, if it is there."""
        region = self.deployment.regions["primary"]
        allow_pages(self.clients.long_running_s3(region.region), region, sid=SID)
