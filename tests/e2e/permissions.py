"""What works and what fails without one grant of the stack: of a role, a queue policy or a bucket policy.

A grant is named as in `tests/constructs/grants.py`. `unnoticed_permissions.toml` lists the grants that no case takes.
"""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from standby.errors import StandbyError
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.grants import Grant
from tests.e2e.helpers import Document, call, send, sweep, upload, wait_for

WORKS: Final = "works"
EVENT_SECONDS: Final = 5.0

State = Callable[[Rehearsal], str]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A grant, a look at what needs it, and what the look shows without the grant (with it, "works")."""

    grant: Grant
    look: State
    denied: str


def _question(rehearsal: Rehearsal) -> str:
    body = json.dumps({"question": "How often must handbook words be renewed?"}).encode()
    return _result(rehearsal, "POST", "docs", body)


def _jobs(rehearsal: Rehearsal) -> str:
    return _result(rehearsal, "GET", "ingestion-status", None)


def _result(rehearsal: Rehearsal, method: str, path: str, body: bytes | None) -> str:
    answer = call(rehearsal, "primary", method, path, body=body)
    return WORKS if answer.status == 200 else f"{answer.status} {json.loads(answer.data)['error']['code']}"


def _upload(rehearsal: Rehearsal) -> str:
    try:
        upload(rehearsal, "primary", Document())
    except StandbyError:
        return "refused"
    return WORKS


def _sweep(rehearsal: Rehearsal) -> str:
    """Sweep, which calls S3 and Bedrock. Return the operation that was denied."""
    _put(rehearsal)
    error = str(sweep(rehearsal, "primary").get("errorMessage", ""))
    denied = re.search(r"\(AccessDenied\w*\) when calling the (\w+) operation", error)
    return denied[1] if denied else error or WORKS


def _failure_reasons(rehearsal: Rehearsal) -> str:
    """Look at the jobs after one that could not read a document. Only then the function reads a job's reasons."""
    result = _jobs(rehearsal)
    answer = json.loads(call(rehearsal, "primary", "GET", "ingestion-status").data)
    if result == WORKS and not any(job["failureReasons"] for job in answer["jobs"]):
        _run_job_with_an_unreadable_document(rehearsal)
        return "no failed job yet"
    return result


def _run_job_with_an_unreadable_document(rehearsal: Rehearsal) -> None:
    document = Document()
    key = _put(rehearsal, document, b"\xff\xfe\xff")
    wait_for(lambda: not sweep(rehearsal, "primary") and _has_failed_documents(rehearsal), what="a job with failures")
    for region in rehearsal.deployment.regions.values():
        rehearsal.session(region.role).client("s3").delete_object(Bucket=region.documents_bucket, Key=key)
    sweep(rehearsal, "primary")


def _has_failed_documents(rehearsal: Rehearsal) -> bool:
    return any(job.get("statistics", {}).get("numberOfDocumentsFailed") for job in _listed_jobs(rehearsal))


def _events(rehearsal: Rehearsal) -> str:
    """Put an object, and wait for the job that its event starts."""
    before = len(_listed_jobs(rehearsal))
    _put(rehearsal)
    try:
        wait_for(lambda: len(_listed_jobs(rehearsal)) > before, what="a job", seconds=EVENT_SECONDS)
    except AssertionError:
        return "no job"
    return WORKS


def _listed_jobs(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    region = rehearsal.deployment.regions["primary"]
    agent = rehearsal.session("primary").client("bedrock-agent")
    ids = {"knowledgeBaseId": region.knowledge_base_id, "dataSourceId": region.data_source_id}
    return list(agent.list_ingestion_jobs(**ids)["ingestionJobSummaries"])  # type: ignore[arg-type]


def _put(rehearsal: Rehearsal, document: Document | None = None, content: bytes = b"") -> str:
    chosen = document or Document()
    bucket, key = rehearsal.deployment.regions["primary"].documents_bucket, f"uploads/{chosen.word}/{chosen.name}"
    rehearsal.session("primary").client("s3").put_object(
        Bucket=bucket, Key=key, Body=content or chosen.content, ContentType="text/plain"
    )
    return key


def _page(rehearsal: Rehearsal) -> str:
    """Read the page from the primary region's bucket alone, as the distribution does."""
    region = rehearsal.deployment.regions["primary"]
    url = f"https://{region.frontend_bucket}.s3.{region.region}.amazonaws.com/index.html"
    account = region.frontend_bucket.split("-")[-4]
    distribution = f"arn:aws:cloudfront::{account}:distribution/{rehearsal.outputs['cloudfront_distribution_id']}"
    headers = {"X-Rehearsal-Distribution": distribution}
    status = send("GET", url, endpoint=rehearsal.endpoint, headers=headers).status
    return WORKS if status == 200 else str(status)


def _check(name: str) -> State:
    """Return a look at one check of the deep health report, which contains the shallow ones."""

    def look(rehearsal: Rehearsal) -> str:
        check = json.loads(call(rehearsal, "primary", "GET", "health?deep=true").data)["checks"][name]
        return str(check.get("error", WORKS))

    return look


def _list(rehearsal: Rehearsal) -> str:
    """List the documents. "unknown" if Bedrock does not say in which state they are."""
    result = _result(rehearsal, "GET", "documents", None)
    if result != WORKS:
        return result
    documents = json.loads(call(rehearsal, "primary", "GET", "documents").data)["documents"]
    return "unknown" if any(one["state"] == "unknown" for one in documents) else WORKS


def _delete(rehearsal: Rehearsal) -> str:
    key = upload(rehearsal, "primary", Document())
    answer = call(rehearsal, "primary", "DELETE", f"documents/{key.split('/')[1]}")
    return WORKS if answer.status == 202 else f"{answer.status} {json.loads(answer.data)['error']['code']}"


def _open(rehearsal: Rehearsal) -> str:
    """Open a document by its link."""
    key = upload(rehearsal, "primary", Document())
    link = json.loads(call(rehearsal, "primary", "GET", f"documents/{key.split('/')[1]}/content").data)
    status = send("GET", link["url"], endpoint=rehearsal.endpoint).status
    return WORKS if status == 200 else str(status)


def _sweep_deletion(rehearsal: Rehearsal) -> str:
    """Sweep a bucket in which a document has a tombstone whose event was lost."""
    region, s3 = rehearsal.deployment.regions["primary"], rehearsal.session("primary").client("s3")
    document = str(uuid.uuid4())
    s3.put_object(Bucket=region.documents_bucket, Key=f"deleted/{document}", Body=b"")
    s3.put_object(Bucket=region.documents_bucket, Key=f"uploads/{document}/a.txt", Body=b"text")
    error = str(sweep(rehearsal, "primary").get("errorMessage", ""))
    denied = re.search(r"\(AccessDenied\w*\) when calling the (\w+) operation", error)
    return denied[1] if denied else error or WORKS


def _sweep_state(rehearsal: Rehearsal) -> str:
    """Sweep with the state of a reading that is not complete. A bucket that is read at once needs none afterward."""
    ssm, name = rehearsal.session("primary").client("ssm"), f"/warm-standby/{rehearsal.deployment.name}/sweep"
    started = datetime.now(tz=UTC).isoformat()
    state = {"started": started, "digest": "0", "pages": 1, "invocations": 1, "unread": [["", ""]], "verified": None}
    ssm.put_parameter(Name=name, Value=json.dumps(state), Overwrite=True)
    sweep(rehearsal, "primary")
    return WORKS if ssm.get_parameter(Name=name)["Parameter"].get("Value") == "{}" else "kept"


DENIED: Final = "AccessDeniedException"
UPSTREAM_DENIED: Final = "502 upstream_denied"


def _route(method: str, path: str) -> State:
    """Return a look at one route of the API. API Gateway itself answers 500 when it may not call the function."""

    def look(rehearsal: Rehearsal) -> str:
        status = call(rehearsal, "primary", method, path, body=b"{}" if method == "POST" else None).status
        return "500" if status == 500 else WORKS

    return look


CASES: Final = (
    *(
        Case(grant=Grant(f"function:{function}", "api", "lambda:InvokeFunction"), look=_route(*route), denied="500")
        for function, route in (
            ("health", ("GET", "health")),
            ("ingestion-status", ("GET", "ingestion-status")),
            ("query", ("POST", "docs")),
            ("upload", ("POST", "upload")),
        )
    ),
    *(
        Case(grant=Grant("query", sid, action), look=_question, denied=UPSTREAM_DENIED)
        for sid, action in (
            ("Retrieve", "bedrock:Retrieve"),
            ("Answer", "bedrock:InvokeModel"),
            ("AnswerByProfile", "bedrock:InvokeModel"),
            ("ApplyGuardrail", "bedrock:ApplyGuardrail"),
        )
    ),
    *(
        Case(grant=Grant("function:documents", sid, "lambda:InvokeFunction"), look=_route(*route), denied="500")
        for sid, route in (
            ("api", ("GET", "documents")),
            ("api-id", ("DELETE", "documents/nothing")),
            ("api-id-content", ("GET", "documents/nothing/content")),
        )
    ),
    Case(grant=Grant("documents", "ListDocuments", "s3:ListBucket"), look=_list, denied=UPSTREAM_DENIED),
    Case(grant=Grant("documents", "ReadStates", "bedrock:GetKnowledgeBaseDocuments"), look=_list, denied="unknown"),
    Case(grant=Grant("documents", "WriteTombstones", "s3:PutObject"), look=_delete, denied=UPSTREAM_DENIED),
    Case(grant=Grant("documents", "DeleteDocuments", "s3:DeleteObject"), look=_delete, denied=UPSTREAM_DENIED),
    Case(grant=Grant("documents", "ReadDocuments", "s3:GetObject"), look=_open, denied="403"),
    Case(grant=Grant("ingest", "DeleteDocuments", "s3:DeleteObject"), look=_sweep_deletion, denied="DeleteObject"),
    Case(grant=Grant("upload", "PutDocuments", "s3:PutObject"), look=_upload, denied="refused"),
    Case(grant=Grant("ingest", "KeepSweepState", "ssm:GetParameter"), look=_sweep_state, denied="kept"),
    Case(grant=Grant("ingest", "KeepSweepState", "ssm:PutParameter"), look=_sweep_state, denied="kept"),
    Case(grant=Grant("ingest", "Ingest", "bedrock:ListIngestionJobs"), look=_sweep, denied="ListIngestionJobs"),
    Case(grant=Grant("ingest", "Ingest", "bedrock:StartIngestionJob"), look=_sweep, denied="StartIngestionJob"),
    Case(grant=Grant("ingest", "ListDocuments", "s3:ListBucket"), look=_sweep, denied="ListObjectsV2"),
    Case(grant=Grant("ingestion-status", "ReadJobs", "bedrock:ListIngestionJobs"), look=_jobs, denied=UPSTREAM_DENIED),
    Case(
        grant=Grant("ingestion-status", "ReadJobs", "bedrock:GetIngestionJob"),
        look=_failure_reasons,
        denied=UPSTREAM_DENIED,
    ),
    *(
        Case(grant=Grant("health", sid, action), look=_check(check), denied=denied)
        for sid, action, check, denied in (
            ("SeeKnowledgeBase", "bedrock:GetKnowledgeBase", "knowledgeBase", DENIED),
            ("SeeBucket", "s3:ListBucket", "documentsBucket", "403"),
            ("SeeQueue", "sqs:GetQueueAttributes", "ingestQueue", "AccessDenied"),
            ("Retrieve", "bedrock:Retrieve", "retrieve", DENIED),
            ("Answer", "bedrock:InvokeModel", "answerModel", DENIED),
            ("AnswerByProfile", "bedrock:InvokeModel", "answerModel", DENIED),
            ("ApplyGuardrail", "bedrock:ApplyGuardrail", "answerModel", DENIED),
        )
    ),
    Case(grant=Grant("queue:ingest", "DocumentEvents", "sqs:SendMessage"), look=_events, denied="no job"),
    Case(grant=Grant("bucket:frontend", "DistributionReads", "s3:GetObject"), look=_page, denied="403"),
)
