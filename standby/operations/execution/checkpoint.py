"""A file on the operator's machine with the documents that a long copy has still to copy.

A `reconcile` that was killed goes on from there, without comparing and inspecting everything again. The file is no
proof: each copy has its conditions on both sides, and a comparison follows. Without the file, only time is lost.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.json_model import JsonModel
from standby.operations.facts.documents import Document, MissingDocument, MissingReason

FROM_DOCUMENTS: Final = 1000
"""A shorter copy is over in seconds, and has no file."""
MAX_AGE: Final = timedelta(hours=6)
"""An older list is not used: too much may have changed."""
STATE_HOME: Final = "XDG_STATE_HOME"


class _Line(JsonModel):
    """One document of the file."""

    key: str
    etag: str
    size: int
    modified: datetime
    why: MissingReason
    destination_etag: str


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The files of one direction: `path` has the documents, the one beside it the numbers of those that are done."""

    path: Path

    @classmethod
    def of(cls, manifest: Manifest, source: Role) -> "Checkpoint":
        """Return the files of a deployment's direction of replication."""
        places = [(region.documents_bucket, region.api_url) for region in manifest.regions.values()]
        identity = json.dumps([manifest.account, manifest.name, *places])
        home = Path(os.environ.get(STATE_HOME) or Path.home() / ".local" / "state")
        folder = f"{manifest.name}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
        return cls(path=home / "standby" / folder / f"copy-from-{source}.jsonl")

    @property
    def _done(self) -> Path:
        return self.path.with_suffix(".done")

    def begin(self, documents: Sequence[MissingDocument], *, now: datetime) -> None:
        """Write the documents that are to be copied. Raises `OSError`."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = [json.dumps({"comparedAt": now.isoformat()}), *(json.dumps(_line(one).as_json()) for one in documents)]
        unfinished = self.path.with_suffix(".new")
        unfinished.write_text("\n".join([*lines, ""]), encoding="utf-8")
        self._done.write_text("", encoding="utf-8")
        unfinished.replace(self.path)

    def go_on(self, documents: Sequence[MissingDocument], *, now: datetime) -> Sequence[int]:
        """Return the numbers of the documents in the file, which is written unless it has just these documents left.

        Raises `OSError`.
        """
        left = self.read(now=now)
        if tuple(left.values()) == tuple(documents):
            return tuple(left)
        self.begin(documents, now=now)
        return range(len(documents))

    def add_done(self, number: int) -> None:
        """Record that a document needs no copy any more. A record that cannot be written costs one request later."""
        with suppress(OSError), self._done.open("a", encoding="utf-8") as file:
            file.write(f"{number}\n")

    def read(self, *, now: datetime) -> Mapping[int, MissingDocument]:
        """Return the documents that are left, by number; none if there is no file, or one that is old or damaged."""
        try:
            head, *lines = self.path.read_text(encoding="utf-8").splitlines()
            age = now - datetime.fromisoformat(json.loads(head)["comparedAt"])
            done = {int(line) for line in self._done.read_text(encoding="utf-8").split("\n")[:-1]}
            documents = [_document(json.loads(line)) for line in lines]
        except (OSError, ValueError, KeyError, TypeError, ValidationError):
            return {}
        if not timedelta(0) <= age < MAX_AGE:
            return {}
        return {number: one for number, one in enumerate(documents) if number not in done}

    def remove(self) -> None:
        """Remove the files."""
        for path in (self.path, self._done):
            with suppress(OSError):
                path.unlink()


def read_rest(connection: Connection, manifest: Manifest) -> Mapping[Role, tuple[MissingDocument, ...]]:
    """Return the documents that an interrupted copy has left, in both directions."""
    now = connection.clients.clock.now()
    return {role: tuple(Checkpoint.of(manifest, role).read(now=now).values()) for role in ROLES}


def _line(missing: MissingDocument) -> _Line:
    one = missing.document
    return _Line(
        key=one.key,
        etag=one.etag,
        size=one.size,
        modified=one.modified,
        why=missing.why,
        destination_etag=missing.destination_etag,
    )


def _document(found: Mapping[str, object]) -> MissingDocument:
    line = _Line.from_json(found)
    document = Document(key=line.key, etag=line.etag, size=line.size, modified=line.modified)
    return MissingDocument(document=document, why=line.why, destination_etag=line.destination_etag)
