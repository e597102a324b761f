"""The packages of the authorizer: which wheels are used, what of them is packed, and what an error says."""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.constructs.plan import ROOT
from warm_standby.assets import AssetError, read_assets
from warm_standby.wheels import PACKAGES, locked_wheels


def _write_wheel(directory: Path, name: str, files: dict[str, bytes]) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, data in files.items():
            wheel.writestr(file, data)
    return path


def _write_project(project: Path) -> list[Path]:
    """Write a project with a wheel of each package that its lock file names."""
    wheels = [_write_wheel(project / ".wheels", name, {f"{name}/__init__.py": b""}) for name in PACKAGES]
    locked = {
        name: {"version": "==1.0", "hashes": [f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"]}
        for name, wheel in zip(PACKAGES, wheels, strict=True)
    }
    (project / "Pipfile.lock").write_text(json.dumps({"default": locked}))
    return wheels


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip find no package."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def test_wheels_that_the_lock_file_names_need_no_network(tmp_path: Path, offline: None) -> None:
    wheels = _write_project(tmp_path)
    assert locked_wheels(tmp_path) == tuple(wheels)


def test_a_wheel_with_another_content_is_not_used(tmp_path: Path, offline: None) -> None:
    wheels = _write_project(tmp_path)
    wheels[0].write_bytes(wheels[0].read_bytes() + b"changed")
    with pytest.raises(AssetError) as refused:
        locked_wheels(tmp_path)
    said = str(refused.value)
    assert said.startswith('pip could not download the packages that access.mode = "oidc" needs: ERROR: No matching')
    assert "`.venv/bin/python -m warm_standby.wheels`" in said
    assert "\n" not in said


@pytest.mark.parametrize("lock", [None, "", "{}", '{"default": {"cffi": {}}}'])
def test_a_lock_file_without_the_packages_is_an_error_that_names_them(tmp_path: Path, lock: str | None) -> None:
    if lock is not None:
        (tmp_path / "Pipfile.lock").write_text(lock)
    with pytest.raises(AssetError, match="it must name cffi, cryptography, pyjwt"):
        locked_wheels(tmp_path)


def test_the_project_s_own_lock_file_names_each_package_with_hashes() -> None:
    locked = json.loads((ROOT / "Pipfile.lock").read_text())["default"]
    assert all(locked[name]["hashes"] and locked[name]["version"].startswith("==") for name in PACKAGES)


def test_the_authorizer_s_archive_has_its_code_and_what_runs_of_the_packages(tmp_path: Path) -> None:
    wheel = _write_wheel(
        tmp_path,
        "cryptography",
        {
            "cryptography/__init__.py": b"",
            "cryptography/_rust.abi3.so": b"\x7fELF",
            "cryptography/x.pyi": b"",
            "cryptography/py.typed": b"",
            "cryptography-1.0.dist-info/RECORD": b"",
            "cffi/__init__.py": b"",
            "_cffi_backend.so": b"",
        },
    )
    archives = []
    for name in ("one", "two"):
        assets = read_assets(
            functions=ROOT / "lambda_src", site=tmp_path / "site", archive=tmp_path / name / "f.zip", wheels=[wheel]
        )
        assert assets.authorizer_code
        archives.append(assets.authorizer_code.read_bytes())
    assert archives[0] == archives[1]
    with zipfile.ZipFile(tmp_path / "one" / "authorizer.zip") as archive:
        names = archive.namelist()
    assert [name for name in names if name.startswith("authorizer_packages/")] == [
        "authorizer_packages/_cffi_backend.so",
        "authorizer_packages/cryptography/__init__.py",
        "authorizer_packages/cryptography/_rust.abi3.so",
    ]
    assert {name.partition("/")[0] for name in names} == {"authorizer", "authorizer_packages", "shared"}


def test_an_open_deployment_has_no_archive_of_the_authorizer(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assets = read_assets(functions=ROOT / "lambda_src", site=tmp_path / "site", archive=out / "functions.zip")
    assert assets.authorizer_code is None
    assert not (out / "authorizer.zip").exists()


class Pip:
    """Answers `pip download`: keeps the command, and downloads the given wheels."""

    def __init__(self, wheels: list[Path]) -> None:
        self.wheels = wheels
        self.command: list[str] = []
        self.options: dict[str, object] = {}
        self.requirements = ""

    def __call__(self, command: list[str], **options: object) -> None:
        self.command, self.options = command, options
        self.requirements = Path(command[-1]).read_text(encoding="utf-8")
        for wheel in self.wheels:
            shutil.copy(wheel, Path(command[command.index("--dest") + 1]) / wheel.name)


def test_pip_downloads_only_wheels_for_the_function_s_platform_and_compares_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index").mkdir()
    wheels = _write_project(tmp_path / "index")
    (tmp_path / "Pipfile.lock").write_text((tmp_path / "index" / "Pipfile.lock").read_text())
    pip = Pip(wheels)
    monkeypatch.setattr("warm_standby.wheels.subprocess.run", pip)
    assert locked_wheels(tmp_path) == tuple(tmp_path / ".wheels" / wheel.name for wheel in wheels)
    temporary = str(Path(pip.command[-1]).parent)
    assert pip.command == [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary", ":all:", "--require-hashes"),
        *("--platform", "manylinux_2_28_aarch64", "--platform", "manylinux_2_17_aarch64"),
        *("--platform", "manylinux2014_aarch64", "--python-version", "3.13", "--implementation", "cp"),
        *("--abi", "cp313", "--abi", "abi3", "--abi", "none"),
        *("--dest", temporary, "--requirement", f"{temporary}/requirements.txt"),
    ]
    assert pip.options == {"check": True, "capture_output": True, "text": True, "timeout": 300.0}
    digests = [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels]
    assert pip.requirements.splitlines() == [
        f"{name}==1.0 --hash=sha256:{digest}" for name, digest in zip(PACKAGES, digests, strict=True)
    ]


def test_a_wheel_that_pip_did_not_download_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = _write_project(tmp_path)
    wheels[1].unlink()
    wheels[2].unlink()
    monkeypatch.setattr("warm_standby.wheels.subprocess.run", Pip([]))
    with pytest.raises(AssetError) as refused:
        locked_wheels(tmp_path)
    assert str(refused.value) == f"{tmp_path}/.wheels: no wheel of cryptography, pyjwt that Pipfile.lock names"


@pytest.mark.parametrize(
    "error, reason",
    [
        (subprocess.CalledProcessError(1, "pip", stderr="hint\nERROR: one\nERROR: two\nbye\n"), "ERROR: two"),
        (subprocess.CalledProcessError(1, "pip", stderr="first\nlast\n"), "last"),
        (OSError("no such file"), "no such file"),
        (OSError(), "it says nothing"),
    ],
)
def test_the_last_error_of_pip_is_told_with_the_way_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    _write_project(tmp_path)[0].unlink()

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("warm_standby.wheels.subprocess.run", fail)
    with pytest.raises(AssetError) as refused:
        locked_wheels(tmp_path)
    assert str(refused.value) == (
        f'pip could not download the packages that access.mode = "oidc" needs: {reason}. On a machine that reaches a '
        "package index, run `.venv/bin/python -m warm_standby.wheels` in the project, and copy its .wheels here"
    )


def test_a_lock_file_that_names_no_package_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(AssetError) as refused:
        locked_wheels(tmp_path)
    assert str(refused.value) == (
        f'{tmp_path}/Pipfile.lock: it must name cffi, cryptography, pyjwt, which access.mode = "oidc" needs'
    )
