"""The stack with the sentinels, synthesized, and the files of the module."""

import json
import tempfile
from pathlib import Path
from typing import Any, Final

import lazy_bindings
from standby.stack.configuration import read_stack
from standby.stack.deployer_policy import deployer_policy
from toolchain.release.readme import write_readme
from toolchain.release.terraform_module import NAME, module_files, sentinel_settings
from warm_standby.assets import read_assets
from warm_standby.settings import STACK_NAME, Settings

ROOT: Final = Path(__file__).resolve().parents[2]
POLICY: Final = "deployer-policy.json"
"""The policy of the role that deploys, with `NAME` and `ACCOUNT` to fill in."""
_ACCOUNT: Final = "000000000000"  # digits, because the policy is sorted


def write_module(directory: Path, *, version: str, settings: Settings | None = None) -> None:
    """Write the Terraform module of the settings, by default those of `standby.toml`, into a new directory.

    Raises `ModuleError`, `OSError`.
    """
    settings = settings or Settings.load(ROOT / "standby.toml")
    directory.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        document = synthesize(sentinel_settings(settings), Path(temporary, "out"))
    files = module_files(document, settings)
    for name, content in {**files, POLICY: policy_template(document)}.items():
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (directory / name).write_text(f"{text}\n", encoding="utf-8")
    read_assets(functions=ROOT / "lambda_src", site=ROOT / "frontend", archive=directory / "functions.zip")
    write_readme(directory, files=files, version=version)


def policy_template(document: dict[str, Any]) -> dict[str, Any]:
    """Return the deployer's policy of the configuration with the sentinels, with `NAME` and `ACCOUNT`."""
    policy = json.dumps(deployer_policy(read_stack(document), account=_ACCOUNT))
    template: dict[str, Any] = json.loads(policy.replace(NAME, "NAME").replace(_ACCOUNT, "ACCOUNT"))
    return template


def synthesize(settings: Settings, directory: Path) -> dict[str, Any]:
    """Return the Terraform configuration, as `main.py` writes it."""
    lazy_bindings.install()
    from cdktf import App  # noqa: PLC0415 - after the bindings were made lazy

    from warm_standby.stack import WarmStandbyStack  # noqa: PLC0415 - after the bindings were made lazy

    app = App(outdir=str(directory))
    assets = read_assets(functions=ROOT / "lambda_src", site=ROOT / "frontend", archive=directory / "functions.zip")
    WarmStandbyStack(app, settings=settings, assets=assets)
    app.synth()
    path = directory / "stacks" / STACK_NAME / "cdk.tf.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
