"""`python -m bench.synth.compat`: test other versions of cdktf and the bindings, each in its own virtual environment.

For each version: install it from pip's package index, synthesize one program with stock and with lazy bindings, and
compare every file. Exit with 1 if a file differs, or if the lazy run was not lazy.
"""

import os
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from lazy_bindings import STOCK_VARIABLE

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Version:
    """The requirements to install, and the names of the packages."""

    requirements: tuple[str, ...]
    cdk: str
    bindings: str


VERSIONS = (
    Version(
        requirements=("cdktf==0.21.0", "cdktf-cdktf-provider-aws>=21,<22"),
        cdk="cdktf",
        bindings="cdktf_cdktf_provider_aws",
    ),
    Version(requirements=("cdktn", "cdktn-provider-aws"), cdk="cdktn", bindings="cdktn_provider_aws"),
)


def _install(version: Version, directory: Path) -> Path:
    venv.create(directory, with_pip=True)
    python = directory / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *version.requirements], check=True)
    return python


def _synthesize(version: Version, python: Path, out: Path, *, stock: bool) -> str:
    paths = os.pathsep.join([str(ROOT / "constructs"), str(ROOT)])
    environment = os.environ | {"PYTHONPATH": paths, STOCK_VARIABLE: "1" if stock else "0"}
    command = [str(python), "-m", "bench.synth.compat_program", version.cdk, version.bindings, str(out)]
    started = time.perf_counter()
    result = subprocess.run(command, cwd=out.parent, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return f"{result.stdout.strip()}, {time.perf_counter() - started:.1f} s"


def compare(version: Version, directory: Path) -> bool:
    """Return whether stock and lazy bindings synthesize the same bytes, and print how each was loaded.

    Raises subprocess.CalledProcessError if an installation or a synth fails.
    """
    python = _install(version, directory / "venv")
    listing = subprocess.run([python, "-m", "pip", "freeze"], check=True, stdout=subprocess.PIPE, text=True).stdout
    chosen = [line for line in listing.splitlines() if line.startswith(("cdkt", "jsii", "constructs"))]
    print(", ".join(chosen), flush=True)
    synthesized: list[dict[str, bytes]] = []
    for name, stock in (("stock", True), ("lazy", False), ("lazy again", False)):
        out = directory / name
        print(f"  {name}: {_synthesize(version, python, out, stock=stock)}", flush=True)
        synthesized.append({str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()})
    same = all(files == synthesized[0] for files in synthesized[1:])
    print("  the same bytes" if same else "  DIFFERENT", flush=True)
    return same


def main() -> int:
    """Compare each version, and return the exit code."""
    results = []
    for version in VERSIONS:
        with tempfile.TemporaryDirectory() as directory:
            results.append(compare(version, Path(directory)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
