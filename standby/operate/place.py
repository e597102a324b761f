"""Which deployment the command line names."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the command line says about where: every part may be left out."""

    name: str | None = None
    regions: tuple[str, ...] = ()
    profile: str | None = None
    aws: bool = False
    directory: Path | None = None
