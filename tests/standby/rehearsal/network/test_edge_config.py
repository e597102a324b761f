"""The edge applies the settings of its distribution, and fails over only on the listed codes."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import urllib3

from standby.deployment.manifest import ROLES
from standby.errors import StandbyError
from standby.rehearsal.network.distribution import Distribution, Origin, OriginGroup, read_distribution
from standby.rehearsal.network.edge_config import OriginSide, path_pattern
from standby.rehearsal.network.network import read_network_record
from tests.standby.rehearsal.network.helpers import ALL_CODES, CSP, SmallRehearsal

SHORT_SECONDS = 0.5


def without(code: int) -> list[int]:
    return [other for other in ALL_CODES if other != code]


@pytest.fixture
def arn(small: SmallRehearsal) -> str:
    return f"arn:aws:cloudfront::000000000000:distribution/{small.distribution_id}"


@pytest.fixture
def denied(small: SmallRehearsal, arn: str) -> Iterator[None]:
    """The primary region's bucket denies everything to everybody."""
    bucket = f"arn:aws:s3:::{small.bucket('primary')}/*"
    small.allow("primary", arn, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": bucket})
    yield
    small.allow("primary", arn)


def served_by(small: SmallRehearsal, path: str = "/") -> tuple[int, str | None]:
    response = small.get(path)
    return response.status, response.headers.get("X-Rehearsal-Served-By")


def test_pages_come_from_the_primary_and_config_from_the_failover_region(small: SmallRehearsal) -> None:
    assert small.get("/").data == b"<html>primary</html>"
    assert json.loads(small.get("/config.json").data)["bucket"] == "failover"


def test_every_response_has_the_headers_of_the_distributions_policy(small: SmallRehearsal) -> None:
    for path in ("/", "/config.json", "/missing"):
        assert small.get(path).headers["Content-Security-Policy"] == CSP


def test_a_header_without_override_does_not_replace_the_origins_own(small: SmallRehearsal) -> None:
    small.put("primary", "own.txt", b"own", Metadata={"served": "by the origin"})
    assert small.get("/own.txt").headers["X-Amz-Meta-Served"] == "by the origin"
    assert small.get("/").headers["X-Amz-Meta-Served"] == "by the edge"


def test_a_refused_connection_fails_over(small: SmallRehearsal) -> None:
    small.rehearsal.faults.set("region-down", "primary")
    assert served_by(small) == (200, "failover")
    assert served_by(small, "/config.json") == (200, "failover")


def test_a_refused_connection_fails_over_only_if_503_is_listed(small: SmallRehearsal) -> None:
    small.rehearsal.faults.set("region-down", "primary")
    with small.distribution(codes=without(503)):
        assert served_by(small)[0] == 502
    with small.distribution(codes=[503]):
        assert served_by(small) == (200, "failover")


def test_a_hung_origin_fails_over_after_the_time_out_if_504_is_listed(small: SmallRehearsal) -> None:
    with small.distribution(codes=[504], response_seconds=SHORT_SECONDS):
        small.rehearsal.faults.set("region-black-hole", "primary")
        began = time.monotonic()
        assert served_by(small) == (200, "failover")
        assert SHORT_SECONDS <= time.monotonic() - began < 10 * SHORT_SECONDS
        small.rehearsal.faults.heal()


def test_a_hung_origin_is_an_error_if_504_is_not_listed(small: SmallRehearsal) -> None:
    with small.distribution(codes=without(504), response_seconds=SHORT_SECONDS):
        small.rehearsal.faults.set("region-black-hole", "primary")
        assert served_by(small)[0] == 504
        small.rehearsal.faults.heal()


def test_a_hung_origin_gets_as_many_requests_as_the_connection_attempts(small: SmallRehearsal) -> None:
    with small.distribution(attempts=2, response_seconds=SHORT_SECONDS):
        small.rehearsal.faults.set("region-black-hole", "primary")
        began = time.monotonic()
        assert served_by(small) == (200, "failover")
        assert time.monotonic() - began > 2 * SHORT_SECONDS
        small.rehearsal.faults.heal()


@pytest.mark.parametrize("codes,expected", [([503], (200, "failover")), (without(503), (503, "primary"))])
def test_an_origins_error_fails_over_only_if_its_code_is_listed(
    small: SmallRehearsal, codes: list[int], expected: tuple[int, str]
) -> None:
    small.rehearsal.faults.set("s3-errors", "primary")
    with small.distribution(codes=codes):
        assert served_by(small) == expected


def test_if_both_origins_fail_the_response_is_the_second_origins_error(small: SmallRehearsal) -> None:
    small.rehearsal.faults.set("s3-errors", "primary")
    assert served_by(small, "/missing") == (403, "failover")
    small.rehearsal.faults.set("region-down", "failover")
    assert served_by(small)[0] == 502


def test_a_missing_page_is_403_from_both_buckets(small: SmallRehearsal) -> None:
    assert served_by(small, "/missing") == (403, "failover")


@pytest.mark.usefixtures("denied")
@pytest.mark.parametrize("codes,expected", [(ALL_CODES, (200, "failover")), (without(403), (403, "primary"))])
def test_a_bucket_policy_that_denies_is_enforced(
    small: SmallRehearsal, codes: list[int], expected: tuple[int, str]
) -> None:
    with small.distribution(codes=codes):
        assert served_by(small) == expected


def test_the_operators_records_are_served_from_neither_bucket(small: SmallRehearsal, arn: str) -> None:
    for role in ROLES:
        small.put(role, "standby/journal/1.json", b"{}")
        objects = f"arn:aws:s3:::{small.bucket(role)}/standby/*"
        principal = {"Service": "cloudfront.amazonaws.com"}
        denied = {"Effect": "Deny", "Principal": principal, "Action": "s3:GetObject", "Resource": objects}
        small.allow(role, arn, denied)
    assert served_by(small, "/standby/journal/1.json")[0] == 403
    assert served_by(small)[0] == 200
    for role in ROLES:
        small.allow(role, arn)


def test_another_distribution_may_not_read_the_bucket(small: SmallRehearsal, arn: str) -> None:
    small.allow("primary", arn[:-1])
    assert served_by(small) == (200, "failover")
    small.allow("primary", arn)


def test_methods_that_the_distribution_does_not_allow_are_refused(small: SmallRehearsal) -> None:
    assert small.client.request("POST", f"{small.site}/", body=b"x").status == 403


def test_plain_http_is_redirected(small: SmallRehearsal) -> None:
    host = small.site.removeprefix("https://")
    port = _port(small, "edge.http")
    response = urllib3.request("GET", f"http://127.0.0.1:{port}/x?y", headers={"Host": host}, redirect=False)
    assert (response.status, response.headers["Location"]) == (301, f"https://{host}/x?y")


def test_only_the_sites_own_host_names_are_served(small: SmallRehearsal) -> None:
    assert small.client.request("GET", "https://chat.example.com/").status == 200
    port = _port(small, "edge.http")
    assert urllib3.request("GET", f"http://127.0.0.1:{port}/", headers={"Host": "other.example"}).status == 403


def test_large_texts_are_compressed_for_viewers_that_can(small: SmallRehearsal) -> None:
    text = b"<p>again and again</p>" * 200
    small.put("primary", "long.html", text, ContentType="text/html")
    response = small.client.request("GET", f"{small.site}/long.html", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.data == text
    assert "Content-Encoding" not in small.get("/long.html").headers


def test_the_cache_refuses_a_request_that_bypasses_the_viewer_side(small: SmallRehearsal) -> None:
    response = urllib3.request("GET", f"http://127.0.0.1:{_port(small, 'edge-cache.http')}/")
    assert (response.status, b"X-Rehearsal-Cache-Settings" in response.data) == (400, True)


def test_a_key_with_special_characters_is_served(small: SmallRehearsal) -> None:
    small.put("primary", "a b/ü+&.txt", b"odd")
    assert small.get("/a%20b/%C3%BC%2B%26.txt").data == b"odd"


def test_the_edge_waits_thirty_seconds_for_s3_as_cloudfront_does(small: SmallRehearsal) -> None:
    distribution = read_distribution(small.cloudfront, small.distribution_id)
    ports = {origin.host: 1 for origin in distribution.origins.values()}
    text = json.dumps(OriginSide(distribution=distribution, region_proxy_ports=ports).server(2).config())
    assert text.count('"response_header_timeout": "30.0s"') == text.count('"dial_timeout": "1s"') > 0


def test_the_distributions_attempts_and_time_outs_reach_the_configuration() -> None:
    origin = Origin(id="a", host="a", connection_attempts=3, connect_seconds=7, signed=False)
    group = OriginGroup(id="g", members=("a", "b"), status_codes=(504,))
    distribution = Distribution(
        arn="arn",
        hosts=(),
        root_object="",
        origins={"a": origin, "b": replace(origin, id="b")},
        groups={"g": group},
        behaviors=(),
    )
    text = json.dumps(OriginSide(distribution=distribution, region_proxy_ports={"a": 1}).server(2).config())
    assert '"dial_timeout": "7s"' in text
    assert '"retries": 2' in text
    assert "X-Rehearsal-Distribution" not in text


def test_an_origin_that_is_not_a_bucket_of_the_deployment_is_refused() -> None:
    origin = Origin(id="a", host="elsewhere.example", connection_attempts=1, connect_seconds=1, signed=False)
    distribution = Distribution(arn="", hosts=(), root_object="", origins={"a": origin}, groups={}, behaviors=())
    with pytest.raises(StandbyError, match="not a bucket of this deployment"):
        OriginSide(distribution=distribution, region_proxy_ports={}).server(1)


def test_a_missing_distribution_is_one_clear_error(small: SmallRehearsal) -> None:
    with pytest.raises(StandbyError, match="The distribution ENOWHERE cannot be read"):
        read_distribution(small.cloudfront, "ENOWHERE")


def test_error_ttls_of_the_distribution_are_read(small: SmallRehearsal) -> None:
    responses = {"Quantity": 1, "Items": [{"ErrorCode": 503, "ErrorCachingMinTTL": 0}]}
    with small.distribution(more={"CustomErrorResponses": responses}):
        behavior = read_distribution(small.cloudfront, small.distribution_id).behaviors[-1]
    assert behavior.cache_settings.error_ttls == {503: 0}


def test_a_feature_that_the_edge_does_not_support_is_an_error(small: SmallRehearsal) -> None:
    response = {"ErrorCode": 403, "ResponsePagePath": "/error.html", "ResponseCode": "200", "ErrorCachingMinTTL": 5}
    responses = {"Quantity": 1, "Items": [response]}
    with (
        pytest.raises(StandbyError, match="does not support custom error pages"),
        small.distribution(more={"CustomErrorResponses": responses}),
    ):
        pass
    assert small.get("/").status == 200


@pytest.mark.parametrize(
    "pattern,expected",
    [("*", "^.*$"), ("/config.json", r"^/config\.json$"), ("images/*.jp?", r"^/images/.*\.jp.$")],
)
def test_a_path_pattern_is_cloudfronts(pattern: str, expected: str) -> None:
    assert path_pattern(pattern) == expected


def _port(small: SmallRehearsal, name: str) -> int:
    return read_network_record(small.rehearsal.paths).ports[name]
