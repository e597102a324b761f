"""What a `config.json` means for the health check of the API's name: it is healthy only if the file names the primary.

The check searches bytes, and pages parse JSON. So the files are generated: what `standby` and Terraform write, and what
people make of them by hand.
"""

import json
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from standby.deployment.routing_config import RoutingConfig, parse_config, render_config
from tests.constructs.plan import Plan, Synthesize, only, resources
from tests.constructs.variants import LONGEST, NAMED
from warm_standby.dns.health_checks import MAX_SEARCH_STRING, SEARCHED_BYTES, search_string

PRIMARY: Final = "https://a1b2c3d4e5.execute-api.us-west-2.amazonaws.com/prod/"
FAILOVER: Final = "https://f6g7h8i9j0.execute-api.us-east-1.amazonaws.com/prod/"
URLS: Final = {"primary": PRIMARY, "failover": FAILOVER}
Text = st.text(max_size=30)


def is_found(text: str) -> bool:
    """Return whether Route 53 finds the text of the check."""
    return search_string(PRIMARY).encode() in text.encode("utf-8", errors="surrogatepass")[:SEARCHED_BYTES]


@st.composite
def configs(draw: st.DrawFn) -> RoutingConfig:
    role = draw(st.sampled_from(["primary", "failover"]))
    other = FAILOVER if role == "primary" else PRIMARY
    return RoutingConfig(
        api_url=URLS[role],
        fallback_api_url=draw(st.sampled_from([None, other])),
        region={"primary": "us-west-2", "failover": "us-east-1"}[role],
        role=role,
        generation=draw(st.integers(1, 10**12 - 1)),
        updated_at="2026-11-28T07:00:00Z",
    )


def as_terraform_writes(config: RoutingConfig) -> str:
    """Return the text of Terraform's `jsonencode`: keys in order, without blanks."""
    return json.dumps(json.loads(render_config(config)), sort_keys=True, separators=(",", ":"))


@given(configs())
def test_what_standby_and_terraform_write_is_found_if_and_only_if_it_names_the_primary(config: RoutingConfig) -> None:
    for text in (render_config(config), as_terraform_writes(config)):
        assert parse_config(text) == config
        assert is_found(text) == (config.role == "primary"), text


VALUES: Final = st.one_of(
    st.sampled_from([PRIMARY, FAILOVER, search_string(PRIMARY), json.dumps(search_string(PRIMARY)), "primary"]),
    Text,
    st.integers(),
    st.booleans(),
    st.none(),
)
KEYS: Final = st.one_of(
    st.sampled_from(["apiUrl", "fallbackApiUrl", "apiurl", "oldApiUrl", 'a"apiUrl', "role", "region", "{"]), Text
)


@st.composite
def edits(draw: st.DrawFn) -> str:
    """Return a file that a person made: any members in any order, with or without blanks and escapes."""
    members = draw(st.dictionaries(KEYS, VALUES, max_size=6))
    ordered = dict(draw(st.permutations(list(members.items()))))
    blanks = st.sampled_from(["", " ", "\n  "])
    indent = draw(st.sampled_from([None, 0, 2]))
    separators = (f",{draw(blanks)}", f":{draw(blanks)}")
    text = json.dumps(ordered, indent=indent, separators=separators, ensure_ascii=draw(st.booleans()))
    return draw(blanks) + text + draw(blanks)


@given(edits())
@example(json.dumps({"apiUrl": FAILOVER, "note": search_string(PRIMARY)}, separators=(",", ":")))
@example(json.dumps({"apiUrl": FAILOVER, "role": "primary", "fallbackApiUrl": PRIMARY}, separators=(",", ":")))
def test_a_file_of_single_values_that_is_found_names_the_primary_however_it_was_edited(text: str) -> None:
    """So DNS never moves to the primary while such a file names the failover region: not found means the other one."""
    if is_found(text):
        assert parse_config(text).api_url == PRIMARY, text


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"apiUrl": PRIMARY}),
        json.dumps({"generation": 3, "apiUrl": PRIMARY}, separators=(",", ":")),
        json.dumps({"apiUrl": PRIMARY.upper()}, separators=(",", ":")),
        "",
        "{}",
    ],
    ids=["a blank after the colon", "another order", "another case", "empty", "no address"],
)
def test_a_manual_edit_in_another_form_answers_the_failover_region(text: str) -> None:
    assert not is_found(text)


def test_only_a_repeated_or_a_nested_member_deceives_the_check() -> None:
    """Record 107 names these two. `standby status` says that DNS and the pages differ."""
    named = f'{search_string(PRIMARY)},"apiUrl":"{FAILOVER}"}}'
    nested = json.dumps({"apiUrl": FAILOVER, "before": {"apiUrl": PRIMARY}}, separators=(",", ":"))
    for text in (named, nested):
        assert is_found(text)
        assert parse_config(text).api_url == FAILOVER


def test_the_check_of_the_stack_searches_these_bytes(synthesize: Synthesize) -> None:
    plan: Plan = synthesize(NAMED)
    check = only(body for body in resources(plan, "aws_route53_health_check").values() if "search_string" in body)
    api = only(name for name in resources(plan, "aws_api_gateway_rest_api") if name.startswith("primary"))
    url = f"https://${{aws_api_gateway_rest_api.{api}.id}}.execute-api.us-west-2.amazonaws.com/prod/"
    assert check["search_string"] == search_string(url)


def test_the_longest_search_string_is_accepted() -> None:
    longest = f"https://a1b2c3d4e5.execute-api.{LONGEST.regions.primary}.amazonaws.com/prod/"
    assert len(search_string(longest)) <= MAX_SEARCH_STRING
