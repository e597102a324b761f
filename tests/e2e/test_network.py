"""The applied stack, reached as users and operators reach AWS, with real faults. Each test heals its faults."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
import urllib3

from standby.deadline import poll
from standby.deployment.manifest import ROLES, Role
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.network.network import Client
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, Document, wait_for

PAGE_SECONDS = 1.0
TIMES = 3


@pytest.fixture(autouse=True)
def _heal(rehearsal: Rehearsal) -> Iterator[None]:
    yield
    rehearsal.faults.heal()


@pytest.fixture
def client(rehearsal: Rehearsal) -> Client:
    return Client(rehearsal.network)


def page(rehearsal: Rehearsal, client: Client, *, cold: bool = True, path: str = "/") -> urllib3.BaseHTTPResponse:
    return client.request("GET", rehearsal.deployment.site.url + path, cold=cold, timeout=40)


def quickest(act: Callable[[], None]) -> float:
    """Return the shortest of several times: a busy machine delays one or two, but the edge's own waiting delays all."""
    times = []
    for _ in range(TIMES):
        began = time.monotonic()
        act()
        times.append(time.monotonic() - began)
    return min(times)


def shell(rehearsal: Rehearsal, script: str) -> str:
    """Run a script in a shell that is set up as in the README."""
    standby = f"{sys.executable} -m standby rehearse --project {ROOT} --directory {rehearsal.paths.directory} env"
    path = f"export PATH={Path(sys.executable).parent}:$PATH"
    command = ["sh", "-euc", f'{path}; eval "$({standby})"; {script}']
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_site_is_served_from_the_primary_region_with_its_content_security_policy(
    rehearsal: Rehearsal, client: Client
) -> None:
    response = page(rehearsal, client)
    assert response.status == 200
    assert response.headers["X-Rehearsal-Served-By"] == "primary"
    for role in ROLES:
        api = rehearsal.deployment.regions[role].api_url.removesuffix("/prod/")
        assert api in response.headers["Content-Security-Policy"]


def test_config_comes_from_the_failover_region_first(rehearsal: Rehearsal, client: Client) -> None:
    response = page(rehearsal, client, path="/config.json")
    assert (response.status, response.headers["X-Rehearsal-Served-By"]) == (200, "failover")
    assert json.loads(response.data)["role"] == "primary"


def test_the_operators_records_are_not_served(rehearsal: Rehearsal, client: Client) -> None:
    for role in ROLES:
        bucket = rehearsal.deployment.regions[role].frontend_bucket
        s3 = rehearsal.session(role).client("s3")
        s3.put_object(Bucket=bucket, Key="standby/journal/test.json", Body=b"{}")
        try:
            assert page(rehearsal, client, path="/standby/journal/test.json").status == 403
        finally:
            s3.delete_object(Bucket=bucket, Key="standby/journal/test.json")


def test_an_uncached_page_survives_the_loss_of_the_primary_region(rehearsal: Rehearsal, client: Client) -> None:
    rehearsal.faults.set("region-down", "primary")

    def served() -> None:
        response = page(rehearsal, client)
        assert (response.status, response.headers["X-Rehearsal-Served-By"]) == (200, "failover")

    assert quickest(served) < PAGE_SECONDS


def test_a_cached_page_is_served_immediately_while_the_primary_region_hangs(
    rehearsal: Rehearsal, client: Client
) -> None:
    assert page(rehearsal, client, cold=False).status == 200
    rehearsal.faults.set("region-black-hole", "primary")

    def served() -> None:
        assert page(rehearsal, client, cold=False).status == 200

    assert quickest(served) < PAGE_SECONDS


def test_the_apis_of_both_regions_respond_at_their_own_host_names(rehearsal: Rehearsal, client: Client) -> None:
    for role in ROLES:
        region = rehearsal.deployment.regions[role]
        response = client.request("GET", f"{region.api_url}health?deep=true")
        assert response.status == 200
        assert json.loads(response.data)["region"] == region.region


def test_a_region_without_its_knowledge_base_is_not_healthy(rehearsal: Rehearsal, client: Client) -> None:
    rehearsal.faults.set("knowledge-base-denied", "primary")
    statuses = {role: _ask(rehearsal, client, role) for role in ROLES}
    assert statuses["primary"] >= 500
    assert statuses["failover"] == 200
    assert _deep_health(rehearsal, client, "primary") == 503
    assert _deep_health(rehearsal, client, "failover") == 200
    rehearsal.faults.heal("primary")
    assert _ask(rehearsal, client, "primary") == 200


def test_no_document_is_replicated_while_replication_is_paused(rehearsal: Rehearsal) -> None:
    rehearsal.faults.set("replication-paused", "primary")
    behind = _put(rehearsal)
    rehearsal.faults.heal("primary")
    after = _put(rehearsal)
    wait_for(lambda: _arrived(rehearsal, after) or None, what="replication continues")
    assert not _arrived(rehearsal, behind)
    bucket = rehearsal.deployment.regions["primary"].documents_bucket
    rehearsal.session("primary").client("s3").delete_object(Bucket=bucket, Key=behind)  # else a failback is refused


def test_an_upload_goes_to_the_buckets_own_host_name(rehearsal: Rehearsal) -> None:
    region = rehearsal.deployment.regions["primary"]
    presigned = rehearsal.api("primary").post("upload", {"fileName": "a.txt", "fileType": "text/plain"})
    assert presigned["uploadUrl"] == f"https://{region.documents_bucket}.s3.{region.region}.amazonaws.com/"


def test_the_readmes_shell_reaches_buckets_apis_and_site(rehearsal: Rehearsal) -> None:
    deployment = rehearsal.deployment
    assert deployment.regions["failover"].documents_bucket in shell(rehearsal, "aws s3 ls")
    health = json.loads(shell(rehearsal, 'curl -fsS "$FAILOVER_API_LOCAL_URL"health'))
    assert health["region"] == deployment.regions["failover"].region
    site = 'curl -fsS --cacert "$SITE_CA_CERTIFICATE" --connect-to "::$SITE_ADDRESS" "$CLOUDFRONT_URL/"'
    assert "<html" in shell(rehearsal, site)
    region = deployment.regions["failover"].region
    name = f"/warm-standby/{deployment.name}/manifest"
    output = shell(rehearsal, f"aws ssm get-parameter --region {region} --name {name} --query Parameter.Value")
    assert deployment.site.url in output


def test_a_tool_with_one_endpoint_gets_the_faults_of_the_region_in_its_request(rehearsal: Rehearsal) -> None:
    rehearsal.faults.set("region-down", "primary")
    regions = rehearsal.deployment.regions
    command = "AWS_MAX_ATTEMPTS=1 aws s3api head-bucket --region {} --bucket {} && echo up || echo down"
    for role, expected in (("primary", "down"), ("failover", "up")):
        region = regions["primary" if role == "primary" else "failover"]
        assert shell(rehearsal, command.format(region.region, region.documents_bucket)).split()[-1] == expected


def test_cloudfronts_control_plane_is_reached_through_us_east_1(rehearsal: Rehearsal) -> None:
    network = rehearsal.network
    session = EmulatorSession(region="us-east-1", endpoint=network.region_proxies["us-east-1"])
    found = session.client("cloudfront").get_distribution(Id=rehearsal.deployment.site.distribution_id)
    assert f"https://{found['Distribution']['DomainName']}" == rehearsal.deployment.site.url


def _ask(rehearsal: Rehearsal, client: Client, role: Role) -> int:
    url = f"{rehearsal.deployment.regions[role].api_url}docs"
    body = json.dumps({"question": "Who is asking?"}).encode()
    return client.request("POST", url, body=body, headers={"Content-Type": "application/json"}).status


def _deep_health(rehearsal: Rehearsal, client: Client, role: Role) -> int:
    url = f"{rehearsal.deployment.regions[role].api_url}health?deep=true"
    return poll(
        lambda: client.request("GET", url).status,
        seconds=10 if role == "primary" else 0,  # a report is cached for five seconds
        pause=0.5,
        until=lambda status: status != HTTPStatus.OK,
    )


def _put(rehearsal: Rehearsal) -> str:
    document = Document()
    key = f"uploads/{document.word}/{document.name}"
    bucket = rehearsal.deployment.regions["primary"].documents_bucket
    rehearsal.session("primary").client("s3").put_object(Bucket=bucket, Key=key, Body=document.content)
    return key


def _arrived(rehearsal: Rehearsal, key: str) -> bool:
    bucket = rehearsal.deployment.regions["failover"].documents_bucket
    found = rehearsal.session("failover").client("s3").list_objects_v2(Bucket=bucket, Prefix=key)
    return found["KeyCount"] == 1
