"""Every rule that AWS's models do not hold refuses what AWS refuses, by AWS's name, and accepts what AWS accepts."""

import json
from typing import Any

import pytest

from standby.rehearsal.emulator.requests.limits import Rule
from standby.rehearsal.emulator.requests.refusal import Refusal
from standby.rehearsal.emulator.requests.rules import RULES

Parameters = dict[str, Any]
INVALID = "InvalidInput"


def policy(**changes: object) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]})


def identity_policy(**changes: object) -> str:
    return policy(Principal=None, **changes)


def trust(**changes: object) -> str:
    return policy(Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"}, Resource=None, **changes)


def distribution(**changes: object) -> Parameters:
    return {"DistributionConfig": changes}


def health_check(kind: str, **changes: object) -> Parameters:
    return {"HealthCheckConfig": {"Type": kind, "FullyQualifiedDomainName": "api.example.com", **changes}}


def record(**changes: object) -> Parameters:
    return {
        "ChangeBatch": {"Changes": [{"Action": "CREATE", "ResourceRecordSet": {"Name": "a.", "Type": "A", **changes}}]}
    }


def regional_domain(**changes: object) -> Parameters:
    types = {"types": ["REGIONAL"]}
    return {"domainName": "a.example.com", "regionalCertificateArn": "arn", "endpointConfiguration": types, **changes}


def origin_group(*codes: int) -> Parameters:
    group = {"FailoverCriteria": {"StatusCodes": {"Quantity": len(codes), "Items": list(codes)}}}
    return distribution(OriginGroups={"Quantity": 1, "Items": [group]})


def origin(**changes: int) -> Parameters:
    return distribution(Origins={"Quantity": 1, "Items": [changes]})


def queue(**attributes: str) -> Parameters:
    return {"QueueName": "ingest", "Attributes": attributes}


def tags(number: int, *, key: str = "k", value: str = "v") -> dict[str, str]:
    return {f"{key}{index}": value for index in range(number)}


def pairs(number: int, **named: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags(number, **named).items()]


ACCEPTED: list[tuple[str, str, Parameters]] = [
    ("sqs", "CreateQueue", queue(VisibilityTimeout="43200", MessageRetentionPeriod="1209600")),
    ("sqs", "CreateQueue", queue(RedrivePolicy='{"deadLetterTargetArn": "a", "maxReceiveCount": 50}')),
    ("sqs", "CreateQueue", queue(Policy=policy())),
    ("sqs", "CreateQueue", {"QueueName": "ingest.fifo", "tags": tags(50)}),
    ("s3", "CreateBucket", {"Bucket": "chatbot-docs-111122223333-us-west-2"}),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Tagging": "&".join(f"a{n}=b" for n in range(10))}),
    ("s3", "PutBucketLifecycleConfiguration", {"LifecycleConfiguration": {"Rules": [{"Expiration": {"Days": 1}}]}}),
    ("s3", "PutBucketPolicy", {"Bucket": "b", "Policy": policy()}),
    ("s3", "PutBucketTagging", {"Tagging": {"TagSet": pairs(50)}}),
    ("sns", "CreateTopic", {"Name": "alerts", "Attributes": {"Policy": policy()}, "Tags": pairs(50)}),
    ("sns", "SetTopicAttributes", {"AttributeName": "Policy", "AttributeValue": policy()}),
    ("sns", "SetTopicAttributes", {"AttributeName": "DisplayName", "AttributeValue": "no policy"}),
    *(
        ("events", "PutRule", {"Name": "r", "ScheduleExpression": expression})
        for expression in ("rate(1 minute)", "rate(5 minutes)", "rate(1 day)", "cron(0 10 * * ? *)")
    ),
    ("events", "PutRule", {"Name": "r", "EventPattern": "{}", "Tags": pairs(3)}),
    ("logs", "PutRetentionPolicy", {"retentionInDays": 30}),
    ("logs", "CreateLogGroup", {"logGroupName": "g", "tags": tags(3)}),
    ("cloudwatch", "PutMetricAlarm", {"Period": 60, "EvaluationPeriods": 3, "Tags": pairs(2)}),
    ("cloudwatch", "PutMetricAlarm", {"Period": 86400, "EvaluationPeriods": 7}),
    ("cloudwatch", "PutMetricAlarm", {"EvaluationPeriods": 1}),
    ("lambda", "CreateFunction", {"Environment": {"Variables": {"BUCKET": "b"}}, "Tags": tags(50)}),
    ("lambda", "CreateEventSourceMapping", {"BatchSize": 1000, "MaximumBatchingWindowInSeconds": 5}),
    ("lambda", "CreateEventSourceMapping", {"BatchSize": 10}),
    ("ssm", "PutParameter", {"Name": "/warm-standby/chatbot", "Value": "v" * 4096}),
    ("ssm", "PutParameter", {"Name": "/warm-standby/chatbot", "Value": "v" * 8192, "Tier": "Advanced"}),
    ("apigateway", "PutIntegration", {"timeoutInMillis": 29000}),
    ("apigateway", "PutIntegration", {}),
    ("apigateway", "CreateStage", {"stageName": "prod", "tags": tags(2)}),
    ("apigateway", "CreateResource", {"pathPart": "{proxy+}"}),
    ("apigateway", "CreateResource", {"pathPart": "ingestion-status"}),
    ("apigateway", "CreateDomainName", {"domainName": "api.example.com"}),
    ("apigateway", "CreateDomainName", regional_domain()),
    ("apigateway", "CreateRestApi", {"name": "api", "tags": tags(1, value="Zürich")}),
    ("route53", "CreateHostedZone", {"Name": "example.com."}),
    ("route53", "CreateHealthCheck", health_check("CALCULATED", ChildHealthChecks=["a", "b"], HealthThreshold=2)),
    ("route53", "CreateHealthCheck", health_check("HTTPS_STR_MATCH", SearchString="a", RequestInterval=10)),
    (
        "route53",
        "ChangeResourceRecordSets",
        record(Failover="PRIMARY", SetIdentifier="a", AliasTarget={"DNSName": "b"}),
    ),
    ("acm", "RequestCertificate", {"DomainName": "api.example.com"}),
    ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": trust(), "Tags": pairs(50)}),
    ("iam", "PutRolePolicy", {"RoleName": "r", "PolicyDocument": identity_policy(Resource="arn:aws:s3:::b/*")}),
    ("cloudfront", "CreateDistributionWithTags", {"DistributionConfigWithTags": origin_group(500, 503, 504)}),
    ("cloudfront", "CreateDistribution", origin(ConnectionAttempts=1, ConnectionTimeout=2)),
    ("cloudfront", "TagResource", {"Tags": {"Items": []}}),
]

REFUSED: list[tuple[str, str, Parameters, str]] = [
    ("sqs", "CreateQueue", queue(VisibilityTimeout="100000"), "InvalidAttributeValue"),
    ("sqs", "SetQueueAttributes", {"Attributes": {"DelaySeconds": "901"}}, "InvalidAttributeValue"),
    ("sqs", "CreateQueue", queue(MessageRetentionPeriod="many"), "InvalidAttributeValue"),
    ("sqs", "CreateQueue", queue(RedrivePolicy='{"maxReceiveCount": 1001}'), "InvalidParameterValue"),
    ("sqs", "CreateQueue", queue(Policy=policy(Principal=None)), "InvalidAttributeValue"),
    ("sqs", "CreateQueue", queue(Policy="no JSON"), "InvalidAttributeValue"),
    ("sqs", "CreateQueue", {"QueueName": "in.gest"}, "InvalidParameterValue"),
    ("sqs", "CreateQueue", {"QueueName": "q" * 81}, "InvalidParameterValue"),
    ("sqs", "TagQueue", {"Tags": tags(51)}, "InvalidParameterValue"),
    *(
        ("s3", "CreateBucket", {"Bucket": name}, "InvalidBucketName")
        for name in ("Docs", "a", "docs_2026", "docs..x", "10.0.0.1", "docs-", "xn--docs", "docs-s3alias", "a" * 64)
    ),
    ("s3", "PutObject", {"Tagging": "&".join(f"a{n}=b" for n in range(11))}, "BadRequest"),
    ("s3", "PutObjectTagging", {"Tagging": {"TagSet": pairs(11)}}, "BadRequest"),
    (
        "s3",
        "PutBucketLifecycleConfiguration",
        {"LifecycleConfiguration": {"Rules": [{"NoncurrentVersionExpiration": {"NoncurrentDays": 0}}]}},
        "InvalidArgument",
    ),
    ("s3", "PutBucketPolicy", {"Policy": policy(Principal=None)}, "MalformedPolicy"),
    ("s3", "PutBucketPolicy", {"Policy": policy(Effect="Permit")}, "MalformedPolicy"),
    ("s3", "PutBucketTagging", {"Tagging": {"TagSet": pairs(51)}}, "InvalidTag"),
    ("sns", "CreateTopic", {"Attributes": {"Policy": "{}"}}, "InvalidParameter"),
    ("sns", "CreateTopic", {"Tags": pairs(1, key="aws:k")}, "InvalidParameter"),
    ("sns", "SetTopicAttributes", {"AttributeName": "Policy", "AttributeValue": "{}"}, "InvalidParameter"),
    *(
        ("events", "PutRule", {"ScheduleExpression": expression}, "ValidationException")
        for expression in ("rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "every minute", "cron(0 10 * *)")
    ),
    ("events", "PutRule", {"Tags": pairs(51)}, "ValidationException"),
    ("logs", "PutRetentionPolicy", {"retentionInDays": 17}, "InvalidParameterException"),
    ("logs", "CreateLogGroup", {"tags": tags(51)}, "InvalidParameterException"),
    ("cloudwatch", "PutMetricAlarm", {"Period": 45, "EvaluationPeriods": 1}, "ValidationError"),
    ("cloudwatch", "PutMetricAlarm", {"Period": 60, "EvaluationPeriods": 1441}, "ValidationError"),
    ("cloudwatch", "PutMetricAlarm", {"Tags": pairs(51)}, "ValidationError"),
    ("lambda", "CreateFunction", {"Environment": {"Variables": {"A": "b" * 4096}}}, "InvalidParameterValueException"),
    ("lambda", "CreateFunction", {"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException"),
    ("lambda", "CreateFunction", {"Tags": tags(51)}, "InvalidParameterValueException"),
    ("lambda", "CreateFunction", {"Tags": {"k" * 129: "v"}}, "InvalidParameterValueException"),
    ("lambda", "CreateEventSourceMapping", {"BatchSize": 11}, "InvalidParameterValueException"),
    ("ssm", "PutParameter", {"Name": "/a", "Value": "v" * 4097}, "ValidationException"),
    ("ssm", "PutParameter", {"Name": "/aws/x", "Value": "v"}, "ValidationException"),
    ("ssm", "AddTagsToResource", {"Tags": pairs(1, value="a|b")}, "ValidationException"),
    ("apigateway", "PutIntegration", {"timeoutInMillis": 30000}, "BadRequestException"),
    ("apigateway", "PutIntegration", {"timeoutInMillis": 49}, "BadRequestException"),
    ("apigateway", "CreateStage", {"stageName": "prod/1"}, "BadRequestException"),
    ("apigateway", "CreateResource", {"pathPart": "a b"}, "BadRequestException"),
    ("apigateway", "CreateDomainName", {"domainName": "API.example.com"}, "BadRequestException"),
    ("apigateway", "CreateRestApi", {"tags": tags(51)}, "BadRequestException"),
    ("route53", "CreateHostedZone", {"Name": "example_.com"}, "InvalidDomainName"),
    ("route53", "CreateHealthCheck", health_check("CALCULATED", ChildHealthChecks=["a"], HealthThreshold=2), INVALID),
    ("route53", "CreateHealthCheck", health_check("CALCULATED"), INVALID),
    ("route53", "CreateHealthCheck", health_check("HTTPS", FullyQualifiedDomainName=""), INVALID),
    ("route53", "CreateHealthCheck", health_check("HTTPS", SearchString="a"), INVALID),
    ("route53", "CreateHealthCheck", health_check("HTTPS_STR_MATCH"), INVALID),
    ("route53", "CreateHealthCheck", health_check("HTTPS", RequestInterval=20), INVALID),
    ("route53", "ChangeResourceRecordSets", record(Failover="PRIMARY", AliasTarget={"DNSName": "b"}), INVALID),
    ("route53", "ChangeResourceRecordSets", record(ResourceRecords=[{"Value": "192.0.2.1"}]), INVALID),
    ("acm", "RequestCertificate", {"DomainName": "api_.example.com"}, "ValidationException"),
    ("apigateway", "CreateDomainName", regional_domain(regionalCertificateArn=""), "BadRequestException"),
    ("iam", "CreateRole", {"AssumeRolePolicyDocument": identity_policy()}, "MalformedPolicyDocument"),
    ("iam", "CreateRole", {"AssumeRolePolicyDocument": "no JSON"}, "MalformedPolicyDocument"),
    ("iam", "CreateRole", {"AssumeRolePolicyDocument": trust(Sid="s" * 2048)}, "LimitExceeded"),
    ("iam", "TagRole", {"Tags": pairs(51)}, "InvalidInput"),
    ("iam", "PutRolePolicy", {"PolicyDocument": policy()}, "MalformedPolicyDocument"),
    ("iam", "PutRolePolicy", {"PolicyDocument": identity_policy(Action="GetObject")}, "MalformedPolicyDocument"),
    ("iam", "PutRolePolicy", {"PolicyDocument": identity_policy(Resource="docs")}, "MalformedPolicyDocument"),
    ("iam", "PutRolePolicy", {"PolicyDocument": identity_policy(Sid="s" * 10240)}, "LimitExceeded"),
    ("cloudfront", "CreateDistribution", origin_group(418), "InvalidArgument"),
    ("cloudfront", "UpdateDistribution", origin(ConnectionAttempts=4), "InvalidArgument"),
    ("cloudfront", "CreateDistribution", origin(ConnectionTimeout=11), "InvalidArgument"),
    (
        "cloudfront",
        "CreateDistribution",
        distribution(Aliases={"Items": ["chat.example.com"]}, ViewerCertificate={"CloudFrontDefaultCertificate": True}),
        "InvalidViewerCertificate",
    ),
    ("cloudfront", "TagResource", {"Tags": {"Items": pairs(51)}}, "InvalidTagging"),
]


def rules_of(service: str, operation: str) -> list[Rule]:
    return [rule for rule in RULES if rule.service == service and operation in rule.operations]


def refusal(service: str, operation: str, parameters: Parameters) -> Refusal | None:
    return next((found for rule in rules_of(service, operation) if (found := rule.check(parameters))), None)


@pytest.mark.parametrize("service,operation,parameters", ACCEPTED)
def test_what_aws_accepts_is_accepted(service: str, operation: str, parameters: Parameters) -> None:
    given = {"RoleName": "r", "AssumeRolePolicyDocument": trust(), "Bucket": "bucket", **parameters}
    assert rules_of(service, operation)
    assert refusal(service, operation, given) is None


@pytest.mark.parametrize("service,operation,parameters,code", REFUSED)
def test_what_aws_refuses_is_refused_by_its_name(
    service: str, operation: str, parameters: Parameters, code: str
) -> None:
    found = refusal(service, operation, {"AssumeRolePolicyDocument": trust(), "Bucket": "bucket", **parameters})
    assert found is not None
    assert found.code == code
    assert found.message


def test_every_rule_has_a_case_that_it_refuses_and_one_that_it_accepts() -> None:
    accepted = {id(rule) for service, operation, _ in ACCEPTED for rule in rules_of(service, operation)}
    refused = {
        id(rule)
        for service, operation, parameters, _ in REFUSED
        for rule in rules_of(service, operation)
        if rule.check({"AssumeRolePolicyDocument": trust(), "Bucket": "bucket", **parameters})
    }
    assert [rule for rule in RULES if id(rule) not in accepted] == []
    assert [rule for rule in RULES if id(rule) not in refused] == []


def test_every_rule_names_its_source() -> None:
    assert all(rule.source.startswith("docs.aws.amazon.com, ") for rule in RULES)
