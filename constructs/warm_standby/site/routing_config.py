"""The first `config.json`, which tells the site which region's API to ask."""

from cdktf import Fn, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from warm_standby.regional_backend import RegionalBackend
from warm_standby.site.distribution import SERVING_CONFIG

FIRST_GENERATION = 1


class ServingConfig(Construct):
    """`config.json` in both frontend buckets, pointing at `serving`.

    With `fallback`, it also names the API that the page may ask by itself while the serving one is dead.

    Terraform creates it once and then leaves it alone, so that an apply during or after a failover does not fail back.
    """

    def __init__(
        self, scope: Construct, id_: str, *, serving: RegionalBackend, standby: RegionalBackend, fallback: bool
    ) -> None:
        super().__init__(scope, id_)
        content = Fn.jsonencode(
            {
                "apiUrl": serving.api.url,
                **({"fallbackApiUrl": standby.api.url} if fallback else {}),
                "region": serving.names.region,
                "role": serving.role,
                "generation": FIRST_GENERATION,
                "updatedAt": Fn.plantimestamp(),
            }
        )
        for backend in (serving, standby):
            S3Object(
                self,
                backend.role,
                provider=backend.provider,
                bucket=backend.frontend.bucket.id,
                key=SERVING_CONFIG,
                content=content,
                content_type="application/json",
                cache_control="no-store",
                lifecycle=TerraformResourceLifecycle(ignore_changes="all"),
                depends_on=[backend.frontend.private_bucket.versioning],
            )
