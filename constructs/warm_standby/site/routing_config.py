"""The first `config.json`, which names the API that the site calls."""

from cdktf import Fn, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from warm_standby.site.distribution import ROUTING_CONFIG_KEY
from warm_standby.site.frontend_bucket import FrontendBucket, without_tags

FIRST_GENERATION = 1


class RoutingConfig(Construct):
    """`config.json` in both frontend buckets, which routes the site to the primary region's API.

    The site may call `fallback_api_url` by itself while that API does not answer.
    `provider` is the primary region's, and `failover_provider` the other's.

    Terraform creates the file once and then ignores it, so that an apply during or after a failover does not fail back.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        failover_provider: AwsProvider,
        primary: FrontendBucket,
        failover: FrontendBucket,
        region: str,
        api_url: str,
        fallback_api_url: str | None,
    ) -> None:
        super().__init__(scope, id_)
        content = Fn.jsonencode(
            {
                "apiUrl": api_url,
                **({"fallbackApiUrl": fallback_api_url} if fallback_api_url else {}),
                "region": region,
                "role": "primary",
                "generation": FIRST_GENERATION,
                "updatedAt": Fn.plantimestamp(),
            }
        )
        for role, own_provider, frontend in (("primary", provider, primary), ("failover", failover_provider, failover)):
            S3Object(
                self,
                role,
                provider=own_provider,
                bucket=frontend.bucket.id,
                key=ROUTING_CONFIG_KEY,
                content=content,
                content_type="application/json",
                cache_control="no-store",
                lifecycle=TerraformResourceLifecycle(ignore_changes="all"),
                override_provider=without_tags(),
                depends_on=[frontend.private_bucket.versioning],
            )
