"""The Chromium of the npm package: unpacked for this machine, kept if it runs, and removed if it does not."""

import io
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from toolchain import chromium

PACK = """
const fs = require("fs"), zlib = require("zlib");
for (const path of process.argv.slice(1))
  fs.writeFileSync(`${path}.br`, zlib.brotliCompressSync(fs.readFileSync(path)));
"""
RUNS = '#!/bin/sh\necho "$FONTCONFIG_FILE|$LD_LIBRARY_PATH|$*"\n'


def pack(directory: Path, program: str) -> None:
    """Write the package as npm installs it."""
    packed = directory / "node_modules" / "@sparticuz" / "chromium" / "bin"
    packed.mkdir(parents=True)
    (packed / "chromium").write_text(program)
    for archive, member in (("al2023.tar", "lib/libnss3.so"), ("fonts.tar", "fonts/OpenSans.ttf")):
        with tarfile.open(packed / archive, "w") as tar:
            tar.addfile(tarfile.TarInfo(member), io.BytesIO())
    subprocess.run(["node", "--eval", PACK, *packed.iterdir()], check=True)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A virtual environment of this test."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    return tmp_path / "venv"


def test_chromium_runs_from_the_environment_with_fonts_and_leaves_no_package(environment: Path) -> None:
    directory = environment / "chromium & more"
    pack(directory, RUNS)
    chromium.main(directory)
    program = environment / "bin" / "chromium-headless-shell"
    shown = subprocess.run([program, "--version", "a b"], capture_output=True, text=True, check=True).stdout
    fonts, _, arguments = shown.strip().split("|")
    assert (fonts, arguments) == (str(directory / "fonts.conf"), "--version a b")
    described = ET.parse(fonts).getroot()  # noqa: S314 - it was just written
    assert [part.text for part in described.findall("dir")] == [str(directory / "fonts")]
    assert [part.text for part in described.findall("include")] == ["/etc/fonts/fonts.conf"]
    assert (directory / "fonts" / "OpenSans.ttf").is_file()
    assert not (directory / "node_modules").exists()


@pytest.mark.parametrize("missing", [True, False])
def test_the_packages_libraries_are_used_only_where_the_machine_lacks_one(environment: Path, missing: bool) -> None:  # noqa: FBT001
    text = chromium.launcher(environment, libraries=missing)
    assert (f"LD_LIBRARY_PATH={environment / 'lib'}" in text) is missing


def test_a_program_with_all_its_libraries_lacks_none_and_one_that_ldd_cannot_read_may() -> None:
    assert not chromium.lacks_libraries(Path(sys.executable))
    assert chromium.lacks_libraries(Path(__file__))


def test_a_chromium_that_does_not_run_is_removed_and_the_remedy_is_named(environment: Path) -> None:
    directory = environment / "chromium"
    pack(directory, "#!/bin/sh\nexit 127\n")
    with pytest.raises(SystemExit, match=r"does not run here .* apt install chromium"):
        chromium.main(directory)
    assert not (environment / "bin" / "chromium-headless-shell").exists()
    assert not directory.exists()
