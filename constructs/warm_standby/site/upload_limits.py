"""`limits.json`, which tells the page what may be uploaded before anybody tries."""

from cdktf import Fn
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from warm_standby.regional_backend import RegionalBackend
from warm_standby.settings import Documents
from warm_standby.site.frontend_bucket import SITE_CACHE_CONTROL

SITE_LIMITS = "limits.json"


class SiteLimits(Construct):
    """`{"maxUploadBytes", "uploadTypes": {".pdf": "application/pdf"}}` in one frontend bucket, from the settings.

    The API and S3 enforce the same limits, from the same settings; this file only spares people a refusal.
    """

    def __init__(self, scope: Construct, id_: str, *, backend: RegionalBackend, settings: Documents) -> None:
        super().__init__(scope, id_)
        S3Object(
            self,
            "file",
            provider=backend.provider,
            bucket=backend.frontend.bucket.id,
            key=SITE_LIMITS,
            content=Fn.jsonencode({"maxUploadBytes": settings.max_upload_bytes, "uploadTypes": settings.content_types}),
            content_type="application/json",
            cache_control=SITE_CACHE_CONTROL,
            depends_on=[backend.frontend.private_bucket.versioning],
        )
