"""An index of OpenSearch Serverless is seen by those that its data access policy names, as on AWS."""

import json

import pytest
from botocore.exceptions import ClientError

from standby.deployment.sessions import EMULATOR_ACCOUNT, EmulatorSession
from standby.rehearsal.deploy.applier import create_applier, role_arn
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.emulator.index_access import INDEX, Policy, has_access
from tests.standby.rehearsal.deploy.helpers import EVERYTHING
from tests.standby.rehearsal.emulator.helpers import assumed_session

ROLE = "arn:aws:iam::111122223333:role/ci"
NESTED = "arn:aws:iam::111122223333:role/people/admin"


def policy(*principals: str, permission: str = "aoss:DescribeIndex") -> Policy:
    rule = {"ResourceType": "index", "Resource": ["index/documents/*"], "Permission": [permission]}
    return [{"Principal": [*principals], "Rules": [rule]}]


@pytest.mark.parametrize(
    "caller,principal,seen",
    [
        (ROLE, ROLE, True),
        ("arn:aws:sts::111122223333:assumed-role/ci/session", ROLE, True),
        ("arn:aws:sts::111122223333:assumed-role/admin/session", NESTED, True),
        ("arn:aws:sts::111122223333:assumed-role/other/session", ROLE, False),
        ("arn:aws:sts::999922223333:assumed-role/ci/session", ROLE, False),
        ("arn:aws:iam::111122223333:root", ROLE, False),
        ("arn:aws:sts::111122223333:assumed-role/ci/a", "arn:aws:sts::111122223333:assumed-role/ci/b", False),
    ],
)
def test_a_role_s_sessions_are_seen_as_the_role(caller: str, principal: str, *, seen: bool) -> None:
    assert has_access(caller, "aoss:DescribeIndex", [policy(principal)]) is seen
    assert not has_access(caller, "aoss:DeleteIndex", [policy(principal)])
    assert not has_access(caller, "aoss:DescribeIndex", [])


def assumed(emulator: Emulator, name: str) -> EmulatorSession:
    """Return a session of a role with all permissions of IAM."""
    create_applier(emulator, policy=EVERYTHING, name=name)
    return assumed_session(emulator.endpoint, name)


def test_a_role_that_the_policy_does_not_name_cannot_even_read_the_index(emulator: Emulator) -> None:
    first, second = assumed(emulator, "first"), assumed(emulator, "second")
    manage = policy(role_arn("first"), permission="aoss:CreateIndex") + policy(role_arn("first"))
    client = first.client("opensearchserverless")
    client.create_access_policy(name="documents", type="data", policy=json.dumps(manage))
    state = json.dumps({"IndexName": "documents", "CollectionEndpoint": "https://x"})
    made = first.client("cloudcontrol").create_resource(TypeName=INDEX, DesiredState=state)["ProgressEvent"]
    read = {"TypeName": INDEX, "Identifier": made["Identifier"]}
    assert first.client("cloudcontrol").get_resource(**read)["TypeName"] == INDEX
    with pytest.raises(ClientError, match=r"authorization_exception: User .*assumed-role/second/session") as refused:
        second.client("cloudcontrol").get_resource(**read)
    assert refused.value.response["Error"]["Code"] == "GeneralServiceException"
    version = client.get_access_policy(name="documents", type="data")["accessPolicyDetail"]["policyVersion"]
    both = json.dumps(policy(role_arn("first"), role_arn("second")))
    client.update_access_policy(name="documents", type="data", policyVersion=version, policy=both)
    assert second.client("cloudcontrol").get_resource(**read)["TypeName"] == INDEX


@pytest.mark.parametrize("principal", [f"arn:aws:iam::{EMULATOR_ACCOUNT}:root", "ci", "arn:aws:iam::1:role/ci"])
def test_a_principal_of_another_form_is_refused_when_the_policy_is_made(emulator: Emulator, principal: str) -> None:
    client = EmulatorSession(region="us-west-2", endpoint=emulator.endpoint).client("opensearchserverless")
    with pytest.raises(ClientError, match=f"Principal {principal} does not match any form"):
        client.create_access_policy(name="bad", type="data", policy=json.dumps(policy(principal)))
