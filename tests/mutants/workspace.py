"""A copy of the repository, in which mutmut's mutants replace the code. The original tree stays as it is."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.mutants.areas import ROOT, SOURCE_ROOTS

_SETTINGS: Final = f"""
[tool.mutmut]
source_paths = {[*SOURCE_ROOTS, "standby"]}
"""


def make_workspace(folder: Path) -> None:
    """Copy the files of the repository into a folder, with the settings that mutmut wants."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(_SETTINGS)
