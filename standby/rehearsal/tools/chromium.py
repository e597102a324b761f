"""Open the rehearsal's site in Chromium: with AWS's own host names, real TLS, and the page unchanged.

An option of Chromium (`--host-resolver-rules`) maps the host names to this machine. Besides public certificates,
Chromium accepts only those of the rehearsal's own authority.
"""

import base64
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from standby.errors import RefusedError, StandbyError
from standby.rehearsal.network.network import Network
from standby.rehearsal.processes.ports import HOST
from standby.rehearsal.processes.programs import which

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

PROGRAM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
HEADLESS_PROGRAM_NAMES: Final = ("chromium-headless-shell", *PROGRAM_NAMES)
"""Without a window, Debian's package `chromium-headless-shell` is enough: the same engine without an interface."""

NOT_FOUND: Final = "Chromium was not found: apt install chromium"
WITHOUT_CHROMIUM_HINT: Final = "`standby rehearse up` prints how to read the page without it."
NO_SCREEN: Final = "There is no screen here that Chromium could use."
NO_SCREEN_HINT: Final = (
    "Take a picture of the page: `standby rehearse browse --headless --virtual-time-budget=4000 --screenshot=page.png`"
)
_SCREEN_VARIABLES: Final = ("DISPLAY", "WAYLAND_DISPLAY")
_NO_SCREEN_MESSAGES: Final = ("Missing X server or $DISPLAY", "The platform failed to initialize")
_OPTIONS_WITHOUT_SCREEN: Final = ("--headless", "--ozone-platform=headless")
_NOISE: Final = ("dbus", "zygote")
"""Parts of Chromium that complain on a machine without a desktop, whatever the reason is why it ended."""

# No requests except to the rehearsal.
_ISOLATION: Final = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The sandbox needs privileges that containers do not have.
_HEADLESS_OPTIONS: Final = ("--no-sandbox", "--disable-gpu", *_ISOLATION)


class NoChromiumError(RefusedError):
    """Chromium is not installed on this machine. Exit code 3."""

    def __init__(self) -> None:
        super().__init__(NOT_FOUND, hint=WITHOUT_CHROMIUM_HINT)


class NoScreenError(RefusedError):
    """The machine has no screen for a window. Exit code 3."""

    def __init__(self) -> None:
        super().__init__(NO_SCREEN, hint=NO_SCREEN_HINT)


def find_chromium(names: Sequence[str] = HEADLESS_PROGRAM_NAMES) -> Path:
    """Return the first of these programs on the PATH or next to Python. Raises `NoChromiumError` if none is there."""
    found = next(filter(None, map(which, names)), None)
    if found is None:
        raise NoChromiumError
    return Path(found)


def launch(playwright: "Playwright", network: Network) -> "Browser":
    """Start a Chromium that reaches only the rehearsal, by AWS's host names."""
    return playwright.chromium.launch(
        executable_path=find_chromium(), args=[*_HEADLESS_OPTIONS, host_rules(network), trust(network)]
    )


def browse_site(network: Network, url: str, options: Sequence[str]) -> None:
    """Show the site in a window until the user closes it, with a temporary profile.

    Raises `NoChromiumError` if Chromium is not installed, `NoScreenError` if there is no screen, `StandbyError` when it
    does not start.
    """
    program = find_chromium(PROGRAM_NAMES)
    if not any(option.startswith(_OPTIONS_WITHOUT_SCREEN) for option in options) and not has_screen(os.environ):
        raise NoScreenError
    sandbox = () if os.geteuid() else ("--no-sandbox",)
    with tempfile.TemporaryDirectory(prefix="standby-browser-", ignore_cleanup_errors=True) as profile:
        arguments = (*sandbox, *_ISOLATION, f"--user-data-dir={profile}", host_rules(network), trust(network))
        run = subprocess.run([program, *arguments, *options, url], stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        raise end_error(program, run.returncode, run.stderr)


def can_browse(environment: Mapping[str, str]) -> bool:
    """Return whether this machine has a Chromium with a window, and a screen for it."""
    return any(map(which, PROGRAM_NAMES)) and has_screen(environment)


def has_screen(environment: Mapping[str, str]) -> bool:
    """Return whether a window can be shown. Only on Linux the environment says so."""
    return sys.platform != "linux" or any(environment.get(name) for name in _SCREEN_VARIABLES)


def end_error(program: Path, code: int, output: str) -> StandbyError:
    """Return the error for a Chromium that ended with this code and this output on stderr."""
    if any(message in output for message in _NO_SCREEN_MESSAGES):
        return NoScreenError()
    lines = [line for line in output.splitlines() if line.strip() and not any(part in line for part in _NOISE)]
    return StandbyError(f"{program} ended with exit code {code}: {(lines or ['no output'])[-1].strip()}")


def host_rules(network: Network) -> str:
    """Return Chromium's option that maps the host names. No other name resolves."""
    rules = [f"MAP {name}:443 {HOST}:{port}" for name, port in sorted(network.hosts.items())]
    return f"--host-resolver-rules={','.join([*rules, 'MAP * ~NOTFOUND'])}"


def trust(network: Network) -> str:
    """Return Chromium's option that accepts the certificates of the rehearsal's authority.

    Chromium compares the keys of the certificates that a server sends, and the intermediate certificate is among them.
    Source: chromium.org, network service switches, `ignore-certificate-errors-spki-list`.
    """
    intermediate = network.ca_certificate.with_name("intermediate.crt")
    return f"--ignore-certificate-errors-spki-list={key_hash(intermediate.read_bytes())}"


def key_hash(certificate: bytes) -> str:
    """Return the SHA-256, in base64, of the subjectPublicKeyInfo of a PEM certificate."""
    key = load_pem_x509_certificate(certificate).public_key()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(info).digest()).decode()
