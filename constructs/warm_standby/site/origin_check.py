"""The origin check: a file in one frontend bucket that the edge reads from that bucket alone."""

from cdktf import Fn
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from warm_standby.names import Role
from warm_standby.site.frontend_bucket import FrontendBucket, without_tags


class OriginCheck(Construct):
    """`{"role"}` in one frontend bucket, at a path for which the distribution has a behavior without an origin group.

    A page of the site comes from the second bucket while the first one fails, so it does not show whether the edge can
    read each of them. This file does. The other bucket does not have it.
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, frontend: FrontendBucket, role: Role
    ) -> None:
        super().__init__(scope, id_)
        S3Object(
            self,
            "file",
            provider=provider,
            bucket=frontend.bucket.id,
            key=origin_check_key(role),
            content=Fn.jsonencode({"role": role}),
            content_type="application/json",
            cache_control="no-store",
            override_provider=without_tags(),
            depends_on=[frontend.private_bucket.versioning],
        )


def origin_check_key(role: Role) -> str:
    """Return the key of the origin check in the bucket of this role, which is also its path on the site."""
    return f"origin-check/{role}.json"
