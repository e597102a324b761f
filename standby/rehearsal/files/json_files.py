"""JSON files of a rehearsal. A reader sees the old file or the new one, never a half-written one.

Records that name processes also name the directory that they were made in. Found in another directory, they were moved
or copied there.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from standby.json_model import JsonModel
from standby.machine import write_file

Record = TypeVar("Record", bound=JsonModel)


class ProcessRecord(JsonModel):
    """A record that names processes. `directory` is where it was made, "" before it is written."""

    directory: str = ""

    def is_from(self, directory: Path) -> bool:
        """Whether the record was made in this directory."""
        return self.directory == str(directory)

    def moved_from(self, directory: Path) -> Path | None:
        """Return where `directory` was when the record was made, None if it was not moved. A copy was not moved."""
        if not self.directory or self.is_from(directory) or Path(self.directory).exists():
            return None
        return Path(self.directory)


def write_json(path: Path, value: object) -> None:
    """Replace the file by `value` as JSON. Raises `OSError`, which names the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        write_file(temporary, json.dumps(value, indent=2, sort_keys=True) + "\n")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> Mapping[str, object]:
    """Return the JSON object in the file, an empty one if the file is missing, unreadable or not a JSON object."""
    try:
        return parse_object(path.read_bytes())
    except OSError:
        return {}


def parse_object(text: str | bytes) -> Mapping[str, object]:
    """Return the JSON object in a text, an empty one if it is not a JSON object."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def write_record(path: Path, record: JsonModel) -> None:
    """Replace the file by the record."""
    write_json(path, record.as_json())


def read_record(path: Path, model: type[Record]) -> Record | None:
    """Return the record in the file, None if the file is missing, unreadable or not such a record."""
    try:
        return model.from_json(read_json(path))
    except ValueError:
        return None
