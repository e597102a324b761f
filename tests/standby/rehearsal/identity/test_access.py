"""The rehearsal's own issuer replaces that of the settings, and nothing else of the settings changes."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from standby.errors import RefusedError
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.identity.access import (
    ISSUER,
    Access,
    AccessMode,
    choose_access,
    read_access,
    rehearsed_settings,
    toml_text,
)
from standby.rehearsal.identity.provider import require_package, users
from tests.constructs.plan import ROOT
from warm_standby.settings import Settings

OIDC = """
name = "chatbot"
[access]
mode = "oidc"
issuer = "https://login.example.com/tenant"
client_id = "page"
audience = "https://chatbot.example.com/api"
required_claims = {roles = ["asker", "admin"], tid = ["one"]}
scopes = ["openid", "email"]
"""


@pytest.fixture
def paths(tmp_path: Path) -> RehearsalPaths:
    return RehearsalPaths(project=tmp_path, directory=tmp_path / ".rehearsal")


def settings(paths: RehearsalPaths, text: str = 'name = "chatbot"') -> Path:
    path = paths.project / "standby.toml"
    path.write_text(text)
    return path


def test_without_a_choice_open_settings_are_used_as_they_are(paths: RehearsalPaths) -> None:
    settings(paths)
    assert read_access(paths, None) is None
    assert rehearsed_settings(paths, None) is None
    assert not paths.settings.exists()


def test_sign_in_adds_a_section_that_the_stack_accepts_and_keeps_all_other_settings(paths: RehearsalPaths) -> None:
    source = settings(paths, (ROOT / "standby.toml").read_text(encoding="utf-8"))
    choose_access(paths, "oidc")
    written = rehearsed_settings(paths, None)
    assert written == paths.settings
    before, after = Settings.load(source), Settings.load(written)
    assert after.access.issuer == ISSUER
    assert after.access.mode == "oidc"
    assert after.model_copy(update={"access": before.access}) == before


def test_settings_with_an_issuer_are_rehearsed_with_the_rehearsal_s_own_and_keep_their_claims(
    paths: RehearsalPaths,
) -> None:
    source = settings(paths, OIDC)
    written = rehearsed_settings(paths, None)
    assert written is not None
    before, after = Settings.load(source).access, Settings.load(written).access
    assert after.issuer == ISSUER
    assert (after.required_claims, after.scopes, after.delete_claims) == (
        before.required_claims,
        before.scopes,
        before.delete_claims,
    )


@pytest.mark.parametrize("mode", ["open", "oidc"])
def test_a_choice_stays_for_later_commands(paths: RehearsalPaths, mode: AccessMode) -> None:
    settings(paths, OIDC)
    choose_access(paths, mode)
    assert (read_access(paths, None) is not None) is (mode == "oidc")
    written = rehearsed_settings(paths, None)
    assert written is not None
    assert Settings.load(written).access.mode == mode


def test_settings_that_cannot_be_read_are_left_to_the_synthesis(paths: RehearsalPaths) -> None:
    source = settings(paths, "name = ")
    choose_access(paths, "oidc")
    assert rehearsed_settings(paths, source) == source


def test_every_kind_of_value_of_a_settings_file_survives() -> None:
    document = {
        "text": 'quotes " and \\ and ü',
        "number": 3,
        "part": 0.2,
        "yes": True,
        "day": date(2027, 1, 31),
        "list": ["a", {"nested key": [1, 2]}],
        "table": {"a.b": "c"},
    }
    assert tomllib.loads(toml_text(document)) == document


def test_alice_has_the_required_claims_carol_those_for_deleting_too_and_bob_none() -> None:
    access = Access(required_claims={"groups": ("a", "b"), "tid": ("t",)}, delete_claims={"groups": ("admins",)})
    found = users(access)
    assert dict(found["alice"].claims) == {"groups": ("a",), "tid": ("t",)}
    assert dict(found["carol"].claims) == {"groups": ("a", "admins"), "tid": ("t",)}
    assert dict(found["bob"].claims) == {}


def test_a_project_without_the_npm_package_is_told_what_installs_it(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        require_package(tmp_path)
    assert "make setup" in refused.value.hint
