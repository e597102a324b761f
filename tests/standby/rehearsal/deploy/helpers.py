"""A small project and configuration, and a fake program that replaces Terraform."""

import json
import sys
from pathlib import Path

from tests.standby.manifests import REGIONS, manifest_text

MAIN = """
import json, os, pathlib
out = pathlib.Path(os.environ["CDKTF_OUTDIR"])
stack = out / "stacks" / "small"
stack.mkdir(parents=True, exist_ok=True)
source = pathlib.Path(__file__).with_name("configuration.json")
(stack / "cdk.tf.json").write_text(source.read_text())
manifest = {"stacks": {"small": {"name": "small", "workingDirectory": "stacks/small"}}}
(out / "manifest.json").write_text(json.dumps(manifest))
"""

FAKE_TERRAFORM = """#!{python}
import json, os, pathlib, sys, time
sys.stdout.reconfigure(line_buffering=True)
plan = json.loads(pathlib.Path(__file__).with_name("terraform.json").read_text())
if sys.argv[1:2] == ["version"]:
    print(json.dumps({{"terraform_version": plan.get("version", "1.11.4")}}))
    sys.exit()
with pathlib.Path(__file__).with_name("calls").open("a") as calls:
    print(*sys.argv[1:], file=calls)
if sys.argv[1] == "init":
    pathlib.Path(os.environ["TF_DATA_DIR"], "providers").mkdir(parents=True, exist_ok=True)
    pathlib.Path(".terraform.lock.hcl").touch()
    sys.exit()
override = json.loads(pathlib.Path("rehearsal_override.tf.json").read_text())
state = pathlib.Path(override["terraform"]["backend"]["local"]["path"])
state.write_text(json.dumps({{"resources": [{{"mode": "managed", "instances": [{{}}]}}]}}))
response = plan[sys.argv[1]]
for event in response["events"]:
    print(json.dumps(event))
for sent, seconds in response.get("signals", []):
    record = json.loads(pathlib.Path(os.environ["TF_DATA_DIR"]).with_name("emulator.json").read_text())
    os.kill(record["emulator"]["identity"]["pid"], sent)
    time.sleep(seconds)
if response["code"] < 0:
    os.kill(os.getpid(), -response["code"])
sys.exit(response["code"])
"""


EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""The policy of an administrator."""


class FakeTerraform:
    """A program that replaces Terraform: it prints the given events and records how it was called."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.install()
        self.respond()

    def install(self) -> None:
        """Write the program."""
        program = self._directory / "terraform"
        program.write_text(FAKE_TERRAFORM.format(python=sys.executable))
        program.chmod(0o755)

    def respond(self, *, version: str = "1.11.4", **responses: dict[str, object]) -> None:
        """Set the events and the exit code of each command. With a code below 0, the signal of that number kills it.

        With `signals`, the command sends each signal to the emulator and then waits N seconds, as the provider does.
        """
        success = {"code": 0, "events": [{"type": "outputs", "outputs": {"manifest": {"value": manifest_text()}}}]}
        plan = {"version": version, "apply": success, "destroy": success, **responses}
        (self._directory / "terraform.json").write_text(json.dumps(plan))

    def calls(self) -> list[str]:
        """Return the commands that were run so far."""
        return [line.partition(" ")[0] for line in self.command_lines()]

    def command_lines(self) -> list[str]:
        """Return the commands that were run so far, with their arguments."""
        path = self._directory / "calls"
        return path.read_text().splitlines() if path.is_file() else []

    def become_opentofu(self) -> None:
        """Rename the program: OpenTofu has the commands of Terraform."""
        (self._directory / "terraform").rename(self._directory / "tofu")


def configuration() -> dict[str, object]:
    """Return a small synthesized configuration with two aliased providers and an S3 backend."""
    return {
        "terraform": {
            "backend": {"s3": {"bucket": "states", "key": "small", "region": "us-west-2"}},
            "required_providers": {"aws": {"source": "aws", "version": "5.100.0"}},
        },
        "locals": {"permanent_settings": {"name": "small"}},
        "provider": {"aws": [{"alias": role, "region": region} for role, region in REGIONS.items()]},
    }
