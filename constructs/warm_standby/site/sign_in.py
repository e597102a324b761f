"""`access.json`, which tells the page where its users sign in. It exists only with `access.mode = "oidc"`."""

from cdktf import Fn
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from warm_standby.settings import Access
from warm_standby.site.frontend_bucket import SITE_CACHE_CONTROL, FrontendBucket, without_tags

SIGN_IN_KEY = "access.json"


class SignIn(Construct):
    """`{"issuer", "clientId", "audience", "audienceParameter", "scopes"}` in one frontend bucket, from the settings.

    None of it is a secret: each part is in the address of the issuer's page that a browser shows. `limits.json` names
    this file in `access`, so a page of an open deployment does not ask for it (record 98).
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, frontend: FrontendBucket, settings: Access
    ) -> None:
        super().__init__(scope, id_)
        content = {
            "issuer": settings.issuer,
            "clientId": settings.client_id,
            "audience": settings.audience,
            "audienceParameter": settings.audience_parameter,
            "scopes": list(settings.scopes),
        }
        S3Object(
            self,
            "file",
            provider=provider,
            bucket=frontend.bucket.id,
            key=SIGN_IN_KEY,
            content=Fn.jsonencode(content),
            content_type="application/json",
            cache_control=SITE_CACHE_CONTROL,
            override_provider=without_tags(),
            depends_on=[frontend.private_bucket.versioning],
        )
