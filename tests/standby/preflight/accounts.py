"""An account that answers as AWS does, by service and operation. A test changes single answers."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import create_autospec

from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.response import StreamingBody

from standby.deployment.clients import Clients

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/people/deployer"

Answer = Callable[[str, Mapping[str, Any]], Mapping[str, object]]
"""Takes the region and the parameters."""


def error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Any")


def refuse(code: str, message: str = "") -> Answer:
    """Return an answer that is an error."""

    def answer(_: str, __: Mapping[str, Any]) -> Mapping[str, object]:
        raise error(code, message)

    return answer


def constant(**members: object) -> Answer:
    return lambda _, __: members


def body(document: object) -> StreamingBody:
    return stream(json.dumps(document).encode())


def stream(text: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(text), len(text))


def _simulate(_: str, asked: Mapping[str, Any]) -> Mapping[str, object]:
    results = [
        {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": "allowed"}
        for action in asked["ActionNames"]
        for resource in asked["ResourceArns"]
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def _get_role(_: str, asked: Mapping[str, Any]) -> Mapping[str, object]:
    if asked["RoleName"] != "deployer":
        raise error("NoSuchEntity")
    return {"Role": {"Arn": ROLE}}


_ANSWERS: dict[tuple[str, str], Answer] = {
    ("sts", "get_caller_identity"): constant(
        Account=ACCOUNT, Arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/session"
    ),
    ("iam", "get_role"): _get_role,
    ("iam", "simulate_principal_policy"): _simulate,
    ("iam", "get_account_summary"): constant(SummaryMap={"Roles": 40, "RolesQuota": 1000}),
    ("bedrock-runtime", "converse"): constant(output={"message": {"content": []}}),
    ("bedrock-runtime", "invoke_model"): lambda _, __: {"body": body({"embedding": [0.1]})},
    ("bedrock", "get_use_case_for_model_access"): constant(formData=b"{}"),
    ("bedrock", "list_guardrails"): constant(guardrails=[]),
    ("bedrock-agent", "list_knowledge_bases"): constant(knowledgeBaseSummaries=[]),
    ("lambda", "get_account_settings"): constant(
        AccountLimit={"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
    ),
    ("lambda", "get_function_configuration"): refuse("ResourceNotFoundException"),
    ("opensearchserverless", "get_account_settings"): constant(
        accountSettingsDetail={"capacityLimits": {"maxIndexingCapacityInOCU": 10, "maxSearchCapacityInOCU": 10}}
    ),
    ("opensearchserverless", "get_access_policy"): refuse("ResourceNotFoundException"),
    ("opensearchserverless", "get_security_policy"): refuse("ResourceNotFoundException"),
    ("opensearchserverless", "list_collections"): constant(collectionSummaries=[]),
    ("service-quotas", "get_service_quota"): constant(Quota={"Value": 200.0}),
    ("s3", "list_buckets"): constant(Buckets=[{"Name": "one"}]),
    ("s3", "head_bucket"): refuse("404"),
    ("s3vectors", "get_vector_bucket"): refuse("NotFoundException"),
    ("cloudfront", "list_distributions"): constant(DistributionList={"Items": [{"Id": "one"}]}),
    ("cloudfront", "list_origin_access_controls"): constant(OriginAccessControlList={}),
    ("cloudfront", "list_response_headers_policies"): constant(ResponseHeadersPolicyList={"Items": []}),
    ("cloudwatch", "get_dashboard"): refuse("ResourceNotFound"),
    ("cloudwatch", "describe_alarms"): constant(MetricAlarms=[]),
    ("events", "describe_rule"): refuse("ResourceNotFoundException"),
    ("events", "list_rules"): constant(Rules=[]),
    ("logs", "describe_log_groups"): constant(logGroups=[]),
    ("logs", "get_delivery_destination"): refuse("ResourceNotFoundException"),
    ("logs", "get_delivery_source"): refuse("ResourceNotFoundException"),
    ("lambda", "get_function"): refuse("ResourceNotFoundException"),
    ("wafv2", "list_ip_sets"): constant(IPSets=[]),
    ("wafv2", "list_web_acls"): constant(WebACLs=[]),
    ("route53", "get_hosted_zone"): constant(HostedZone={"Name": "example.com.", "Config": {"PrivateZone": False}}),
    ("route53", "list_resource_record_sets"): constant(ResourceRecordSets=[{"Name": "www.example.com.", "Type": "A"}]),
    ("sns", "get_topic_attributes"): refuse("NotFound"),
    ("sqs", "get_queue_url"): refuse("AWS.SimpleQueueService.NonExistentQueue"),
    ("ssm", "get_parameter"): refuse("ParameterNotFound"),
    ("apigateway", "get_account"): constant(throttleSettings={}),
    ("acm", "describe_certificate"): constant(
        Certificate={"Status": "ISSUED", "SubjectAlternativeNames": ["chat.example.com"]}
    ),
}


@dataclass
class Account:
    """An account in which everything is fine. `changed` replaces answers, `dead` regions give none."""

    changed: dict[tuple[str, str], Answer] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    def clients(self) -> Clients:
        clients: Clients = create_autospec(Clients, instance=True, spec_set=True)
        clients.read.side_effect = self._read  # type: ignore[attr-defined]  # a mock
        return clients

    def _read(
        self,
        service: str,
        region: str,
        operation: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        quick: bool = False,
    ) -> Mapping[str, object]:
        self.calls.append((service, region, operation))
        if region in self.dead and (quick or service != "iam"):
            raise ConnectTimeoutError(endpoint_url="https://example.com")
        return {**_ANSWERS, **self.changed}[service, operation](region, parameters or {})
