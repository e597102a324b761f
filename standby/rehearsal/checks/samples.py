"""The sample documents that a rehearsal uploads, and the question that each of them answers."""

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from standby.deployment.manifest import ROLES, Role
from standby.errors import StandbyError

DIRECTORY: Final = Path("examples") / "documents"
INDEX_NAME: Final = "rehearsal.toml"
CONTENT_TYPES: Final = {".md": "text/markdown", ".txt": "text/plain"}


@dataclass(frozen=True, kw_only=True)
class SampleDocument:
    """A document: where it is uploaded, and a question whose answer only it holds."""

    name: str
    role: Role
    question: str
    content: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The content type that the upload declares."""
        return CONTENT_TYPES[Path(self.name).suffix]

    @property
    def etag(self) -> str:
        """The ETag of this content, quoted as S3 returns it.

        The MD5 of the content, for an object uploaded in one part without SSE-KMS or SSE-C.
        Source: docs.aws.amazon.com, S3, "Checking object integrity".
        """
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'


def read_samples(project: Path) -> tuple[SampleDocument, ...]:
    """Read the sample documents as their index lists them. Raises `StandbyError` for a missing or wrong one."""
    directory = project / DIRECTORY
    try:
        index = tomllib.loads((directory / INDEX_NAME).read_text(encoding="utf-8"))
        return tuple(_sample(entry, directory=directory) for entry in index["document"])
    except (OSError, KeyError, ValueError) as error:
        raise StandbyError(f"{directory / INDEX_NAME} and its documents cannot be read: {error}") from error


def _sample(entry: dict[str, str], *, directory: Path) -> SampleDocument:
    role = next((role for role in ROLES if role == entry["upload_to"]), None)
    if role is None or Path(entry["file"]).suffix not in CONTENT_TYPES:
        raise ValueError(f"{entry['file']}: upload_to is one of {ROLES}, the file one of {tuple(CONTENT_TYPES)}")
    content = (directory / entry["file"]).read_bytes()
    return SampleDocument(name=entry["file"], role=role, question=entry["question"], content=content)
