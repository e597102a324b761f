"""The checks report what they observe, and never stop a rehearsal with an error."""

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from standby.cli.output.progress import ConsoleProgress
from standby.cli.output.rehearsal_view import check_lines
from standby.console import NullProgress
from standby.deployment.manifest import ROLES, Manifest, parse_manifest
from standby.deployment.sessions import EmulatorSession
from standby.errors import StandbyError
from standby.rehearsal.checks.documents import (
    SampleDocument,
    count_objects,
    find_object,
    read_samples,
    replicates,
    wait_for,
)
from standby.rehearsal.checks.verification import Check, Result, Verification
from standby.rehearsal.deploy.terraform import Changes
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.network.network import Client, LocalUrls
from standby.rehearsal.report import Report
from tests.standby.manifests import manifest_text
from tests.standby.rehearsal.network.helpers import SmallRehearsal

PROJECT = Path(__file__).parents[4]
SAMPLE = SampleDocument(name="policy.md", role="primary", question="What?", answer="Some", content=b"Something.")


def deployment() -> Manifest:
    return parse_manifest(manifest_text())


def report_of(*found: Check) -> Report:
    urls = LocalUrls(site="", edge="", primary_api="", failover_api="")
    return Report(checks=found, endpoint="", urls=urls, resources=0, changes=Changes(), seconds={})


def checks(emulator: Emulator, small: SmallRehearsal, *, of: Manifest) -> tuple[Check, ...]:
    """Check a deployment that does not exist, on a network that serves none of its host names."""
    sessions = {role: EmulatorSession(region=of.regions[role].region, endpoint=emulator.endpoint) for role in ROLES}
    nowhere = Client(replace(small.rehearsal.network, hosts={}))
    return tuple(Verification(of, nowhere, sessions, (SAMPLE,), NullProgress()).run())


@pytest.fixture
def session(emulator: Emulator) -> Iterator[EmulatorSession]:
    session = EmulatorSession(region="us-west-2", endpoint=emulator.endpoint)
    bucket = deployment().regions["primary"].documents_bucket
    s3 = session.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    yield session
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
    s3.delete_bucket(Bucket=bucket)


def test_a_document_is_found_by_its_name_and_content(session: EmulatorSession) -> None:
    region = deployment().regions["primary"]
    s3 = session.client("s3")
    s3.put_object(Bucket=region.documents_bucket, Key="uploads/1/policy.md", Body=b"An older text.")
    s3.put_object(Bucket=region.documents_bucket, Key="uploads/2/other.md", Body=SAMPLE.content)
    assert find_object(session, region, sample=SAMPLE) is None
    s3.put_object(Bucket=region.documents_bucket, Key="uploads/3/policy.md", Body=SAMPLE.content)
    assert find_object(session, region, sample=SAMPLE) == "uploads/3/policy.md"
    assert find_object(session, region, sample=SAMPLE, key="uploads/1/policy.md") is None
    assert count_objects(session, region) == 3


def test_a_bucket_without_a_replication_rule_replicates_nothing(session: EmulatorSession) -> None:
    assert not replicates(session, deployment().regions["primary"])


def test_a_wait_that_ends_without_a_result_is_an_error_with_its_time() -> None:
    with pytest.raises(StandbyError, match="it did not come within 0 s"):
        wait_for(lambda: None, seconds=0, missing="it did not come")


def test_every_check_of_an_empty_emulator_fails_with_a_reason(emulator: Emulator, small: SmallRehearsal) -> None:
    found = checks(emulator, small, of=deployment())
    assert {check.name for check in found} == {
        "site files",
        "health",
        "page",
        "config",
        "upload",
        "ingestion",
        "question",
    }
    assert {check.result for check in found} == {Result.FAILED}
    assert all(check.detail for check in found)


def test_the_page_and_its_configuration_are_checked_through_the_edge(small: SmallRehearsal) -> None:
    deployment, client = small.rehearsal.deployment, small.client
    found = {check.name: check for check in Verification(deployment, client, small.sessions, (), NullProgress()).run()}
    assert found["page"].result is found["config"].result is Result.PASSED
    assert "with a Content-Security-Policy" in found["page"].detail
    assert "names the API of the primary region, generation 1" in found["config"].detail


def test_a_check_that_waits_in_vain_says_for_how_long_and_that_a_busy_machine_is_one_cause(
    small: SmallRehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standby.rehearsal.checks.api.RESPONSE_SECONDS", 1.0)
    monkeypatch.setattr("standby.rehearsal.checks.verification.PAGE_SECONDS", 1.0)
    monkeypatch.setattr(os, "getloadavg", lambda: (900.0, 0.0, 0.0))
    for role in ROLES:
        small.rehearsal.faults.set("region-black-hole", role)
    deployment, client = small.rehearsal.deployment, small.client
    found = {check.name: check for check in Verification(deployment, client, small.sessions, (), NullProgress()).run()}
    assert " gave no answer within 1 s. This machine is busy (load 900.0 on " in found["health"].detail
    assert found["page"].detail.startswith("The edge does not answer (time-out). This machine is busy (load 900.0 on ")


def test_a_check_that_is_refused_at_once_blames_no_busy_machine(
    small: SmallRehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (900.0, 0.0, 0.0))
    small.rehearsal.faults.set("region-down", "primary")
    deployment, client = small.rehearsal.deployment, small.client
    found = list(Verification(deployment, client, small.sessions, (), NullProgress()).run())
    [health] = [check.detail for check in found if check.name == "health" and check.role == "primary"]
    assert health.endswith("/health does not answer (connection refused)")


@pytest.mark.parametrize("body", [b"no JSON", b'{"apiUrl": "https://elsewhere.example/prod/"}', b"[]"])
def test_a_configuration_without_an_api_of_the_deployment_fails_its_check(small: SmallRehearsal, body: bytes) -> None:
    good = small.get("/config.json").data
    small.put("failover", "config.json", body)
    deployment, client = small.rehearsal.deployment, small.client
    found = {check.name: check for check in Verification(deployment, client, small.sessions, (), NullProgress()).run()}
    small.put("failover", "config.json", good)
    assert (found["page"].result, found["config"].result) == (Result.PASSED, Result.FAILED)


@pytest.mark.parametrize("result,passed", [(Result.PASSED, True), (Result.FAILED, False)])
def test_a_report_passes_unless_a_check_failed(result: Result, *, passed: bool) -> None:
    check = Check(name="health", role="primary", region="us-west-2", result=result, detail="observed", seconds=0.1)
    report = report_of(check)
    assert report.passed is passed
    assert report.as_json()["passed"] is passed


def test_the_lines_show_the_observation_unchanged() -> None:
    detail = "GET /health: 503 [bold]{}[/bold]"
    check = Check(name="x", role="primary", region="us-west-2", result=Result.FAILED, detail=detail, seconds=0.1)
    assert detail in "\n".join(line.plain for line in check_lines(report_of(check)))


def test_progress_on_a_terminal_is_shown_unchanged() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with ConsoleProgress(console).live() as progress:
        progress.start("Apply module[/x]")
        progress.note("Not applied: module[/x]")
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    assert "Not applied: module[/x]" in shown


def test_the_sample_documents_are_uploaded_in_both_regions() -> None:
    samples = read_samples(PROJECT)
    assert [sample.role for sample in samples] == ["primary", "primary", "failover"]
    assert all(sample.answer in " ".join(sample.content.decode().split()) for sample in samples)
    assert all(sample.question.endswith("?") for sample in samples)


def test_a_sample_for_an_unknown_role_is_refused(tmp_path: Path) -> None:
    directory = tmp_path / "examples" / "documents"
    directory.mkdir(parents=True)
    (directory / "a.md").write_text("text")
    (directory / "rehearsal.toml").write_text(
        '[[document]]\nfile = "a.md"\nupload_to = "third"\nquestion = "What?"\nanswer = ""\n'
    )
    with pytest.raises(StandbyError, match="upload_to must be one of"):
        read_samples(tmp_path)
