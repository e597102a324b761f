"""The README of the Terraform module."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from toolchain.release.variables import describe_variables

_TEMPLATE: Final = Path(__file__).with_name("module_readme.txt")


def write_readme(directory: Path, *, files: Mapping[str, Mapping[str, Any]], version: str) -> None:
    """Write README.md from the files of the module."""
    terraform = files["versions.tf.json"]["terraform"]
    outputs = files["outputs.tf.json"]["output"]
    rows = [f"| `{name}` | {body['description']} |" for name, body in sorted(outputs.items())]
    text = _TEMPLATE.read_text(encoding="utf-8").format(
        version=version,
        terraform=terraform["required_version"],
        provider=terraform["required_providers"]["aws"]["version"],
        variables="\n".join(describe_variables(files["variables.tf.json"]["variable"])),
        outputs="\n".join(["| output | meaning |", "| --- | --- |", *rows]),
    )
    (directory / "README.md").write_text(text, encoding="utf-8")
