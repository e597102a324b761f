"""The process of the edge cache, between the viewer side and the origin side of a real edge."""

from tests.standby.rehearsal.network.helpers import SmallRehearsal


def test_the_edge_serves_a_cached_page_while_both_regions_are_down(small: SmallRehearsal) -> None:
    assert small.get("/", cold=False).status == 200
    for role in ("primary", "failover"):
        small.rehearsal.faults.set("region-down", role)
    assert small.get("/", cold=False).status == 200
    assert small.get("/", cold=True).status == 502


def test_a_query_string_is_not_part_of_the_cache_key_and_head_has_no_body(small: SmallRehearsal) -> None:
    small.get("/index.html", cold=False)
    again = small.get("/index.html?x=1", cold=False)
    assert again.headers["X-Cache"] == "Hit from cloudfront"
    head = small.client.request("HEAD", f"{small.site}/index.html")
    assert (head.status, head.data, head.headers["Content-Length"]) == (200, b"", str(len(again.data)))


def test_a_viewer_that_has_the_page_gets_304(small: SmallRehearsal) -> None:
    etag = small.get("/", cold=False).headers["ETag"]
    response = small.client.request("GET", f"{small.site}/", headers={"If-None-Match": etag})
    assert (response.status, response.data) == (304, b"")


def test_config_is_never_cached(small: SmallRehearsal) -> None:
    good = small.get("/config.json").data
    for body in (b"one", b"two", good):
        small.put("failover", "config.json", body, CacheControl="max-age=600")
        assert small.get("/config.json", cold=False).data == body
