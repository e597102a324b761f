"""Mutations of the synthesized stack, each with the rule that must notice it in a real plan.

`IN_PLACE` are planned together, `REPLACING` too: those make Terraform replace resources that others refer to, whose
arguments are then known only after the apply.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Body = dict[str, Any]
OFF: Final = False


@dataclass(frozen=True, kw_only=True)
class PlanMutation:
    """A mutation of a resource, or its removal (`change` is None), and the rule that finds it.

    `id_` begins the id of the resource. The same is done to its twin if `twin` begins that one's id.
    """

    name: str
    rule: str
    type_: str
    id_: str
    change: Callable[[Body], None] | None
    twin: str = ""
    argument: str = ""

    def apply(self, resources: dict[str, dict[str, Body]]) -> str:
        """Change the resources of a synthesized stack; return the address of the one that must be found."""
        for start in filter(None, (self.twin, self.id_)):
            name = find_id(resources, self.type_, start)
            if self.change is None:
                _remove(resources, self.type_, name)
            else:
                self.change(resources[self.type_][name])
        return f"{self.type_}.{name}"


def _remove(resources: dict[str, dict[str, Body]], type_: str, name: str) -> None:
    """Remove a resource, its type with the last one, and it from what depends on it."""
    del resources[type_][name]
    if not resources[type_]:
        del resources[type_]
    for bodies in resources.values():
        for body in bodies.values():
            if f"{type_}.{name}" in body.get("depends_on", []):
                body["depends_on"].remove(f"{type_}.{name}")


def find_id(resources: dict[str, dict[str, Body]], type_: str, start: str) -> str:
    """Return the only id of a type that is `start` and cdktf's hash, or begins with it."""
    found = [name for name in resources[type_] if name.startswith(start)]
    exact = [name for name in found if name.rpartition("_")[0] == start]
    chosen = exact or found
    assert len(chosen) == 1, (type_, start, chosen)
    return chosen[0]


def set_value(value: object, *path: str | int) -> Callable[[Body], None]:
    """Return a function that sets the value at a path."""

    def change(body: Body) -> None:
        parent: Any = body
        for step in path[:-1]:
            parent = parent[step]
        assert parent.get(path[-1]) != value
        parent[path[-1]] = value

    return change


def _policy(change: Callable[[list[Body]], None], argument: str = "policy") -> Callable[[Body], None]:
    def mutate(body: Body) -> None:
        document = json.loads(body[argument])
        before = json.dumps(document)
        change(document["Statement"])
        body[argument] = json.dumps(document)
        assert body[argument] != before

    return mutate


def _without(sid: str) -> Callable[[Body], None]:
    return _policy(lambda statements: statements.remove(next(one for one in statements if one["Sid"] == sid)))


def _with(statement: Body) -> Callable[[Body], None]:
    return _policy(lambda statements: statements.append(statement))


def _desired(value: object, *path: str) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        state = json.loads(body["desired_state"])
        set_value(value, *path)(state)
        body["desired_state"] = json.dumps(state)

    return change


def _reverse_group(body: Body) -> None:
    body["origin_group"][0]["member"].reverse()


def _without_codes(body: Body) -> None:
    body["origin_group"][1]["failover_criteria"]["status_codes"] = [500, 502]


def _accept_plain_http(statements: list[Body]) -> None:
    [denial] = statements
    denial["Action"] = "s3:PutBucketAcl"


def _overwrite_config(body: Body) -> None:
    del body["lifecycle"]
    body["content"] = "{}"


_REPLICATION: Final = "aws_s3_bucket_replication_configuration"
_RULE: Final = ("rule", 0)
_DESTINATION: Final = (*_RULE, "destination")
_ALARM: Final = "aws_cloudwatch_metric_alarm"
_DISTRIBUTION: Final = "aws_cloudfront_distribution"

IN_PLACE: Final = (
    PlanMutation(
        name="versioning suspended in both regions",
        rule="versioning-off",
        type_="aws_s3_bucket_versioning",
        id_="primary_documents_private_versioning",
        twin="failover_documents_private_versioning",
        change=set_value("Suspended", "versioning_configuration", "status"),
    ),
    PlanMutation(
        name="replication rule disabled",
        rule="replication-off",
        type_=_REPLICATION,
        id_="replication_from_primary_configuration",
        change=set_value("Disabled", *_RULE, "status"),
        argument="rule.status",
    ),
    PlanMutation(
        name="replication of a prefix alone",
        rule="replication-off",
        type_=_REPLICATION,
        id_="replication_from_failover_configuration",
        change=set_value("uploads/", *_RULE, "filter", "prefix"),
        argument="rule.filter.prefix",
    ),
    PlanMutation(
        name="replication time control off",
        rule="replication-time-off",
        type_=_REPLICATION,
        id_="replication_from_primary_configuration",
        change=set_value("Disabled", *_DESTINATION, "replication_time", "status"),
        argument="rule.destination.replication_time.status",
    ),
    PlanMutation(
        name="replication metrics off",
        rule="replication-time-off",
        type_=_REPLICATION,
        id_="replication_from_primary_configuration",
        change=set_value("Disabled", *_DESTINATION, "metrics", "status"),
        argument="rule.destination.metrics.status",
    ),
    PlanMutation(
        name="replica modification sync off",
        rule="replica-changes-off",
        type_=_REPLICATION,
        id_="replication_from_failover_configuration",
        change=set_value("Disabled", *_RULE, "source_selection_criteria", "replica_modifications", "status"),
    ),
    PlanMutation(
        name="old versions kept for a week",
        rule="retention-shorter",
        type_="aws_s3_bucket_lifecycle_configuration",
        id_="primary_documents_lifecycle",
        twin="failover_documents_lifecycle",
        change=set_value([{"noncurrent_days": 7}], *_RULE, "noncurrent_version_expiration"),
    ),
    PlanMutation(
        name="events kept for an hour",
        rule="retention-shorter",
        type_="aws_sqs_queue",
        id_="primary_ingestion_queue",
        twin="failover_ingestion_queue",
        change=set_value(3600, "message_retention_seconds"),
        argument="message_retention_seconds",
    ),
    PlanMutation(
        name="logs kept for a day",
        rule="logs-kept-shorter",
        type_="aws_cloudwatch_log_group",
        id_="primary_api_stage_access_logs",
        twin="failover_api_stage_access_logs",
        change=set_value(1, "retention_in_days"),
    ),
    PlanMutation(
        name="removals start no ingestion",
        rule="ingestion-off",
        type_="aws_s3_bucket_notification",
        id_="primary_documents_notification",
        twin="failover_documents_notification",
        change=set_value(["s3:ObjectCreated:*"], "queue", 0, "events"),
    ),
    PlanMutation(
        name="event source mapping disabled",
        rule="ingestion-off",
        type_="aws_lambda_event_source_mapping",
        id_="primary_ingestion_mapping",
        twin="failover_ingestion_mapping",
        change=set_value(OFF, "enabled"),
    ),
    PlanMutation(
        name="health schedule disabled",
        rule="ingestion-off",
        type_="aws_cloudwatch_event_rule",
        id_="primary_health_check_rule",
        twin="failover_health_check_rule",
        change=set_value("DISABLED", "state"),
    ),
    PlanMutation(
        name="origin order of an origin group reversed",
        rule="origin-group-worse",
        type_=_DISTRIBUTION,
        id_="distribution",
        change=_reverse_group,
        argument="origin_group primary-first: member",
    ),
    PlanMutation(
        name="failover codes removed",
        rule="origin-group-worse",
        type_=_DISTRIBUTION,
        id_="distribution",
        change=_without_codes,
        argument="origin_group failover-first: failover_criteria",
    ),
    PlanMutation(
        name="pages read from one bucket",
        rule="origin-group-worse",
        type_=_DISTRIBUTION,
        id_="distribution",
        change=set_value("primary", "default_cache_behavior", "target_origin_id"),
        argument="cache behavior (default): target_origin_id",
    ),
    PlanMutation(
        name="three attempts of ten seconds at an origin",
        rule="origin-slower",
        type_=_DISTRIBUTION,
        id_="distribution",
        change=lambda body: body["origin"][0].update(connection_attempts=3, connection_timeout=10),
    ),
    PlanMutation(
        name="site without TLS",
        rule="tls-weaker",
        type_=_DISTRIBUTION,
        id_="distribution",
        change=set_value("allow-all", "default_cache_behavior", "viewer_protocol_policy"),
    ),
    PlanMutation(
        name="distribution disabled",
        rule="site-off",
        type_=_DISTRIBUTION,
        id_="distribution",
        change=set_value(OFF, "enabled"),
    ),
    PlanMutation(
        name="config.json written by each apply",
        rule="config-overwritten",
        type_="aws_s3_object",
        id_="serving_config_primary",
        twin="serving_config_failover",
        change=_overwrite_config,
    ),
    PlanMutation(
        name="actions of an alarm off",
        rule="alarm-silent",
        type_=_ALARM,
        id_="primary_alarms_health",
        twin="failover_alarms_health",
        change=set_value(OFF, "actions_enabled"),
    ),
    PlanMutation(
        name="alarm without action",
        rule="alarm-silent",
        type_=_ALARM,
        id_="primary_alarms_readiness",
        twin="failover_alarms_readiness",
        change=set_value([], "alarm_actions"),
        argument="alarm_actions",
    ),
    PlanMutation(
        name="alarm removed",
        rule="protection-removed",
        type_=_ALARM,
        id_="primary_alarms_replication_failed",
        twin="failover_alarms_replication_failed",
        change=None,
    ),
    PlanMutation(
        name="metric filter of an alarm removed",
        rule="protection-removed",
        type_="aws_cloudwatch_log_metric_filter",
        id_="primary_alarms_healthy_percent_filter",
        twin="failover_alarms_healthy_percent_filter",
        change=None,
    ),
    PlanMutation(
        name="e-mail address of the alarms removed",
        rule="protection-removed",
        type_="aws_sns_topic_subscription",
        id_="primary_alerts_subscription",
        twin="failover_alerts_subscription",
        change=None,
    ),
    PlanMutation(
        name="public access block removed",
        rule="protection-removed",
        type_="aws_s3_bucket_public_access_block",
        id_="primary_frontend_private_public_access_block",
        twin="failover_frontend_private_public_access_block",
        change=None,
    ),
    PlanMutation(
        name="public policies allowed",
        rule="public-access",
        type_="aws_s3_bucket_public_access_block",
        id_="primary_documents_private_public_access_block",
        twin="failover_documents_private_public_access_block",
        change=set_value(OFF, "block_public_policy"),
    ),
    PlanMutation(
        name="ACLs allowed",
        rule="public-access",
        type_="aws_s3_bucket_ownership_controls",
        id_="primary_documents_private_ownership",
        twin="failover_documents_private_ownership",
        change=set_value("ObjectWriter", "rule", "object_ownership"),
    ),
    PlanMutation(
        name="origin requests without a signature",
        rule="public-access",
        type_="aws_cloudfront_origin_access_control",
        id_="distribution_origin_access_control",
        change=set_value("never", "signing_behavior"),
    ),
    PlanMutation(
        name="queue without encryption",
        rule="encryption-weaker",
        type_="aws_sqs_queue",
        id_="primary_ingestion_dead_letters",
        twin="failover_ingestion_dead_letters",
        change=set_value(OFF, "sqs_managed_sse_enabled"),
    ),
    PlanMutation(
        name="documents without TLS",
        rule="denial-removed",
        type_="aws_s3_bucket_policy",
        id_="primary_documents_private_policy",
        twin="failover_documents_private_policy",
        change=_policy(_accept_plain_http),
        argument="policy: DenyWithoutTls",
    ),
    PlanMutation(
        name="journal readable by the site",
        rule="denial-removed",
        type_="aws_s3_bucket_policy",
        id_="primary_frontend_private_policy",
        twin="failover_frontend_private_policy",
        change=_without("DistributionNeverReads"),
        argument="policy: DistributionNeverReads",
    ),
    PlanMutation(
        name="function may do everything",
        rule="permission-wider",
        type_="aws_iam_role_policy",
        id_="primary_functions_query_role_policy",
        twin="failover_functions_query_role_policy",
        change=_with({"Sid": "Everything", "Effect": "Allow", "Action": ["*"], "Resource": ["*"]}),
        argument="policy: Everything",
    ),
    PlanMutation(
        name="function callable by every API",
        rule="function-exposed",
        type_="aws_lambda_permission",
        id_="primary_functions_health_api",
        twin="failover_functions_health_api",
        change=lambda body: body.pop("source_arn"),
    ),
    PlanMutation(
        name="time-out of a function in one region",
        rule="one-region-only",
        type_="aws_lambda_function",
        id_="primary_functions_health_function",
        change=set_value(7, "timeout"),
        argument="timeout",
    ),
    PlanMutation(
        name="alarm removed in one region",
        rule="one-region-only",
        type_=_ALARM,
        id_="primary_alarms_dead_letters",
        change=None,
    ),
)
REPLACING: Final = (
    PlanMutation(
        name="documents bucket under another name",
        rule="kept-resource-lost",
        type_="aws_s3_bucket",
        id_="primary_documents_private_bucket",
        change=set_value("e2e-other-documents", "bucket"),
    ),
    PlanMutation(
        name="data source with other chunks",
        rule="change-refused",
        type_="aws_cloudcontrolapi_resource",
        id_="failover_knowledge_base_service_data_source_resource",
        change=_desired(
            300, "VectorIngestionConfiguration", "ChunkingConfiguration", "FixedSizeChunkingConfiguration", "MaxTokens"
        ),
    ),
    PlanMutation(
        name="vector index with other dimensions",
        rule="kept-resource-lost",
        type_="aws_cloudcontrolapi_resource",
        id_="failover_knowledge_base_vectors_index_resource",
        change=_desired(512, "Dimension"),
    ),
    PlanMutation(
        name="manifest under another name",
        rule="kept-resource-lost",
        type_="aws_ssm_parameter",
        id_="manifest_parameter_failover",
        change=set_value("/warm-standby/other/manifest", "name"),
    ),
    PlanMutation(
        name="function under another name",
        rule="serving-resource-replaced",
        type_="aws_lambda_function",
        id_="primary_functions_query_function",
        twin="failover_functions_query_function",
        change=set_value("e2e-other-query", "function_name"),
    ),
)
