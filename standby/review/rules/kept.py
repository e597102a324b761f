"""Rules about resources that a change must keep: what is destroyed, replaced, or no longer managed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from standby.review.findings import Finding, Objective, Severity, name_path
from standby.review.plan import CLOUD_CONTROL, Change, Plan
from standby.review.rules.rule import KNOWN_LATER, MAKE_KNOWN, Rule, Surroundings, has_unknown
from standby.review.values import JSON, Path

_GONE: Final = ("delete", "replace", "forget")
_HAPPENS: Final = {
    "delete": "is destroyed",
    "replace": "is destroyed and created again",
    "forget": "is managed no more",
}


@dataclass(frozen=True)
class Loss:
    """What is lost with a resource of a type."""

    objective: Objective
    effect: str


KEPT: Final[Mapping[str, Loss]] = {
    "aws_s3_bucket": Loss(
        "documents RPO", "Its objects are deleted with it: documents, the site and the journal, or logs."
    ),
    "AWS::Bedrock::KnowledgeBase": Loss("API RTO", "No question is answered until a new one has all documents."),
    "AWS::Bedrock::DataSource": Loss("API RTO", "All documents are ingested again; answers have gaps until then."),
    "AWS::S3Vectors::VectorBucket": Loss("API RTO", "The vectors of all documents are deleted with it."),
    "AWS::S3Vectors::Index": Loss("API RTO", "The vectors of all documents are deleted with it."),
    "AWS::OpenSearchServerless::Index": Loss("API RTO", "The vectors of all documents are deleted with it."),
    "aws_opensearchserverless_collection": Loss("API RTO", "The vectors of all documents are deleted with it."),
    "aws_cloudfront_distribution": Loss("page RTO", "The address of the site changes, and open pages lose it."),
    "aws_ssm_parameter": Loss(
        "readiness", "Without the manifest `standby` finds no deployment, and without another one a function forgets."
    ),
}
"""What nobody replaces or destroys in a deployment that serves users."""

PROTECTING: Final[Mapping[str, Loss]] = {
    "aws_s3_bucket_versioning": Loss(
        "documents RPO", "Replication ends, and deleted documents cannot be brought back."
    ),
    "aws_s3_bucket_replication_configuration": Loss("documents RPO", "New documents stay in one region."),
    "aws_s3_bucket_lifecycle_configuration": Loss("documents RPO", "Old versions and unfinished uploads pile up."),
    "aws_s3_bucket_notification": Loss("readiness", "No event starts an ingestion job, or reports a change."),
    "aws_lambda_event_source_mapping": Loss("readiness", "No event starts an ingestion job."),
    "aws_sqs_queue": Loss("readiness", "The events in it are lost."),
    "aws_sqs_queue_redrive_policy": Loss(
        "readiness", "An event that always fails is tried for 14 days, and no alarm is raised."
    ),
    "aws_cloudwatch_event_rule": Loss("readiness", "A schedule of this region no longer runs."),
    "aws_cloudwatch_event_target": Loss("readiness", "A schedule of this region no longer runs."),
    "aws_cloudwatch_metric_alarm": Loss("readiness", "When this fails, no alarm is raised."),
    "aws_cloudwatch_log_metric_filter": Loss("readiness", "The alarm that reads its metric never goes off."),
    "aws_sns_topic": Loss("readiness", "Alarms, or changes, notify nobody."),
    "aws_sns_topic_subscription": Loss("readiness", "One address gets no messages any more."),
    "aws_s3_bucket_policy": Loss(
        "security", "Requests without TLS are accepted, and the journal is readable by CloudFront."
    ),
    "aws_s3_bucket_public_access_block": Loss("security", "A policy or an ACL may make the bucket public."),
    "aws_s3_bucket_ownership_controls": Loss("security", "ACLs may give objects to others."),
    "aws_s3_bucket_server_side_encryption_configuration": Loss("security", "Objects get S3's default encryption only."),
    "aws_s3_bucket_logging": Loss("security", "The requests to a bucket are not logged."),
    "aws_cloudwatch_log_delivery": Loss("security", "The requests to the site are not logged."),
    "aws_cloudwatch_log_delivery_destination": Loss("security", "The requests to the site are not logged."),
    "aws_cloudwatch_log_delivery_source": Loss("security", "The requests to the site are not logged."),
    "aws_wafv2_ip_set": Loss("security", "The web ACL that names these addresses cannot refuse others."),
    "aws_wafv2_web_acl": Loss("security", "AWS WAF refuses no request to the site, or to the API of one region."),
    "aws_wafv2_web_acl_association": Loss("security", "AWS WAF refuses no request to the API of one region."),
    "aws_sns_topic_policy": Loss("security", "Messages without TLS are accepted."),
    "aws_cloudfront_response_headers_policy": Loss("security", "Pages lose their Content-Security-Policy."),
    "aws_cloudfront_origin_access_control": Loss("page RTO", "CloudFront cannot read the site's buckets."),
    "aws_bedrock_guardrail": Loss("security", "Questions and answers are not checked."),
    "aws_iam_role": Loss("API RTO", "What acts with the role is denied everything."),
    "aws_iam_role_policy": Loss("API RTO", "What acts with the role is denied what the policy allowed."),
    "aws_lambda_permission": Loss("API RTO", "The caller of the function is denied."),
    "aws_lambda_function": Loss("API RTO", "What calls the function fails."),
    "aws_api_gateway_rest_api": Loss("API RTO", "The API of a region is gone, and with it its address."),
    "aws_api_gateway_stage": Loss("API RTO", "The API of a region answers 403."),
    "aws_api_gateway_deployment": Loss("API RTO", "The API of a region has nothing to answer with."),
    "aws_api_gateway_method_settings": Loss(
        "API RTO", "The API has no limit of requests, and no metrics for the alarms."
    ),
    "aws_api_gateway_resource": Loss("API RTO", "One path of the API answers 403."),
    "aws_api_gateway_method": Loss("API RTO", "One method of the API answers 403."),
    "aws_api_gateway_integration": Loss("API RTO", "One method of the API answers 500."),
    "aws_api_gateway_account": Loss("readiness", "The API writes no access logs."),
    "aws_api_gateway_gateway_response": Loss("readiness", "Pages cannot read why the API refused a request."),
    "aws_api_gateway_integration_response": Loss("API RTO", "Browsers refuse to call one method of the API (CORS)."),
    "aws_api_gateway_method_response": Loss("API RTO", "Browsers refuse to call one method of the API (CORS)."),
    "aws_api_gateway_request_validator": Loss("security", "Requests are not checked before a function gets them."),
    "aws_api_gateway_model": Loss("security", "Requests are not checked before a function gets them."),
    "aws_cloudwatch_log_group": Loss("readiness", "The logs in it are deleted with it."),
    "aws_s3_bucket_cors_configuration": Loss("readiness", "Browsers refuse to upload documents."),
    "aws_cloudwatch_dashboard": Loss("readiness", "The dashboard of a region is gone."),
    "aws_s3_object": Loss("page RTO", "One file of the site is missing."),
    "aws_opensearchserverless_access_policy": Loss("API RTO", "The Knowledge Base is denied its index."),
    "aws_opensearchserverless_security_policy": Loss("API RTO", "The collection cannot be reached, or has no key."),
    "aws_acm_certificate": Loss("API RTO", "Clients of the API's name get no valid certificate."),
    "aws_acm_certificate_validation": Loss("API RTO", "Nothing waits until a certificate is issued."),
    "aws_api_gateway_domain_name": Loss("API RTO", "The API of a region does not answer under its name."),
    "aws_api_gateway_base_path_mapping": Loss("API RTO", "The API of a region answers 403 under its name."),
    "aws_route53_record": Loss("API RTO", "The API's name leads nowhere, or to one region only."),
    "aws_route53_health_check": Loss("readiness", "DNS does not notice that a region is down."),
    "terraform_data": Loss("deployment", "What it guards at each plan is not checked."),
}
"""What may be replaced by another one, and must not be destroyed."""

MAY_END: Final = (
    "aws_api_gateway_gateway_response",
    "aws_api_gateway_integration",
    "aws_api_gateway_integration_response",
    "aws_api_gateway_method",
    "aws_api_gateway_method_response",
    "aws_api_gateway_model",
    "aws_api_gateway_request_validator",
    "aws_api_gateway_resource",
    "aws_cloudwatch_dashboard",
    "aws_s3_object",
)
"""What a new version may do without, such as a path of the API or a file of the site: a warning."""

SERVING_GAPS: Final[Mapping[str, str]] = {
    "aws_api_gateway_domain_name": "minutes in which the API's name does not reach this region",
    "aws_api_gateway_base_path_mapping": "seconds in which the API's name answers 403 in this region",
    "aws_route53_record": "up to the TTL in which the API's name leads nowhere, or to the other region",
    "aws_api_gateway_rest_api": "minutes, and the API's address changes: open pages need the new config.json",
    "aws_api_gateway_stage": "seconds in which the API answers 403",
    "aws_api_gateway_authorizer": "seconds until the new deployment of the API: until then every user gets 500",
    "aws_api_gateway_resource": "seconds until the new deployment of the API",
    "aws_api_gateway_method": "seconds until the new deployment of the API",
    "aws_api_gateway_integration": "seconds until the new deployment of the API",
    "aws_lambda_function": "seconds in which the API answers 500",
    "aws_bedrock_guardrail": "seconds in which questions fail",
    "aws_iam_role": "up to a minute in which AWS services do not know the new role",
    "aws_s3_object": "seconds in which one file of the site is missing in one region",
    "aws_s3_bucket_policy": "seconds in which CloudFront cannot read the bucket of one region",
    "aws_sqs_queue": "the minute after which a queue's name may be used again",
    "aws_cloudfront_origin_access_control": "minutes in which CloudFront cannot read the buckets",
    "aws_cloudfront_response_headers_policy": "minutes until all edge locations have the new one",
}
"""The gap for users if a resource is destroyed and created again. Estimates: of AWS's pages, none has a figure."""

_OTHER_DEPLOYMENT: Final = (
    'Take the change back. A new value needs a new deployment: README.md, "Several environments".'
)
_CHECK: Final = "Check that no page, script or alarm uses it any more."
KEEP: Final = "Do not apply this plan. Find the argument that forces it (`terraform show PLAN`), and take it back."


def _lost(
    kinds: Mapping[str, Loss], actions: tuple[str, ...]
) -> Callable[[Rule, Plan, Surroundings], Iterator[Finding]]:
    def find(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
        for change in plan.of(*kinds):
            if change.action in actions:
                loss = kinds[change.kind]
                said = f"The {change.kind} {_HAPPENS[change.action]}. {loss.effect}"
                severity: Severity = "warned" if change.kind in MAY_END else rule.severity
                remedy = KEEP if severity == "blocked" else _CHECK
                found = rule.finding(change.address, effect=said, remedy=remedy, severity=severity)
                yield found.of(loss.objective)

    return find


def _find_refused(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    """Yield what the provider plans in place, and Cloud Control refuses: a part of a property that is create-only."""
    for change in plan.of(CLOUD_CONTROL):
        if change.action != "update" or change.before is None or change.after is None:
            continue
        listed = change.after.value("schema", JSON, "createOnlyProperties")
        for pointer in listed if isinstance(listed, list) else ():
            path: Path = ("desired_state", JSON, *str(pointer).removeprefix("/properties/").split("/"))
            before, after = change.before.value(*path), change.after.value(*path)
            if has_unknown(after):
                yield rule.finding(
                    change.address,
                    argument=name_path(path),
                    before=change.before.show(*path),
                    after=change.after.show(*path),
                    effect=KNOWN_LATER,
                    remedy=MAKE_KNOWN,
                    severity="warned",
                )
            elif before != after:
                yield rule.finding(
                    change.address,
                    argument=name_path(path),
                    before=change.before.show(*path),
                    after=change.after.show(*path),
                    effect=f"AWS changes this of no {change.kind}: the apply stops half way, with one region changed.",
                    remedy=_OTHER_DEPLOYMENT,
                )


def _find_replaced(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.of(*SERVING_GAPS):
        if change.action == "replace":
            yield rule.finding(
                change.address,
                effect=f"It is destroyed and created again. Gap in {_region(change)}: {SERVING_GAPS[change.kind]}.",
                remedy="Apply it in the region that stands by first, or when few users ask.",
            )


def _region(change: Change) -> str:
    return f"the {change.role} region" if change.role else "both regions"


KEPT_RULES: Final = (
    Rule(
        name="kept-resource-lost",
        severity="blocked",
        objective="documents RPO",
        title="A bucket, Knowledge Base, data source, vector index, distribution or manifest is destroyed or replaced.",
        find=_lost(KEPT, _GONE),
    ),
    Rule(
        name="protection-removed",
        severity="blocked",
        objective="readiness",
        title="What protects data, access or readiness is destroyed. Warned for a file, or a path of the API.",
        find=_lost(PROTECTING, ("delete", "forget")),
    ),
    Rule(
        name="change-refused",
        severity="blocked",
        objective="deployment",
        title="AWS refuses the change, because the property is only set when the resource is created.",
        find=_find_refused,
    ),
    Rule(
        name="serving-resource-replaced",
        severity="warned",
        objective="API RTO",
        title="What serves users is destroyed and created again.",
        find=_find_replaced,
    ),
)
