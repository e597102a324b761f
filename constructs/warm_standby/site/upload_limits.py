"""`limits.json`, which tells the page the largest upload, the allowed file types, and whether its users sign in."""

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
    `sign_in_key` is the file that the page reads before its users sign in, as `access`; None if they do not.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        frontend: FrontendBucket,
        settings: Documents,
        sign_in_key: str | None,
    ) -> None:
        super().__init__(scope, id_)
        content = {
            "maxUploadBytes": settings.max_upload_bytes,
            "uploadTypes": settings.content_types,
            **({"access": sign_in_key} if sign_in_key else {}),
        }
        S3Object(
            self,
            "file",
            provider=provider,
            bucket=frontend.bucket.id,
            key=UPLOAD_LIMITS_KEY,
            content=Fn.jsonencode(content),
            content_type="application/json",
            cache_control=SITE_CACHE_CONTROL,
            override_provider=without_tags(),
            depends_on=[frontend.private_bucket.versioning],
        )
