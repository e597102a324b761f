"""The state of each deployment: its place, and the places that belong to another one."""

import json
from pathlib import Path

import pytest

from tests.constructs.plan import Synthesize, default_settings
from warm_standby.settings import Settings
from warm_standby.state import StateError, refuse_mixed_states

S3 = {"backend": "s3", "bucket": "my-states", "region": "eu-west-1"}
LOCAL = {"type": "local", "config": {"path": "../../../terraform.chatbot.tfstate", "workspace_dir": None}}


def s3(key: str, bucket: str = "my-states") -> dict[str, object]:
    return {"type": "s3", "config": {"bucket": bucket, "key": key, "region": "eu-west-1"}}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "cdktf.out"


def initialize(output: Path, backend: dict[str, object]) -> None:
    """Write what `terraform init` leaves in the directory of the stack."""
    record = output / "stacks" / "warm-standby" / ".terraform" / "terraform.tfstate"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"version": 3, "backend": backend}))


def old_state(output: Path, name: str | None) -> Path:
    file = output.with_name("terraform.warm-standby.tfstate")
    manifest = {} if name is None else {"manifest": {"value": json.dumps({"name": name})}}
    file.write_text(json.dumps({"version": 4, "outputs": manifest, "resources": [{"mode": "managed"}]}))
    return file


@pytest.mark.parametrize("state", [{}, S3], ids=["local", "s3"])
def test_each_name_has_its_own_state(synthesize: Synthesize, state: dict[str, str]) -> None:
    backends = [
        synthesize(default_settings(name=name, state=state)).document["terraform"]["backend"]
        for name in ("chatbot", "chatbot-dev")
    ]
    assert backends[0] != backends[1]
    assert "chatbot-dev" in json.dumps(backends[1])


def test_a_key_that_is_set_is_used_as_it_is(synthesize: Synthesize) -> None:
    settings = default_settings(state={**S3, "key": "warm-standby/terraform.tfstate"})
    assert synthesize(settings).document["terraform"]["backend"]["s3"]["key"] == "warm-standby/terraform.tfstate"


@pytest.mark.parametrize("name", ["chatbot", None])
def test_the_state_of_an_older_version_is_refused_with_the_command_that_moves_it(
    output: Path, name: str | None
) -> None:
    old = old_state(output, name)
    with pytest.raises(StateError) as refused:
        refuse_mixed_states(default_settings(), output=output)
    new = old.with_name("terraform.chatbot.tfstate")
    assert f"`mv {old} {new} && rm -rf {output}`" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_old_state_of_another_deployment_and_an_empty_one_do_not_stop_this_one(output: Path) -> None:
    old = old_state(output, "chatbot")
    refuse_mixed_states(default_settings(name="chatbot-dev"), output=output)
    old.write_text(json.dumps({"version": 4, "outputs": {}, "resources": []}))
    refuse_mixed_states(default_settings(), output=output)


@pytest.mark.parametrize(
    "used, settings",
    [
        (LOCAL, default_settings(name="chatbot-dev")),
        (LOCAL, default_settings(name="chatbot-dev", state=S3)),
        ({**LOCAL, "config": {"path": "../../../terraform.warm-standby.tfstate"}}, default_settings()),
        (s3("warm-standby/chatbot/terraform.tfstate"), default_settings(name="chatbot-dev", state=S3)),
        (s3("warm-standby/chatbot/terraform.tfstate"), default_settings(name="chatbot-dev")),
        (s3("warm-standby/chatbot/terraform.tfstate", "other-states"), default_settings(state=S3)),
        (s3("warm-standby/terraform.tfstate"), default_settings(state=S3)),
    ],
)
def test_an_output_directory_that_was_used_with_another_state_is_refused(
    output: Path, used: dict[str, object], settings: Settings
) -> None:
    initialize(output, used)
    with pytest.raises(StateError) as refused:
        refuse_mixed_states(settings, output=output)
    said = str(refused.value)
    assert said.startswith(f"{output}: it was used with another state (")
    assert f"`export CDKTF_OUTPUT=cdktf.out.{settings.name}`" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "used, settings",
    [
        (LOCAL, default_settings()),
        (LOCAL, default_settings(state=S3)),
        (s3("warm-standby/chatbot/terraform.tfstate"), default_settings()),
        (s3("warm-standby/chatbot/terraform.tfstate"), default_settings(state=S3)),
        (s3("my/key"), default_settings(state={**S3, "key": "my/key"})),
    ],
)
def test_its_own_state_is_used_and_may_move_between_this_machine_and_s3(
    output: Path, used: dict[str, object], settings: Settings
) -> None:
    initialize(output, used)
    refuse_mixed_states(settings, output=output)


def test_a_directory_that_was_never_used_is_free(output: Path) -> None:
    refuse_mixed_states(default_settings(), output=output)
