"""An endpoint on this machine is an emulator's: no command for an AWS account uses it."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from standby.cli.main import cli
from standby.deployment.connection import AwsConnection
from standby.endpoints import (
    MEANT_VARIABLE,
    describe_local_endpoint,
    describe_wrong_target,
    environment_endpoints,
    is_on_this_machine,
)
from standby.errors import NoDeploymentError
from tests.standby.helpers import words
from tests.standby.manifests import REGIONS

LOCAL = [
    "http://127.0.0.1:4566",
    "http://127.8.9.10",
    "https://localhost:4566/",
    "http://LOCALHOST.",
    "http://s3.localhost:4566",
    "http://[::1]:4566",
    "http://0.0.0.0:4566",
]
REMOTE = [
    "https://vpce-1.ssm.us-east-1.vpce.amazonaws.com",
    "https://10.0.0.7",
    "https://localhost.example.com",
    "",
    "x",
]
VARIABLES = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME"]


def connect(profile: str | None = None) -> AwsConnection:
    return AwsConnection(name="chatbot", regions=tuple(REGIONS.values()), profile=profile)


@pytest.mark.parametrize("url", LOCAL)
def test_a_loopback_address_or_a_name_of_it_is_on_this_machine(url: str) -> None:
    assert is_on_this_machine(url)


@pytest.mark.parametrize("url", REMOTE)
def test_another_host_is_not_on_this_machine(url: str) -> None:
    assert not is_on_this_machine(url)


@given(st.dictionaries(st.sampled_from([*VARIABLES, "AWS_PROFILE"]), st.sampled_from(["", *LOCAL, *REMOTE])))
def test_one_local_endpoint_among_any_is_found_and_named(environment: dict[str, str]) -> None:
    found = describe_local_endpoint(environment_endpoints(environment))
    local = {f"{name}={url}" for name, url in environment.items() if name in VARIABLES and url in LOCAL}
    assert found in local if local else found is None


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("command", [["--aws", "status"], ["status"], ["--aws", "failover", "--yes"]])
def test_a_command_for_the_account_refuses_an_endpoint_on_this_machine(
    variable: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 3
    said = f"Error: {variable}=http://127.0.0.1:1: calls to AWS would go to this machine"
    assert words(result.stderr).startswith(said)
    assert "standby rehearse env --unset" in result.stderr


@pytest.mark.parametrize("settings", ["endpoint_url = http://localhost:1", "services = s"])
def test_a_profile_s_endpoint_on_this_machine_is_refused(
    settings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = "\n[services s]\ns3 =\n  endpoint_url = http://localhost:1\n"
    (tmp_path / "config").write_text(f"[profile p]\n{settings}\n{services}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(NoDeploymentError, match=r"http://localhost:1: calls to AWS would go to this machine"):
        connect("p")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert connect("p").where == "AWS, profile p"


def test_the_first_line_names_an_endpoint_that_is_not_aws_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://vpce.example.com")
    assert connect().where == "AWS, default credentials, endpoint AWS_ENDPOINT_URL=https://vpce.example.com"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.com")
    assert connect().where.endswith(", 1 more endpoint")


def test_a_program_that_means_the_rehearsal_may_use_its_endpoint() -> None:
    exported = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    assert "not to AWS" in (describe_wrong_target(exported) or "")
    assert describe_wrong_target({**exported, MEANT_VARIABLE: "1"}) is None
    assert describe_wrong_target({"AWS_ENDPOINT_URL": "https://vpce.example.com"}) is None
