"""The exports, as a shell evaluates them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from standby.deployment.manifest import parse_manifest
from standby.rehearsal.network.network import Network
from standby.rehearsal.tools.shell import (
    EXPORTED_VARIABLE,
    rehearsal_environment,
    shell_exports,
    shell_removal,
    shell_variables,
)
from tests.standby.manifests import manifest_text

SPECIAL_CHARACTERS = """it's "quoted" $HOME `id` \\ ; & | * ? ~ # ! (x)\nsecond line \u00fc"""


SHELL = {
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "secret",
    "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
    "NO_PROXY": "intranet.example.com",
}
"""A shell that was set up for an account, a service's own endpoint and a proxy."""


def after_eval(text: str, name: str) -> str:
    script = f'eval "$1"; printf %s "${{{name}-unset}}"'
    environment = {"PATH": os.environ["PATH"], **SHELL}
    result = subprocess.run(["sh", "-c", script, "sh", text], capture_output=True, check=True, env=environment)
    return result.stdout.decode()


@pytest.mark.parametrize("value", [SPECIAL_CHARACTERS, "", "$(touch /nowhere/file)", json.dumps({"a": "b'c"}), "-n"])
def test_every_value_survives_the_shell(value: str) -> None:
    assert after_eval(shell_exports({"OUTPUT": value}, SHELL), "OUTPUT") == value


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"])
def test_variables_that_lead_elsewhere_are_unset(name: str) -> None:
    assert after_eval(shell_exports({}, SHELL), name) == "unset"
    assert name not in rehearsal_environment({}, SHELL)


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_no_proxy_stands_between_a_program_and_this_machine(name: str) -> None:
    wanted = "intranet.example.com,127.0.0.1,localhost"
    assert after_eval(shell_exports({}, SHELL), name) == wanted
    assert rehearsal_environment({}, SHELL)[name] == wanted
    assert rehearsal_environment({}, {"no_proxy": wanted})[name] == wanted
    assert rehearsal_environment({}, {})[name] == "127.0.0.1,localhost"


def test_what_was_exported_is_removed_again_without_a_rehearsal() -> None:
    exports = shell_exports({"AWS_ENDPOINT_URL": "http://127.0.0.1:4999", "PRIMARY_BUCKET": "docs"}, SHELL)
    exported = {EXPORTED_VARIABLE: after_eval(exports, EXPORTED_VARIABLE)}
    both = f"{exports}\n{shell_removal(exported)}"
    for name in ("AWS_ENDPOINT_URL", "PRIMARY_BUCKET", EXPORTED_VARIABLE):
        assert after_eval(exports, name) != "unset"
        assert after_eval(both, name) == "unset"


def test_only_names_of_variables_are_removed() -> None:
    assert shell_removal({EXPORTED_VARIABLE: "A;rm B $(id) _C1"}) == "unset B _C1"
    assert after_eval(shell_removal({}), "AWS_PROFILE") == "production"


def test_a_program_gets_the_values_and_the_rest_of_the_environment() -> None:
    environment = rehearsal_environment({"AWS_REGION": "us-west-2"}, {"PATH": "/bin", "AWS_REGION": "eu-west-1"})
    assert (environment["AWS_REGION"], environment["PATH"]) == ("us-west-2", "/bin")


def test_outputs_are_exported_in_upper_case_with_the_local_urls() -> None:
    outputs = {"manifest": manifest_text(), "primary_docs_bucket_name": "documents"}
    network = Network(
        emulator_url="http://127.0.0.1:4990",
        router="http://127.0.0.1:4999",
        region_proxies={"us-west-2": "http://127.0.0.1:5001", "us-east-1": "http://127.0.0.1:5002"},
        hosts={"d1.cloudfront.net": 5003},
        ca_certificate=Path("/rehearsal/root.crt"),
    )
    found = shell_variables(outputs, deployment=parse_manifest(outputs["manifest"]), network=network)
    assert found["PRIMARY_DOCS_BUCKET_NAME"] == "documents"
    assert "MANIFEST" not in found
    assert found["FAILOVER_API_LOCAL_URL"] == "http://127.0.0.1:5002/_aws/execute-api/apifailover/prod/"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-west-2"
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert (found["SITE_ADDRESS"], found["SITE_CA_CERTIFICATE"]) == ("127.0.0.1:5003", "/rehearsal/root.crt")
