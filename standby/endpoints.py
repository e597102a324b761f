"""Endpoints of AWS's services that a user has configured: in the environment, or in a profile.

One on this machine is an emulator's. A command for an AWS account must not use it, because it would report another
deployment as the account's. Source: docs.aws.amazon.com, AWS SDKs and Tools Reference Guide, "Service-specific
endpoints".
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

VARIABLE: Final = "AWS_ENDPOINT_URL"
IGNORE_VARIABLE: Final = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
MEANT_VARIABLE: Final = "STANDBY_REHEARSAL_MEANT"
"""`standby rehearse exec` sets it for its program: the program is meant to reach the rehearsal."""


def environment_endpoints(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the endpoints of the environment, by their variables."""
    if environment.get(IGNORE_VARIABLE, "").lower() == "true":
        return {}
    return {
        name: value
        for name, value in environment.items()
        if value and (name == VARIABLE or name.startswith(f"{VARIABLE}_"))
    }


def profile_endpoints(profile: Mapping[str, object], services: Mapping[str, object]) -> dict[str, str]:
    """Return the endpoints of a profile, by their settings. `services` is the section that the profile names."""
    found = {"endpoint_url": profile.get("endpoint_url")}
    for service, settings in services.items():
        if isinstance(settings, Mapping):
            found[f"services {service}"] = settings.get("endpoint_url")
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def is_on_this_machine(url: str) -> bool:
    """Return whether a URL's host is this machine: its loopback, or a name of it."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def describe_local_endpoint(endpoints: Mapping[str, str]) -> str | None:
    """Return which endpoint leads to this machine, as `NAME=URL`; None if none does."""
    return next((f"{name}={url}" for name, url in endpoints.items() if is_on_this_machine(url)), None)


def describe_wrong_target(environment: Mapping[str, str]) -> str | None:
    """Return why a program that changes an AWS account must not run in this environment, None if it may.

    For `main.py`, which `cdktf synth`, `diff` and `deploy` run. `standby rehearse exec` runs programs that are meant to
    reach a rehearsal.
    """
    local = describe_local_endpoint(environment_endpoints(environment))
    if local is None or MEANT_VARIABLE in environment:
        return None
    return (
        f"{local}: Terraform would deploy to an emulator on this machine, not to AWS.\n"
        '  `eval "$(standby rehearse env --unset)"` removes it from this shell;'
        " `standby rehearse exec -- COMMAND` means the rehearsal."
    )
