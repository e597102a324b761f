"""Rules about access: encryption, public access, TLS, and the callers of functions."""

import re
from typing import Final

from standby.review.rules.rule import Guard, Rule, guarded, is_not
from standby.review.values import ABSENT

_TAKE_BACK: Final = "Take the change back."
_ON: Final = is_not(True)
_PUBLIC_ACCESS: Final = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")

_TLS: Final = re.compile(r"TLSv1(?:\.(\d))?(?:_(\d{4}))?")


def _tls_rank(policy: object) -> tuple[int, int]:
    """Return a number that is higher for a stricter policy of CloudFront: `TLSv1.2_2021` is (2, 2021).

    Without one, CloudFront takes `TLSv1`. Source: docs.aws.amazon.com, CloudFront, "Supported protocols and ciphers".
    """
    found = _TLS.fullmatch(policy if isinstance(policy, str) else "TLSv1")
    return (int(found[1] or 0), int(found[2] or 0)) if found else (-1, 0)


SECURITY_RULES: Final = (
    Rule(
        name="encryption-weaker",
        severity="blocked",
        objective="security",
        title="Encryption at rest is off or weaker.",
        find=guarded(
            Guard(
                types=("aws_s3_bucket_server_side_encryption_configuration",),
                path=("rule", "apply_server_side_encryption_by_default", "sse_algorithm"),
                is_worse=lambda before, after: (
                    after is ABSENT or (str(before).startswith("aws:kms") and after != before)
                ),
                effect="New objects are encrypted with a weaker setting than before.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_sqs_queue",),
                path=("sqs_managed_sse_enabled",),
                is_worse=_ON,
                effect="Events are stored without encryption.",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
    Rule(
        name="public-access",
        severity="blocked",
        objective="security",
        title="Public access to a bucket is no longer blocked, or ACLs are allowed.",
        find=guarded(
            *(
                Guard(
                    types=("aws_s3_bucket_public_access_block",),
                    path=(argument,),
                    is_worse=_ON,
                    effect="A policy or an ACL may make the bucket public.",
                    remedy=_TAKE_BACK,
                )
                for argument in _PUBLIC_ACCESS
            ),
            Guard(
                types=("aws_s3_bucket_ownership_controls",),
                path=("rule", "object_ownership"),
                is_worse=is_not("BucketOwnerEnforced"),
                effect="ACLs may give objects to others.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_cloudfront_origin_access_control",),
                path=("signing_behavior",),
                is_worse=is_not("always"),
                effect="CloudFront reads the buckets without a signature, which their policies deny.",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
    Rule(
        name="tls-weaker",
        severity="blocked",
        objective="security",
        title="Requests without TLS, or with an older version of it, are accepted.",
        find=guarded(
            Guard(
                types=("aws_cloudfront_distribution",),
                path=("default_cache_behavior", "viewer_protocol_policy"),
                is_worse=is_not("redirect-to-https", "https-only"),
                effect="Pages are served without TLS.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_cloudfront_distribution",),
                path=("ordered_cache_behavior", "viewer_protocol_policy"),
                is_worse=is_not("redirect-to-https", "https-only", ABSENT),
                effect="Some pages are served without TLS.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_cloudfront_distribution",),
                path=("viewer_certificate", "minimum_protocol_version"),
                is_worse=lambda before, after: _tls_rank(after) < _tls_rank(before),
                effect="Browsers may use an older version of TLS than before.",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
    Rule(
        name="function-exposed",
        severity="blocked",
        objective="security",
        title="The permission to call a function is no longer limited to one caller.",
        find=guarded(
            *(
                Guard(
                    types=("aws_lambda_permission",),
                    path=(argument,),
                    is_worse=lambda before, after: after in (ABSENT, "", "*") and before not in (ABSENT, "", "*"),
                    effect="Others can call the function.",
                    remedy=_TAKE_BACK,
                )
                for argument in ("source_arn", "principal")
            )
        ),
    ),
)
