"""The archive and the site's files are the same for every checkout and on every machine."""

import mimetypes
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.constructs.helpers import checkout
from tests.constructs.plan import ROOT
from warm_standby.assets import read_assets, write_archive

FUNCTIONS = ROOT / "lambda_src"
OTHER_TIME = 1_600_000_000


def test_the_archive_is_the_same_from_another_checkout(tmp_path: Path) -> None:
    checkout(tmp_path / "other", ["lambda_src"])
    write_archive(FUNCTIONS, tmp_path / "here.zip")
    write_archive(tmp_path / "other" / "lambda_src", tmp_path / "there.zip")
    assert (tmp_path / "here.zip").read_bytes() == (tmp_path / "there.zip").read_bytes()


def test_the_archive_contains_only_the_python_files(tmp_path: Path) -> None:
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
        own = {path.relative_to(FUNCTIONS).as_posix() for path in FUNCTIONS.rglob("*.py")}
        assert names == sorted(
            name for name in own if name.partition("/")[0] not in {"controller", "notifications", "standby_protocol"}
        )
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


def test_a_site_that_the_synthesis_would_overwrite_is_refused_and_stays(tmp_path: Path) -> None:
    page = tmp_path / "site" / "index.html"
    page.parent.mkdir()
    page.write_text("the page")
    with pytest.raises(ValueError, match="the synthesis writes this directory"):
        read_assets(functions=FUNCTIONS, site=page.parent, archive=tmp_path / "functions.zip")
    assert page.read_text() == "the page"
    assert not (tmp_path / "functions.zip").exists()


@pytest.fixture
def foreign_types(tmp_path: Path) -> Iterator[None]:
    """A machine with other content types in its table."""
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
    files = read_assets(functions=FUNCTIONS, site=site, archive=tmp_path / "out" / "functions.zip").site_files
    assert {file.key: file.content_type for file in files} == expected
    (site / "page.unknown-type").touch()
    with pytest.raises(ValueError, match="unknown file type"):
        read_assets(functions=FUNCTIONS, site=site, archive=tmp_path / "out" / "functions.zip")


def test_every_file_of_the_project_s_own_site_would_be_uploaded_but_no_config(tmp_path: Path) -> None:
    assets = read_assets(functions=ROOT / "lambda_src", site=ROOT / "frontend", archive=tmp_path / "functions.zip")
    keys = {file.key for file in assets.site_files}
    assert keys == {p.relative_to(ROOT / "frontend").as_posix() for p in (ROOT / "frontend").rglob("*") if p.is_file()}
    assert "index.html" in keys
    assert "config.json" not in keys  # every apply would overwrite it


def test_the_site_is_deployed_from_the_output_directory_without_comments(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "page.js").write_text("// a comment\nrun();\n")
    assets = read_assets(functions=FUNCTIONS, site=site, archive=tmp_path / "out" / "functions.zip")
    assert assets.site == tmp_path / "out" / "site"
    assert (assets.site / "page.js").read_text() == "run();\n"
    assert (site / "page.js").read_text() == "// a comment\nrun();\n"
