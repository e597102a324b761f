"""A copy of the repository for mutmut, laid out so that a module's path tells its name.

mutmut finds the tests of a function by the name of its module, and takes this name from the path. So the copy has the
packages of `lambda_src/` and `constructs/` in `src/`, too, and imports them from there. The original tree stays as it
is, also when a run is interrupted.
"""

import json
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = ("lambda_src", "constructs")


@dataclass(frozen=True, kw_only=True)
class Area:
    """Code that is mutated, and the tests that must notice it. Paths are those of the copy."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


AREAS: Final = (
    Area(
        name="planners",
        modules=("standby/operations/plans/*", "src/standby_protocol/*"),
        tests=(
            "tests/standby/operations/plans",
            "tests/standby/operations/execution",
            "tests/standby/operations/facts",
            "tests/standby/deployment",
            "tests/lambdas/controller",
            "tests/automatic/test_decision.py",
        ),
    ),
    Area(
        name="execution",
        modules=("standby/operations/execution/*",),
        tests=(
            "tests/standby/operations/execution",
            "tests/standby/cli",
            "tests/simulation/test_simulation.py",
            "tests/simulation/messages",
        ),
    ),
    Area(
        name="functions",
        modules=tuple(
            f"src/{name}/*"
            for name in (
                "authorizer",
                "controller",
                "documents",
                "health",
                "ingest",
                "ingestion_status",
                "notifications",
                "query",
                "shared",
                "upload",
            )
        ),
        tests=("tests/lambdas", "tests/contracts"),
    ),
    Area(
        name="constructs",
        modules=("src/warm_standby/settings/*", "src/warm_standby/names.py", "src/warm_standby/wheels.py"),
        tests=("tests/constructs/settings", "tests/constructs/test_assets.py", "tests/lambdas/test_archive.py"),
    ),
)
"""What is mutated. Constructs that make resources are not: their test is the snapshot of the plan, and a synthesis
needs Node, which does not survive a fork."""


def make_workspace(folder: Path, area: Area) -> None:
    """Copy the tracked files into a folder, and write the settings of mutmut for one area."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, tracked.stdout.decode().split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for name in SOURCES:
        shutil.copytree(folder / name, folder / "src", dirs_exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(_settings(path.read_text(encoding="utf-8"), area), encoding="utf-8")


def _settings(text: str, area: Area) -> str:
    paths = tomllib.loads(text)["tool"]["pytest"]["ini_options"]["pythonpath"]
    text = text.replace(f"pythonpath = {json.dumps(paths)}", f"pythonpath = {json.dumps(['src', *paths])}")
    settings = {
        "source_paths": ["src", "standby"],
        "only_mutate": list(area.modules),
        "also_copy": sorted({path.name for path in ROOT.iterdir() if path.name in _ALSO}),
        "pytest_add_cli_args": [
            "-m",
            "not e2e and not programs and not alone",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
        ],
        "pytest_add_cli_args_test_selection": list(area.tests),
    }
    return "\n".join([text, "[tool.mutmut]", *(f"{key} = {json.dumps(value)}" for key, value in settings.items()), ""])


_LEFT_OUT: Final = ("-k", "not mistake")
"""The tests of seeded mistakes change the source of a function, and mutmut has changed it already."""
_ALSO: Final = frozenset(
    {
        "bench",
        "cdktf.json",
        "constructs",
        "docs",
        "examples",
        "frontend",
        "lambda_src",
        "main.py",
        "Makefile",
        "README.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "package.json",
        "package-lock.json",
        "Pipfile",
        "Pipfile.lock",
        "standby.toml",
        "tests",
        "toolchain",
        ".github",
        ".gitignore",
    }
)
"""What the tests read beside the code."""
