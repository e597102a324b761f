"""AWS host names on this machine."""

import pytest

from standby.rehearsal.network.hosts import local_target, local_url

ENDPOINT = "http://127.0.0.1:4999"


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
def test_a_url_is_translated_in_its_host_alone(url: str, local: str) -> None:
    assert local_url(url, endpoint=ENDPOINT) == local


def test_another_aws_host_is_kept_in_the_host_header() -> None:
    target = local_target("https://documents.s3.us-west-2.amazonaws.com/key?versionId=1", endpoint=ENDPOINT)
    assert target.url == "http://127.0.0.1:4999/key?versionId=1"
    assert target.host == "documents.s3.us-west-2.amazonaws.com"


def test_a_host_that_only_looks_like_an_api_is_left_alone() -> None:
    url = "https://abc.execute-api.us-west-2.amazonaws.com.example.com/prod/"
    assert local_url(url, endpoint=ENDPOINT) == url
