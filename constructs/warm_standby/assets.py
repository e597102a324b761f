"""The files that Terraform uploads: the archives of the Lambda functions, and the files of the static site."""

import mimetypes
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warm_standby.site_files import write_site

AUTHORIZER_PARTS: Final = ("authorizer", "shared")
"""The packages of lambda_src in the authorizer's own archive."""
AUTOMATIC_PARTS: Final = ("controller", "shared", "standby_protocol")
"""The packages of lambda_src in the archive of the automatic failover's controller."""
NOTIFICATION_PARTS: Final = ("notifications", "shared", "standby_protocol")
"""The packages of lambda_src in the archive of the notifications."""
_OTHER_ARCHIVES: Final = frozenset({"controller", "notifications", "standby_protocol"})
"""The packages that the functions' common archive lacks, so that a setting that adds a function changes no other."""
SITE: Final = "site"
"""The directory beside the functions' archive with the site's files as they are deployed."""
AUTHORIZER_PACKAGES: Final = "authorizer_packages"
"""The directory of its Python packages, which `lambda_src/authorizer` puts on the path."""

# The earliest time of the ZIP format. Times, modes, order and system are fixed, because they differ between checkouts.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE: Final = 0o100644 << 16
_UNIX: Final = 3
# Types that are missing or different in Python's own table in 3.11, 3.12 or 3.13.
_ADDED_TYPES: Final = {
    ".js": "text/javascript",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}


class AssetError(ValueError):
    """A file that cannot be deployed. The text names the file and the fix on one line."""


@dataclass(frozen=True, kw_only=True)
class AssetFile:
    """A file of the site: its key in the bucket, which is its path in the site's directory, and its content type."""

    key: str
    content_type: str


@dataclass(frozen=True, kw_only=True)
class Assets:
    """The path of the functions' archive, and the directory of the site's files as they are deployed.

    `authorizer_code` is the path of the authorizer's own archive, None for an open deployment. `controller_code` is
    that of the automatic failover's controller, None without one, and `notifications_code` likewise.
    """

    code: Path
    authorizer_code: Path | None
    controller_code: Path | None = None
    site: Path
    site_files: tuple[AssetFile, ...]
    notifications_code: Path | None = None


def read_assets(
    *,
    functions: Path,
    site: Path,
    archive: Path,
    wheels: Sequence[Path] = (),
    automatic: bool = False,
    notifications: bool = False,
) -> Assets:
    """Write the functions' archive, beside it the site's files, and the authorizer's archive if there are `wheels`.

    With `automatic`, the archive of the automatic failover's controller is written, too; with `notifications`, theirs.

    Raises:
        AssetError: a file of the site has an unknown type, or would be overwritten. Nothing is written.
        OSError: there are no functions, or the archive or the site's files cannot be written.

    """
    files = tuple(_asset_file(site, path) for path in sorted(site.rglob("*")) if path.is_file())
    deployed = archive.with_name(SITE)
    if deployed.resolve() == site.resolve():
        raise AssetError(f"{site}: the synthesis writes this directory: choose another output directory")
    write_archive(functions, archive)
    write_site(site, deployed)
    authorizer = archive.with_name("authorizer.zip") if wheels else None
    if authorizer:
        packages = {f"{AUTHORIZER_PACKAGES}/{name}": data for wheel in wheels for name, data in packed_files(wheel)}
        write_archive(functions, authorizer, only=AUTHORIZER_PARTS, added=packages)
    controller = archive.with_name("controller.zip") if automatic else None
    if controller:
        write_archive(functions, controller, only=AUTOMATIC_PARTS)
    telling = archive.with_name("notifications.zip") if notifications else None
    if telling:
        write_archive(functions, telling, only=NOTIFICATION_PARTS)
    return Assets(
        code=archive,
        authorizer_code=authorizer,
        controller_code=controller,
        notifications_code=telling,
        site=deployed,
        site_files=files,
    )


def write_archive(
    directory: Path,
    archive: Path,
    *,
    only: Collection[str] | None = None,
    added: Mapping[str, bytes] | None = None,
) -> None:
    """Write a directory's Python files to a ZIP archive. The same files give the same bytes on every checkout.

    `only` names the packages of the directory that are written; by default, those of the functions without an archive
    of their own.
    """
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*.py")}
    chosen = {name.partition("/")[0] for name in files} - _OTHER_ARCHIVES if only is None else set(only)
    own = {name: path.read_bytes() for name, path in files.items() if name.partition("/")[0] in chosen}
    if not own:
        raise FileNotFoundError(f"{directory}: no Python files: run from the project's directory")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as target:
        for name, data in sorted({**own, **(added or {})}.items()):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_FILE
            # Stored, not deflated: zlib's output differs between its versions, and with it the archive's hash.
            target.writestr(entry, data, compress_type=zipfile.ZIP_STORED)


def packed_files(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a wheel that run: no metadata, no stubs, and of cffi its compiled module only."""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith(("/", ".pyi", "/py.typed")) and ".dist-info/" not in name and name[:5] != "cffi/":
                yield name, archive.read(name)


def _asset_file(site: Path, path: Path) -> AssetFile:
    content_type = _content_type(path.name)
    if content_type is None:
        raise AssetError(f"{path}: unknown file type: use a common file name extension")
    text = content_type.startswith("text/") or content_type in {"application/json", "image/svg+xml"}
    return AssetFile(
        key=path.relative_to(site).as_posix(),
        content_type=f"{content_type}; charset=utf-8" if text else content_type,
    )


def _content_type(name: str) -> str | None:
    """Return a file's type from Python's table, not the machine's, so that all machines synthesize the same plan."""
    types = mimetypes.MimeTypes(filenames=())
    for extension, content_type in _ADDED_TYPES.items():
        types.add_type(content_type, extension)
    return types.guess_type(name, strict=False)[0]
