"""The programs of the Node package run from the environment, wherever a wheel has put them."""

import subprocess
from pathlib import Path

import pytest

from toolchain.node import NPM_SCRIPTS, link_node

NODE = '#!/bin/sh\necho "$0 $*"; command -v node\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """What the wheel unpacks: a program, and npm's scripts, which are not executable."""
    package = tmp_path / "it's a package"
    for path in ("bin/node", *(f"lib/node_modules/npm/bin/{script}" for script in NPM_SCRIPTS.values())):
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(NODE)
    (package / "bin" / "node").chmod(0o755)
    return package


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    programs = tmp_path / "it's an environment" / "bin"
    programs.mkdir(parents=True)
    return programs


def run(*command: str | Path) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": "/bin"}).stdout.splitlines()


@pytest.mark.parametrize("name", ["npm", "npx"])
def test_npm_runs_with_the_node_of_its_package_and_passes_it_on(package: Path, programs: Path, name: str) -> None:
    link_node(package=package, programs=programs)
    script = package / "lib" / "node_modules" / "npm" / "bin" / NPM_SCRIPTS[name]
    ran, found = run(programs / name, "exec", "a b")
    assert ran == f"{package / 'bin' / 'node'} {script} exec a b"
    assert found == str(programs / "node")


def test_linking_again_replaces_the_programs_and_leaves_the_package_alone(package: Path, programs: Path) -> None:
    link_node(package=package, programs=programs)
    link_node(package=package, programs=programs)
    assert (package / "bin" / "node").read_text() == NODE
    assert run(programs / "node", "x")[0] == f"{programs / 'node'} x"
