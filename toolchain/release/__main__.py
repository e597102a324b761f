"""`python -m toolchain.release DIRECTORY [--tag TAG]`: write a release into a directory, in place of what is there."""

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

from standby.errors import RefusedError, StandbyError
from toolchain.release.archive import write_archive, write_checksums
from toolchain.release.notes import check_tag, release_notes
from toolchain.release.sbom import add_vendored
from toolchain.release.synthesis import ROOT, write_module

TIME_VARIABLE: Final = "SOURCE_DATE_EPOCH"
NAMES: Final = (
    "RELEASE_NOTES.md",
    "SHA256SUMS",
    "openapi-*.json",
    "warm-standby-*.cdx.json",
    "warm-standby-module-*",
    "warm_standby-*.whl",
)
"""What a release consists of."""


def make_release(directory: Path, *, tag: str = "") -> None:
    """Write the wheel, the module, the SBOM, the OpenAPI document, the notes and the checksums.

    Raises `RefusedError` for a tag that is not the version's, and for a directory with files that are not a release's;
    `CalledProcessError`, `ModuleError`, `OSError`.
    """
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    title, notes = release_notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if tag:
        check_tag(tag, version=version, title=title)
    elif title != version:
        sys.stderr.write(f"CHANGELOG.md has no section {version}: the notes are its section {title}.\n")
    time = source_time()
    _empty(directory)
    _run("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(directory), ".", time=time)
    module = directory / f"warm-standby-module-{version}"
    write_module(module, version=version)
    write_archive(module, directory / f"{module.name}.tar.gz", time=time)
    _write_sbom(directory / f"warm-standby-{version}.cdx.json", time=time)
    shutil.copyfile(ROOT / "docs" / "openapi.json", directory / f"openapi-{version}.json")
    (directory / "RELEASE_NOTES.md").write_text(notes, encoding="utf-8")
    write_checksums(directory)


def source_time() -> int:
    """Return `SOURCE_DATE_EPOCH`, else the time of the last commit. Raises `RefusedError` if there is neither.

    Source: reproducible-builds.org/docs/source-date-epoch.
    """
    if given := os.environ.get(TIME_VARIABLE):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        raise RefusedError("This is no clone with a commit.", hint=f"Set {TIME_VARIABLE} to a time in seconds.")
    return int(found.stdout)


def _empty(directory: Path) -> None:
    """Remove an earlier release. Refuse a directory that has anything else, and remove nothing of it."""
    directory.mkdir(parents=True, exist_ok=True)
    found = sorted(directory.iterdir())
    if others := [path.name for path in found if not any(map(path.match, NAMES))]:
        raise RefusedError(
            f"{directory} has {others[0]}, which is no part of a release.", hint="Name another directory."
        )
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _write_sbom(file: Path, *, time: int) -> None:
    options = ("--pyproject", "pyproject.toml", "--mc-type", "application", "--output-reproducible", "--validate")
    _run("cyclonedx_py", "pipenv", *options, "--output-format", "JSON", "--output-file", str(file), ".", time=time)
    add_vendored(file)


def _run(module: str, *arguments: str, time: int) -> None:
    environment = {**os.environ, TIME_VARIABLE: str(time), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m toolchain.release", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--tag", default="", help="the tag of the release: it must be that of the version")
    options = parser.parse_args()
    try:
        make_release(options.directory.resolve(), tag=options.tag)
    except StandbyError as error:
        sys.exit(error.full_message)
    sys.stdout.write(f"{options.directory}\n")


if __name__ == "__main__":
    main()
