"""The Python packages of the authorizer, as wheels for Lambda, downloaded by pip and compared with Pipfile.lock.

The function's platform is Python 3.13 on arm64 with Amazon Linux 2023 (glibc 2.34).
Source: docs.aws.amazon.com, Lambda, "Lambda runtimes".
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from warm_standby.assets import AssetError

PACKAGES: Final = ("cffi", "cryptography", "pyjwt")
"""cryptography needs the compiled module of cffi, and nothing of pycparser."""
DIRECTORY: Final = ".wheels"
LOCK: Final = "Pipfile.lock"
COMMAND: Final = ".venv/bin/python -m warm_standby.wheels"
_PLATFORMS: Final = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
_TAGS: Final = (
    "--python-version",
    "3.13",
    "--implementation",
    "cp",
    "--abi",
    "cp313",
    "--abi",
    "abi3",
    "--abi",
    "none",
)
_SECONDS: Final = 300.0


def locked_wheels(project: Path) -> tuple[Path, ...]:
    """Return the wheels, one for each package. Those that `.wheels` in the project lacks are downloaded.

    Raises `AssetError` if the lock file or a wheel is missing, or if pip cannot download one.
    """
    locked = _read_lock(project / LOCK)
    directory = project / DIRECTORY
    found = _find(directory, locked)
    if len(found) < len(PACKAGES):
        _download(locked, directory)
        found = _find(directory, locked)
    if missing := sorted(set(PACKAGES) - set(found)):
        raise AssetError(f"{directory}: no wheel of {', '.join(missing)} that {LOCK} names")
    return tuple(found[name] for name in PACKAGES)


def _read_lock(lock: Path) -> dict[str, Mapping[str, Any]]:
    try:
        packages = json.loads(lock.read_text(encoding="utf-8"))["default"]
        return {name: packages[name] for name in PACKAGES}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise AssetError(f'{lock}: it must name {", ".join(PACKAGES)}, which access.mode = "oidc" needs') from error


def _find(directory: Path, locked: Mapping[str, Mapping[str, Any]]) -> dict[str, Path]:
    """Return the wheels of a directory whose content the lock file names, by package."""
    found = {}
    for name in PACKAGES:
        for wheel in sorted(directory.glob(f"{name}-*.whl")):
            if f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}" in locked[name]["hashes"]:
                found[name] = wheel
    return found


def _download(locked: Mapping[str, Mapping[str, Any]], directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary, "requirements.txt")
        wanted.write_text("\n".join(_requirement(name, locked[name]) for name in PACKAGES), encoding="utf-8")
        platforms = [part for platform in _PLATFORMS for part in ("--platform", platform)]
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
        command = [sys.executable, "-m", "pip", "download", *options, *platforms, *_TAGS, "--dest", temporary]
        try:
            subprocess.run(
                [*command, "--requirement", str(wanted)], check=True, capture_output=True, text=True, timeout=_SECONDS
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise AssetError(_describe(error)) from error
        for wheel in Path(temporary).glob("*.whl"):
            shutil.move(wheel, directory / wheel.name)


def _requirement(name: str, package: Mapping[str, Any]) -> str:
    return " ".join((f"{name}{package['version']}", *(f"--hash={digest}" for digest in package["hashes"])))


def _describe(error: Exception) -> str:
    said = str(getattr(error, "stderr", "") or error).strip().splitlines() or ["it says nothing"]
    reasons = [line for line in said if line.startswith("ERROR")] or said
    return (
        f'pip could not download the packages that access.mode = "oidc" needs: {reasons[-1]}. On a machine that reaches'
        f" a package index, run `{COMMAND}` in the project, and copy its {DIRECTORY} here"
    )


if __name__ == "__main__":
    try:
        for path in locked_wheels(Path.cwd()):
            sys.stdout.write(f"{path}\n")
    except AssetError as failure:
        sys.stderr.write(f"{failure}\n")
        sys.exit(1)
