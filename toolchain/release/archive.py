"""An archive with the same bytes on every machine, and checksums."""

import gzip
import hashlib
import tarfile
from pathlib import Path
from typing import Final

_FILE_MODE: Final = 0o644


def write_archive(directory: Path, archive: Path, *, time: int) -> None:
    """Write a directory to a .tar.gz archive. Every file has this time (seconds since 1970), mode 644 and no owner."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=time) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as target,
    ):
        for path in files:
            entry = tarfile.TarInfo(f"{directory.name}/{path.relative_to(directory).as_posix()}")
            entry.size, entry.mtime, entry.mode = path.stat().st_size, time, _FILE_MODE
            with path.open("rb") as content:
                target.addfile(entry, content)


def write_checksums(directory: Path) -> None:
    """Write SHA256SUMS with every file of a directory, as `sha256sum --check` reads it."""
    files = sorted(path for path in directory.iterdir() if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (directory / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
