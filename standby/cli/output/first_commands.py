"""The commands that `standby rehearse up` ends with: each works in the user's shell as it is printed."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.rehearsal.files.paths import RehearsalPaths, directory_option, rehearsal_options
from standby.rehearsal.network.network import LocalUrls
from standby.rehearsal.tools.chromium import can_browse
from standby.text import WIDTH

MODEL: Final = "Answers come from a stand-in for the model: the passages' best sentences."
QUESTION: Final = "What is the mileage rate for a private car?"
PROGRAM: Final = "standby"
MAKE_VARIABLE: Final = "MAKELEVEL"


@dataclass(frozen=True, kw_only=True)
class Shell:
    """What the user's shell has: its directory, the program `standby` on its PATH, and a browser with a screen."""

    directory: Path
    on_path: Path | None
    can_browse: bool = True

    @classmethod
    def of_this_process(cls) -> "Shell":
        """Return the shell that started this process. The PATH of `make` is not the one of its user's shell."""
        found = None if MAKE_VARIABLE in os.environ else shutil.which(PROGRAM)
        return cls(directory=Path.cwd(), on_path=Path(found) if found else None, can_browse=can_browse(os.environ))

    def program(self) -> str:
        """Return the program as the shell finds it: by its name, by its path from here, or by its whole path."""
        own = Path(sys.executable).with_name(PROGRAM)
        if not own.exists() or (self.on_path is not None and self.on_path.resolve() == own.resolve()):
            return PROGRAM
        return self.path(own)

    def path(self, path: Path) -> str:
        """Return a path as the shell finds it, quoted: from its directory if it is inside."""
        return shlex.quote(str(path.relative_to(self.directory) if path.is_relative_to(self.directory) else path))


def first_commands(paths: RehearsalPaths, urls: LocalUrls, shell: Shell, *, signs_in: bool = False) -> str:
    """Return what can be done with a rehearsal that is up. `urls` are its addresses on this machine.

    `signs_in`: its users sign in, so a question needs a token.
    """
    program, options = shell.program(), rehearsal_options(paths, shell.directory)
    rehearse = [program, "rehearse", *options]
    status = [program, *(directory_option(paths, shell.directory) if options else ()), "status"]
    page = (
        {"Open the page:": _lines(*rehearse, "browse")}
        if shell.can_browse
        else {"Read the page (`browse` would open it, in a Chromium with a screen):": _read_page(paths, urls, shell)}
    )
    steps = {
        **page,
        "Ask a question:": list(_curl(urls.primary_api, token=" ".join([*rehearse, "token"]) if signs_in else "")),
        "See what serves, and what is wrong:": _lines(*status),
        "Break a region, and heal it:": [*_lines(*rehearse, "fault region-down primary"), *_lines(*rehearse, "heal")],
    }
    lines = (line for title, commands in steps.items() for line in (title, *(f"  {one}" for one in commands)))
    return "\n".join((MODEL, "", *lines, *_activation(program)))


def _activation(program: str) -> Iterator[str]:
    """Yield how the shell finds `standby` by its name, as all other messages call it, if it does not yet."""
    if program != PROGRAM:
        yield "Let this shell find `standby`, as other messages call it:"
        yield f"  . {Path(program).with_name('activate')}"


def _lines(*words: str) -> list[str]:
    """Return a command as the shell reads it: on one line, or with a line end after each word that needs one."""
    lines = [words[0]]
    for word in words[1:]:
        if len(f"  {lines[-1]} {word} \\") <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines[-1] += " \\"
            lines.append(f"  {word}")
    return lines


def _curl(api_url: str, *, token: str) -> Iterator[str]:
    """Yield the lines of a question. `token` is the command that prints an access token; "" if none is needed."""
    body = json.dumps({"question": QUESTION})
    yield "curl -sS --noproxy '*' -H 'Content-Type: application/json' \\"
    if token:
        yield f'  -H "Authorization: Bearer $({token})" \\'
    yield f"  -d {shlex.quote(body)} \\"
    yield f"  {api_url}docs"


def _read_page(paths: RehearsalPaths, urls: LocalUrls, shell: Shell) -> list[str]:
    certificate = f"--cacert {shell.path(paths.ca_certificate)}"
    edge = f"--connect-to ::{urls.edge.removeprefix('https://')}"
    return _lines("curl -sS --noproxy '*'", certificate, edge, f"{urls.site}/")
