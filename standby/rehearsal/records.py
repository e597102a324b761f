"""Small JSON files that must never be half-written, and never be trusted when they are."""

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
