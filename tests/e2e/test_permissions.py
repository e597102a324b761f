"""IAM is enforced: what needs a grant fails without it, and works again with it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import pytest

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.grants import Grant, unnoticed
from tests.e2e.helpers import Document, ask, call, cites, sweep, upload, wait_for
from tests.e2e.permissions import CASES, WORKS, Case

SECONDS = 60.0

Policy = Mapping[str, Any]

# A policy needs a statement. Everybody may make this call without a permission.
NOTHING: Policy = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}


@pytest.fixture(scope="module")
def indexed(rehearsal: Rehearsal) -> Iterator[Rehearsal]:
    """The rehearsal with a document that questions find. Afterward both Knowledge Bases are in sync again."""
    document = Document()
    upload(rehearsal, "primary", document)
    wait_for(lambda: ask(rehearsal, "primary", document.question)["citations"], what="an indexed document")
    yield rehearsal
    for role in ROLES:
        assert sweep(rehearsal, role) == {}


@contextmanager
def without(rehearsal: Rehearsal, holder: str, grants: Sequence[Grant], *, role: Role = "primary") -> Iterator[None]:
    """Remove these actions from the holder's policy during this block."""
    read, write = _policy(rehearsal, holder, role)
    policy = read()
    taken = {(grant.sid, grant.action) for grant in grants}
    rest = [_rest(statement, taken) for statement in policy["Statement"]]
    try:
        write({**policy, "Statement": [statement for statement in rest if statement["Action"]] or [NOTHING]})
        yield
    finally:
        write(policy)


def _rest(statement: Policy, taken: set[tuple[str, str]]) -> Policy:
    actions = statement["Action"]
    listed = [actions] if isinstance(actions, str) else actions
    return {**statement, "Action": [action for action in listed if (statement["Sid"], action) not in taken]}


def _function_policy(functions: Any, name: str) -> tuple[Callable[[], Policy], Callable[[Policy], object]]:  # noqa: ANN401 - a client's operations are made at run time
    def read() -> Policy:
        return cast("Policy", json.loads(functions.get_policy(FunctionName=name)["Policy"]))

    def write(policy: Policy) -> None:
        present = {statement["Sid"] for statement in read()["Statement"]}
        wanted = {statement["Sid"]: statement for statement in policy["Statement"] if "Sid" in statement}
        for sid in present - set(wanted):
            functions.remove_permission(FunctionName=name, StatementId=sid)
        for sid in set(wanted) - present:
            functions.add_permission(
                FunctionName=name,
                StatementId=sid,
                Action=wanted[sid]["Action"],
                Principal=wanted[sid]["Principal"]["Service"],
                SourceArn=wanted[sid]["Condition"]["ArnLike"]["AWS:SourceArn"],
            )

    return read, write


def _policy(rehearsal: Rehearsal, holder: str, role: Role) -> tuple[Callable[[], Policy], Callable[[Policy], object]]:
    """Return two functions, which read and write the policy of a role, a queue or a bucket of one region."""
    region, name = rehearsal.deployment.regions[role], rehearsal.deployment.name
    session = rehearsal.session(role)
    if holder == "queue:ingest":
        sqs = session.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{name}-ingest")["QueueUrl"]
        return (
            lambda: cast(
                "Policy",
                json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]),
            ),
            lambda policy: sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)}),
        )
    if holder == "bucket:frontend":
        s3, bucket = session.client("s3"), region.frontend_bucket
        return (
            lambda: cast("Policy", json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])),
            lambda policy: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy)),
        )
    if holder.startswith("function:"):
        return _function_policy(session.client("lambda"), f"{name}-{holder.removeprefix('function:')}")
    iam, holding = session.client("iam"), f"{name}-{holder}-{region.region}"
    return (
        lambda: cast("Policy", iam.get_role_policy(RoleName=holding, PolicyName="permissions")["PolicyDocument"]),
        lambda policy: iam.put_role_policy(
            RoleName=holding, PolicyName="permissions", PolicyDocument=json.dumps(policy)
        ),
    )


@contextmanager
def without_api_permission(rehearsal: Rehearsal, function: str) -> Iterator[None]:
    """Remove the API's permission to call a function during this block."""
    client = rehearsal.session("primary").client("lambda")
    name = f"{rehearsal.deployment.name}-{function}"
    found = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
    api = next(statement for statement in found if statement["Sid"] == "api")
    client.remove_permission(FunctionName=name, StatementId="api")
    try:
        yield
    finally:
        client.add_permission(
            FunctionName=name,
            StatementId="api",
            Action=api["Action"],
            Principal=api["Principal"]["Service"],
            SourceArn=api["Condition"]["ArnLike"]["AWS:SourceArn"],
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.grant.holder}-{case.grant.sid}-{case.grant.action}")
def test_without_a_grant_what_needs_it_fails(indexed: Rehearsal, case: Case) -> None:
    _wait_for(indexed, case, WORKS)
    with without(indexed, case.grant.holder, [case.grant]):
        _wait_for(indexed, case, case.denied)
    _wait_for(indexed, case, WORKS)


def _wait_for(rehearsal: Rehearsal, case: Case, expected: str) -> None:
    shown: list[str] = []

    def seen() -> bool:
        shown.append(case.look(rehearsal))
        return shown[-1] == expected

    try:
        wait_for(seen, what=expected, seconds=SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{error}; it shows {shown[-1]!r}") from None


def test_without_all_listed_grants_everything_works_here(indexed: Rehearsal) -> None:
    """A grant that the emulator does check is a case, and must not be in the list."""
    listed = [grant for grant in unnoticed() if ":" not in grant.holder]
    with ExitStack() as stack:
        for holder in {grant.holder for grant in listed}:
            stack.enter_context(without(indexed, holder, [grant for grant in listed if grant.holder == holder]))
        for grant in unnoticed():
            if grant.sid == "api":
                stack.enter_context(without_api_permission(indexed, grant.holder.removeprefix("function:")))
        document = Document()
        key = upload(indexed, "primary", document)
        wait_for(lambda: cites(indexed, "primary", document, key), what="found by its S3 event")
        other = indexed.deployment.regions["failover"]
        assert indexed.session("failover").client("s3").head_object(Bucket=other.documents_bucket, Key=key)
        assert sweep(indexed, "primary") == {}
        for path in ("health?deep=true", "ingestion-status"):
            assert call(indexed, "primary", "GET", path).status == 200
