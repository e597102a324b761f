"""Chromium as a visitor of the rehearsal's site: AWS's own host names, real TLS, the page unchanged.

Only host names are translated, in one table that Chromium takes (`--host-resolver-rules`), and only certificates of the
rehearsal's own authority are accepted besides the public ones.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from standby.errors import StandbyError
from standby.rehearsal.network.network import Network

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
HEADLESS: Final = ("chromium-headless-shell", *NAMES)
"""Where no window is needed, Debian's package of that name does: the same engine, without the pages of a window."""

HOW_TO_INSTALL: Final = "No Chromium was found: apt install chromium"

# No talk with anybody but the rehearsal.
_ALONE: Final = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# No sandbox, because it needs privileges that containers do not give.
_QUIET: Final = ("--no-sandbox", "--disable-gpu", *_ALONE)


class NoChromiumError(StandbyError):
    """There is no Chromium on this machine."""


def find_chromium(names: Sequence[str] = HEADLESS) -> Path:
    """Return the Chromium on the PATH, the first of these names. Raises `NoChromiumError` where there is none."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise NoChromiumError(HOW_TO_INSTALL)
    return Path(found)


def launch(playwright: "Playwright", network: Network) -> "Browser":
    """Start a Chromium that reaches the rehearsal, and nothing else, by the names that it has on AWS."""
    return playwright.chromium.launch(
        executable_path=find_chromium(), args=[*_QUIET, host_rules(network), trust(network)]
    )


def browse_site(network: Network, url: str, options: Sequence[str]) -> None:
    """Show the site in a window until the person closes it, in a profile that is thrown away.

    Raises `NoChromiumError` where there is no Chromium, `StandbyError` when it does not start.
    """
    program = find_chromium(NAMES)
    sandbox = () if os.geteuid() else ("--no-sandbox",)
    with tempfile.TemporaryDirectory(prefix="standby-browser-", ignore_cleanup_errors=True) as profile:
        arguments = (*sandbox, *_ALONE, f"--user-data-dir={profile}", host_rules(network), trust(network))
        run = subprocess.run([program, *arguments, *options, url], stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        said = run.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise StandbyError(f"{program} ended with exit code {run.returncode}: {said[0]}", hint="It needs a screen.")


def host_rules(network: Network) -> str:
    """Return the table of host names as Chromium's option; every other name does not resolve."""
    mapped = [f"MAP {name}:443 {address.host}:{address.port}" for name, address in sorted(network.hosts.items())]
    return f"--host-resolver-rules={','.join([*mapped, 'MAP * ~NOTFOUND'])}"


def trust(network: Network) -> str:
    """Return Chromium's option to accept certificates that the rehearsal's authority has issued.

    Chromium compares with the keys of the chain that a server sends, in which the intermediate certificate is.
    Source: chromium.org, network service switches, `ignore-certificate-errors-spki-list`.
    """
    intermediate = network.authority.with_name("intermediate.crt")
    return f"--ignore-certificate-errors-spki-list={key_hash(intermediate.read_bytes())}"


def key_hash(certificate: bytes) -> str:
    """Return the SHA-256, in base64, of the subjectPublicKeyInfo of a PEM certificate."""
    key = load_pem_x509_certificate(certificate).public_key()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(info).digest()).decode()
