"""Helpers that run a small program in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CONSTRUCTS = Path(__file__).parents[2] / "constructs"
ONE_BUCKET = """
import lazy_bindings, sys
status = lazy_bindings.install()
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
app = App(outdir=sys.argv[1])
stack = TerraformStack(app, "stack")
AwsProvider(stack, "aws", region="us-west-2")
S3Bucket(stack, "bucket", bucket="name")
app.synth()
loaded = {name.split(".")[1] for name in sys.modules if name.startswith("cdktf_cdktf_provider_aws.")}
print(status, sorted(name for name in loaded if not name.startswith("_")))
"""


def run_python(program: str, *arguments: object, environment: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Run a Python program with added environment variables. Return its standard output and standard error."""
    result = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(CONSTRUCTS)} | dict(environment or {}),
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return result.stdout, result.stderr


def run_node(program: str, *, name: Path, preload: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a JavaScript program as the file `name`, with the preload. Return its standard output."""
    name.parent.mkdir(parents=True, exist_ok=True)
    name.write_text(program)
    command = ["node", "--preserve-symlinks", "--require", str(preload), str(name)]
    variables = os.environ | {"XDG_CACHE_HOME": str(name.parent / "cache")} | dict(environment or {})
    return subprocess.run(command, env=variables, check=True, capture_output=True, text=True, timeout=60).stdout
