"""The same tree gives the same bytes: on another checkout, in another process, on another day."""

import hashlib
import mimetypes
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.constructs.plan import ROOT
from warm_standby.assets import read_assets, write_archive

FUNCTIONS = ROOT / "lambda_src"
OTHER_TIME = 1_600_000_000


def files(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


def checkout(destination: Path, names: list[str]) -> None:
    """Copy files one by one in another order, with other times and modes, as another checkout would have them."""
    paths = sorted(path for name in names for path in (ROOT / name, *(ROOT / name).rglob("*")) if path.is_file())
    paths = [path for path in paths if path.suffix != ".pyc"]
    random.Random(0).shuffle(paths)  # noqa: S311 - an order, not a secret
    for path in paths:
        copy = destination / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o600)
        os.utime(copy, (OTHER_TIME, OTHER_TIME))


def test_the_archive_is_the_same_from_another_checkout(tmp_path: Path) -> None:
    checkout(tmp_path / "other", ["lambda_src"])
    write_archive(FUNCTIONS, tmp_path / "here.zip")
    write_archive(tmp_path / "other" / "lambda_src", tmp_path / "there.zip")
    assert (tmp_path / "here.zip").read_bytes() == (tmp_path / "there.zip").read_bytes()


def test_the_archive_holds_the_python_files_and_nothing_else(tmp_path: Path) -> None:
    checkout(tmp_path, ["lambda_src"])
    functions = tmp_path / "lambda_src"
    write_archive(functions, tmp_path / "before.zip")
    for litter in (
        "README.md",
        "query/handler.pyc",
        "query/__pycache__/handler.cpython-311.pyc",
        ".env",
        "query/x.py~",
    ):
        (functions / litter).parent.mkdir(exist_ok=True)
        (functions / litter).write_text("not code")
    write_archive(functions, tmp_path / "after.zip")
    assert (tmp_path / "before.zip").read_bytes() == (tmp_path / "after.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "after.zip") as archive:
        names = archive.namelist()
        assert names == sorted(path.relative_to(FUNCTIONS).as_posix() for path in FUNCTIONS.rglob("*.py"))
        assert archive.read("query/handler.py") == (FUNCTIONS / "query/handler.py").read_bytes()


def test_every_entry_can_be_read_by_lambda(tmp_path: Path) -> None:
    write_archive(FUNCTIONS, tmp_path / "functions.zip")
    with zipfile.ZipFile(tmp_path / "functions.zip") as archive:
        assert archive.testzip() is None
        modes = {entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes == {0o100644}


def test_a_changed_line_changes_the_archive(tmp_path: Path) -> None:
    checkout(tmp_path, ["lambda_src"])
    functions = tmp_path / "lambda_src"
    write_archive(functions, tmp_path / "before.zip")
    with (functions / "query/handler.py").open("a") as file:
        file.write("# changed\n")
    write_archive(functions, tmp_path / "after.zip")
    assert (tmp_path / "before.zip").read_bytes() != (tmp_path / "after.zip").read_bytes()


def test_functions_or_a_site_that_cannot_be_used_are_refused_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no Python files"):
        write_archive(tmp_path, tmp_path / "functions.zip")
    assert not (tmp_path / "functions.zip").exists()
    (tmp_path / "page.unknown-type").write_text("x")
    with pytest.raises(ValueError, match=r"page\.unknown-type: unknown file type"):
        read_assets(functions=FUNCTIONS, site=tmp_path, archive=tmp_path / "functions.zip")


@pytest.fixture
def foreign_types(tmp_path: Path) -> Iterator[None]:
    """A machine whose table of content types says otherwise."""
    table = tmp_path / "mime.types"
    table.write_text("application/x-here js mjs css html svg webp woff woff2 md unknown-type\n")
    mimetypes.init(files=[str(table)])
    yield
    mimetypes.init()


def test_the_machine_s_table_of_content_types_changes_nothing(tmp_path: Path, foreign_types: None) -> None:
    site = tmp_path / "site"
    expected = {
        "a.css": "text/css; charset=utf-8",
        "a.html": "text/html; charset=utf-8",
        "a.js": "text/javascript; charset=utf-8",
        "a.md": "text/markdown; charset=utf-8",
        "a.mjs": "text/javascript; charset=utf-8",
        "a.svg": "image/svg+xml; charset=utf-8",
        "a.webp": "image/webp",
        "a.woff": "font/woff",
        "a.woff2": "font/woff2",
    }
    site.mkdir()
    for name in expected:
        (site / name).touch()
    assert mimetypes.guess_type("a.js")[0] == "application/x-here"
    files = read_assets(functions=FUNCTIONS, site=site, archive=tmp_path / "functions.zip").site_files
    assert {file.key: file.content_type for file in files} == expected
    (site / "page.unknown-type").touch()
    with pytest.raises(ValueError, match="unknown file type"):
        read_assets(functions=FUNCTIONS, site=site, archive=tmp_path / "functions.zip")


def synth(project: Path, seed: str) -> "subprocess.Popen[bytes]":
    """Run the project's `main.py` as a user does, with its own constructs, and let it write `cdktf.out` there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CDKTF_", "STANDBY_"))}
    environment |= {"PYTHONPATH": str(project / "constructs"), "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, "main.py"], cwd=project, env=environment, stderr=subprocess.PIPE)


def test_two_processes_in_two_directories_synthesize_the_same_bytes(tmp_path: Path) -> None:
    names = ["main.py", "standby.toml", "cdktf.json", "constructs", "lambda_src", "frontend"]
    projects = [tmp_path / "one", tmp_path / "deeper" / "two"]
    checkout(projects[0], names)
    shutil.copytree(projects[0], projects[1])
    before = set(files(projects[0]))
    processes = [synth(project, seed) for project, seed in zip(projects, ("1", "2"), strict=True)]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    one, two = (files(project / "cdktf.out") for project in projects)
    assert {"manifest.json", "functions.zip", "stacks/warm-standby/cdk.tf.json"} <= set(one)
    assert one == two
    assert said[0] == said[1] == b""
    assert {name for name in files(projects[0]) if not name.startswith("cdktf.out/")} == before
