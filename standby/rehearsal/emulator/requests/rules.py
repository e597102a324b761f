"""The table of the rules that AWS's models do not hold, each with its source."""

from typing import Final

from standby.rehearsal.emulator.requests import limits
from standby.rehearsal.emulator.requests.dns_limits import DNS_RULES
from standby.rehearsal.emulator.requests.limits import Rule

_TAGGING: Final = "docs.aws.amazon.com, Tagging AWS Resources, Tag naming limits and requirements"
_DOMAIN_NAMES: Final = "docs.aws.amazon.com, Route 53, DNS domain name format"

RULES: Final = (
    Rule(
        service="sqs",
        operations=("CreateQueue", "SetQueueAttributes"),
        check=limits.check_queue,
        source="docs.aws.amazon.com, SQS API, CreateQueue",
    ),
    Rule(
        service="s3",
        operations=("CreateBucket",),
        check=limits.check_bucket_name,
        source="docs.aws.amazon.com, S3, General purpose bucket naming rules",
    ),
    Rule(
        service="s3",
        operations=("PutObject", "PutObjectTagging", "CreateMultipartUpload"),
        check=limits.check_object_tags,
        source="docs.aws.amazon.com, S3, Categorizing your objects using tags",
    ),
    Rule(
        service="s3",
        operations=("PutBucketLifecycleConfiguration",),
        check=limits.check_lifecycle,
        source="docs.aws.amazon.com, S3 API, PutBucketLifecycleConfiguration",
    ),
    Rule(
        service="s3",
        operations=("PutBucketPolicy",),
        check=limits.policy_check("MalformedPolicy", lambda given: given.get("Policy")),
        source="docs.aws.amazon.com, S3 API, PutBucketPolicy",
    ),
    Rule(
        service="sns",
        operations=("CreateTopic",),
        check=limits.policy_check("InvalidParameter", lambda given: (given.get("Attributes") or {}).get("Policy")),
        source="docs.aws.amazon.com, SNS API, CreateTopic",
    ),
    Rule(
        service="sns",
        operations=("SetTopicAttributes",),
        check=limits.policy_check(
            "InvalidParameter",
            lambda given: given.get("AttributeValue") if given.get("AttributeName") == "Policy" else None,
        ),
        source="docs.aws.amazon.com, SNS API, SetTopicAttributes",
    ),
    Rule(
        service="events",
        operations=("PutRule",),
        check=limits.check_schedule,
        source="docs.aws.amazon.com, EventBridge, Setting a schedule pattern",
    ),
    Rule(
        service="logs",
        operations=("PutRetentionPolicy",),
        check=limits.check_retention,
        source="docs.aws.amazon.com, CloudWatch Logs API, PutRetentionPolicy",
    ),
    Rule(
        service="cloudwatch",
        operations=("PutMetricAlarm",),
        check=limits.check_alarm,
        source="docs.aws.amazon.com, CloudWatch API, PutMetricAlarm",
    ),
    Rule(
        service="lambda",
        operations=("CreateFunction", "UpdateFunctionConfiguration"),
        check=limits.check_function,
        source="docs.aws.amazon.com, Lambda, Lambda quotas",
    ),
    Rule(
        service="lambda",
        operations=("CreateEventSourceMapping", "UpdateEventSourceMapping"),
        check=limits.check_event_source,
        source="docs.aws.amazon.com, Lambda API, CreateEventSourceMapping",
    ),
    Rule(
        service="ssm",
        operations=("PutParameter",),
        check=limits.check_parameter,
        source="docs.aws.amazon.com, Systems Manager API, PutParameter",
    ),
    Rule(
        service="apigateway",
        operations=("PutIntegration",),
        check=limits.check_integration,
        source="docs.aws.amazon.com, API Gateway, Quotas for configuring and running a REST API",
    ),
    Rule(
        service="apigateway",
        operations=("CreateStage",),
        check=limits.name_check("stageName", limits.STAGE, "BadRequestException", "Invalid stage name"),
        source="docs.aws.amazon.com, API Gateway API, CreateStage",
    ),
    Rule(
        service="apigateway",
        operations=("CreateResource",),
        check=limits.name_check("pathPart", limits.PATH_PART, "BadRequestException", "Invalid path part"),
        source="docs.aws.amazon.com, API Gateway API, CreateResource",
    ),
    Rule(
        service="apigateway",
        operations=("CreateDomainName",),
        check=limits.name_check("domainName", limits.DOMAIN, "BadRequestException", "Invalid domain name"),
        source=_DOMAIN_NAMES,
    ),
    Rule(
        service="route53",
        operations=("CreateHostedZone",),
        check=limits.name_check("Name", limits.DOMAIN, "InvalidDomainName", "The domain name is not valid"),
        source=_DOMAIN_NAMES,
    ),
    *DNS_RULES,
    Rule(
        service="iam",
        operations=("CreateRole", "UpdateAssumeRolePolicy"),
        check=limits.check_trust,
        source="docs.aws.amazon.com, IAM, IAM and AWS STS quotas",
    ),
    Rule(
        service="iam",
        operations=("PutRolePolicy",),
        check=limits.check_inline_policy,
        source="docs.aws.amazon.com, IAM, IAM and AWS STS quotas",
    ),
    Rule(
        service="cloudfront",
        operations=("CreateDistribution", "CreateDistributionWithTags", "UpdateDistribution"),
        check=limits.check_distribution,
        source="docs.aws.amazon.com, CloudFront API, DistributionConfig",
    ),
    *(
        Rule(service=service, operations=operations, check=limits.tag_check(code), source=_TAGGING)
        for service, operations, code in (
            ("lambda", ("CreateFunction", "TagResource"), "InvalidParameterValueException"),
            ("sqs", ("CreateQueue", "TagQueue"), "InvalidParameterValue"),
            ("apigateway", ("CreateRestApi", "CreateStage", "TagResource"), "BadRequestException"),
            ("s3", ("PutBucketTagging",), "InvalidTag"),
            ("iam", ("CreateRole", "TagRole"), "InvalidInput"),
            ("sns", ("CreateTopic", "TagResource"), "InvalidParameter"),
            ("events", ("PutRule", "TagResource"), "ValidationException"),
            ("cloudwatch", ("PutMetricAlarm", "TagResource"), "ValidationError"),
            ("ssm", ("PutParameter", "AddTagsToResource"), "ValidationException"),
            ("logs", ("CreateLogGroup", "TagResource"), "InvalidParameterException"),
            ("cloudfront", ("CreateDistributionWithTags", "TagResource"), "InvalidTagging"),
        )
    ),
)
