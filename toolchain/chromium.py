"""Unpack the Chromium of the npm package `@sparticuz/chromium`, and make it a program of the virtual environment.

It is a headless shell for Linux on x86-64, made for AWS Lambda. The package's own function unpacks only what Lambda
lacks, into a directory that others share, and takes any file named `chromium` there. So the archives are unpacked here.
"""

import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from toolchain.node import write_program

PROGRAM: Final = "chromium-headless-shell"
ARCHIVES: Final = ("al2023.tar", "fonts.tar")
"""The libraries of Amazon Linux 2023 that Chromium needs, and the fonts Open Sans."""

# Node has Brotli, Python has not. The streams keep the memory small.
_UNPACK: Final = """
const [from, to] = process.argv.slice(1), fs = require("fs");
require("stream/promises").pipeline(
  fs.createReadStream(from), require("zlib").createBrotliDecompress(), fs.createWriteStream(to),
).catch((error) => { console.error(error.message); process.exit(1); });
"""
# Without any font a page is blank, and its elements have no text. The machine's own fonts come first.
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{directory}/fonts</dir>
  <cachedir>{directory}/font-cache</cachedir>
</fontconfig>
"""


def unpack(packed: Path, directory: Path) -> None:
    """Unpack Chromium, its libraries and its fonts from the package's folder `packed`.

    Raises `subprocess.CalledProcessError`, `OSError` and `tarfile.TarError`.
    """
    for name in ("chromium", *ARCHIVES):
        subprocess.run(["node", "--eval", _UNPACK, packed / f"{name}.br", directory / name], check=True)
    (directory / "chromium").chmod(0o755)
    for name in ARCHIVES:
        with tarfile.open(directory / name) as archive:
            # Python 3.11.4 has the first filter. Source: docs.python.org, tarfile, "Supporting older Python versions".
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(directory)  # noqa: S202 - the filter is set, and npm has compared the package's hash
        (directory / name).unlink()
    (directory / "fonts.conf").write_text(_FONTS.format(directory=escape(str(directory))), encoding="utf-8")


def launcher(directory: Path, *, libraries: bool) -> str:
    """Return the script that starts Chromium. With `libraries`, it uses the unpacked ones."""
    settings = {"FONTCONFIG_FILE": directory / "fonts.conf"}
    if libraries:
        settings["LD_LIBRARY_PATH"] = directory / "lib"
    assigned = " ".join(f"{name}={shlex.quote(str(path))}" for name, path in settings.items())
    return f'#!/bin/sh\n{assigned} exec {shlex.quote(str(directory / "chromium"))} "$@"\n'


def lacks_libraries(program: Path) -> bool:
    """Return whether this machine lacks a library of the program, or cannot tell. Source: ldd(1)."""
    try:
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    except OSError:
        return True
    return bool(listed.returncode) or "not found" in listed.stdout


def main(directory: Path) -> None:
    """Unpack what npm installed into `directory`, and keep it only if it runs."""
    program = Path(sys.prefix, "bin", PROGRAM)
    installed = directory / "node_modules"
    try:
        unpack(installed / "@sparticuz" / "chromium" / "bin", directory)
        write_program(program, launcher(directory, libraries=lacks_libraries(directory / "chromium")))
        subprocess.run([program, "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError, tarfile.TarError) as error:
        program.unlink(missing_ok=True)
        shutil.rmtree(directory)
        sys.exit(f"The Chromium of @sparticuz/chromium does not run here ({error}). Install one: apt install chromium")
    shutil.rmtree(installed)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
