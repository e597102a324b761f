"""A failure of the operator's credentials is reported as such, and is never a bug or a fault of a region."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, SSOTokenLoadError
from click.testing import CliRunner

from standby.cli.main import cli
from standby.deployment.concurrency import explain
from standby.rehearsal.files.paths import RehearsalPaths
from tests.standby.helpers import words
from tests.standby.test_target import start

PROFILES = {
    "no JSON": ("credential_process = echo locked", "no readable credentials"),
    "another JSON": ("credential_process = echo []", "no readable credentials"),
    "no date": (
        """credential_process = echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"x"}'""",
        "no readable credentials",
    ),
    "no program": ("credential_process = /nonexistent/program", "/nonexistent/program: No such file or directory"),
    "a failed program": ("credential_process = false", "custom-process"),
    "half a key": ("aws_access_key_id = A", "missing: aws_secret_access_key"),
    "no token": (
        "sso_start_url = https://x.example.com\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = a",
        "Error loading SSO Token",
    ),
    "no token file": (
        "role_arn = arn:aws:iam::111122223333:role/a\nweb_identity_token_file = /nonexistent/token",
        "/nonexistent/token",
    ),
    "a loop": ("role_arn = arn:aws:iam::111122223333:role/a\nsource_profile = other", "Infinite loop"),
}


@pytest.fixture(autouse=True)
def _no_credentials_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("settings, why", PROFILES.values(), ids=PROFILES.keys())
def test_a_profile_without_usable_credentials_is_refused_with_the_profile_and_the_reason(
    settings: str, why: str, tmp_path: Path
) -> None:
    other = "[profile other]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = broken\n"
    (tmp_path / "config").write_text(f"[profile broken]\n{settings}\n{other}")
    result = CliRunner().invoke(cli, ["--profile", "broken", "status"])
    assert result.exit_code == 3, result.stderr
    assert result.stderr.startswith("Error: AWS, profile broken: no credentials: ")
    error, _, hint = words(result.stderr).partition("`aws sso login")
    assert why in error
    assert hint


def test_without_any_credentials_the_next_step_is_to_sign_in_or_to_rehearse() -> None:
    result = CliRunner().invoke(cli, ["status"])
    assert result.exit_code == 3
    assert result.stderr.splitlines()[0] == "Error: AWS, default credentials: no credentials were found."
    assert "`make rehearse`" in result.stderr
    assert "ssm:GetParameter" not in result.stderr


def test_without_any_credentials_a_rehearsal_that_is_up_in_another_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "cdktf.json").write_text("{}")
    start(RehearsalPaths(project=tmp_path.resolve(), directory=tmp_path.resolve() / ".rehearsal-dev"))
    result = CliRunner().invoke(cli, ["status"])
    assert result.exit_code == 3
    assert "`standby --directory .rehearsal-dev status` works on it." in words(result.stderr)


def test_a_configuration_file_that_cannot_be_read_is_wrong_usage_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[broken")
    result = CliRunner().invoke(cli, ["status"])
    assert result.exit_code == 2
    assert f"{tmp_path / 'config'}" in result.stderr
    assert "bug" not in result.stderr


@pytest.mark.parametrize(
    "error, why",
    [
        (NoCredentialsError(), "no credentials were found"),
        (SSOTokenLoadError(error_msg="it expired"), "no credentials: Error loading SSO Token: it expired"),
        (
            ClientError({"Error": {"Code": "ExpiredToken"}}, "GetObject"),
            "does not accept the credentials (ExpiredToken)",
        ),
        (
            ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole"),
            "no credentials: AssumeRole answers AccessDenied",
        ),
    ],
)
def test_a_failure_of_the_credentials_says_nothing_about_the_region(error: Exception, why: str) -> None:
    found = explain(error)
    assert (found.why, found.no_credentials, found.unreachable) == (why, True, False)


def test_a_refusal_of_one_action_is_no_failure_of_the_credentials() -> None:
    assert not explain(ClientError({"Error": {"Code": "AccessDenied"}}, "GetParameter")).no_credentials
