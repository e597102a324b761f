"""Small JSON files that must never be half-written, and never be trusted when they are.

Those that name processes say in which directory they were made: found in another one, that was moved or copied.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON, whole or not at all: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(path)


def read_json(path: Path) -> Mapping[str, object]:
    """Return the JSON object in `path`, or an empty one where the file is missing, unreadable or something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def made_here(record: Mapping[str, object], directory: Path) -> bool:
    """Tell whether the record was made in this directory. One that does not say was: earlier versions wrote none."""
    return record.get("directory", str(directory)) == str(directory)


def moved_from(record: Mapping[str, object], directory: Path) -> Path | None:
    """Return where the record was made when the directory has been moved from there; None for that of a copy."""
    made = record.get("directory")
    if made_here(record, directory) or not isinstance(made, str) or Path(made).exists():
        return None
    return Path(made)
