"""Failures of this machine: a full disk, a file that cannot be written, a missing package.

Each has a place and a remedy.
"""

import errno
import io
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from standby.errors import RefusedError, StandbyError
from standby.text import one_line, pluralize

_SPACE: Final = "Free space or inodes on its disk (`df -h`, `df -i`). Then run the command again."
_OTHER_PLACE: Final = "Make it writable, or name another place (`standby rehearse --directory DIRECTORY`)."
_OTHER_FILE: Final = "Move it away, because another kind of file belongs there. Then run the command again."
_DESCRIPTORS: Final = "Raise the limit (`ulimit -n`), or end other programs. Then run the command again."
_MEMORY: Final = "End other programs, or raise the limit (`ulimit -u`). Then run the command again."
_DISK: Final = "Check the disk. Then run the command again."
_PROGRAM: Final = "Install it again. Then run the command again."
_PROCESS: Final = "`standby rehearse up` starts what has ended."

REMEDIES: Final[Mapping[int, str]] = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: "Raise the limit of a file's size (`ulimit -f`), or write elsewhere.",
    errno.EROFS: _OTHER_PLACE,
    errno.EACCES: _OTHER_PLACE,
    errno.EPERM: _OTHER_PLACE,
    errno.ENOTDIR: _OTHER_FILE,
    errno.EISDIR: _OTHER_FILE,
    errno.EEXIST: _OTHER_FILE,
    errno.ENOTEMPTY: _OTHER_FILE,
    errno.ELOOP: _OTHER_FILE,
    errno.ENAMETOOLONG: "Name a shorter path.",
    errno.ENOENT: "It was removed, or never installed. `standby rehearse up` makes a rehearsal's files again.",
    errno.EMFILE: _DESCRIPTORS,
    errno.ENFILE: _DESCRIPTORS,
    errno.ENOMEM: _MEMORY,
    errno.EAGAIN: _MEMORY,
    errno.EIO: _DISK,
    errno.ESTALE: _DISK,
    errno.ENODEV: _DISK,
    errno.ENXIO: _DISK,
    errno.ENOEXEC: _PROGRAM,
    errno.ETXTBSY: _PROGRAM,
    errno.EADDRINUSE: "Another program uses the port. `standby rehearse up` takes another one.",
    errno.EADDRNOTAVAIL: _PROCESS,
    errno.ECONNREFUSED: _PROCESS,
    errno.ECONNRESET: _PROCESS,
}
"""What to do about each error of the system, by its number."""

OUTPUT_NAME: Final = "Standard output"

OUTPUT_ERRORS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE)
"""The errors that a program names in its output only when the machine is the cause."""

_ERROR_PREFIX: Final = re.compile(r"^.*?(\w+Error|\w+Exception): (\[Errno \d+\] )?")


class MachineError(StandbyError):
    """A failure of this machine: it could not do what the command needs. Exit code 1."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in an `OSError` that names none: the system does so only when a file is opened."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_file(path: Path, text: str) -> None:
    """Write a file. Raises `OSError`, which always names the file."""
    with naming(path):
        path.write_text(text, encoding="utf-8")


def describe_os_error(error: OSError) -> MachineError | None:
    """Return the failure of this machine, None if the error is not one.

    The errors of TLS and of name resolution have numbers of their own, which mean something else.
    """
    remedy = REMEDIES.get(error.errno or 0)
    if remedy is None or type(error).__module__ != "builtins":
        return None
    where = error.filename2 or error.filename or "A file of this command"
    if isinstance(where, bytes):
        where = os.fsdecode(where)
    return MachineError(f"{where}: {os.strerror(error.errno or 0)}.", hint=remedy)


def find_machine_error(output: str, *, program: str, numbers: Collection[int] = OUTPUT_ERRORS) -> MachineError | None:
    """Return the failure of this machine that a program names in its output, None if it names none."""
    for line in output.splitlines():
        for number in numbers:
            if os.strerror(number).lower() in line.lower():
                return MachineError(f"{program} failed: {strip_class_name(line)}", hint=REMEDIES[number])
    return None


def strip_class_name(line: str) -> str:
    """Return the last line of a traceback in one line, without the name of its Python class."""
    return one_line(_ERROR_PREFIX.sub("", line))


def describe_load() -> str:
    """Return that this machine is busy, as the cause of an answer that did not come in time; "" if it is not busy.

    Busy: in the average of the last minute, more processes ran or waited than there are processors. Source: man7.org,
    proc_loadavg(5).
    """
    try:
        load, processors = os.getloadavg()[0], os.cpu_count() or 1
    except (AttributeError, OSError):  # not known, or an operating system without it
        return ""
    if load <= processors:
        return ""
    return f"This machine is busy (load {load:.1f} on {pluralize(processors, 'processor')}), which is one cause."


def with_load(text: str) -> str:
    """Return a text about an answer that did not come in time, and that this machine is busy, if it is."""
    return f"{text} {describe_load()}".rstrip()


EXTRAS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("cdktf", "cdktf_cdktf_provider_aws", "constructs", "jsii"), "synth"),
    **dict.fromkeys(("cryptography", "filelock", "hypercorn", "ministack"), "rehearsal"),
    **dict.fromkeys(("moto", "psutil", "regex", "werkzeug"), "rehearsal"),
    **dict.fromkeys(("jinja2", "playwright"), "drill"),
}
"""The extra of `warm-standby` that has each optional package, by the name of its module."""


def describe_missing_package(name: str) -> StandbyError:
    """Return the refusal that names a module's package, and the command that installs it."""
    package = name.partition(".")[0]
    if package == "standby":
        return RefusedError(
            f"The installation of standby is incomplete: the module {name} is missing.",
            hint="Get it again: pip install --force-reinstall warm-standby",
        )
    extra = f"[{EXTRAS[package]}]" if package in EXTRAS else ""
    return RefusedError(f"The Python package {package} is missing.", hint=f"Get it: pip install 'warm-standby{extra}'")


def require_space(directory: Path, *, megabytes: int) -> None:
    """Raise `RefusedError` if the disk of the directory has less space, or no inode.

    A program that finds a full disk may take minutes, and names neither the disk nor the remedy.
    """
    existing = next(path for path in (directory, *directory.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(existing).free // 1_000_000
    inodes = os.statvfs(existing)
    if free < megabytes:
        raise RefusedError(f"{directory}: {free} MB are free, and {megabytes} MB are needed.", hint=_SPACE)
    if inodes.f_files and not inodes.f_favail:  # some file systems count none
        raise RefusedError(f"{directory}: no inode is free.", hint=_SPACE)


def discard(stream: IO[str]) -> None:
    """Send what is written to a stream from now on to the null device.

    A stream that failed keeps its text, and would fail again at the end of the program. Source: docs.python.org,
    signal, "Note on SIGPIPE".
    """
    with Path(os.devnull).open("wb") as nowhere, suppress(OSError, ValueError):
        os.dup2(nowhere.fileno(), stream.fileno())


class _Output(io.TextIOWrapper):
    """A standard stream of this program, with its own rule for a failed write."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        super().__init__(stream.buffer, stream.encoding, "backslashreplace", line_buffering=stream.line_buffering)

    def write(self, text: str, /) -> int:
        """Write the text."""
        try:
            return super().write(text)
        except OSError as error:
            self.handle(error)
            return len(text)

    def flush(self) -> None:
        """Write what was not yet written."""
        try:
            super().flush()
        except OSError as error:
            self.handle(error)

    def handle(self, error: OSError) -> None:
        """Handle a failed write."""
        raise error


class ResultOutput(_Output):
    """Stdout: its `OSError` names it. An error with a pipe stays as it is, because it is no failure of the machine."""

    def handle(self, error: OSError) -> None:
        """Name stdout, and discard its text."""
        if error.errno != errno.EPIPE:
            error.filename = OUTPUT_NAME
            discard(self)
        raise error


class ProgressOutput(_Output):
    """Stderr: what cannot be written is dropped, because a command must not end for its progress."""

    def handle(self, error: OSError) -> None:  # noqa: ARG002 - whatever the error is
        """Drop the text."""
        discard(self)


def protect_output() -> None:
    """Let stdout and stderr fail as `ResultOutput` and `ProgressOutput` say."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = ResultOutput(sys.stdout)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = ProgressOutput(sys.stderr)
