"""Shell variables that point any AWS tool at the rehearsal."""

import re
import shlex
from collections.abc import Mapping
from typing import Final

from standby.deployment.manifest import Manifest
from standby.deployment.sessions import EMULATOR_CREDENTIALS
from standby.rehearsal.network.network import Network, local_urls

UNSET_VARIABLES: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""Variables that would point an AWS tool at another account, or invalidate the credentials for the emulator."""


def shell_variables(outputs: Mapping[str, str], *, deployment: Manifest, network: Network) -> dict[str, str]:
    """Return the variables: endpoint, credentials, region, every output in UPPER_CASE, and addresses on this machine.

    The endpoint is the router, which sends a request to the proxy of the region that the request is signed for.
    `curl --cacert "$SITE_CA_CERTIFICATE" --connect-to "::$SITE_ADDRESS" "$CLOUDFRONT_URL"` reads the site.
    """
    region, urls = deployment.regions["primary"].region, local_urls(deployment, network)
    return {
        "AWS_ENDPOINT_URL": network.router,
        "AWS_ACCESS_KEY_ID": EMULATOR_CREDENTIALS,
        "AWS_SECRET_ACCESS_KEY": EMULATOR_CREDENTIALS,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        **{re.sub(r"[^A-Z0-9_]", "_", name.upper()): value for name, value in sorted(outputs.items())},
        "PRIMARY_API_LOCAL_URL": urls.primary_api,
        "FAILOVER_API_LOCAL_URL": urls.failover_api,
        "SITE_ADDRESS": urls.edge.removeprefix("https://"),
        "SITE_CA_CERTIFICATE": str(network.ca_certificate),
    }


def shell_exports(values: Mapping[str, str]) -> str:
    """Return the lines for `eval` in a POSIX shell, with every value quoted."""
    lines = (f"export {name}={shlex.quote(value)}" for name, value in values.items())
    return "\n".join((f"unset {' '.join(UNSET_VARIABLES)}", *lines))
