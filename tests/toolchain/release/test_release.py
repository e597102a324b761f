"""`make release` writes what people take: the wheel, the module, the SBOM, the notes and the checksums."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from docs.openapi import FILE as OPENAPI
from standby.errors import RefusedError
from standby.rehearsal.deploy.provider_mirror import cli_config_text, distribution_of, find_mirror
from standby.rehearsal.processes.programs import TERRAFORM, find_program
from tests.constructs.plan import ROOT
from toolchain.release.__main__ import NAMES, make_release
from toolchain.vendor import VENDORED

pytestmark = pytest.mark.programs

VERSION = "0.1.0"
PROVIDER = "5.100.0"
TIME = 1_700_000_000


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("release") / "dist")


def written(directory: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(TIME))
        make_release(directory)
    return directory


def only(directory: Path, pattern: str) -> Path:
    (found,) = directory.glob(pattern)
    return found


def test_the_release_has_every_part_and_the_checksums_are_right(release: Path) -> None:
    names = sorted(path.name for path in release.iterdir() if path.is_file())
    assert len(names) == len(NAMES)
    checked = subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=release, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    assert sorted(line.partition(":")[0] for line in checked.stdout.splitlines()) == sorted({*names} - {"SHA256SUMS"})


def test_the_same_commit_gives_the_same_bytes_and_replaces_an_earlier_release(release: Path, tmp_path: Path) -> None:
    (tmp_path / "warm_standby-0.0.1-py3-none-any.whl").touch()
    (tmp_path / "warm-standby-module-0.0.1").mkdir()
    again = written(tmp_path)
    assert (again / "SHA256SUMS").read_text() == (release / "SHA256SUMS").read_text()
    assert sorted(path.name for path in again.iterdir()) == sorted(path.name for path in release.iterdir())


def test_a_directory_with_other_files_is_left_alone(tmp_path: Path) -> None:
    for name in ("SHA256SUMS", "thesis.txt"):
        (tmp_path / name).touch()
    with pytest.raises(RefusedError, match=r"has thesis\.txt, which is no part of a release"):
        written(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["SHA256SUMS", "thesis.txt"]


def test_the_tool_of_the_wheel_runs(release: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    shutil.unpack_archive(only(release, "*.whl"), installed, "zip")
    script = "import standby; from standby.cli.main import main; print(*standby.__path__); main()"
    ran = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}; {script}", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    place, version = ran.stdout.splitlines()
    assert place == str(installed / "standby")
    assert VERSION in version


def test_the_wheel_has_every_file_of_the_tool(release: Path) -> None:
    names = set(zipfile.ZipFile(only(release, "*.whl")).namelist())
    listed = subprocess.run(["git", "ls-files", "standby"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(listed.stdout.split()) <= names
    assert not [name for name in names if name.startswith(("tests", "docs", "toolchain"))]


def test_the_sbom_lists_every_package_that_the_lock_file_names_for_use(release: Path) -> None:
    sbom = json.loads(only(release, "*.cdx.json").read_text())
    locked = json.loads((ROOT / "Pipfile.lock").read_text())["default"]
    listed = {part["name"]: f"=={part['version']}" for part in sbom["components"] if part["name"] != "oauth4webapi"}
    assert listed == {name: body["version"] for name, body in locked.items()}
    main = sbom["metadata"]["component"]
    assert (sbom["bomFormat"], main["name"], main["version"]) == ("CycloneDX", "warm-standby", VERSION)


def test_the_sbom_lists_the_library_that_is_in_the_site(release: Path) -> None:
    parts = json.loads(only(release, "*.cdx.json").read_text())["components"]
    (library,) = (part for part in parts if part["name"] == "oauth4webapi")
    assert f"{library['name']} {library['version']}," in VENDORED.read_text(encoding="utf-8")
    assert library["purl"] == f"pkg:npm/oauth4webapi@{library['version']}"
    assert library["hashes"][0]["content"] == hashlib.sha256(VENDORED.read_bytes()).hexdigest()


def test_the_release_has_the_openapi_document_and_notes(release: Path) -> None:
    assert only(release, "openapi-*.json").read_text() == OPENAPI.read_text()
    assert (release / "RELEASE_NOTES.md").read_text().startswith(f"# {VERSION}\n")


def test_terraform_accepts_the_module_of_the_archive(release: Path, tmp_path: Path) -> None:
    with tarfile.open(only(release, "*.tar.gz")) as archive:
        assert {(entry.mtime, entry.uid, entry.mode) for entry in archive} == {(TIME, 0, 0o644)}
        archive.extractall(tmp_path, filter="data")
    module = only(tmp_path, "warm-standby-module-*")
    of_directory = only(release, "warm-standby-module-*[0-9]")
    assert sorted(path.relative_to(module) for path in module.rglob("*")) == sorted(
        path.relative_to(of_directory) for path in of_directory.rglob("*")
    )
    (tmp_path / "main.tf.json").write_text(json.dumps({"module": {"chatbot": {"source": f"./{module.name}"}}}))
    terraform = find_program(TERRAFORM)
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    distribution = distribution_of(terraform)
    if mirror := find_mirror(version=PROVIDER, distribution=distribution):
        (tmp_path / "cli.tfrc").write_text(cli_config_text(mirror, distribution))
        environment["TF_CLI_CONFIG_FILE"] = str(tmp_path / "cli.tfrc")
    for command in (["init", "-input=false"], ["validate", "-json"]):
        ran = subprocess.run(
            [terraform.path, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["diagnostics"] == []
