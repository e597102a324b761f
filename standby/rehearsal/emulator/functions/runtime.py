"""The interpreter of the functions: Lambda's Python where the machine has it, boto3, PyJWT, and nothing else.

MiniStack runs functions with its own interpreter, which finds every package of the project. A module that a function's
archive lacks would be found there, and on AWS it would not. Lambda's runtimes have boto3 and its dependencies.
Source: docs.aws.amazon.com, Lambda, "Runtime-included SDK versions".

The authorizer's archive has PyJWT and cryptography for Lambda's processor and Python only (record 99). Here it finds
them for this machine in the same environment.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from threading import Lock
from typing import Final

INCLUDED: Final = ("boto3", "cryptography", "pyjwt")
START_SECONDS: Final = 30.0
OWN_PYTHON_VARIABLE: Final = "REHEARSAL_OWN_PYTHON"
"""Set for the emulator of a stack with an authorizer: functions run on the present Python, for which cffi is made."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_PREPARING: Final = Lock()

Detect = Callable[[str], tuple[str, str]]


@cache
def find_python(version: str) -> str:
    """Return an interpreter of this version ("3.13") that starts, or the present one where the machine has none.

    A shim of a version manager can be on the PATH and refuse to start, so the interpreter is tried: without the
    variables `PYTHON*`, which are for another interpreter.
    """
    found = None if os.environ.get(OWN_PYTHON_VARIABLE) else shutil.which(f"python{version}")
    if found is None or found == sys.executable:
        return sys.executable
    check = f"import sys, venv; sys.exit(sys.version_info[:2] != ({version.replace('.', ', ')}))"
    try:
        tried = subprocess.run([found, "-E", "-c", check], capture_output=True, timeout=START_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return sys.executable
    return found if tried.returncode == 0 else sys.executable


def describe_difference(runtime: str, *, own_python: bool = False) -> str:
    """Return in words that the functions of a runtime run on another Python here than on AWS; "" if they do not.

    `own_python`: the emulator has `OWN_PYTHON_VARIABLE`.
    """
    version, present = runtime.removeprefix("python"), f"{sys.version_info.major}.{sys.version_info.minor}"
    if version in {runtime, present} or (not own_python and find_python(version) != sys.executable):
        return ""
    reason = "as the packages of sign-in need it" if own_python else f"because no Python {version} was found"
    return f"Functions run on Python {present} here, {reason}. On AWS they run on {version}."


def corrected_detection(detect: Detect, directory: Path) -> Detect:
    """Return MiniStack's function that names the interpreter of a runtime, changed so that it has boto3 alone.

    The environments are made in `directory` when a function of their runtime first starts.
    """

    def detect_runtime(runtime: str) -> tuple[str, str]:
        binary, worker = detect(runtime)
        version = runtime.removeprefix("python")
        if version == runtime or not binary:
            return binary, worker
        with _PREPARING:
            return str(prepare_environment(directory / f"function-{runtime}", python=find_python(version))), worker

    return detect_runtime


def prepare_environment(directory: Path, *, python: str) -> Path:
    """Return the interpreter of an environment with boto3 and its dependencies, and make it if it is missing.

    The packages are links to those of the present environment. boto3 and its dependencies are pure Python, so any
    version reads them. cryptography is not (`OWN_PYTHON_VARIABLE`).
    """
    interpreter = directory / "bin" / "python"
    if interpreter.exists():
        return interpreter
    subprocess.run([python, "-E", "-m", "venv", "--without-pip", str(directory)], check=True, capture_output=True)
    (packages,) = directory.glob("lib/python*/site-packages")
    for path in included_paths():
        (packages / path.name).symlink_to(path)
    return interpreter


def included_paths() -> Iterator[Path]:
    """Yield the packages and modules of boto3 and of its dependencies, in the present environment."""
    for name in sorted(set().union(*map(_closure, INCLUDED))):
        distribution = metadata.distribution(name)
        top = {file.parts[0] for file in distribution.files or () if file.parts[0] not in {"..", "__pycache__"}}
        yield from (Path(str(distribution.locate_file(entry))) for entry in sorted(top))


def _closure(name: str) -> set[str]:
    found, missing = set[str](), {name}
    while missing:
        current = missing.pop()
        found.add(current)
        required = (entry for entry in metadata.requires(current) or () if "extra ==" not in entry)
        names = (match[0].lower().replace("_", "-") for entry in required if (match := _NAME.match(entry)))
        missing |= set(names) - found
    return found
