"""Each region reports changes to its topic and its event bus, in a rehearsal with IAM, and by what it is invoked."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from standby.deployment.manifest import ROLES
from standby.deployment.routing_config import KEY
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.grants import Grant
from tests.e2e.helpers import wait_for
from tests.e2e.notifications.grants import PUBLISHING, READS, STATE
from tests.e2e.notifications.helpers import Inbox, invoke, subscribed
from tests.e2e.operations.helpers import Operator
from tests.e2e.test_permissions import without

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import StateValueType


@pytest.fixture(scope="module")
def inbox(signed_in_rehearsal: Rehearsal) -> Iterator[Inbox]:
    """What both regions report, after their functions have looked."""
    with subscribed(signed_in_rehearsal) as made:
        for role in ROLES:
            assert invoke(signed_in_rehearsal, role)["unread"] == {}
        yield made


def test_a_failover_and_a_failback_are_reported_once_by_the_region_that_serves_then(
    signed_in_rehearsal: Rehearsal, inbox: Inbox
) -> None:
    operator = Operator(rehearsal=signed_in_rehearsal)
    regions = {role: region.region for role, region in signed_in_rehearsal.deployment.regions.items()}
    assert operator.failover("--reason", "a storm").code == 0
    reported = inbox.wait_for("failover", "topic", "serving-region-changed", to=regions["failover"])
    assert (reported["facts"]["from"], reported["facts"]["reason"]) == (regions["primary"], "a storm")
    assert reported["facts"]["command"] == "failover"
    assert reported["facts"]["actor"] != ""
    assert inbox.wait_for("failover", "bus", "serving-region-changed", to=regions["failover"]) == reported
    assert operator.failback("--force").code in {0, 3}
    back = inbox.wait_for("primary", "topic", "serving-region-changed", to=regions["primary"])
    assert back["facts"]["command"] == "failback"
    for role in ROLES:
        assert invoke(signed_in_rehearsal, role)["reported"] == 0
    for channel in ("topic", "bus"):
        ids = inbox.ids(channel)
        assert ids.count(reported["id"]) == ids.count(back["id"]) == 1


def test_a_manual_edit_is_reported_by_s3_s_event(signed_in_rehearsal: Rehearsal, inbox: Inbox) -> None:
    region = signed_in_rehearsal.deployment.regions["failover"]
    s3 = signed_in_rehearsal.session("failover").client("s3")
    before = s3.get_object(Bucket=region.frontend_bucket, Key=KEY)["Body"].read()
    edited = json.dumps({"apiUrl": signed_in_rehearsal.deployment.regions["primary"].api_url})
    try:
        s3.put_object(Bucket=region.frontend_bucket, Key=KEY, Body=edited.encode(), ContentType="application/json")
        reported = inbox.wait_for("failover", "bus", "config-manually-edited", region=region.region)
    finally:
        s3.put_object(Bucket=region.frontend_bucket, Key=KEY, Body=before, ContentType="application/json")
    assert reported["title"] == f"config.json in {region.region} was edited by hand"


def alarm_names(rehearsal: Rehearsal) -> list[str]:
    return [f"{rehearsal.deployment.name}-{alarm}" for alarm in ("health", "readiness")]


def set_states(rehearsal: Rehearsal, *states: "StateValueType") -> None:
    """Set the states of both alarms, because the emulator evaluates them, too.

    A change is known by its second, because CloudWatch evaluates an alarm once in ten seconds at most. So this waits
    for a second in which no state has changed yet.
    """
    alarms = rehearsal.session("primary").client("cloudwatch")
    found = alarms.describe_alarms(AlarmNames=alarm_names(rehearsal))["MetricAlarms"]
    changed = max(alarm["StateUpdatedTimestamp"] for alarm in found)
    wait_for(lambda: datetime.now(tz=UTC) - changed >= timedelta(seconds=1), what="the next second")
    for alarm, state in zip(alarm_names(rehearsal), states, strict=True):
        alarms.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")


def test_readiness_is_reported_when_an_alarm_goes_off_and_when_it_is_ok(
    signed_in_rehearsal: Rehearsal, inbox: Inbox
) -> None:
    def set_alarms(*states: "StateValueType") -> None:
        set_states(signed_in_rehearsal, *states)
        invoke(signed_in_rehearsal, "primary")

    set_alarms("OK", "OK")
    set_alarms("ALARM", "OK")
    red = inbox.wait_for("primary", "topic", "readiness-changed", readiness="red")
    assert red["facts"]["alarms"] == [alarm_names(signed_in_rehearsal)[0]]
    set_alarms("OK", "OK")
    assert inbox.wait_for("primary", "topic", "readiness-changed", readiness="green")["phase"] == "ended"


@pytest.mark.parametrize("grant", READS, ids=str)
def test_without_a_permission_to_read_the_function_names_what_it_could_not_read(
    signed_in_rehearsal: Rehearsal, grant: Grant, inbox: Inbox
) -> None:
    region = signed_in_rehearsal.deployment.regions["primary"].region
    place = region if READS[grant] == "region" else READS[grant]
    with without(signed_in_rehearsal, grant.holder, [grant]):
        assert invoke(signed_in_rehearsal, "primary")["unread"][place].startswith("AccessDenied")
    assert invoke(signed_in_rehearsal, "primary")["unread"] == {}


@pytest.mark.parametrize("grant", STATE, ids=str)
def test_without_its_state_the_function_fails(signed_in_rehearsal: Rehearsal, grant: Grant, inbox: Inbox) -> None:
    with without(signed_in_rehearsal, grant.holder, [grant]):
        assert "AccessDenied" in invoke(signed_in_rehearsal, "primary")["errorMessage"]
    assert "reported" in invoke(signed_in_rehearsal, "primary")


@pytest.mark.parametrize("grant", PUBLISHING, ids=str)
def test_without_a_permission_to_publish_a_change_waits_for_the_channel(
    signed_in_rehearsal: Rehearsal, grant: Grant, inbox: Inbox
) -> None:
    set_states(signed_in_rehearsal, "OK", "OK")
    invoke(signed_in_rehearsal, "primary")
    channel = PUBLISHING[grant]
    with without(signed_in_rehearsal, grant.holder, [grant]):
        set_states(signed_in_rehearsal, "ALARM", "OK")
        assert invoke(signed_in_rehearsal, "primary")["left"] == 1
    invoke(signed_in_rehearsal, "primary")
    red = inbox.wait_for("primary", channel, "readiness-changed", readiness="red")
    assert inbox.ids(channel).count(red["id"]) == 1
    set_states(signed_in_rehearsal, "OK", "OK")
    invoke(signed_in_rehearsal, "primary")
