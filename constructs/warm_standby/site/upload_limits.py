"""`limits.json`, which tells the page the largest upload and the allowed file types."""

from cdktf import Fn
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from warm_standby.settings import Documents
from warm_standby.site.frontend_bucket import SITE_CACHE_CONTROL, FrontendBucket, without_tags

UPLOAD_LIMITS_KEY = "limits.json"


class UploadLimits(Construct):
    """`{"maxUploadBytes", "uploadTypes": {".pdf": "application/pdf"}}` in one frontend bucket, from the settings.

    The API and S3 enforce the same limits. With this file, the page can refuse an upload before it starts.
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, frontend: FrontendBucket, settings: Documents
    ) -> None:
        super().__init__(scope, id_)
        S3Object(
            self,
            "file",
            provider=provider,
            bucket=frontend.bucket.id,
            key=UPLOAD_LIMITS_KEY,
            content=Fn.jsonencode({"maxUploadBytes": settings.max_upload_bytes, "uploadTypes": settings.content_types}),
            content_type="application/json",
            cache_control=SITE_CACHE_CONTROL,
            override_provider=without_tags(),
            depends_on=[frontend.private_bucket.versioning],
        )
