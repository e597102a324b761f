"""The endpoints of a rehearsal, and a client that reaches them by AWS host names."""

import json
from pathlib import Path

import pytest
import urllib3

from standby.errors import RefusedError
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.network.network import Client, Network, local_target, read_network
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.rehearsal.network.helpers import SmallRehearsal

ENDPOINT = "http://127.0.0.1:4999"


def test_there_is_no_network_before_the_rehearsal_is_up(tmp_path: Path) -> None:
    assert read_network(RehearsalPaths(project=tmp_path, directory=tmp_path)) is None
    with pytest.raises(RefusedError, match=rf"The rehearsal in {tmp_path}\S* is not up"):
        _ = Rehearsal(project=tmp_path).network


def test_the_network_of_another_emulator_does_not_count(small: SmallRehearsal) -> None:
    record = small.rehearsal.paths.emulator_record
    text = record.read_text()
    assert read_network(small.rehearsal.paths) is not None
    record.write_text(json.dumps({**json.loads(text), "emulator": {**json.loads(text)["emulator"], "port": 1}}))
    assert read_network(small.rehearsal.paths) is None
    record.write_text(text)


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "http://chat.example.com/", "https://127.0.0.1/"])
def test_a_client_reaches_nothing_but_the_rehearsal(small: SmallRehearsal, url: str) -> None:
    with pytest.raises(urllib3.exceptions.LocationValueError, match="not served in this rehearsal"):
        small.client.request("GET", url)


def test_a_client_does_not_trust_another_authority(small: SmallRehearsal, tmp_path: Path) -> None:
    found = small.rehearsal.network
    other = tmp_path / "root.crt"
    other.write_text(found.ca_certificate.with_name("intermediate.crt").read_text())
    client = Client(Network(**{**vars(found), "ca_certificate": other}))
    with pytest.raises(urllib3.exceptions.SSLError):
        client.request("GET", small.site)


@pytest.mark.parametrize(
    "url,local",
    [
        (
            "https://abc123.execute-api.us-west-2.amazonaws.com/prod/docs?x=1",
            "http://127.0.0.1:4999/_aws/execute-api/abc123/prod/docs?x=1",
        ),
        ("https://abc123.execute-api.us-west-2.amazonaws.com/prod/", f"{ENDPOINT}/_aws/execute-api/abc123/prod/"),
        ("http://127.0.0.1:4999/bucket/key", "http://127.0.0.1:4999/bucket/key"),
        ("https://example.com/", "https://example.com/"),
    ],
)
def test_only_the_host_of_a_url_is_translated(url: str, local: str) -> None:
    assert local_target(url, endpoint=ENDPOINT).url == local


def test_another_aws_host_becomes_the_host_header() -> None:
    target = local_target("https://documents.s3.us-west-2.amazonaws.com/key?versionId=1", endpoint=ENDPOINT)
    assert target.url == "http://127.0.0.1:4999/key?versionId=1"
    assert target.host == "documents.s3.us-west-2.amazonaws.com"


def test_a_host_that_only_looks_like_an_api_is_not_translated() -> None:
    url = "https://abc.execute-api.us-west-2.amazonaws.com.example.com/prod/"
    assert local_target(url, endpoint=ENDPOINT).url == url
