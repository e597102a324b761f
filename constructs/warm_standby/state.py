"""Where Terraform stores its state: a file or an object for each deployment, which no other deployment uses."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cdktf import LocalBackend, S3Backend, TerraformStack

from warm_standby.settings import STACK_NAME, Settings

_OLD_FILE: Final = f"terraform.{STACK_NAME}.tfstate"  # of versions that had one file for every deployment


class StateError(ValueError):
    """A state that could become another deployment's. The text is a sentence with the next command."""


def configure_state(stack: TerraformStack, *, settings: Settings) -> None:
    """Set the stack's backend. The deployment's name is in the path or in the key."""
    if settings.state.backend == "local":
        LocalBackend(stack, path=_local_path(settings))
        return
    state = settings.state
    backend = S3Backend(stack, bucket=str(state.bucket), key=settings.state_key, region=str(state.region), encrypt=True)
    backend.add_override("use_lockfile", True)  # noqa: FBT003 - cdktf's own signature


def refuse_mixed_states(settings: Settings, *, output: Path) -> None:
    """Refuse the local state of an older version, and an output directory that was used with another state.

    `output` is the directory of the synthesis, such as `cdktf.out`. Terraform remembers there which state it uses, and
    would offer to copy that one over the state of these settings. Raises `StateError`.
    """
    old = output.parent / _OLD_FILE
    if settings.state.backend == "local" and _owner(old) in {settings.name, ""}:
        new = old.with_name(f"terraform.{settings.name}.tfstate")
        raise StateError(f"{old}: this deployment's state has a new name: `mv {old} {new} && rm -rf {output}`")
    used = _read(output / "stacks" / STACK_NAME / ".terraform" / "terraform.tfstate").get("backend")
    if used and not _is_own(used, settings):
        raise StateError(
            f"{output}: it was used with another state ({_describe(used)}): each deployment needs its own directory:"
            f" `export CDKTF_OUTPUT=cdktf.out.{settings.name}`; or, if you moved the state, `rm -rf {output}`"
        )


def _local_path(settings: Settings) -> str:
    # Terraform runs in cdktf.out/stacks/<stack>, which `cdktf synth` may empty. The state is next to main.py.
    return f"../../../terraform.{settings.name}.tfstate"


def _is_own(used: Mapping[str, Any], settings: Settings) -> bool:
    """Return whether this deployment may have used the backend. From its own file to S3, and back, Terraform moves."""
    config = used.get("config") or {}
    if used.get("type") == "local":
        return bool(config.get("path") == _local_path(settings))
    if settings.state.backend == "s3" and config.get("bucket") != settings.state.bucket:
        return False
    return bool(config.get("key") == settings.state_key)


def _describe(used: Mapping[str, Any]) -> str:
    config = used.get("config") or {}
    return str(config.get("path") or f"s3://{config.get('bucket')}/{config.get('key')}")


def _owner(state: Path) -> str | None:
    """Return the name of the deployment that a state has; "" if it does not say; None for no resources."""
    document = _read(state)
    if not document.get("resources"):
        return None
    try:
        return str(json.loads(document["outputs"]["manifest"]["value"])["name"])
    except (KeyError, TypeError, ValueError):
        return ""


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
