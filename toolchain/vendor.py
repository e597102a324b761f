"""`python -m toolchain.vendor`: write the site's copy of a library, from its npm package, into frontend/.

The site has no build step, so the library is in the repository: the functions that the page uses, in one minified
module. `toolchain/oauth` pins the library and the bundler. The same versions give the same bytes on every machine.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCE: Final = Path(__file__).with_name("oauth")
MODULE: Final = "oauth4webapi.js"
VENDORED: Final = ROOT / "frontend" / MODULE
OPTIONS: Final = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--charset=utf8", "--legal-comments=none")


def build(directory: Path) -> str:
    """Return the text of the module. `directory` is for the npm packages. Raises `CalledProcessError`, `OSError`."""
    for name in ("package.json", "package-lock.json", MODULE):
        shutil.copy(SOURCE / name, directory)
    install = ("npm", "ci", "--ignore-scripts", "--no-update-notifier", "--loglevel=error")
    subprocess.run(install, cwd=directory, check=True, stdout=subprocess.DEVNULL)
    bundler = directory / "node_modules" / "esbuild" / "bin" / "esbuild"
    command = ("node", str(bundler), MODULE, *OPTIONS)
    code = subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout
    package = directory / "node_modules" / "oauth4webapi"
    return _notice(package) + code


def _notice(package: Path) -> str:
    """Return the comment with the version and the license, which every copy of the library must have."""
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    terms = (package / "LICENSE.md").read_text(encoding="utf-8").strip()
    what = f"oauth4webapi {version}, the part that the page uses, minified: `make vendor` writes this file."
    return f"/*\n{what}\n\n{terms}\n*/\n"


def main() -> None:
    """Write the module into the site."""
    with tempfile.TemporaryDirectory(prefix="standby-vendor-") as directory:
        text = build(Path(directory))
    VENDORED.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{VENDORED.relative_to(ROOT)}: {len(text.encode())} bytes\n")


if __name__ == "__main__":
    main()
