"""The rehearsal as shell exports, so that any AWS tool can be pointed at it."""

import re
import shlex
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from standby.deployment.manifest import ROLES, Manifest
from standby.deployment.sessions import EMULATOR_CREDENTIALS
from standby.rehearsal.network.hosts import local_url
from standby.rehearsal.network.network import Network

UNSET: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""What would take an AWS tool to another account, or spoil the emulator's credentials."""


def variables(outputs: Mapping[str, str], *, deployment: Manifest, network: Network) -> dict[str, str]:
    """Return the variables: endpoint, credentials, region, every output in UPPER_CASE, and what is local.

    The endpoint is the router: it sends a request to the front of the region that it is signed for. The site is opened
    with `curl --cacert "$SITE_AUTHORITY" --connect-to "::$SITE_ADDRESS" "$CLOUDFRONT_URL"`.
    """
    region = deployment.regions["primary"].region
    local = {
        f"{role.upper()}_API_LOCAL_URL": local_url(
            deployment.regions[role].api_url, endpoint=network.region_proxies[deployment.regions[role].region]
        )
        for role in ROLES
    }
    site = network.hosts[urlsplit(deployment.site_url).hostname or ""]
    return {
        "AWS_ENDPOINT_URL": network.router,
        "AWS_ACCESS_KEY_ID": EMULATOR_CREDENTIALS,
        "AWS_SECRET_ACCESS_KEY": EMULATOR_CREDENTIALS,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        **{_variable_name(name): value for name, value in sorted(outputs.items())},
        **local,
        "SITE_ADDRESS": f"{site.host}:{site.port}",
        "SITE_AUTHORITY": str(network.authority),
    }


def exports(values: Mapping[str, str]) -> str:
    """Return lines that a POSIX shell evaluates; every value is quoted."""
    lines = (f"export {name}={shlex.quote(value)}" for name, value in values.items())
    return "\n".join((f"unset {' '.join(UNSET)}", *lines))


def _variable_name(output: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", output.upper())
