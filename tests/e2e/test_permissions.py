"""IAM is enforced: a function fails without one of its permissions, and works again with it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest

from standby.errors import StandbyError
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import Document, ask, call, sweep, upload, wait_for


@dataclass(frozen=True, kw_only=True)
class Case:
    """A function, one statement of its policy, and a check that returns False without the statement."""

    function: str
    sid: str
    works: Callable[[Rehearsal], bool]


def _asks(rehearsal: Rehearsal) -> bool:
    body = json.dumps({"question": "How often must handbook words be renewed?"}).encode()
    return call(rehearsal, "primary", "POST", "docs", body=body).status == 200


def _uploads(rehearsal: Rehearsal) -> bool:
    try:
        return bool(upload(rehearsal, "primary", Document()))
    except StandbyError:
        return False


def _sweeps(rehearsal: Rehearsal) -> bool:
    bucket = rehearsal.deployment.regions["primary"].documents_bucket
    document = Document()
    rehearsal.session("primary").client("s3").put_object(
        Bucket=bucket, Key=f"uploads/{document.word}/{document.name}", Body=document.content, ContentType="text/plain"
    )
    return not sweep(rehearsal, "primary")


def _lists_jobs(rehearsal: Rehearsal) -> bool:
    return call(rehearsal, "primary", "GET", "ingestion-status").status == 200


def _is_healthy(rehearsal: Rehearsal) -> bool:
    return call(rehearsal, "primary", "GET", "health").status == 200


def _is_deeply_healthy(rehearsal: Rehearsal) -> bool:
    return call(rehearsal, "primary", "GET", "health?deep=true").status == 200


CASES = [
    Case(function="query", sid="Retrieve", works=_asks),
    Case(function="query", sid="AnswerByProfile", works=_asks),
    Case(function="upload", sid="PutDocuments", works=_uploads),
    Case(function="ingest", sid="Ingest", works=_sweeps),
    Case(function="ingest", sid="ListDocuments", works=_sweeps),
    Case(function="ingestion-status", sid="ReadJobs", works=_lists_jobs),
    Case(function="health", sid="SeeKnowledgeBase", works=_is_healthy),
    Case(function="health", sid="SeeBucket", works=_is_healthy),
    Case(function="health", sid="SeeQueue", works=_is_healthy),
    Case(function="health", sid="Retrieve", works=_is_deeply_healthy),
    Case(function="health", sid="AnswerByProfile", works=_is_deeply_healthy),
]


@contextmanager
def without(rehearsal: Rehearsal, *, function: str, sid: str) -> Iterator[None]:
    """Remove one statement from a function's policy during this block."""
    iam = rehearsal.session("primary").client("iam")
    role = f"{rehearsal.deployment.name}-{function}-{rehearsal.deployment.regions['primary'].region}"
    policy = cast("dict[str, Any]", iam.get_role_policy(RoleName=role, PolicyName="permissions")["PolicyDocument"])
    rest = [statement for statement in policy["Statement"] if statement["Sid"] != sid]
    assert len(rest) == len(policy["Statement"]) - 1
    try:
        iam.put_role_policy(
            RoleName=role, PolicyName="permissions", PolicyDocument=json.dumps({**policy, "Statement": rest})
        )
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="permissions", PolicyDocument=json.dumps(policy))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.function}-{case.sid}")
def test_without_one_permission_the_function_fails(rehearsal: Rehearsal, case: Case) -> None:
    document = Document()
    upload(rehearsal, "primary", document)
    wait_for(lambda: ask(rehearsal, "primary", document.question)["citations"], what="an indexed document")
    wait_for(lambda: case.works(rehearsal), what="the function works before")
    with without(rehearsal, function=case.function, sid=case.sid):
        wait_for(lambda: not case.works(rehearsal), what="the function fails without the permission")
    wait_for(lambda: case.works(rehearsal), what="the function works again")
