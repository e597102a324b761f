"""`ingest` and the operator's tool agree on ingestion jobs: statuses, the last good job, descriptions, tolerance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import boto3
import botocore.session
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ingest.content import Bucket
from ingest.decision import CLOCK_TOLERANCE, Decision, plan_batch, plan_sweep
from ingest.events import Message
from ingest.job_starter import JobStarter
from ingest.queue import Queue
from ingest.settings import Settings
from ingest.tombstones import Tombstones
from shared.aws_calls import Budget
from shared.ingestion_jobs import Job, list_jobs
from shared.logs import Log
from standby.operations.facts import knowledge_base as tool
from standby.operations.facts.documents import Listing, list_documents
from tests.contracts.helpers import NOON, REGION, BedrockAgent, bedrock_agent, job_summary, s3_client
from tests.lambdas.ingest.helpers import FakeBucket, fake_checkpoint

Summary = Mapping[str, object]

SETTINGS = Settings(
    region="us-west-2",
    knowledge_base_id=REGION.knowledge_base_id,
    data_source_id=REGION.data_source_id,
    documents_bucket=REGION.documents_bucket,
    ingest_queue_url="https://sqs.us-west-2.amazonaws.com/111122223333/ingest",
    sweep_parameter="/warm-standby/w/sweep",
)
CONTENT = {"a.txt": '"1"'}
BUCKET = list_documents(s3_client(CONTENT), REGION)
OTHER_BUCKET = list_documents(s3_client({**CONTENT, "b.txt": '"2"'}), REGION)
SAME, OTHER = BUCKET.description, OTHER_BUCKET.description
BEDROCK_AGENT = botocore.session.get_session().get_service_model("bedrock-agent")
STATUSES: Sequence[str] = BEDROCK_AGENT.shape_for("IngestionJobStatus").metadata["enum"]  # all that AWS defines


def summaries(statuses: Sequence[str]) -> st.SearchStrategy[list[Summary]]:
    job = st.builds(
        job_summary,
        st.sampled_from(statuses),
        started=st.integers(-9, 9),
        description=st.sampled_from(["", "manually started", SAME, OTHER]),
        failed=st.integers(0, 2),
    )
    return st.lists(job, max_size=6)


def read_by_ingest(found: Sequence[Summary]) -> tuple[Job, ...]:
    ids = {"knowledge_base_id": REGION.knowledge_base_id, "data_source_id": REGION.data_source_id}
    return list_jobs(bedrock_agent(found), **ids, count=100)


def read_by_tool(found: Sequence[Summary]) -> tuple[tool.IngestionJob, ...]:
    return tool.read_jobs(bedrock_agent(found), REGION)


def compare(found: Sequence[Summary], bucket: Listing, *, indexed: int = 0) -> tool.KnowledgeBaseState:
    return tool.compare_with_bucket(tool.IndexState(jobs=read_by_tool(found), indexed=indexed, failed=0), bucket)


def requests_of(starter: JobStarter) -> BedrockAgent:
    """Return the fake client, which records its requests."""
    client: object = starter.bedrock_agent
    assert isinstance(client, BedrockAgent)
    return client


def job_of_the_sweep(starter: JobStarter) -> Summary:
    """Return the job that the sweep starts, as it is listed once it is complete."""
    assert starter.sweep(Log()) is Decision.START
    return job_summary("COMPLETE", description=str(requests_of(starter).started[-1]["description"]))


@pytest.fixture
def starter() -> JobStarter:
    queue = Queue(sqs=boto3.client("sqs", region_name=SETTINGS.region), url=SETTINGS.ingest_queue_url)
    bucket = Bucket(
        read_page=FakeBucket(CONTENT).pages,
        checkpoint=fake_checkpoint(),
        tombstones=Tombstones(s3=s3_client(CONTENT), bucket=SETTINGS.documents_bucket),
    )
    return JobStarter(bedrock_agent=bedrock_agent([]), bucket=bucket, queue=queue, settings=SETTINGS)


def test_both_list_the_same_jobs(starter: JobStarter) -> None:
    starter.sweep(Log())
    tool.read_jobs(starter.bedrock_agent, REGION)
    listed_by_ingest, listed_by_tool = requests_of(starter).listings
    assert listed_by_ingest == listed_by_tool


@given(summaries(STATUSES))
def test_both_read_the_same_fields_of_each_job_in_the_same_order(found: list[Summary]) -> None:
    in_ingest = [(job.status, job.started_at, job.description, job.documents_failed) for job in read_by_ingest(found)]
    in_tool = [(job.status, job.started_at, job.description, job.failed) for job in read_by_tool(found)]
    assert in_ingest == in_tool


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_that_of_a_running_job_in_both_or_in_neither(status: str) -> None:
    found = [job_summary(status)]
    assert read_by_ingest(found)[0].running is compare(found, BUCKET).running


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_that_of_a_good_job_in_both_or_in_neither(status: str) -> None:
    found = [job_summary(status)]
    assert read_by_ingest(found)[0].complete is (tool.last_complete_job(read_by_tool(found)) is not None)


@given(summaries([status for status in STATUSES if not read_by_ingest([job_summary(status)])[0].running]))
def test_unless_the_last_job_failed_the_sweep_starts_a_job_only_if_the_tool_finds_other_content(
    found: list[Summary],
) -> None:
    jobs = read_by_ingest(found)
    assume(not (jobs and jobs[0].failed))
    decision = plan_sweep(jobs=jobs, description=SAME, now=NOON)
    assert (decision is Decision.COVERED) is compare(found, BUCKET).in_sync


def test_a_complete_job_of_the_sweep_is_in_sync_only_with_the_content_that_it_read(
    starter: JobStarter,
) -> None:
    found = [job_of_the_sweep(starter)]
    # The number of indexed documents fits both cases: it must have no effect if the job's description has a digest.
    assert compare(found, BUCKET, indexed=1).in_sync
    assert not compare(found, OTHER_BUCKET, indexed=2).in_sync
    assert compare(found, BUCKET).compared


def test_the_tool_recognizes_a_job_of_the_sweep_that_could_not_compare(starter: JobStarter) -> None:
    found = [job_of_the_sweep(replace(starter, listing_budget=lambda: Budget.of(0)))]
    assert not compare(found, BUCKET).compared


@given(st.integers(-5000, 5000))
@example(2000)
@example(2001)
def test_a_complete_job_covers_a_change_before_it_by_the_same_clock_tolerance(milliseconds: int) -> None:
    job = job_summary("COMPLETE", started=milliseconds / 1000, description=tool.NOT_COMPARED)
    # The fake bucket's object was modified at noon, too.
    message = Message(message_id="m", happened_by=NOON, receipt_handle="r")
    covered = plan_batch([message], read_by_ingest([job])).decision is Decision.COVERED
    assert covered is compare([job], BUCKET).in_sync
    assert tool.CLOCK_TOLERANCE == CLOCK_TOLERANCE
