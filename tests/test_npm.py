"""npm runs no program of a package while it installs: neither in `make`, nor in a command that somebody types here."""

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.constructs.plan import ROOT

INSTALL = re.compile(r"\bnpm\s+(?:ci|i|install|add|update|rebuild|exec)\b[^\n`]*")
FILES = (
    "Makefile",
    "package.json",
    "cdktf.json",
    ".ci/*",
    "*.md",
    "docs/**/*.md",
    "bench/**/*.py",
    "standby/**/*.py",
    "toolchain/**/*.py",
)
SCRIPTS = ("preinstall", "install", "postinstall", "prepare")


def texts() -> Iterator[tuple[Path, str]]:
    for pattern in FILES:
        for path in ROOT.glob(pattern):
            if path.is_file():
                yield path, path.read_text(encoding="utf-8")


def test_every_command_that_installs_with_npm_ignores_scripts() -> None:
    found = {(path.name, match[0]) for path, text in texts() for match in INSTALL.finditer(text)}
    assert (
        "Makefile",
        "npm ci --include=dev --ignore-scripts --no-update-notifier --loglevel=error >/dev/null",
    ) in found
    assert [command for command in found if "--ignore-scripts" not in command[1]] == []


@pytest.mark.parametrize("command", ["ci", "install"])
def test_a_package_with_install_scripts_runs_none_of_them_with_the_settings_of_the_project(
    tmp_path: Path, command: str
) -> None:
    """No flag is given: `.npmrc` alone must do it, because `npm ci` is what a reader of package.json types.

    The dependency is an archive, as those of a registry are. npm 10 runs `prepare` of a linked directory all the same.
    """
    scripts = {name: f"echo {name} >> {tmp_path / 'ran'}" for name in SCRIPTS}
    package = tmp_path / "package"
    (package / "dependency").mkdir(parents=True)
    dependencies = {"dependency": "file:dependency.tgz"}
    for directory, needed in ((package, dependencies), (package / "dependency", {})):
        described = {"name": directory.name, "version": "1.0.0", "scripts": scripts, "dependencies": needed}
        (directory / "package.json").write_text(json.dumps(described))
    with tarfile.open(package / "dependency.tgz", "w:gz") as archive:
        archive.add(package / "dependency", arcname="package")
    subprocess.run(("npm", "install", "--package-lock-only", "--ignore-scripts", "--offline"), cwd=package, check=True)
    shutil.copy(ROOT / ".npmrc", package)
    subprocess.run(("npm", command, "--offline"), cwd=package, check=True, capture_output=True)
    assert (package / "node_modules" / "dependency").exists()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "path", ["package-lock.json", *(f"toolchain/{name}/package-lock.json" for name in ("npm", "oauth", "quint"))]
)
def test_no_lock_file_names_a_registry_or_links_a_directory(path: str) -> None:
    packages = json.loads((ROOT / path).read_text(encoding="utf-8"))["packages"]
    assert len(packages) > 1
    assert [name for name, body in packages.items() if not {"resolved", "link"}.isdisjoint(body)] == []
