"""The section `[access]`: what it accepts, and what an error says."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from syrupy.assertion import SnapshotAssertion

from warm_standby.settings import Access, Settings, SettingsError

COMPLETE: dict[str, Any] = {
    "mode": "oidc",
    "issuer": "https://login.example.com/tenant/",
    "client_id": "page",
    "audience": "https://chatbot.example.com/api",
}


def _refusal(tmp_path: Path, section: str) -> str:
    file = tmp_path / "standby.toml"
    file.write_text(f'name = "chatbot"\n[access]\n{section}', encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        Settings.load(file)
    return str(refused.value).removeprefix(f"{file}: ")


def test_a_deployment_is_open_unless_its_settings_say_otherwise() -> None:
    assert not Settings(name="chatbot").access.sign_in
    assert Settings(name="chatbot").access.connect_origins == ()


def test_the_issuer_is_kept_character_by_character() -> None:
    assert Access.model_validate(COMPLETE).issuer == "https://login.example.com/tenant/"


@pytest.mark.parametrize("missing", ["issuer", "client_id", "audience"])
def test_oidc_needs_issuer_client_and_audience(tmp_path: Path, missing: str) -> None:
    lines = "\n".join(f'{key} = "{value}"' for key, value in COMPLETE.items() if key != missing)
    assert _refusal(tmp_path, lines) == f'access.{missing} = None: required for access.mode = "oidc": add it'


@pytest.mark.parametrize(
    "line",
    [
        'issuer = "https://login.example.com"',
        'client_id = "page"',
        'audience = "api"',
        'audience_parameter = "none"',
        'required_claims = {groups = ["users"]}',
        'scopes = ["openid", "profile"]',
        'endpoint_origins = ["https://token.example.com"]',
        'delete_claims = {groups = ["admins"]}',
    ],
)
def test_a_setting_without_effect_is_refused_in_an_open_deployment(tmp_path: Path, line: str) -> None:
    said = _refusal(tmp_path, line)
    assert said.startswith(f"access.{line.partition(' ')[0]} = ")
    assert said.endswith('no effect while access.mode = "open": remove it, or use "oidc"')


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.com",
        "https://login.example.com?tenant=1",
        "https://login.example.com/#top",
        "https://user@login.example.com",
        "https://Login.example.com",
        "https://login.example.com; script-src *",
        "https://login.example.com/a b",
        "https://login.example.com\n",
        "https://${aws_iam_role.x.arn}",
        "https://",
        "login.example.com",
        "",
    ],
)
def test_an_issuer_that_is_no_plain_https_address_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="use the issuer exactly as its tokens name it"):
        Access.model_validate(COMPLETE | {"issuer": issuer})


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"audience": "page"}, "every ID token is issued for access.client_id"),
    ({"audience": "a b"}, "use 1 to 256 visible ASCII characters"),
    ({"client_id": "${local.x}"}, "without ${ and %{"),
    ({"scopes": ["profile"]}, 'add "openid"'),
    ({"scopes": ["openid", "a b"]}, "use one scope"),
    ({"scopes": ["openid", "openid"]}, "list each value only once"),
    ({"required_claims": {"groups": []}}, "at least 1 item"),
    ({"required_claims": {"groups": ["a\n"]}}, "printable characters"),
    ({"required_claims": {"": ["a"]}}, "printable characters"),
    ({"required_claims": {"groups": [f"{number:0256}" for number in range(9)]}}, "as JSON, and 2000 are free"),
    ({"endpoint_origins": ["https://token.example.com/path"]}, "without a path"),
    ({"mode": "none"}, "Input should be 'open' or 'oidc'"),
]


@pytest.mark.parametrize("changes, said", REFUSED)
def test_a_wrong_value_is_refused_with_its_fix(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared below
        Access.model_validate(COMPLETE | changes)
    assert said in str(refused.value)


def test_each_refusal_of_an_access_setting_has_the_reviewed_message(snapshot: SnapshotAssertion) -> None:
    said = []
    for changes, _ in [*REFUSED, ({"issuer": "http://login.example.com"}, "")]:
        with pytest.raises(ValidationError) as refused:
            Access.model_validate(COMPLETE | changes)
        said += [f"{error['loc']}: {error['msg']}" for error in refused.value.errors()]
    assert "\n".join(said) == snapshot


@pytest.mark.parametrize(
    "changes",
    [
        {"required_claims": {"groups": ["a" * 256]}},
        {"required_claims": {"gg": [f"{number:0245}" for number in range(8)]}},  # as JSON, exactly 2,000 bytes
        {"client_id": "a" * 256, "scopes": ["openid", "b" * 256]},
    ],
)
def test_a_value_of_the_greatest_length_is_accepted(changes: dict[str, Any]) -> None:
    assert Access.model_validate(COMPLETE | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"required_claims": {"groups": ["a" * 257]}},
        {"required_claims": {"ggg": [f"{number:0245}" for number in range(8)]}},
        {"required_claims": {"groups": ["%{if}"]}},
        {"client_id": "a" * 257},
        {"scopes": ["openid", "${x}"]},
    ],
)
def test_one_character_more_or_a_template_of_terraform_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Access.model_validate(COMPLETE | changes)


@pytest.mark.parametrize(
    "issuer, origin",
    [
        ("https://login.example.com/tenant/v2.0", "https://login.example.com"),
        ("https://127.0.0.1:8443", "https://127.0.0.1:8443"),
    ],
)
def test_the_page_calls_the_issuer_s_origin_and_those_of_its_endpoints(issuer: str, origin: str) -> None:
    others = ["https://token.example.com", origin]
    access = Access.model_validate(COMPLETE | {"issuer": issuer, "endpoint_origins": others})
    assert access.connect_origins == (origin, "https://token.example.com")
