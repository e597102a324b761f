"""Which types of resources cost something, and which cost nothing. A type that is in neither list is named."""

from typing import Final

PRICED: Final = frozenset(
    {
        "AWS::Bedrock::DataSource",
        "AWS::Bedrock::KnowledgeBase",
        "AWS::S3Vectors::Index",
        "AWS::S3Vectors::VectorBucket",
        "aws_api_gateway_rest_api",
        "aws_bedrock_guardrail",
        "aws_bedrockagent_data_source",
        "aws_bedrockagent_knowledge_base",
        "aws_cloudfront_distribution",
        "aws_cloudwatch_dashboard",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_log_delivery",
        "aws_cloudwatch_log_group",
        "aws_cloudwatch_log_metric_filter",
        "aws_cloudwatch_metric_alarm",
        "aws_lambda_event_source_mapping",
        "aws_lambda_function",
        "aws_opensearchserverless_collection",
        "aws_route53_health_check",
        "aws_route53_record",
        "aws_s3_bucket",
        "aws_s3_bucket_replication_configuration",
        "aws_s3_object",
        "aws_sqs_queue",
        "aws_wafv2_web_acl",
    }
)
"""The components use these, see `components`."""

FREE: Final = frozenset(
    {
        "AWS::OpenSearchServerless::Index",
        "aws_acm_certificate",
        "aws_acm_certificate_validation",
        "aws_api_gateway_account",
        "aws_api_gateway_authorizer",
        "aws_api_gateway_base_path_mapping",
        "aws_api_gateway_deployment",
        "aws_api_gateway_domain_name",
        "aws_api_gateway_gateway_response",
        "aws_api_gateway_integration",
        "aws_api_gateway_integration_response",
        "aws_api_gateway_method",
        "aws_api_gateway_method_response",
        "aws_api_gateway_method_settings",
        "aws_api_gateway_model",
        "aws_api_gateway_request_validator",
        "aws_api_gateway_resource",
        "aws_api_gateway_stage",
        "aws_cloudfront_origin_access_control",
        "aws_cloudfront_response_headers_policy",
        "aws_cloudwatch_event_target",
        "aws_cloudwatch_log_delivery_destination",
        "aws_cloudwatch_log_delivery_source",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_lambda_permission",
        "aws_opensearchserverless_access_policy",
        "aws_opensearchserverless_security_policy",
        "aws_s3_bucket_cors_configuration",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_notification",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_sns_topic",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        "aws_sqs_queue_redrive_policy",
        "aws_ssm_parameter",
        "aws_wafv2_ip_set",
        "aws_wafv2_web_acl_association",
        "terraform_data",
    }
)
"""AWS charges nothing for these. For policies and configuration the price pages of their services name no charge.
A certificate of ACM for a service of AWS is free (aws.amazon.com/certificate-manager/pricing), and so are queries for
alias records of an API (aws.amazon.com/route53/pricing).
Standard parameters (aws.amazon.com/systems-manager/pricing) and topics (aws.amazon.com/sns/pricing) are free."""


def unknown_types(types: set[str]) -> tuple[str, ...]:
    """Return the types that the price list does not know, sorted."""
    return tuple(sorted(types - PRICED - FREE))
