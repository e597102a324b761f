"""`ready` means ready: what a failover or a user needs in the failover region is taken away, and `status` names it."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from unittest.mock import patch

import pytest

from health.report import DEEP_CACHED_SECONDS
from standby.deployment.manifest import Region, Role
from standby.deployment.page_denial import allow_pages, deny_pages
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.operations.helpers import Operator, clients_with, connection

if TYPE_CHECKING:
    import boto3

TARGET: Final[Role] = "failover"
SID: Final = "TakenAwayByATest"


@dataclass(frozen=True, kw_only=True)
class Place:
    """The failover region, and a session in it that no fault affects."""

    rehearsal: Rehearsal

    @property
    def region(self) -> Region:
        return self.rehearsal.deployment.regions[TARGET]

    @property
    def session(self) -> "boto3.Session":
        return self.rehearsal.session(TARGET)

    @property
    def name(self) -> str:
        return self.rehearsal.deployment.name

    @property
    def manifest_name(self) -> str:
        return f"/warm-standby/{self.name}/manifest"


TakeAway = Callable[[Place], AbstractContextManager[None]]


@contextmanager
def without_manifest(place: Place) -> Iterator[None]:
    ssm, name = place.session.client("ssm"), place.manifest_name
    text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    description = _description(place)
    ssm.delete_parameter(Name=name)
    yield
    ssm.put_parameter(Name=name, Value=text, Type="String", Description=description, Tags=tags)


def with_manifest(change: Callable[[dict[str, Any]], object]) -> TakeAway:
    @contextmanager
    def take_away(place: Place) -> Iterator[None]:
        ssm, name, description = place.session.client("ssm"), place.manifest_name, _description(place)
        text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
        other = json.dumps(change(json.loads(text)))
        ssm.put_parameter(Name=name, Value=other, Description=description, Overwrite=True)
        yield
        ssm.put_parameter(Name=name, Value=text, Description=description, Overwrite=True)

    return take_away


def _description(place: Place) -> str:
    filters: Any = [{"Key": "Name", "Values": [place.manifest_name]}]
    (found,) = place.session.client("ssm").describe_parameters(ParameterFilters=filters)["Parameters"]
    return found["Description"]


def denied(action: str, resource: str) -> TakeAway:
    """Deny the operator an action on the frontend bucket; `resource` is the end of its ARN."""

    @contextmanager
    def take_away(place: Place) -> Iterator[None]:
        iam, user = place.session.client("iam"), f"operator-{uuid.uuid4().hex[:8]}"
        arn = f"arn:aws:s3:::{place.region.frontend_bucket}{resource}"
        statements = [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": action, "Resource": arn},
        ]
        iam.create_user(UserName=user)
        policy = {"Version": "2012-10-17", "Statement": statements}
        iam.put_user_policy(UserName=user, PolicyName="operate", PolicyDocument=json.dumps(policy))
        clients = clients_with(iam.create_access_key(UserName=user)["AccessKey"], place.rehearsal)
        with patch.object(connection(place.rehearsal.paths.directory), "clients", clients):
            yield

    return take_away


@contextmanager
def without_pages(place: Place) -> Iterator[None]:
    s3 = place.session.client("s3")
    deny_pages(s3, place.region, sid=SID)
    yield
    allow_pages(s3, place.region, sid=SID)


def site_file(key: str, body: bytes | None) -> TakeAway:
    """Delete a file of the site, or replace its content; then remove that version, so that the one before returns."""

    @contextmanager
    def take_away(place: Place) -> Iterator[None]:
        s3, bucket = place.session.client("s3"), place.region.frontend_bucket
        if body is None:
            version = s3.delete_object(Bucket=bucket, Key=key)["VersionId"]
        else:
            version = s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        yield
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)

    return take_away


def stopped(function: str) -> TakeAway:
    """Set the reserved concurrency of a function to zero."""

    @contextmanager
    def take_away(place: Place) -> Iterator[None]:
        functions, name = place.session.client("lambda"), f"{place.name}-{function}"
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        yield
        functions.delete_function_concurrency(FunctionName=name)

    return take_away


def without_statement(function: str, sid: str) -> TakeAway:
    """Remove one statement from the policy of a function's role."""

    @contextmanager
    def take_away(place: Place) -> Iterator[None]:
        iam = place.session.client("iam")
        role = f"{place.name}-{function}-{place.region.region}"
        policy = cast("dict[str, Any]", iam.get_role_policy(RoleName=role, PolicyName="permissions")["PolicyDocument"])
        rest = [statement for statement in policy["Statement"] if statement["Sid"] != sid]
        assert len(rest) == len(policy["Statement"]) - 1
        _put_policy(iam, role, {**policy, "Statement": rest})
        yield
        _put_policy(iam, role, policy)
        time.sleep(DEEP_CACHED_SECONDS)  # `health` answers with its last deep report until then

    return take_away


def _put_policy(iam: Any, role: str, policy: dict[str, Any]) -> None:  # noqa: ANN401 - no stub says its type
    iam.put_role_policy(RoleName=role, PolicyName="permissions", PolicyDocument=json.dumps(policy))


@contextmanager
def without_event_source(place: Place) -> Iterator[None]:
    functions = place.session.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=place.region.ingest_function)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def without_document_events(place: Place) -> Iterator[None]:
    s3, bucket = place.session.client("s3"), place.region.documents_bucket
    before = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    yield
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": before})


def without_schedule(schedule: str) -> TakeAway:
    @contextmanager
    def take_away(place: Place) -> Iterator[None]:
        events, name = place.session.client("events"), f"{place.name}-{schedule}"
        events.disable_rule(Name=name)
        yield
        events.enable_rule(Name=name)

    return take_away


@contextmanager
def without_schedule_target(place: Place) -> Iterator[None]:
    events, name = place.session.client("events"), f"{place.name}-sweep"
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    events.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
    yield
    events.put_targets(Rule=name, Targets=targets)


@contextmanager
def without_replication(place: Place) -> Iterator[None]:
    s3, bucket = place.session.client("s3"), place.region.documents_bucket
    before = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]
    rules = [{**rule, "Status": "Disabled"} for rule in before["Rules"]]
    off = cast("Any", {**before, "Rules": rules})
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=off)
    yield
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=cast("Any", before))


@contextmanager
def without_replication_rule(place: Place) -> Iterator[None]:
    s3, bucket = place.session.client("s3"), place.region.documents_bucket
    before = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]
    s3.delete_bucket_replication(Bucket=bucket)
    yield
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=cast("Any", before))


@contextmanager
def without_alarm_actions(place: Place) -> Iterator[None]:
    cloudwatch = place.session.client("cloudwatch")
    cloudwatch.disable_alarm_actions(AlarmNames=[f"{place.name}-health"])
    yield
    cloudwatch.enable_alarm_actions(AlarmNames=[f"{place.name}-health"])


@contextmanager
def without_alarm_topic(place: Place) -> Iterator[None]:
    cloudwatch, name = place.session.client("cloudwatch"), f"{place.name}-dead-letters"
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    kept = {key: value for key, value in alarm.items() if key in _ALARM_ARGUMENTS}
    cloudwatch.put_metric_alarm(**cast("Any", {**kept, "AlarmActions": []}))
    yield
    cloudwatch.put_metric_alarm(**cast("Any", kept))


_ALARM_ARGUMENTS: Final = frozenset(
    {
        "AlarmName",
        "AlarmDescription",
        "ActionsEnabled",
        "OKActions",
        "AlarmActions",
        "MetricName",
        "Namespace",
        "Statistic",
        "Dimensions",
        "Period",
        "EvaluationPeriods",
        "Threshold",
        "ComparisonOperator",
        "TreatMissingData",
    }
)

TAKEN_AWAY: Final[tuple[tuple[str, str, TakeAway], ...]] = (
    ("manifest", "manifest", without_manifest),
    ("manifest of an older schema", "manifest", with_manifest(lambda old: {**old, "schemaVersion": 1})),
    ("manifest that differs", "manifest", with_manifest(lambda old: {**old, "account": "111122223333"})),
    ("writing config.json", "configWrite", denied("s3:PutObject", "/config.json")),
    ("reading the journal", "journalRead", denied("s3:ListBucket", "")),
    ("writing the journal", "journalWrite", denied("s3:PutObject", "/standby/*")),
    ("the edge's access", "siteOrigin", without_pages),
    ("the start page", "siteFiles", site_file("index.html", None)),
    ("a file of the site", "siteFiles", site_file("app.js", None)),
    ("a file's content", "siteFiles", site_file("style.css", b"body {}")),
    ("limits.json", "siteFiles", site_file("limits.json", None)),
    ("the query function", "functions", stopped("query")),
    ("the upload function", "functions", stopped("upload")),
    ("the ingest function", "functions", stopped("ingest")),
    ("retrieving for query", "question", without_statement("query", "Retrieve")),
    ("the permission to upload", "upload", without_statement("upload", "PutDocuments")),
    ("the event source mapping", "eventSource", without_event_source),
    ("document events", "documentEvents", without_document_events),
    ("the sweep's schedule", "schedules", without_schedule("sweep")),
    ("the schedule of health checks", "schedules", without_schedule("health-check")),
    ("the schedule of readiness checks", "schedules", without_schedule("readiness-check")),
    ("the sweep's target", "schedules", without_schedule_target),
    ("the replication rule's status", "replicationRules", without_replication),
    ("the replication rule", "replicationRules", without_replication_rule),
    ("an alarm's actions", "alarmActions", without_alarm_actions),
    ("an alarm's topic", "alarmActions", without_alarm_topic),
)
DEEP: Final = frozenset({"question", "upload"})


@pytest.fixture(scope="module")
def operator(rehearsal: Rehearsal) -> Iterator[Operator]:
    """An operator of a deployment that is ready."""
    operator = Operator(rehearsal=rehearsal)
    operator.put_back()
    yield operator
    operator.put_back()


@pytest.fixture
def place(rehearsal: Rehearsal) -> Place:
    return Place(rehearsal=rehearsal)


@pytest.mark.parametrize(
    "requirement, take_away", [case[1:] for case in TAKEN_AWAY], ids=[case[0] for case in TAKEN_AWAY]
)
def test_a_standby_without_what_users_need_is_not_ready_and_status_names_it(
    operator: Operator, place: Place, requirement: str, take_away: TakeAway
) -> None:
    deep = ["--deep"] if requirement in DEEP else []
    with take_away(place):
        found = operator.run("status", *deep).document
    results = found["regions"][TARGET]["requirements"]
    assert found["verdict"] != "ready"
    assert results[requirement] != "ok"
    assert any(place.region.region in reason for reason in found["reasons"]), found["reasons"]
    assert found["next"]


def test_a_standby_that_cannot_retrieve_is_not_ready(operator: Operator, place: Place) -> None:
    with without_statement("health", "Retrieve")(place):
        time.sleep(DEEP_CACHED_SECONDS)  # since the test before
        found = operator.run("status").document
    assert found["verdict"] == "not ready to fail over"
    assert any("retrieve (AccessDeniedException)" in reason for reason in found["reasons"]), found["reasons"]


def test_a_standby_with_everything_is_ready(operator: Operator) -> None:
    found = operator.run("status", "--deep").document
    assert found["verdict"] == "ready", found["reasons"]
    for region in found["regions"].values():
        assert set(region["requirements"].values()) == {"ok"}


def readiness(place: Place) -> dict[str, Any]:
    """Invoke the function as its schedule does, and return what it found."""
    rule = f"{place.name}-readiness-check"
    (target,) = place.session.client("events").list_targets_by_rule(Rule=rule)["Targets"]
    answer = place.session.client("lambda").invoke(FunctionName=f"{place.name}-health", Payload=target["Input"])
    return cast("dict[str, Any]", json.loads(answer["Payload"].read()))


@pytest.mark.usefixtures("operator")
def test_the_scheduled_readiness_check_asks_the_api_as_its_users_do(place: Place) -> None:
    assert readiness(place) == {"readyPercent": 100, "checks": {"question": "ok", "upload": "ok"}}
    with without_statement("query", "Retrieve")(place):
        assert readiness(place) == {"readyPercent": 50, "checks": {"question": "Http502", "upload": "ok"}}
    with stopped("upload")(place):
        found = readiness(place)
    assert found["readyPercent"] == 50
    assert found["checks"]["question"] == "ok"
