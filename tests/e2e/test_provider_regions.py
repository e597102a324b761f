"""The pinned provider itself says which regions it does not know. It makes no call."""

import json
import os
import re
import subprocess
from pathlib import Path

from standby.rehearsal.deploy.provider_mirror import cli_config_text, distribution_of, find_mirror
from standby.rehearsal.processes.programs import TERRAFORM, find_program
from warm_standby.settings.regions import BEDROCK_REGIONS, MISSING

PROVIDER = "5.100.0"
SKIP = ("skip_credentials_validation", "skip_requesting_account_id")


def test_the_provider_knows_every_region_but_those_of_the_table(tmp_path: Path) -> None:
    blocks = [
        {"alias": region, "region": region, "access_key": "x", "secret_key": "x", **dict.fromkeys(SKIP, True)}
        for region in BEDROCK_REGIONS
    ]
    configuration = {
        "terraform": {"required_providers": {"aws": {"source": "aws", "version": PROVIDER}}},
        "provider": {"aws": blocks},
        "data": {"aws_region": {region: {"provider": f"aws.{region}"} for region in BEDROCK_REGIONS}},
    }
    (tmp_path / "main.tf.json").write_text(json.dumps(configuration, indent=1))
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    terraform = find_program(TERRAFORM)
    distribution = distribution_of(terraform)
    if mirror := find_mirror(version=PROVIDER, distribution=distribution):
        (tmp_path / "terraform.rc").write_text(cli_config_text(mirror, distribution))
        environment["TF_CLI_CONFIG_FILE"] = str(tmp_path / "terraform.rc")

    def run(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [terraform.path, *command, "-no-color", "-input=false"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert run("init").returncode == 0
    refused = run("plan")
    unknown = re.findall(r"invalid AWS Region: (\S+)", refused.stderr)
    assert set(unknown) == MISSING[f"support by AWS provider {PROVIDER}"], refused.stderr
