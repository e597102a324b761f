"""The exports, as a shell evaluates them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from standby.deployment.manifest import parse_manifest
from standby.rehearsal.network.network import Network
from standby.rehearsal.tools.shell import shell_exports, shell_variables
from tests.standby.manifests import manifest_text

SPECIAL_CHARACTERS = """it's "quoted" $HOME `id` \\ ; & | * ? ~ # ! (x)\nsecond line \u00fc"""


def after_eval(text: str, name: str) -> str:
    script = f'eval "$1"; printf %s "${{{name}-unset}}"'
    environment = {"PATH": os.environ["PATH"], "AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "secret"}
    result = subprocess.run(["sh", "-c", script, "sh", text], capture_output=True, check=True, env=environment)
    return result.stdout.decode()


@pytest.mark.parametrize("value", [SPECIAL_CHARACTERS, "", "$(touch /nowhere/file)", json.dumps({"a": "b'c"}), "-n"])
def test_every_value_survives_the_shell(value: str) -> None:
    assert after_eval(shell_exports({"OUTPUT": value}), "OUTPUT") == value


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_SESSION_TOKEN"])
def test_variables_that_point_at_a_real_account_are_unset(name: str) -> None:
    assert after_eval(shell_exports({}), name) == "unset"


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
    assert found["FAILOVER_API_LOCAL_URL"] == "http://127.0.0.1:5002/_aws/execute-api/apifailover/prod/"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-west-2"
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert (found["SITE_ADDRESS"], found["SITE_CA_CERTIFICATE"]) == ("127.0.0.1:5003", "/rehearsal/root.crt")
