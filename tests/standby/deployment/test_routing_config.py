"""`config.json`: the content of a copy, and the authoritative copy. The page passes the same cases."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, IncompleteReadError, ReadTimeoutError
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import (
    MAX_BYTES,
    MAX_GENERATION,
    ConfigCopies,
    ConfigCopy,
    ConfigHistory,
    PreconditionFailedError,
    RoutingConfig,
    UnknownWriteError,
    authoritative_copy,
    config_for_role,
    copies_agree,
    parse_config,
    read_copy,
    render_config,
    serving_role,
    write_copy,
)
from standby_protocol.api_url import normalize_api_url
from tests.constructs.plan import ROOT
from tests.standby.helpers import COPIES, MANIFEST, changed, copy_of
from tests.standby.helpers import config as config_of

CASES: Final[list[dict[str, Any]]] = json.loads((ROOT / "tests" / "routing_config_cases.json").read_text("utf-8"))
URLS = st.from_regex(r"\Ahttps://[a-z0-9-]{1,9}(\.[a-z]{2,5})?(:[0-9]{4})?(/[a-z0-9_~-]{1,5}){0,2}/\Z")
TEXTS = st.text(max_size=5)
CONFIGS = st.builds(
    RoutingConfig,
    api_url=URLS,
    fallback_api_url=st.none() | URLS,
    region=TEXTS,
    role=TEXTS,
    generation=st.none() | st.integers(1, MAX_GENERATION),
    updated_at=TEXTS,
)
NAMES = st.sampled_from(("apiUrl", "generation", "region")) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | URLS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


def copy_with(role: Role, case: Mapping[str, Any]) -> ConfigCopy:
    """Return the copy of a bucket with the case's text."""
    text = case[role]
    absent = ConfigCopy(role=role, region=role, bucket=role)
    if text is None:
        return absent
    text += " " * case.get("blanks", {}).get(role, 0)
    try:
        config = parse_config(text)
    except ValueError:
        config = None
    return replace(absent, etag='"1"', config=config, text=text)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_each_case_has_its_authoritative_copy(case: Mapping[str, Any]) -> None:
    copies = {role: copy_with(role, case) for role in ROLES}
    authoritative = authoritative_copy(copies)
    config = authoritative.config if authoritative else None
    assert {role: copy.state for role, copy in copies.items()} == case["states"]
    assert (authoritative.role if authoritative else None) == case["authoritative"]
    assert (config.api_url if config else None) == case["apiUrl"]
    assert (config.generation if config else None) == case["generation"]
    assert bool(config and config.manually_edited) == case["manuallyEdited"]


def test_the_cases_cover_every_state_of_both_copies() -> None:
    met = {(case["states"]["primary"], case["states"]["failover"]) for case in CASES}
    states = ("absent", "invalid", "valid")
    assert met >= {("valid", state) for state in states} | {(state, "valid") for state in states}
    assert met >= {("absent", "absent"), ("invalid", "invalid")}


@given(CONFIGS)
def test_a_config_survives_writing_and_reading(config: RoutingConfig) -> None:
    assert parse_config(render_config(config)) == config


@given(st.sampled_from(ROLES), st.integers(1, MAX_GENERATION))
def test_the_config_for_a_role_names_its_region_s_api(role: Role, generation: int) -> None:
    config = config_for_role(MANIFEST, role, generation=generation, updated_at="then")
    assert parse_config(render_config(config)) == config
    assert MANIFEST.role_of(config.api_url) == role


@given(JSON)
def test_any_json_is_a_config_or_a_value_error(value: object) -> None:
    try:
        config = parse_config(json.dumps(value))
    except ValueError:
        return
    assert normalize_api_url(config.api_url) == config.api_url
    assert config.manually_edited or 1 <= cast("int", config.generation) <= MAX_GENERATION


@given(st.binary(max_size=200))
def test_any_bytes_are_a_config_or_a_value_error(body: bytes) -> None:
    try:
        assert parse_config(body).api_url
    except ValueError:
        return


def client_with(body: bytes, *, content_length: int) -> Any:  # noqa: ANN401 - a fake of boto3's client
    """Return a client whose objects all have this body, with `content_length` as the declared length."""
    return SimpleNamespace(
        get_object=lambda **_: {"Body": StreamingBody(io.BytesIO(body), content_length), "ETag": '"1"'}
    )


def test_an_incomplete_answer_is_an_error_and_not_an_invalid_copy() -> None:
    body = render_config(RoutingConfig(api_url="https://a/", generation=3)).encode()
    with pytest.raises(IncompleteReadError):
        read_copy(client_with(body[:40], content_length=len(body)), MANIFEST.regions["primary"])
    read = read_copy(client_with(body, content_length=len(body)), MANIFEST.regions["primary"])
    assert (read.state, read.generation, read.text) == ("valid", 3, body.decode())


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_copy_is_read_up_to_the_maximum_valid_length(mark: bytes) -> None:
    body = mark + render_config(RoutingConfig(api_url="https://a/", generation=3)).encode()
    longest = body.ljust(MAX_BYTES + len(mark))
    for text, state in ((longest, "valid"), (longest + b" ", "invalid"), (longest * 9, "invalid")):
        copy = read_copy(client_with(text, content_length=len(text)), MANIFEST.regions["primary"])
        assert (copy.state, copy.etag) == (state, '"1"')
        assert copy.text.encode() == text or state == "invalid"


def test_bytes_that_are_not_utf_8_count_as_a_browser_counts_them() -> None:
    with pytest.raises(ValueError, match="more than 65536"):  # each byte becomes U+FFFD, which has three bytes
        parse_config(b'{"apiUrl": "https://a/", "region": "' + b"\xff" * 22_000 + b'"}')
    assert parse_config(b'{"apiUrl": "https://a/", "region": "' + b"\xff" * 21_000 + b'"}').api_url == "https://a/"


class Bucket:
    """S3 for one object: `error` is raised by a write, after it has taken effect where `lost`."""

    def __init__(self, *, error: Exception | None = None, lost: bool = False) -> None:
        self.text = b""
        self.conditions: list[dict[str, str]] = []
        self._error, self._lost = error, lost

    def put_object(self, *, Body: bytes, **arguments: str) -> None:  # noqa: N803 - as boto3 names it
        self.conditions.append({name: value for name, value in arguments.items() if name.startswith("If")})
        assert (arguments["ContentType"], arguments["CacheControl"]) == ("application/json", "no-store")
        if self._error is None or self._lost:
            self.text = Body
        if self._error is not None:
            raise self._error

    def get_object(self, **_: str) -> dict[str, object]:
        return {"Body": io.BytesIO(self.text)}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "PutObject")


def write(bucket: Bucket, seen: ConfigCopy) -> None:
    client: Any = bucket
    write_copy(client, seen, "new")


SEEN = copy_of("primary", RoutingConfig(api_url="https://a/"))
TIMED_OUT = ReadTimeoutError(endpoint_url="https://s3")


@pytest.mark.parametrize(
    "seen,condition", [(SEEN, {"IfMatch": SEEN.etag}), (copy_of("primary", None), {"IfNoneMatch": "*"})]
)
def test_a_copy_is_written_only_on_condition_of_what_was_read(seen: ConfigCopy, condition: dict[str, str]) -> None:
    bucket = Bucket()
    write(bucket, seen)
    assert (bucket.text, bucket.conditions) == (b"new", [condition])


@pytest.mark.parametrize("error", [TIMED_OUT, refused("PreconditionFailed"), refused("InternalError")])
def test_a_write_whose_answer_was_lost_is_looked_up(error: Exception) -> None:
    write(Bucket(error=error, lost=True), SEEN)


@pytest.mark.parametrize("code,absent", [("NoSuchKey", True), ("404", False), ("AccessDenied", False), ("500", False)])
def test_only_an_object_that_does_not_exist_is_absent(code: str, *, absent: bool) -> None:
    def get_object(**_: str) -> None:
        raise refused(code)

    client: Any = SimpleNamespace(get_object=get_object)
    if absent:
        assert read_copy(client, MANIFEST.regions["primary"]).state == "absent"
        return
    with pytest.raises(ClientError):
        read_copy(client, MANIFEST.regions["primary"])


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
def test_a_write_that_met_another_content_is_told_so(code: str) -> None:
    with pytest.raises(PreconditionFailedError):
        write(Bucket(error=refused(code)), SEEN)


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="https://s3"), refused("AccessDenied")])
def test_an_error_of_a_write_that_was_certainly_not_made_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        write(Bucket(error=error), SEEN)


def test_a_write_without_an_answer_is_unknown_although_the_old_object_is_shown() -> None:
    with pytest.raises(UnknownWriteError, match="the write may still land"):
        write(Bucket(error=TIMED_OUT), SEEN)


def test_copies_agree_only_when_both_are_known_valid_and_equal() -> None:
    both = {role: copy_of(role, config_of("primary", 3)) for role in ROLES}
    assert copies_agree(both)
    assert not copies_agree({"primary": both["primary"]})
    assert not copies_agree({**both, "failover": Unavailable("does not answer")})
    assert not copies_agree({**both, "failover": copy_of("failover", config_of("primary", 4))})
    assert not copies_agree({role: copy_of(role, None) for role in ROLES})


@pytest.mark.parametrize("fallback", [True, False])
def test_pages_get_the_other_region_s_api_only_where_they_may_use_it(fallback: bool) -> None:  # noqa: FBT001 - a parameter
    manifest = changed(MANIFEST, site=changed(MANIFEST.site, api_fallback=fallback))
    written = config_for_role(manifest, "failover", generation=4, updated_at="then")
    assert written.fallback_api_url == (MANIFEST.regions["primary"].api_url if fallback else None)


@given(COPIES)
def test_the_authoritative_copy_is_the_one_that_a_page_obeys_after_reading_both(copies: ConfigCopies) -> None:
    history = ConfigHistory()
    for role in ROLES:  # the primary's copy first, then the failover bucket's, which the edge returns from then on
        copy = copies[role]
        history = history.after(copy.config if isinstance(copy, ConfigCopy) else None)
    authoritative = authoritative_copy(copies)
    config = authoritative.config if authoritative else None
    if config is None or history.config is None:
        assert config == history.config
        return
    assert (config.api_url, config.generation) == (history.config.api_url, history.config.generation)


@pytest.mark.parametrize("role", ROLES)
def test_of_two_configs_of_one_generation_for_one_region_that_in_its_own_bucket_is_authoritative(role: Role) -> None:
    copies = {of: copy_of(of, config_of(role, 5, moment=of)) for of in ROLES}
    assert authoritative_copy(copies) == copies[role]
    apart = {of: copy_of(of, config_of(of, 5)) for of in ROLES}
    assert authoritative_copy(apart) == apart["failover"]


@given(COPIES)
def test_no_valid_copy_has_a_higher_generation_unless_the_edge_reads_a_manual_edit_first(copies: ConfigCopies) -> None:
    authoritative = authoritative_copy(copies)
    valid = [copy for copy in copies.values() if isinstance(copy, ConfigCopy) and copy.config is not None]
    assert (authoritative is None) == (not valid)
    if authoritative is not None and authoritative.config is not None:
        highest = max(copy.generation for copy in valid)
        assert authoritative.generation == highest or authoritative.config.manually_edited
        assert not authoritative.config.manually_edited or authoritative.role == "failover" or len(valid) == 1


@given(st.lists(CONFIGS, max_size=6))
def test_a_page_never_returns_to_a_lower_generation(configs: list[RoutingConfig]) -> None:
    history = ConfigHistory()
    for config in configs:
        before, history = history, history.after(config)
        assert history.highest_generation >= before.highest_generation
        generation = history.config.generation if history.config else None
        assert generation is None or generation >= before.highest_generation


def test_a_page_keeps_the_highest_generation_after_a_manual_edit() -> None:
    manual = RoutingConfig(api_url="https://a/")
    seen = ConfigHistory().after(RoutingConfig(api_url="https://b/", generation=5)).after(manual)
    assert seen.config == manual
    assert seen.after(RoutingConfig(api_url="https://c/", generation=4)).config == manual
    assert seen.after(RoutingConfig(api_url="https://c/", generation=6)).highest_generation == 6


def test_the_serving_role_is_none_for_an_api_of_neither_region() -> None:
    other = RoutingConfig(api_url="https://elsewhere.example/", generation=9)
    copies: dict[Role, ConfigCopy | Unavailable] = {
        "primary": copy_of("primary", other),
        "failover": Unavailable("does not answer", unreachable=True),
    }
    assert serving_role(MANIFEST, copies) is None
    assert serving_role(MANIFEST, {}) is None


@pytest.mark.parametrize(
    "text, reason",
    [
        ("{" + " " * MAX_BYTES, f"it has more than {MAX_BYTES} bytes"),
        ("[" * 51 + "{" * 50, "it has more than 100 opening brackets"),
        ("{", "it is not JSON"),
        ('{"apiUrl": NaN}', "it is not JSON"),
        ("[]", "it names no API URL"),
        ('{"apiUrl": "ftp://a"}', "it names no API URL"),
    ],
)
def test_a_config_that_no_page_reads_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared below
        parse_config(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize("generation", [0, -1, MAX_GENERATION + 1, 1.5, True, "3", None, [3]])
def test_a_generation_that_no_command_writes_is_none(generation: object) -> None:
    text = json.dumps({"apiUrl": "https://a.example.com/", "generation": generation})
    assert parse_config(text).generation is None


@pytest.mark.parametrize("generation", [1, 2.0, MAX_GENERATION])
def test_a_whole_generation_is_kept(generation: float) -> None:
    text = json.dumps({"apiUrl": "https://a.example.com/", "generation": generation})
    assert parse_config(text).generation == int(generation)
