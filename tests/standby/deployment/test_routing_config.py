"""`config.json`: the content of a copy, and the authoritative copy. The page passes the same cases."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from standby.deployment.api_url import normalize_api_url
from standby.deployment.concurrency import Unavailable
from standby.deployment.manifest import ROLES, Role
from standby.deployment.routing_config import (
    MAX_BYTES,
    MAX_GENERATION,
    ConfigCopies,
    ConfigCopy,
    ConfigHistory,
    RoutingConfig,
    authoritative_copy,
    config_for_role,
    parse_config,
    read_copy,
    render_config,
    serving_role,
)
from tests.constructs.plan import ROOT
from tests.standby.helpers import COPIES, MANIFEST, copy_of

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


@given(COPIES)
def test_the_authoritative_copy_is_the_one_that_a_page_obeys_after_reading_both(copies: ConfigCopies) -> None:
    history = ConfigHistory()
    for role in ROLES:  # the primary's copy first, then the failover bucket's, which the edge returns from then on
        copy = copies[role]
        history = history.after(copy.config if isinstance(copy, ConfigCopy) else None)
    authoritative = authoritative_copy(copies)
    assert (authoritative.config if authoritative else None) == history.config


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
