"""Shell variables that point any AWS tool at the rehearsal."""

import re
import shlex
from collections.abc import Mapping
from typing import Final

from standby.deployment.manifest import Manifest
from standby.deployment.sessions import EMULATOR_CREDENTIALS
from standby.endpoints import MEANT_VARIABLE
from standby.endpoints import VARIABLE as ENDPOINT_VARIABLE
from standby.rehearsal.network.network import Network, local_urls

UNSET_VARIABLES: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""Variables that would point an AWS tool at another account, or invalidate the credentials for the emulator."""
EXPORTED_VARIABLE: Final = "STANDBY_EXPORTED"
"""The names of the exported variables, so that a shell can be cleaned after the rehearsal has ended."""
NO_PROXY_VARIABLES: Final = ("NO_PROXY", "no_proxy")
LOCAL_HOSTS: Final = ("127.0.0.1", "localhost")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_EXPORTED: Final = frozenset({"manifest"})
"""Outputs whose names are too general for a shell."""


def shell_variables(outputs: Mapping[str, str], *, deployment: Manifest, network: Network) -> dict[str, str]:
    """Return the variables: endpoint, credentials, region, every output in UPPER_CASE, and addresses on this machine.

    The endpoint is the router, which sends a request to the proxy of the region that the request is signed for.
    `curl --cacert "$SITE_CA_CERTIFICATE" --connect-to "::$SITE_ADDRESS" "$CLOUDFRONT_URL"` reads the site.
    """
    region, urls = deployment.regions["primary"].region, local_urls(deployment, network)
    return {
        ENDPOINT_VARIABLE: network.router,
        "AWS_ACCESS_KEY_ID": EMULATOR_CREDENTIALS,
        "AWS_SECRET_ACCESS_KEY": EMULATOR_CREDENTIALS,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        **{
            re.sub(r"[^A-Z0-9_]", "_", name.upper()): value
            for name, value in sorted(outputs.items())
            if name not in _NOT_EXPORTED
        },
        "PRIMARY_API_LOCAL_URL": urls.primary_api,
        "FAILOVER_API_LOCAL_URL": urls.failover_api,
        "SITE_ADDRESS": urls.edge.removeprefix("https://"),
        "SITE_CA_CERTIFICATE": str(network.ca_certificate),
    }


def rehearsal_environment(values: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program that uses the rehearsal: without what would lead it elsewhere.

    No proxy stands between the program and this machine, and no endpoint of a single service is left.
    """
    kept = {name: value for name, value in environment.items() if name not in _misleading(environment)}
    return {**kept, **values, **_without_proxy(environment), MEANT_VARIABLE: "1"}


def shell_exports(values: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Return the lines for `eval` in a POSIX shell with this environment, with every value quoted."""
    exported = {**values, **_without_proxy(environment)}
    exported[EXPORTED_VARIABLE] = " ".join((*exported, EXPORTED_VARIABLE))
    lines = (f"export {name}={shlex.quote(value)}" for name, value in exported.items())
    return "\n".join((f"unset {' '.join(_misleading(environment))}", *lines))


def shell_removal(environment: Mapping[str, str]) -> str:
    """Return the line for `eval` that removes what `shell_exports` has exported. It needs no rehearsal."""
    named = (name for name in environment.get(EXPORTED_VARIABLE, "").split() if _NAME.fullmatch(name))
    return f"unset {' '.join(named) or EXPORTED_VARIABLE}"


def _misleading(environment: Mapping[str, str]) -> tuple[str, ...]:
    return (*UNSET_VARIABLES, *sorted(name for name in environment if name.startswith(f"{ENDPOINT_VARIABLE}_")))


def _without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    present = next((environment[name] for name in NO_PROXY_VARIABLES if environment.get(name)), "")
    hosts = [host for host in present.split(",") if host]
    value = ",".join([*hosts, *(host for host in LOCAL_HOSTS if host not in hosts)])
    return dict.fromkeys(NO_PROXY_VARIABLES, value)
