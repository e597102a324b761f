"""The one fault of a live drill: CloudFront may not read the primary region's pages.

It is a statement in the bucket's policy, which is removed at the end. If nothing removes it, it expires by itself.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from standby.deployment.clients import Clients
from standby.deployment.concurrency import Unavailable, attempt
from standby.deployment.manifest import Manifest, Role
from standby.deployment.page_denial import allow_pages, deny_pages
from standby.errors import RefusedError, StandbyError
from standby.rehearsal.emulator.sickness import Sickness
from standby.rehearsal.faults.faults import FaultKind

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.type_defs import DistributionConfigOutputTypeDef

SID: Final = "StandbyDrillDenies"
LONGEST_DENIAL: Final = timedelta(minutes=10)
PAGE_PATHS: Final = ("/", "/index.html")


def visible_denial(config: "DistributionConfigOutputTypeDef") -> str:
    """Return why visitors would see the denial of the first bucket's pages; "" if CloudFront asks the other one. Pure.

    Source: docs.aws.amazon.com, CloudFront, "Optimize high availability with CloudFront origin failover".
    """
    groups = {group["Id"]: group for group in config.get("OriginGroups", {}).get("Items", [])}
    group = groups.get(config["DefaultCacheBehavior"]["TargetOriginId"])
    if group is None:
        return "the site's pages come from one bucket only"
    codes = group["FailoverCriteria"]["StatusCodes"]["Items"]
    if HTTPStatus.FORBIDDEN in codes:
        return ""
    return f"the site fails over on {', '.join(map(str, sorted(codes)))}, not on {HTTPStatus.FORBIDDEN:d}"


def require_origin_failover(clients: Clients, deployment: Manifest) -> None:
    """Raise `RefusedError` unless CloudFront asks the other bucket when the primary region's pages are denied."""
    id_ = deployment.site.distribution_id
    config = attempt(lambda: clients.cloudfront().get_distribution_config(Id=id_)["DistributionConfig"])
    if isinstance(config, Unavailable):
        raise RefusedError(
            f"The distribution {id_} cannot be read, so visitors might see the denial of pages: it {config}.",
            hint="These credentials need cloudfront:GetDistributionConfig.",
        )
    reason = visible_denial(config)
    if reason:
        raise RefusedError(
            f"Visitors would see the error if the primary region's pages were denied: {reason}.",
            hint="Add 403 to site.origin_failover_status_codes in standby.toml and apply; or drill live-api only.",
        )


@dataclass(frozen=True, kw_only=True)
class PageDenial:
    """Injects and heals the denial of a region's pages."""

    deployment: Manifest
    clients: Clients

    def set(
        self,
        kind: FaultKind,
        role: Role | None,
        /,
        *,
        sickness: Sickness | None = None,  # noqa: ARG002 - of `sick`
    ) -> None:
        """Deny the pages, and invalidate them at the edges. Raises `StandbyError` for any other fault."""
        if kind != "pages-denied" or role is None:
            raise StandbyError(f"{kind} would harm a real deployment. A live drill can only deny its pages.")
        region = self.deployment.regions[role]
        until = self.clients.clock.now() + LONGEST_DENIAL
        deny_pages(self.clients.long_running_s3(region.region), region, sid=SID, until=until)
        self.clients.cloudfront().create_invalidation(
            DistributionId=self.deployment.site.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(PAGE_PATHS), "Items": list(PAGE_PATHS)},
                "CallerReference": f"drill-{uuid.uuid4()}",
            },
        )

    def heal(self) -> None:
        """Remove the denial, if there is one."""
        region = self.deployment.regions["primary"]
        allow_pages(self.clients.long_running_s3(region.region), region, sid=SID)
